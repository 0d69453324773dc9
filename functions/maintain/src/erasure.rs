//! Erasure: takes a person out of everything that the account keeps, as an order asks for.
//!
//! An order goes through five phases, each of which can be done again from its beginning:
//! 1. *Find*: goes through the lake for sessions of the person; deletes their files and empties them in the table.
//! 2. *Arrive*: waits until the lake has them emptied, so that no reader misses them meanwhile.
//! 3. *Clean*: writes the segments anew that hold their earlier rows.
//! 4. *Delete*: deletes the segments that were replaced, and large bodies; then the erasure is done.
//! 5. *Watch*: a day later it looks once more, at what has come to the lake since, for what was acknowledged before the order
//!    and came late. Then the order is forgotten, with what the person is known by.

mod finding;
mod pass;

use std::collections::BTreeSet;

use domain::account::Account;
use domain::person::Sought;
use domain::time::Instant;
use lake::{Cleaned, ErasedSessions, Span};
use serde::{Deserialize, Serialize};
use store::{Emptying, ErasedSession, ErasureOrder, Lease, StoreError};

use crate::App;
use crate::duty::Step;
use pass::{Pass, Turned};

/// A step goes on for so many seconds, in pieces that are kept one by one.
const STEP_SECONDS: i64 = 10;
/// How many seconds pass between two steps for an account without orders; a new order makes it due at once.
const ROUND_SECONDS: i64 = 86_400;
/// What was acknowledged is in the lake within so many seconds, as long as nothing fails.
const ARRIVES_SECONDS: i64 = 15;
/// For how many seconds emptied sessions are waited for without asking whether the table still has them.
const PATIENCE_SECONDS: i64 = 60;
/// After so many seconds nothing comes any more that was acknowledged before: the stream keeps records for a day.
const COMES_LATE_SECONDS: i64 = 26 * 3_600;
/// How many seconds readers may still take an earlier snapshot after it was said that there is none.
const READERS_SECONDS: i64 = 5;
/// The pause between two looks at what is waited for.
const LOOK_AGAIN_SECONDS: i64 = 2;

/// How far an order has come. It is kept as JSON with the order.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(default)]
struct Progress {
    phase: Phase,
    /// The pass through the lake that finding or cleaning makes.
    pass: Pass,
    /// When the last pass of finding began: later ones look at what has come since.
    found_until: Option<Instant>,
    /// When the first session was emptied.
    emptied_at: Option<Instant>,
    /// How many segments cleaning has replaced.
    segments_rewritten: u64,
    /// When it was said that the lake cannot be shown as it was before.
    deleting_at: Option<Instant>,
    /// Whether it looks for the last time.
    is_last: bool,
}

#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
enum Phase {
    #[default]
    Find,
    Arrive,
    Clean,
    Delete,
    Watch,
}

/// What a piece of work came to.
enum Piece {
    /// There is more to do at once.
    More,
    /// There is nothing to do before this instant.
    Wait(Instant),
    /// The order is forgotten.
    Done,
}

/// Works on the account's orders, one after the other, each until it has to wait.
pub(crate) async fn step(app: &App, lease: &Lease, now: Instant) -> Result<Step, StoreError> {
    let orders = app.store.erasure_orders(&lease.account).await?;
    let (mut done, mut next) = (0, now.plus_seconds(ROUND_SECONDS));
    if orders.is_empty() {
        return Ok(Step { done, next });
    }
    let account = app.store.account(&lease.account).await?;
    for order in orders {
        let mut progress: Progress = serde_json::from_str(&order.progress).unwrap_or_default();
        loop {
            if Instant::now() >= now.plus_seconds(STEP_SECONDS) {
                return Ok(Step { done, next: now });
            }
            let before = progress.clone();
            let work = Work { app, account: &account, order: &order };
            // Boxed: the compiler gives up on computing the layout of a future this deep.
            let piece = Box::pin(work.piece(&mut progress)).await?;
            if matches!(piece, Piece::Done) {
                app.store.forget_erasure_order(&account.id, &order.receipt_id).await?;
                done += 1;
                break;
            }
            if progress != before {
                let kept = serde_json::to_string(&progress).unwrap_or_default();
                app.store.keep_erasure_progress(&account.id, &order.receipt_id, &kept).await?;
            }
            if let Piece::Wait(until) = piece {
                next = next.min(until);
                break;
            }
            done += 1;
        }
    }
    Ok(Step { done, next })
}

/// One order that is worked on.
struct Work<'a> {
    app: &'a App,
    account: &'a Account,
    order: &'a ErasureOrder,
}

