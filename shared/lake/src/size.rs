//! The size of an account's lake.

use domain::id::AccountId;
use store::StoreError;
use store::key;

use crate::Lake;
use crate::segment::Segment;

impl Lake {
    /// Returns how many bytes all live segments have. Where one page of the manifest holds them all, as for
    /// most accounts, that is the size now. Otherwise it is the size that `measure` last kept, because a
    /// longer manifest is too much to read for one number.
    pub async fn bytes(&self, account: &AccountId) -> Result<u64, StoreError> {
        if let Some(bytes) = self.bytes_of_few(account).await? {
            return Ok(bytes);
        }
        match self.store.kept_lake_bytes(account).await? {
            Some(bytes) => Ok(bytes),
            None => self.bytes_of_all(account).await,
        }
    }

    /// Keeps the size for `bytes` where the manifest is longer than a page. Returns whether it is.
    pub async fn measure(&self, account: &AccountId) -> Result<bool, StoreError> {
        if self.bytes_of_few(account).await?.is_some() {
            return Ok(false);
        }
        self.store.keep_lake_bytes(account, self.bytes_of_all(account).await?).await?;
        Ok(true)
    }

    async fn bytes_of_all(&self, account: &AccountId) -> Result<u64, StoreError> {
        Ok(self.live(account).await?.iter().map(Segment::bytes).sum())
    }

    /// Returns how many bytes all live segments have; `None` where the manifest is longer than a page.
    async fn bytes_of_few(&self, account: &AccountId) -> Result<Option<u64>, StoreError> {
        let mut bytes = 0;
        for prefix in [key::LIVE_SEGMENTS, key::SEGMENTS_BEFORE_SECTIONS] {
            let keys = prefix.to_owned()..=format!("{prefix}~");
            let (items, more) = self.store.range_page(&key::manifest(account), keys, None).await?;
            if more {
                return Ok(None);
            }
            for item in &items {
                let segment = Segment::from_item(account, item)?;
                bytes += if segment.removed_at.is_none() { segment.bytes() } else { 0 };
            }
        }
        Ok(Some(bytes))
    }
}
