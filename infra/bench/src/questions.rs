//! The questions, as Data Studio's connector would send them.

use chrono::NaiveDate;
use serde_json::{Value, json};

use crate::fill::Built;

/// Their names. What a peer has to answer to be comparable stands in `infra/checks/bench.py`.
pub(crate) const NAMES: [&str; 8] = ["Q1", "Q2", "Q3", "Q4", "Q5", "Q6", "Q7", "Q8"];
/// Rows of a page: the most there is.
const PAGE: u32 = 50_000;

/// A question.
pub struct Question {
    /// The body of the request for its first page.
    pub body: Value,
    /// Whether all pages are wanted, or the first only.
    pub every_page: bool,
}

/// The question of a name; `None` where there is none.
pub fn question(name: &str, built: &Built) -> Option<Question> {
    let all = (built.first_day, built.last_day);
    let rest = (built.middle(), built.last_day);
    let by_agent: &[&str] = &["created_date", "agent_name", "sessions", "tma_seconds"];
    let body = match name {
        "Q1" => body("summary", &["campaign_name", "sessions"], all),
        "Q2" => body("summary", by_agent, all),
        "Q3" => {
            let filters = [equals("channel", "WhatsApp Suporte"), equals("status", "finished")];
            filtered(body("summary", by_agent, all), &filters)
        }
        "Q4" => body("summary", &["campaign_name", "contacts"], all),
        "Q5" => first_page(body("sessions", &TWELVE, rest)),
        "Q6" => body("summary", &MESSAGES, all),
        "Q7" => {
            let fields = ["talks_created_at", "talks_origin", "talks_type", "talks_message"];
            filtered(body("talks", &fields, all), &[equals("session_id", built.session.as_str())])
        }
        "Q8" => body("sessions", &["session_id", "created_at", "campaign_name"], all),
        _ => return None,
    };
    Some(Question { body, every_page: name != "Q5" })
}

const TWELVE: [&str; 12] = [
    "session_id",
    "protocol",
    "created_at",
    "finished_at",
    "status",
    "channel",
    "campaign_name",
    "agent_name",
    "contact_id",
    "tabulation",
    "attendance_timer_tma",
    "attendance_timer_tme",
];

const MESSAGES: [&str; 7] = [
    "created_date",
    "messages",
    "messages_contact",
    "messages_agent",
    "messages_automatic",
    "messages_media",
    "messages_hsm",
];

fn body(report: &str, fields: &[&str], (first, last): (NaiveDate, NaiveDate)) -> Value {
    let fields: Vec<Value> = fields.iter().map(|name| json!({ "name": name })).collect();
    json!({
        "configParams": {"report_type": report},
        "dateRange": {"startDate": first.to_string(), "endDate": last.to_string()},
        "fields": fields,
        "limit": PAGE,
    })
}

fn first_page(mut body: Value) -> Value {
    body["limit"] = 10_000.into();
    body
}

fn filtered(mut body: Value, filters: &[Value]) -> Value {
    body["dimensionsFilters"] = filters.iter().map(|one| json!([one])).collect();
    body
}

fn equals(field: &str, value: &str) -> Value {
    json!({"fieldName": field, "values": [value], "type": "INCLUDE", "operator": "EQUALS"})
}
