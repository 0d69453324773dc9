//! The audit log: who did what to an account or to the stack, without anything that was kept secret or said.
//!
//! What happens seldom has an item each time. What may happen all the time, as exports do, has one for each day and token,
//! which counts. So the log grows with days and tokens and not with traffic. Items leave by the table's TTL.

use std::ops::RangeInclusive;

use aws_sdk_dynamodb::types::AttributeValue;
use chrono::{Datelike, Months, NaiveDate};
use serde::{Deserialize, Serialize};

use super::expiry::EXPIRES_AT;
use super::{Item, Store, StoreError, key_item};
use crate::key;
use domain::id::{AccountId, random_hex};
use domain::time::Instant;

/// For how many seconds entries are kept: five years, leap days counted.
const KEPT_SECONDS: i64 = 1_827 * 86_400;
/// How many months one page is looked for in.
const MAX_MONTHS: usize = 12;

/// What was done.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Action {
    /// A token was issued.
    TokenIssued,
    /// A token was revoked.
    TokenRevoked,
    /// Somebody signed in at the console.
    SignedIn,
    /// Somebody signed out of the console.
    SignedOut,
    /// An account's settings were changed.
    AccountChanged,
    /// What an operator sets for the whole stack was changed.
    SettingsChanged,
    /// The list of reports in an account's console was changed.
    ReportsChanged,
    /// A media file was deleted.
    FileDeleted,
    /// A media file was opened by a link.
    FileOpened,
    /// Rows were exported as a file.
    Exported,
    /// Somebody looked for persons.
    PeopleSearched,
    /// What is kept of a person was exported.
    PersonExported,
    /// The erasure of a person was ordered.
    PersonErased,
}

impl Action {
    const fn as_str(self) -> &'static str {
        match self {
            Action::TokenIssued => "token_issued",
            Action::TokenRevoked => "token_revoked",
            Action::SignedIn => "signed_in",
            Action::SignedOut => "signed_out",
            Action::AccountChanged => "account_changed",
            Action::SettingsChanged => "settings_changed",
            Action::ReportsChanged => "reports_changed",
            Action::FileDeleted => "file_deleted",
            Action::FileOpened => "file_opened",
            Action::Exported => "exported",
            Action::PeopleSearched => "people_searched",
            Action::PersonExported => "person_exported",
            Action::PersonErased => "person_erased",
        }
    }
}

/// An entry of the log.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct AuditEntry {
    /// When it was done; of what is counted by day, when for the first time on that day (UTC).
    pub at: Instant,
    /// What was done.
    pub action: Action,
    /// The id of the token with which it was done; `bootstrap`, `host` or `link` where it was done without one.
    pub by: String,
    /// What it was done to: the id of a token or report, the names of settings.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub about: Option<String>,
    /// How often it was done on that day.
    pub count: u64,
}

/// A place in the log, after which it goes on with older entries.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct AuditPlace {
    /// The first day of the month.
    pub month: NaiveDate,
    /// The sort key in that month; `None` for the month's end.
    pub after: Option<String>,
}

impl AuditPlace {
    /// Whether the place is one in these days.
    pub fn is_in(&self, (first, last): (NaiveDate, NaiveDate)) -> bool {
        let months = first_of_month(first)..=first_of_month(last);
        let is_of_month = |after: &String| after.starts_with(&self.month.format("%Y-%m").to_string());
        let is_in_days = |after: &String| sort_keys((first, last)).contains(after);
        self.month.day() == 1
            && months.contains(&self.month)
            && self.after.as_ref().is_none_or(|after| is_of_month(after) && is_in_days(after))
    }
}

impl Store {
    /// Notes what is about to be done to an account, or to the whole stack for `None`.
    pub async fn note_event(
        &self,
        account: Option<&AccountId>,
        action: Action,
        by: &str,
        about: Option<String>,
    ) -> Result<(), StoreError> {
        let now = Instant::now();
        let entry = AuditEntry { at: now, action, by: by.to_owned(), about, count: 1 };
        let mut item: Item =
            serde_dynamo::to_item(entry).map_err(|error| StoreError::broken("noting an event", error))?;
        item.extend(key_item(key::audit_event(account, now, &random_hex(4))));
        item.insert(EXPIRES_AT.to_owned(), expires_at(now));
        let put = self.dynamo().put_item().table_name(&self.names().table).set_item(Some(item));
        put.send().await.map(drop).map_err(|error| StoreError::aws("noting an event", error))
    }

