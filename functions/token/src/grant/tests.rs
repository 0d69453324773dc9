use domain::time::Instant;
use http::StatusCode;

use super::*;

fn account(id: &str) -> AccountId {
    AccountId::try_from(id.to_owned()).unwrap()
}

fn issuer(scope: Scope, of: Option<&str>) -> Caller {
    let token_id = "t1".to_owned();
    Caller { account: of.map(account), scope, privacy: Privacy::Full, token_id, expires_at: Instant::now() }
}

fn ask(issuer: &Caller, json: &str) -> Result<Grant, Problem> {
    grant(issuer, AccountParameter::default(), web::input::parse_json(json.as_bytes())?)
}

fn admin(json: &str) -> Result<Grant, Problem> {
    ask(&issuer(Scope::Admin, None), json)
}

fn status(result: Result<Grant, Problem>) -> u16 {
    result.unwrap_err().status().as_u16()
}

#[test]
fn report_tokens_live_five_years_and_others_one() {
    for (scope, days) in [("report", 1826), ("ingest", 365), ("console", 365)] {
        let granted = admin(&format!(r#"{{"account":"demo","scope":"{scope}"}}"#)).unwrap();
        assert_eq!((granted.lifetime.seconds(), granted.account), (days * DAY, Some(account("demo"))));
    }
    let granted = admin(r#"{"scope":"admin"}"#).unwrap();
    assert_eq!((granted.lifetime.seconds(), granted.account), (365 * DAY, None));
}

#[test]
fn a_lifetime_is_a_whole_number_of_days_up_to_five_years() {
    for days in [1, 1826] {
        let granted =
            admin(&format!(r#"{{"account":"demo","scope":"report","expires_in_days":{days}}}"#)).unwrap();
        assert_eq!(granted.lifetime.seconds(), days * DAY);
    }
    for days in ["0", "1827", "-1", "1.5", "\"30\"", "1e400", "99999999999999999999", "true"] {
        let refused = admin(&format!(r#"{{"account":"demo","scope":"report","expires_in_days":{days}}}"#));
        let problem = refused.unwrap_err();
        if days != "1e400" {
            assert!(problem.detail().starts_with("expires_in_days"), "{days}: {}", problem.detail());
            assert_eq!(problem.status(), StatusCode::UNPROCESSABLE_ENTITY, "{days}");
        }
    }
}

#[test]
fn minutes_are_for_console_tokens() {
    let granted = admin(r#"{"account":"demo","scope":"console","expires_in_minutes":5}"#).unwrap();
    assert_eq!(granted.lifetime.seconds(), 300);
    for (scope, more) in [("report", ""), ("ingest", ""), ("console", r#","expires_in_days":1"#)] {
        let json = format!(r#"{{"account":"demo","scope":"{scope}","expires_in_minutes":5{more}}}"#);
        assert_eq!(status(admin(&json)), 422, "{json}");
    }
    assert_eq!(status(admin(r#"{"account":"demo","scope":"console","expires_in_minutes":0}"#)), 422);
}

#[test]
fn a_request_that_does_not_fit_is_refused() {
    for json in [
        r#"{"scope":"report"}"#,
        r#"{"account":"demo"}"#,
        r#"{"account":"demo","scope":"owner"}"#,
        r#"{"account":"DEMO","scope":"report"}"#,
        r#"{"account":"demo","scope":"admin"}"#,
        r#"{"account":"demo","scope":"report","colour":"red"}"#,
        r#"{"account":"demo","scope":"report","privacy":"hidden"}"#,
        r#"{"account":"demo","scope":"ingest","privacy":"masked"}"#,
        r#"{"account":"demo","scope":"console","privacy":"anonymous"}"#,
        r#"{"scope":"admin","privacy":"masked"}"#,
    ] {
        assert_eq!(status(admin(json)), 422, "{json}");
    }
    let label = |chars| format!(r#"{{"account":"demo","scope":"report","label":"{}"}}"#, "é".repeat(chars));
    assert!(admin(&label(100)).is_ok());
    assert_eq!(status(admin(&label(101))), 422);
}

#[test]
fn a_report_token_has_one_of_three_privacies_and_shows_all_unless_ordered_otherwise() {
    for (order, privacy) in [
        ("", Privacy::Full),
        (r#","privacy":null"#, Privacy::Full),
        (r#","privacy":"full""#, Privacy::Full),
        (r#","privacy":"masked""#, Privacy::Masked),
        (r#","privacy":"anonymous""#, Privacy::Anonymous),
    ] {
        let granted = admin(&format!(r#"{{"account":"demo","scope":"report"{order}}}"#)).unwrap();
        assert_eq!(granted.privacy, privacy, "{order}");
    }
    assert!(admin(r#"{"account":"demo","scope":"ingest","privacy":"full"}"#).is_ok());
}

#[test]
fn a_console_issues_report_tokens_of_its_own_account_only() {
    let console = issuer(Scope::Console, Some("demo"));
    let granted = ask(&console, r#"{"scope":"report"}"#).unwrap();
    assert_eq!(granted.account, Some(account("demo")));
    assert!(ask(&console, r#"{"account":"demo","scope":"report"}"#).is_ok());
    for json in [
        r#"{"account":"other","scope":"report"}"#,
        r#"{"account":"demo","scope":"console"}"#,
        r#"{"account":"demo","scope":"ingest"}"#,
        r#"{"scope":"admin"}"#,
    ] {
        assert_eq!(status(ask(&console, json)), 403, "{json}");
    }
}

#[test]
fn query_and_body_may_not_name_two_accounts() {
    let issuer = issuer(Scope::Admin, None);
    let ask = |query: &str, json: &str| {
        let named = AccountParameter { account: Some(account(query)) };
        grant(&issuer, named, web::input::parse_json(json.as_bytes()).unwrap())
    };
    assert!(ask("demo", r#"{"scope":"report"}"#).is_ok());
    assert!(ask("demo", r#"{"account":"demo","scope":"report"}"#).is_ok());
    assert_eq!(status(ask("demo", r#"{"account":"other","scope":"report"}"#)), 422);
}
