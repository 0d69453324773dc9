//! The settings that an operator makes for the whole stack.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use super::{Store, StoreError};
use crate::key;

/// The settings of a stack. The default is that nothing is set.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct Settings {
    /// The deployment id of the Data Studio connector.
    pub connector_id: Option<String>,
    /// The id of the published report of each template, by the template's id.
    pub templates: BTreeMap<String, String>,
    /// The prices from which the stack's costs are estimated.
    pub prices: Option<Prices>,
}

/// What AWS charges for what a stack uses, in one currency.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Prices {
    /// The three letters of the currency (ISO 4217).
    pub currency: String,
    /// The price of a million requests to the API.
    pub per_million_requests: f64,
    /// The price of storing one GB for a month.
    pub per_gb_month_storage: f64,
    /// The price of a million write units of the table.
    pub per_million_writes: f64,
    /// The price of a million read units of the table.
    pub per_million_reads: f64,
}

impl Store {
    /// Returns the stack's settings.
    pub async fn settings(&self) -> Result<Settings, StoreError> {
        self.document(key::settings()).await
    }

    /// Changes the stack's settings, and returns what `change` returned. Where another writer was faster,
    /// `change` is called again with the settings as they are then. Where `change` fails, nothing is changed.
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