    /// Counts what is about to be done to an account, by day and token.
    pub async fn count_event(&self, account: &AccountId, action: Action, by: &str) -> Result<(), StoreError> {
        let now = Instant::now();
        let text = |text: &str| AttributeValue::S(text.to_owned());
        let sent = self
            .update(key::audit_count(account, now.to_utc().date_naive(), action.as_str(), by))
            .update_expression("SET #at = if_not_exists(#at, :at), #action = :action, #by = :by, expires_at = :expires ADD #count :one")
            .expression_attribute_names("#at", "at")
            .expression_attribute_names("#action", "action")
            .expression_attribute_names("#by", "by")
            .expression_attribute_names("#count", "count")
            .expression_attribute_values(":at", AttributeValue::N(now.0.to_string()))
            .expression_attribute_values(":action", text(action.as_str()))
            .expression_attribute_values(":by", text(by))
            .expression_attribute_values(":expires", expires_at(now))
            .expression_attribute_values(":one", AttributeValue::N("1".to_owned()))
            .send()
            .await;
        sent.map(drop).map_err(|error| StoreError::aws("counting an event", error))
    }

    /// Returns up to `limit` entries of an account's log, or of the stack's own for `None`, from `last` back to `first`
    /// (UTC days), the newest first; and the place after which they go on, `None` at their end. A page may be empty and not
    /// the last.
    pub async fn audit(
        &self,
        account: Option<&AccountId>,
        (first, last): (NaiveDate, NaiveDate),
        limit: u16,
        after: Option<AuditPlace>,
    ) -> Result<(Vec<AuditEntry>, Option<AuditPlace>), StoreError> {
        let mut place = after.unwrap_or(AuditPlace { month: first_of_month(last), after: None });
        let mut entries: Vec<AuditEntry> = Vec::new();
        for _ in 0..MAX_MONTHS {
            let left = usize::from(limit).saturating_sub(entries.len());
            let (items, more) = self.audit_page(account, (first, last), &place, left).await?;
            for item in items {
                place.after = super::text(&item, "sk").map(str::to_owned);
                entries.push(
                    serde_dynamo::from_item(item)
                        .map_err(|error| StoreError::broken("reading the audit log", error))?,
                );
            }
            if !more {
                let before = place.month.checked_sub_months(Months::new(1));
                match before.filter(|month| *month >= first_of_month(first)) {
                    Some(month) => place = AuditPlace { month, after: None },
                    None => return Ok((entries, None)),
                }
            }
            if entries.len() >= usize::from(limit) {
                break;
            }
        }
        Ok((entries, Some(place)))
    }

    async fn audit_page(
        &self,
        account: Option<&AccountId>,
        (first, last): (NaiveDate, NaiveDate),
        place: &AuditPlace,
        limit: usize,
    ) -> Result<(Vec<Item>, bool), StoreError> {
        let partition = key::audit(account, place.month);
        let (from, to) = sort_keys((first, last)).into_inner();
        let start =
            place.after.as_ref().map(|sk| key_item(key::Key { pk: partition.clone(), sk: sk.clone() }));
        let answer = self
            .dynamo()
            .query()
            .table_name(&self.names().table)
            .key_condition_expression("pk = :partition AND sk BETWEEN :first AND :last")
            .expression_attribute_values(":partition", AttributeValue::S(partition))
            .expression_attribute_values(":first", AttributeValue::S(from))
            .expression_attribute_values(":last", AttributeValue::S(to))
            .scan_index_forward(false)
            .limit(i32::try_from(limit).unwrap_or(i32::MAX))
            .set_exclusive_start_key(start)
            .send()
            .await
            .map_err(|error| StoreError::aws("reading the audit log", error))?;
        let more = answer.last_evaluated_key.is_some();
        Ok((answer.items.unwrap_or_default(), more))
    }
}

fn expires_at(now: Instant) -> AttributeValue {
    AttributeValue::N(now.plus_seconds(KEPT_SECONDS).seconds().to_string())
}

/// The sort keys of some days.
fn sort_keys((first, last): (NaiveDate, NaiveDate)) -> RangeInclusive<String> {
    first.to_string()..=format!("{last}~")
}

fn first_of_month(day: NaiveDate) -> NaiveDate {
    day.with_day(1).unwrap_or(day)
}
