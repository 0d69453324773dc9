//! What readers of a snapshot see of an account's manifest, kept for a minute. The charts of a report and the pages of an
//! answer ask for one snapshot, and no commit changes what that shows.

use std::ops::Range;
use std::sync::Arc;
use std::time::Duration;

use domain::id::AccountId;
use domain::time::Instant;
use lake::{Lake, Part, Span};
use moka::future::Cache;
use store::StoreError;

/// How long it is kept. Replaced segments stay for an hour longer than any snapshot is asked for, so it could be longer.
const KEPT_FOR: Duration = Duration::from_secs(60);
/// How many parts are kept of all snapshots, each of about a kilobyte.
const MAX_PARTS: u64 = 10_000;
/// How many periods are kept of one snapshot: a chart and its comparison with the period before are two.
const MAX_PERIODS: usize = 4;

/// The parts that were seen, by account and snapshot. It is cheap to clone, and clones share them.
#[derive(Clone, Debug)]
pub(crate) struct SeenParts(Cache<(AccountId, Instant), Arc<Vec<Seen>>>);

/// The parts that may hold sessions of a period.
#[derive(Clone, Debug)]
struct Seen {
    period: Span,
    parts: Vec<Part>,
}

impl SeenParts {
    pub(crate) fn new() -> SeenParts {
        let weight = |seen: &Seen| u32::try_from(seen.parts.len()).unwrap_or(u32::MAX).saturating_add(1);
        let weigher = move |_: &(AccountId, Instant), all: &Arc<Vec<Seen>>| {
            all.iter().map(weight).fold(0, u32::saturating_add)
        };
        SeenParts(Cache::builder().max_capacity(MAX_PARTS).weigher(weigher).time_to_live(KEPT_FOR).build())
    }

    /// The parts that may hold sessions which began in the period `created`, as a reader of `snapshot` sees them. The snapshot
    /// is one that no commit can change any more.
    pub(crate) async fn parts(
        &self,
        lake: &Lake,
        account: &AccountId,
        created: &Range<Instant>,
        snapshot: Instant,
    ) -> Result<Vec<Part>, StoreError> {
        let Some(period) = Span::of_period(created) else { return Ok(Vec::new()) };
        if let Some(parts) = self.seen(account, snapshot, period).await {
            return Ok(parts);
        }
        let parts = lake.parts(account, created, snapshot).await?;
        self.keep(account, snapshot, period, &parts).await;
        Ok(parts)
    }

    async fn seen(&self, account: &AccountId, snapshot: Instant, period: Span) -> Option<Vec<Part>> {
        let all = self.0.get(&(account.clone(), snapshot)).await?;
        let seen = all.iter().find(|seen| seen.period.contains(period))?;
        Some(seen.parts.iter().filter(|part| part.created.overlaps(period)).cloned().collect())
    }

    async fn keep(&self, account: &AccountId, snapshot: Instant, period: Span, parts: &[Part]) {
        let of = (account.clone(), snapshot);
        let mut all = vec![Seen { period, parts: parts.to_vec() }];
        let before = self.0.get(&of).await.unwrap_or_default();
        let others = before.iter().filter(|seen| !period.contains(seen.period));
        all.extend(others.take(MAX_PERIODS - 1).cloned());
        self.0.insert(of, Arc::new(all)).await;
    }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeMap;

    use super::*;

    fn span(min: i64, max: i64) -> Span {
        Span { min: Instant(min), max: Instant(max) }
    }

    fn demo() -> AccountId {
        AccountId::try_from("demo".to_owned()).unwrap()
    }

    #[tokio::test]
    async fn a_period_within_one_that_was_seen_is_known_for_that_snapshot_only() {
        let (seen, snapshot) = (SeenParts::new(), Instant(7));
        let part = |created| Part {
            segment: "s".to_owned(),
            account: demo(),
            number: 0,
            created,
            finished: None,
            last: None,
            is_unique: true,
            files: BTreeMap::new(),
            object_bytes: None,
        };
        let parts = [span(0, 9), span(10, 19), span(20, 29)].map(part);
        seen.keep(&demo(), snapshot, span(0, 29), &parts).await;
        let within = seen.seen(&demo(), snapshot, span(12, 20)).await.unwrap();
        assert_eq!(within.iter().map(|part| part.created.min.0).collect::<Vec<_>>(), [10, 20]);
        assert!(seen.seen(&demo(), snapshot, span(12, 30)).await.is_none());
        assert!(seen.seen(&demo(), Instant(8), span(12, 20)).await.is_none());
        let other = AccountId::try_from("other".to_owned()).unwrap();
        assert!(seen.seen(&other, snapshot, span(12, 20)).await.is_none());
    }

    #[tokio::test]
    async fn several_periods_of_a_snapshot_are_kept_and_not_more_than_a_few() {
        let (seen, snapshot) = (SeenParts::new(), Instant(7));
        for day in 0..10 {
            seen.keep(&demo(), snapshot, span(10 * day, 10 * day + 9), &[]).await;
        }
        for day in 0..10 {
            let known = seen.seen(&demo(), snapshot, span(10 * day, 10 * day)).await.is_some();
            assert_eq!(known, day >= 6, "{day}");
        }
        seen.keep(&demo(), snapshot, span(0, 99), &[]).await;
        assert!(seen.seen(&demo(), snapshot, span(35, 95)).await.is_some());
    }
}
