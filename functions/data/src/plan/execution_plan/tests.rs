use std::collections::BTreeMap;

use domain::account::Account;
use domain::cipher::DataKey;
use domain::masking::Reader;
use domain::time::Instant;
use domain::token::Privacy;
use lake::{FileInfo, Span};
use serde_json::{Value as Json, json};

use super::*;
use crate::plan::query::RequestContext;
use crate::plan::request::DataRequest;

/// Midnight of 2026-10-01 in the account's zone.
const MIDNIGHT: i64 = 1_790_823_600_000_000;
const HOUR: i64 = 3_600_000_000;

fn account() -> AccountId {
    AccountId::try_from("demo".to_owned()).unwrap()
}

/// A part of 1,000 sessions that began between these hours of 2026-10-01.
fn part(segment: &str, from: i64, to: i64, is_unique: bool) -> Part {
    let [min, max] = [from, to].map(|hour| Instant(MIDNIGHT + hour * HOUR));
    let info = FileInfo { rows: 1_000, bytes: 1, decoded: 1, offset: 0 };
    let files = BTreeMap::from([(Record::Session.name().to_owned(), info)]);
    Part { is_unique, files, ..Part::new(segment.to_owned(), account(), 0, Span { min, max }) }
}

/// How a request is planned over some parts, as it is printed, without its first two lines.
fn planned(request: Json, parts: Vec<Part>) -> Vec<String> {
    let account = Account::new(account());
    let reader = Reader { privacy: Privacy::Full, account: &account };
    let now = Instant(MIDNIGHT + 48 * HOUR);
    let context = RequestContext { reader, cursor_key: &DataKey::random(), now };
    let request: DataRequest = serde_json::from_value(request).unwrap();
    let query = Query::resolve(&request, &context).unwrap();
    let window = query.window.clone();
    let plan = ExecutionPlan::over(parts, window, Arc::new(query));
    plan.to_string().lines().skip(2).map(str::to_owned).collect()
}

fn request(report: &str, fields: &[&str], filters: &Json) -> Json {
    let fields: Vec<Json> = fields.iter().map(|name| json!({ "name": name })).collect();
    json!({
        "configParams": { "report_type": report },
        "dateRange": { "startDate": "2026-10-01", "endDate": "2026-10-01" },
        "fields": fields,
        "dimensionsFilters": filters,
    })
}

fn equals(field: &str, value: &str) -> Json {
    json!([[{ "fieldName": field, "values": [value], "type": "INCLUDE", "operator": "EQUALS" }]])
}

#[test]
fn a_part_that_lies_in_the_period_is_read_for_the_columns_that_are_shown() {
    let plan = planned(request("summary", &["status", "sessions"], &json!([])), vec![part("a", 1, 2, true)]);
    assert_eq!(plan, ["a/0: all rows of 1000, sessions(status)"]);
}

#[test]
fn of_a_part_that_exceeds_the_period_only_a_stretch_of_rows_is_read() {
    let plan = planned(request("summary", &["status"], &json!([])), vec![part("a", -5, 2, true)]);
    assert_eq!(plan, ["a/0: a stretch of rows of 1000, sessions(created_at, status); rows in the window"]);
}

#[test]
fn rows_of_a_page_are_read_with_their_keys_and_no_more_than_fill_it() {
    let plan = planned(request("sessions", &["status"], &json!([])), vec![part("a", 1, 2, true)]);
    let expected = "a/0: a stretch of at most 10001 rows of 1000, sessions(session_id, created_at, status)";
    assert_eq!(plan, [expected]);
}

#[test]
fn parts_that_overlap_are_resolved_and_others_are_left_out() {
    let parts =
        vec![part("a", 1, 3, true), part("b", 2, 4, true), part("c", 5, 6, false), part("d", 30, 31, true)];
    let keys = "sessions(session_id, created_at, _sequence, _removed, status)";
    let expected = [
        format!("a/0 + b/0: all rows of 2000, {keys}; latest versions; rows in the window"),
        format!("c/0: all rows of 1000, {keys}; latest versions; rows in the window"),
    ];
    assert_eq!(planned(request("summary", &["status"], &json!([])), parts), expected);
}

#[test]
fn records_are_read_after_the_filters_on_sessions_unless_these_are_about_them() {
    let parts = || vec![part("a", 1, 2, true)];
    let plan = planned(request("talks", &["talks_message"], &equals("status", "open")), parts());
    let sessions = "a/0: all rows of 1000, sessions(session_id, created_at, status)";
    assert_eq!(
        plan,
        [sessions, "after the filters on sessions, talks(_session, _position, message)"],
        "of the record that rows stand for"
    );
    let plan = planned(request("sessions", &["status"], &equals("tags", "a: b")), parts());
    assert_eq!(plan[1..], ["before the filters on sessions, tags(_session, _position, tag, answer)"]);
}

#[test]
fn a_plan_says_when_and_how_much_at_once_but_no_value_of_a_filter() {
    let account_of = Account::new(account());
    let reader = Reader { privacy: Privacy::Full, account: &account_of };
    let now = Instant(MIDNIGHT + 48 * HOUR);
    let context = RequestContext { reader, cursor_key: &DataKey::random(), now };
    let asked = request("sessions", &["status"], &equals("contact_name", "Maria"));
    let query = Query::resolve(&serde_json::from_value(asked).unwrap(), &context).unwrap();
    let window = query.window.clone();
    let plan = ExecutionPlan { is_looked_up: true, ..ExecutionPlan::over(vec![], window, Arc::new(query)) };
    let expected = "sessions as of 2026-10-03T02:59:57Z, 4 clusters at once\n\
        created_at from 2026-10-01T03:00:00Z to 2026-10-02T03:00:00Z, where the named sessions lie\n";
    assert_eq!(plan.to_string(), expected);
}
