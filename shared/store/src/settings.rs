//! What an operator has set for the whole stack.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use super::{Store, StoreError};
use crate::key;

/// The settings; those of a stack that has set nothing by default.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct Settings {
    /// The deployment id of the Data Studio connector.
    pub connector_id: Option<String>,
    /// The published report of each template, by the template's id.
    pub templates: BTreeMap<String, String>,
    /// What this stack costs to run.
    pub prices: Option<Prices>,
}

/// What AWS asks for what a stack uses.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Prices {
    /// The three letters of the currency (ISO 4217).
    pub currency: String,
    /// For a million requests to the API.
    pub per_million_requests: f64,
    /// For storing a GB for a month.
    pub per_gb_month_storage: f64,
    /// For a million write units of the table.
    pub per_million_writes: f64,
    /// For a million read units of the table.
    pub per_million_reads: f64,
}

impl Store {
    /// The stack's settings.
    pub async fn settings(&self) -> Result<Settings, StoreError> {
        self.document(key::settings()).await
    }

    /// Changes the stack's settings, by the rules of `change_reports`.
    pub async fn change_settings<R, E: From<StoreError>>(
        &self,
        change: impl Fn(&mut Settings) -> Result<R, E>,
    ) -> Result<R, E> {
        self.change_document(key::settings(), change).await
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn settings_read_back_as_they_were_first_kept() {
        let kept = r#"{"connector_id":"AKfycbx","templates":{"agentes":"0B_U5RNpwhcE6"},"prices":{"currency":"USD",
            "per_million_requests":1.0,"per_gb_month_storage":0.25,"per_million_writes":1.25,"per_million_reads":0.25}}"#;
        let settings: Settings = serde_json::from_str(kept).unwrap();
        assert_eq!(settings.templates["agentes"], "0B_U5RNpwhcE6");
        assert_eq!(settings.prices.unwrap().per_million_writes, 1.25);
    }
}
