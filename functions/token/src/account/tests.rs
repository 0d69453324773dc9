use domain::time::Instant;
use domain::token::Privacy;

use super::*;

fn caller(scope: Scope) -> Caller {
    let account = (scope != Scope::Admin).then(|| AccountId::try_from("demo".to_owned()).unwrap());
    let token_id = "t1".to_owned();
    Caller { account, scope, privacy: Privacy::Full, token_id, expires_at: Instant::now() }
}

fn ask(scope: Scope, json: &str) -> Result<AccountChange, Problem> {
    parse(&caller(scope), web::input::parse_json(json.as_bytes())?)
}

#[test]
fn an_admin_sets_everything() {
    let change = ask(
        Scope::Admin,
        r#"{"timezone":"Europe/Lisbon","starts_on":"2026-01-31","retention_days":36500,
            "confidential":["campaign_name","talks_message","campaign_name"]}"#,
    )
    .unwrap();
    assert_eq!(change.zone, Zone::named("Europe/Lisbon"));
    assert_eq!(change.starts_on, NaiveDate::from_ymd_opt(2026, 1, 31));
    assert_eq!(change.retention_days, Some(36_500));
    assert_eq!(change.confidential.unwrap(), ["campaign_name", "talks_message"]);
    assert_eq!(ask(Scope::Admin, "{}").unwrap(), AccountChange::default());
}

#[test]
fn a_console_sets_zone_and_confidential_fields_only() {
    assert!(ask(Scope::Console, r#"{"timezone":"UTC","confidential":[]}"#).is_ok());
    for json in [r#"{"starts_on":"2026-01-31"}"#, r#"{"retention_days":30}"#, r#"{"retention_days":"x"}"#] {
        assert_eq!(ask(Scope::Console, json).unwrap_err().status().as_u16(), 403, "{json}");
    }
}

#[test]
fn values_that_do_not_fit_are_refused_by_name() {
    for (field, value) in [
        ("timezone", r#""Mars/Olympus""#),
        ("timezone", r#""""#),
        ("starts_on", r#""2026-1-5""#),
        ("starts_on", r#""2026-02-30""#),
        ("starts_on", r#""+2026-01-05""#),
        ("starts_on", r#""12026-01-05""#),
        ("starts_on", r#""hoje""#),
        ("retention_days", "0"),
        ("retention_days", "36501"),
        ("retention_days", "1.5"),
        ("retention_days", r#""30""#),
        ("confidential", r#"["campaign_name","talks.message"]"#),
    ] {
        let problem = ask(Scope::Admin, &format!(r#"{{"{field}":{value}}}"#)).unwrap_err();
        assert_eq!(problem.status().as_u16(), 422, "{field} {value}");
        assert!(problem.detail().starts_with(field), "{field} {value}: {}", problem.detail());
    }
    let unknown = ask(Scope::Admin, r#"{"colour":"red"}"#).unwrap_err();
    assert_eq!(unknown.status().as_u16(), 422);
}

#[test]
fn an_unknown_confidential_field_is_named_by_its_index() {
    let problem = ask(Scope::Admin, r#"{"confidential":["campaign_name","x","y"]}"#).unwrap_err();
    assert!(problem.detail().contains("confidential[1]"), "{}", problem.detail());
    let many = format!(r#"{{"confidential":[{}"x"]}}"#, "\"x\",".repeat(200));
    assert!(ask(Scope::Admin, &many).unwrap_err().detail().contains("at most"));
}
