//! The settings of accounts.

use aws_sdk_dynamodb::types::AttributeValue;
use chrono::NaiveDate;

use super::{Item, Store, StoreError, StoreErrorKind, number, text};
use crate::key;
use domain::account::Account;
use domain::id::AccountId;
use domain::time::Instant;
use domain::zone::Zone;

/// New values for some of an account's settings; `None` leaves a setting as it is.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct AccountChange {
    /// The zone in which the account's days are counted.
    pub zone: Option<Zone>,
    /// The first day of the account's data; it can only move back.
    pub starts_on: Option<NaiveDate>,
    /// For how many days sessions are kept.
    pub retention_days: Option<u32>,
    /// The names of the fields that are confidential; they replace the list that is kept.
    pub confidential: Option<Vec<String>>,
}

impl AccountChange {
    /// The names of the settings that change.
    pub fn names(&self) -> Vec<&'static str> {
        let all = [
            (self.zone.is_some(), "timezone"),
            (self.starts_on.is_some(), "starts_on"),
            (self.retention_days.is_some(), "retention_days"),
            (self.confidential.is_some(), "confidential"),
        ];
        all.into_iter().filter(|(changes, _)| *changes).map(|(_, name)| name).collect()
    }
}

/// Why settings were not changed.
#[derive(Debug, thiserror::Error)]
pub enum ChangeError {
    /// The first day would move forward, past sessions that are already kept.
    #[error("starts_on can only move back")]
    StartsOnForward,
    /// Storage failed.
    #[error(transparent)]
    Store(#[from] StoreError),
}

/// The attribute with when an erasure last took segments from the account's lake.
const ERASED_AT: &str = "erased_at";

impl Store {
    /// Notes that an erasure takes from the account's lake what was replaced by `at`.
    pub async fn note_erased(&self, id: &AccountId, at: Instant) -> Result<(), StoreError> {
        self.update(key::account(id))
            .update_expression(format!("SET {ERASED_AT} = :at"))
            .expression_attribute_values(":at", AttributeValue::N(at.0.to_string()))
            .send()
            .await
            .map(drop)
            .map_err(|error| StoreError::aws("noting an erasure", error))
    }

    /// Reads an account's settings; the defaults where it has set nothing yet.
    pub async fn account(&self, id: &AccountId) -> Result<Account, StoreError> {
        let item = self.get(key::account(id)).await?;
        Ok(item.map_or_else(|| Account::new(id.clone()), |item| read(id, &item)))
    }

    /// Sets the account's first day to `day` unless it already has one.
    pub async fn start_account(&self, id: &AccountId, day: NaiveDate) -> Result<(), StoreError> {
        self.update(key::account(id))
            .update_expression("SET starts_on = if_not_exists(starts_on, :day)")
            .expression_attribute_values(":day", AttributeValue::S(day.to_string()))
            .send()
            .await
            .map_err(|error| StoreError::aws("starting an account", error))?;
        Ok(())
    }

    /// Changes all of the given settings or, where that fails, none of them. Returns the settings that hold
    /// afterwards.
    pub async fn change_account(
        &self,
        id: &AccountId,
        change: AccountChange,
    ) -> Result<Account, ChangeError> {
        let mut update = self.update(key::account(id));
        let mut sets = Vec::new();
        if let Some(zone) = change.zone {
            // `timezone` is a reserved word in DynamoDB's expressions.
            sets.push("#timezone = :timezone");
            update = update
                .expression_attribute_names("#timezone", "timezone")
                .expression_attribute_values(":timezone", AttributeValue::S(zone.name().to_owned()));
        }
        if let Some(day) = change.starts_on {
            sets.push("starts_on = :starts_on");
            update = update
                .expression_attribute_values(":starts_on", AttributeValue::S(day.to_string()))
                .condition_expression("attribute_not_exists(starts_on) OR starts_on >= :starts_on");
        }
        if let Some(days) = change.retention_days {
            sets.push("retention_days = :retention_days");
            update =
                update.expression_attribute_values(":retention_days", AttributeValue::N(days.to_string()));
        }
        if let Some(fields) = change.confidential {
            sets.push("confidential = :confidential");
            let fields = fields.into_iter().map(AttributeValue::S).collect();
            update = update.expression_attribute_values(":confidential", AttributeValue::L(fields));
        }
        if !sets.is_empty() {
            let sent = update.update_expression(format!("SET {}", sets.join(", "))).send().await;
            sent.map_err(|error| match StoreError::aws("changing an account", error) {
                error if error.kind == StoreErrorKind::Conflict => ChangeError::StartsOnForward,
                error => ChangeError::Store(error),
            })?;
        }
        Ok(self.account(id).await?)
    }
}

fn read(id: &AccountId, item: &Item) -> Account {
    let default = Account::new(id.clone());
    let fields = item.get("confidential").and_then(|list| list.as_l().ok());
    Account {
        zone: text(item, "timezone").and_then(Zone::named).unwrap_or(default.zone),
        starts_on: text(item, "starts_on").and_then(|day| day.parse().ok()),
        retention_days: number(item, "retention_days")
            .and_then(|days| days.try_into().ok())
            .unwrap_or(default.retention_days),
        confidential: fields.into_iter().flatten().filter_map(|field| field.as_s().ok().cloned()).collect(),
        erased_at: number(item, ERASED_AT).map(Instant),
        ..default
    }
}
