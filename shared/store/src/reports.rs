//! The reports of Data Studio that an account has put into its console, in the order that the account gave
//! them.

use serde::{Deserialize, Serialize};

use super::{Store, StoreError};
use crate::key;
use domain::id::AccountId;
use domain::time::Instant;

/// A report.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Report {
    /// The id of the report, unique within its account.
    pub id: String,
    /// The title that the account gave it.
    pub title: String,
    /// The address at which it opens in Data Studio.
    pub url: String,
    /// The address at which it opens in a frame.
    pub embed_url: String,
    /// When it was put into the console.
    pub created_at: Instant,
}

impl Store {
    /// Returns an account's reports; none before the first.
    pub async fn reports(&self, account: &AccountId) -> Result<Vec<Report>, StoreError> {
        self.document(key::reports(account)).await
    }

    /// Changes an account's reports, and returns what `change` returned. Where another writer was faster,
    /// `change` is called again with the reports as they are then. Where `change` fails, nothing is changed.
    pub async fn change_reports<R, E: From<StoreError>>(
        &self,
        account: &AccountId,
        change: impl Fn(&mut Vec<Report>) -> Result<R, E>,
    ) -> Result<R, E> {
        self.change_document(key::reports(account), change).await
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn reports_read_back_as_they_were_first_kept() {
        let kept = r#"[{"id":"0123456789abcdef","title":"Painel","url":"https://lookerstudio.google.com/s/abcdefgh",
            "embed_url":"https://lookerstudio.google.com/embed/s/abcdefgh","created_at":1790000000000000}]"#;
        let reports: Vec<Report> = serde_json::from_str(kept).unwrap();
        assert_eq!((reports.len(), reports[0].created_at), (1, Instant(1_790_000_000_000_000)));
        assert_eq!(reports[0].embed_url, "https://lookerstudio.google.com/embed/s/abcdefgh");
    }
}