impl Work<'_> {
    /// Does one piece of what is left.
    async fn piece(&self, progress: &mut Progress) -> Result<Piece, StoreError> {
        match progress.phase {
            Phase::Find => self.find(progress).await,
            Phase::Arrive => self.arrive(progress).await,
            Phase::Clean => self.clean(progress).await,
            Phase::Delete => self.delete(progress).await,
            Phase::Watch => Ok(self.watch(progress)),
        }
    }

    async fn find(&self, progress: &mut Progress) -> Result<Piece, StoreError> {
        let now = Instant::now();
        progress.pass.begin(now);
        let live = self.app.lake.live(&self.account.id).await?;
        let (segments, turned) = progress.pass.next(live, |_| true);
        let sought = Sought::Known(self.order.identifiers.clone());
        let parts: Vec<_> = segments.iter().flat_map(|segment| &segment.parts).collect();
        let emptied = finding::empty_all(self, &parts, &sought).await?;
        if emptied > 0 {
            progress.emptied_at.get_or_insert(now);
        }
        if turned == Turned::Partly {
            return Ok(Piece::More);
        }
        progress.found_until = Some(progress.pass.began_at);
        let has_turned_at_once = turned == Turned::AtOnce;
        progress.pass = progress.pass.since_this();
        let complete_at = self.order.requested_at.plus_seconds(ARRIVES_SECONDS);
        if now < complete_at {
            return Ok(Piece::Wait(complete_at));
        }
        if has_turned_at_once {
            (progress.phase, progress.pass) = (Phase::Arrive, Pass::default());
        }
        Ok(Piece::More)
    }

    async fn arrive(&self, progress: &mut Progress) -> Result<Piece, StoreError> {
        let sessions = self.sessions().await?;
        let Some(emptied_at) = progress.emptied_at else {
            progress.phase = if sessions.is_empty() { Phase::Delete } else { Phase::Clean };
            return Ok(Piece::More);
        };
        let (now, erased) = (Instant::now(), erased(&sessions));
        let mut live = self.app.lake.live(&self.account.id).await?;
        live.retain(|segment| segment.added_at >= emptied_at.plus_seconds(-pass::MARGIN_SECONDS));
        let arrived = self.app.lake.emptied_in(&live, &erased).await?;
        let missing = sessions.iter().filter(|one| !one.is_gone && !arrived.contains(one.id.as_str()));
        let is_late = now >= emptied_at.plus_seconds(PATIENCE_SECONDS);
        for session in missing {
            // What the table has lost meanwhile, past its retention, never comes.
            let to_be = self.app.store.to_be_emptied(&self.account.id, &session.id, self.order.requested_at);
            if !is_late || !matches!(to_be.await?, Emptying::Gone) {
                return Ok(Piece::Wait(now.plus_seconds(LOOK_AGAIN_SECONDS)));
            }
        }
        progress.phase = Phase::Clean;
        Ok(Piece::More)
    }

    async fn clean(&self, progress: &mut Progress) -> Result<Piece, StoreError> {
        let (now, policy) = (Instant::now(), &self.app.policy);
        progress.pass.begin(now);
        let erased = erased(&self.sessions().await?);
        let live = self.app.lake.live(&self.account.id).await?;
        let before = progress.pass.clone();
        let (segments, turned) = progress.pass.next(live, |segment| erased.may_be_in(segment));
        let mut replaced = 0;
        for segment in &segments {
            match self.app.lake.clean(&self.account.id, segment, &erased, policy, now).await? {
                Cleaned::IsClean => {}
                Cleaned::Replaced => replaced += 1,
                Cleaned::Later => {
                    progress.segments_rewritten += replaced;
                    progress.pass = before;
                    return Ok(Piece::Wait(now.plus_seconds(LOOK_AGAIN_SECONDS)));
                }
            }
        }
        progress.segments_rewritten += replaced;
        match turned {
            Turned::Partly => {}
            Turned::AtOnce if replaced == 0 => {
                (progress.phase, progress.pass) = (Phase::Delete, Pass::default());
            }
            Turned::AtOnce | Turned::InPieces => progress.pass = progress.pass.since_this(),
        }
        Ok(Piece::More)
    }

    async fn delete(&self, progress: &mut Progress) -> Result<Piece, StoreError> {
        let (id, receipt, now) = (&self.account.id, &self.order.receipt_id, Instant::now());
        let sessions = self.sessions().await?;
        if !sessions.is_empty() {
            let Some(at) = progress.deleting_at else {
                self.app.store.note_erased(id, now).await?;
                progress.deleting_at = Some(now);
                return Ok(Piece::Wait(now.plus_seconds(READERS_SECONDS)));
            };
            if now < at.plus_seconds(READERS_SECONDS) {
                return Ok(Piece::Wait(at.plus_seconds(READERS_SECONDS)));
            }
            self.app.lake.delete_replaced(id, &erased(&sessions), at).await?;
            let bodies = sessions.iter().filter_map(|session| session.body_object.clone()).collect();
            self.app.store.delete_objects(&self.app.store.names().lake_bucket, bodies).await?;
        }
        let files = sessions.iter().map(|session| session.files).sum();
        let counts = (sessions.len() as u64, files, progress.segments_rewritten);
        self.app.store.complete_erasure(id, receipt, counts, now).await?;
        tracing::info!(account = %id, receipt, sessions = sessions.len(), files, "a person was erased");
        if progress.is_last {
            return Ok(Piece::Done);
        }
        let (found_until, segments_rewritten) = (progress.found_until, progress.segments_rewritten);
        *progress = Progress { phase: Phase::Watch, found_until, segments_rewritten, ..Progress::default() };
        Ok(Piece::More)
    }

    fn watch(&self, progress: &mut Progress) -> Piece {
        let (now, at) = (Instant::now(), self.order.requested_at.plus_seconds(COMES_LATE_SECONDS));
        if now < at {
            return Piece::Wait(at);
        }
        let pass = Pass::since(progress.found_until.unwrap_or(Instant(i64::MIN)));
        (progress.phase, progress.pass, progress.is_last) = (Phase::Find, pass, true);
        Piece::More
    }

    /// The sessions that the order has emptied.
    async fn sessions(&self) -> Result<Vec<ErasedSession>, StoreError> {
        self.app.store.erased_sessions(&self.account.id, &self.order.receipt_id).await
    }
}

fn erased(sessions: &[ErasedSession]) -> ErasedSessions {
    let ids: BTreeSet<String> = sessions.iter().map(|session| session.id.as_str().to_owned()).collect();
    let lay = sessions.iter().map(|session| Span { min: session.lay.0, max: session.lay.1 }).collect();
    ErasedSessions { ids, lay }
}
