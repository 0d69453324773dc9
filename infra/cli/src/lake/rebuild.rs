//! `premium lake rebuild`: days of the lake anew from the table, and the receipts that prove both agree.

use std::path::PathBuf;

use chrono::NaiveDate;
use clap::Args;
use domain::time::Instant;
use indicatif::ProgressBar;
use lake::RebuildError;
use maintain::{App, Rebuild};
use runtime::telemetry::chain;

use super::{PremiumError, account_id, store};

/// How many seconds a step has, at the end of which a person sees how far the command is. A day that takes longer is
/// rebuilt all the same.
const STEP_SECONDS: i64 = 20;

/// What to rebuild.
#[derive(Debug, Args)]
pub(crate) struct RebuildArgs {
    /// Conta a refazer.
    ///
    /// Account to rebuild.
    #[arg(long, value_name = "CONTA")]
    account: String,
    /// Primeiro dia, em UTC.
    ///
    /// First day, UTC.
    #[arg(long, value_name = "DIA")]
    start: NaiveDate,
    /// Último dia, em UTC, incluído.
    ///
    /// Last day, UTC, included.
    #[arg(long, value_name = "DIA")]
    end: NaiveDate,
    /// Pasta de dados do ambiente local.
    ///
    /// Data folder of the local stack.
    #[arg(long, default_value = ".premium", value_name = "PASTA")]
    data: PathBuf,
}

/// Rebuilds as many days as there is time for in a step, step after step, and writes a line for each day that has
/// sessions.
pub(super) async fn run(args: RebuildArgs) -> Result<(), PremiumError> {
    let RebuildArgs { account, start, end, data } = args;
    if start > end {
        return Err(PremiumError::Period { start, end });
    }
    let (account, app) = (account_id(account)?, App::new(store(data).await?));
    let progress = ProgressBar::new(u64::try_from((end - start).num_days() + 1).unwrap_or_default());
    let (mut rebuilt, mut differing, mut healed) = (0, 0, 0);
    let mut next = Some(start);
    while let Some(first) = next {
        let order = Rebuild { rebuild: account.clone(), start: first, end };
        let deadline = Instant::now().plus_seconds(STEP_SECONDS);
        let done = maintain::rebuild(&app, &order, deadline)
            .await
            .map_err(|error| not_rebuilt(error, (start, end)))?;
        rebuilt += done.sessions;
        healed += done.healed;
        for receipt in done.receipts {
            differing += usize::from(!receipt.agrees);
            let verdict = if receipt.agrees { "confere · agrees" } else { "difere · differs" };
            let (day, stored, served) = (receipt.day, receipt.stored, receipt.served);
            progress.suspend(|| client::say(format_args!("{day} {stored:>8} {served:>8}  {verdict}")))?;
        }
        progress.inc(done.days as u64);
        next = done.left;
    }
    progress.finish_and_clear();
    if healed > 0 {
        client::say(format_args!("{healed} saíram da quarentena · left the quarantine"))?;
    }
    if rebuilt + differing + healed == 0 {
        return Err(PremiumError::Nothing(account.to_string()));
    }
    if differing > 0 {
        return Err(PremiumError::Differs(differing));
    }
    Ok(client::say(format_args!(
        "{rebuilt} sessões; tabela e data lake dizem o mesmo · table and lake say the same"
    ))?)
}

/// What a person reads where these days were not rebuilt to the end.
fn not_rebuilt(error: RebuildError, (start, end): (NaiveDate, NaiveDate)) -> PremiumError {
    match error {
        RebuildError::Together { segment, first, last, source } => PremiumError::Together {
            segment,
            start: start.min(first),
            end: end.max(last),
            reason: chain(&source),
        },
        RebuildError::Store(error) => PremiumError::Rebuild(chain(&error)),
    }
}

#[cfg(test)]
mod tests {
    use store::StoreError;

    use super::*;

    #[test]
    fn a_segment_that_reaches_out_of_the_order_names_the_order_that_covers_it() {
        let day = |day| NaiveDate::from_ymd_opt(2026, 11, day).unwrap();
        let source = StoreError::broken("reading a segment", "damaged");
        let error = RebuildError::Together { segment: "0a".to_owned(), first: day(1), last: day(9), source };
        let said = not_rebuilt(error, (day(8), day(25))).to_string();
        assert!(said.contains("0a") && said.contains("--start 2026-11-01 --end 2026-11-25"), "{said}");
    }
}
