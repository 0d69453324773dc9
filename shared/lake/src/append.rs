//! Appends what archive brings to an account's lake.

use domain::dictionary::Record;
use domain::id::AccountId;
use store::StoreError;

use crate::Lake;
use crate::days::{MAX_DAYS, in_days};
use crate::encode::{self, Entry};
use crate::segment::Segment;

impl Lake {
    /// Appends entries to an account's lake as one segment, whatever days they belong to: one object and one
    /// item of the manifest. Returns the segment; `None` where there are no entries.
    pub async fn append(
        &self,
        account: &AccountId,
        entries: Vec<Entry>,
    ) -> Result<Option<Segment>, StoreError> {
        let Some(segment) = self.stage(account, entries).await? else { return Ok(None) };
        let mut added = [segment];
        self.commit(&mut added, &[]).await?;
        let [segment] = added;
        Ok(Some(segment))
    }

    /// Writes the object of a segment with these entries and does not commit it. The segment has one part per
    /// UTC day. Where there are more than `MAX_DAYS` days, as in an import of old sessions, several days
    /// share a part, which compaction will cut. Returns `None` where there are no entries.
    pub(crate) async fn stage(
        &self,
        account: &AccountId,
        mut entries: Vec<Entry>,
    ) -> Result<Option<Segment>, StoreError> {
        if entries.is_empty() {
            return Ok(None);
        }
        encode::sort(&mut entries);
        let mut draft = self.draft(account).await?;
        for (number, part) in in_days(&entries, |entry| entry.created_at, MAX_DAYS).into_iter().enumerate() {
            draft.begin_part(&encode::encode(part, Record::Session)?)?;
            for record in Record::CHILDREN {
                draft.add(number, record, &encode::encode(part, record)?)?;
            }
        }
        self.upload(draft).await
    }
}
