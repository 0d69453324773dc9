//! What the replaced segments say that the table cannot: their rows of other days, and of sessions that cannot
//! be read from the table.

use std::collections::HashSet;
use std::ops::RangeInclusive;

use chrono::NaiveDate;
use domain::dictionary::Record;
use domain::id::{AccountId, SessionId};
use domain::time::Instant;
use futures::{StreamExt, TryStreamExt, stream};
use store::StoreError;

use super::READ_AT_ONCE;
use super::error::{RebuildError, give_up};
use super::inputs::Inputs;
use crate::Lake;
use crate::cut::Piece;
use crate::resolve::{Kept, resolve};
use crate::segment::{Part, Segment, Span};
use crate::session_keys::SessionKeys;

impl Lake {
    /// Writes what the inputs say of other days, and of sessions of this day that the table could not tell of:
    /// of those that are `unreadable`, and of those that the index does not name although their item is there.
    /// Each input becomes a segment of its own, so that no more than one is in memory at once. An input whose
    /// rows cannot be read is given up.
    pub(super) async fn stage_others(
        &self,
        account: &AccountId,
        day: Span,
        ordered: &RangeInclusive<NaiveDate>,
        inputs: &Inputs,
        known: &HashSet<&str>,
        unreadable: &HashSet<String>,
    ) -> Result<Vec<Segment>, RebuildError> {
        let mut kept = resolve(&inputs.parts(), &inputs.keys, |_| true)?;
        let ids = inputs.keys.iter().map(SessionKeys::of).collect::<Result<Vec<_>, _>>()?;
        let is_of_day = |at: Instant| at >= day.min && at <= day.max;
        let unnamed: HashSet<&str> = kept
            .iter()
            .filter(|row| is_of_day(row.created) && !ids[row.input].removed(row.row))
            .map(|row| ids[row.input].id(row.row))
            .filter(|id| !known.contains(id))
            .collect();
        let there = self.began_on(account, day, unnamed).await?;
        kept.retain(|row| {
            let of_input = &ids[row.input];
            let id = of_input.id(row.row);
            // A tombstone may be about a row that stays.
            let is_needed = of_input.removed(row.row) && !known.contains(id) && inputs.stays(row.created);
            !is_of_day(row.created) || unreadable.contains(id) || there.contains(id) || is_needed
        });
        // The rows of a part stay in the lake's order.
        kept.sort_by_key(|row| row.input);
        let (mut staged, mut rest) = (Vec::new(), kept.as_slice());
        let mut first = 0;
        for input in &inputs.segments {
            let after = first + input.parts.len();
            let (of_input, others) = rest.split_at(rest.partition_point(|row| row.input < after));
            let rows: Vec<Kept> =
                of_input.iter().map(|row| Kept { input: row.input - first, ..*row }).collect();
            (rest, first) = (others, after);
            if !rows.is_empty() {
                match self.stage_of_input(account, input, &rows).await {
                    Ok(segments) => staged.extend(segments),
                    Err(error) => give_up(input, ordered, error)?,
                }
            }
        }
        Ok(staged)
    }

    /// Writes some rows of an input, with their repeated records, as a segment.
    async fn stage_of_input(
        &self,
        account: &AccountId,
        input: &Segment,
        rows: &[Kept],
    ) -> Result<Vec<Segment>, StoreError> {
        let parts: Vec<&Part> = input.parts.iter().collect();
        let sessions = self.load(&parts, Record::Session).await?;
        let piece: Piece<'_> = rows.chunk_by(|a, b| a.input == b.input).collect();
        self.stage_rows(account, &parts, &sessions, &[piece]).await
    }

    /// Returns which of these sessions began on that day according to their items, because the index may be a
    /// moment behind.
    async fn began_on(
        &self,
        account: &AccountId,
        day: Span,
        ids: HashSet<&str>,
    ) -> Result<HashSet<String>, StoreError> {
        let asking =
            ids.into_iter().filter_map(|id| SessionId::try_from(id.to_owned()).ok()).map(async |id| {
                let began = self.store.began_at(account, &id).await?;
                let is_there = began.is_some_and(|at| at >= day.min && at <= day.max);
                Ok::<_, StoreError>(is_there.then(|| id.as_str().to_owned()))
            });
        let there: Vec<Option<String>> =
            stream::iter(asking.collect::<Vec<_>>()).buffer_unordered(READ_AT_ONCE).try_collect().await?;
        Ok(there.into_iter().flatten().collect())
    }
}
