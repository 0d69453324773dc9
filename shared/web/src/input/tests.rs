use http::StatusCode;
use serde::Deserialize;

use super::*;

#[derive(Debug, Default, Deserialize)]
#[serde(default)]
struct Example {
    name: InputField<String>,
    count: InputField<u8>,
    #[serde(flatten)]
    others: Others,
}

#[derive(Debug, Deserialize)]
struct Nested {
    inner: Object<Inner>,
}

#[derive(Debug, Deserialize)]
struct Inner {
    word: String,
}

fn read(json: &str) -> Result<(String, Option<u8>), Problem> {
    let request: Example = parse_json(json.as_bytes())?;
    let (name, count, ()) =
        all((request.name.required("name"), request.count.optional("count"), request.others.refuse()))?;
    Ok((name, count))
}

/// The fields that a refused request is told of.
fn faults(json: &str) -> Vec<String> {
    let problem = read(json).unwrap_err();
    problem.faults().iter().filter_map(|fault| fault.field.clone()).collect()
}

#[test]
fn all_that_is_wrong_is_named() {
    assert_eq!(read(r#"{"name":"a","count":7}"#).unwrap(), ("a".to_owned(), Some(7)));
    assert_eq!(read(r#"{"name":"a","count":null}"#).unwrap(), ("a".to_owned(), None));
    assert_eq!(faults("{}"), ["name"]);
    assert_eq!(faults(r#"{"name":1,"count":300,"x":{},"y":[]}"#), ["name", "count", "x", "y"]);
    let many: Vec<String> = (0..500).map(|n| format!(r#""k{n}":0"#)).collect();
    assert_eq!(faults(&format!("{{{}}}", many.join(","))).len(), 100);
}

#[test]
fn of_two_statuses_the_first_is_answered() {
    let forbidden = || Err::<(), Problem>(Problem::forbidden(Text::new("a", "b")));
    let invalid = || Err::<(), Problem>(Problem::invalid("b", Text::new("c", "d")));
    let problem = all((Ok(1), forbidden(), invalid())).unwrap_err();
    assert_eq!((problem.status(), problem.faults().len()), (StatusCode::FORBIDDEN, 0));
    let problem = all((invalid(), forbidden(), Ok(1), invalid())).unwrap_err();
    assert_eq!((problem.status(), problem.faults().len()), (StatusCode::UNPROCESSABLE_ENTITY, 2));
}

#[test]
fn an_object_is_written_as_one() {
    let nested: Nested = parse_json(br#"{"inner":{"word":"a"}}"#).unwrap();
    assert_eq!(nested.inner.0.word, "a");
    for json in [r#"{"inner":["a"]}"#, r#"[{"word":"a"}]"#, "1", "null"] {
        let problem = parse_json::<Nested>(json.as_bytes()).unwrap_err();
        assert_eq!(problem.status(), StatusCode::UNPROCESSABLE_ENTITY, "{json}");
        assert!(problem.detail().contains("a JSON object"), "{json}: {}", problem.detail());
    }
    let problem = parse_json::<Nested>(br#"{"inner":{"word":1}}"#).unwrap_err();
    assert!(problem.detail().starts_with("inner.word"), "{}", problem.detail());
    assert_eq!(parse_json::<Nested>(b"{").unwrap_err().status(), StatusCode::BAD_REQUEST);
}

#[tokio::test]
async fn a_body_past_its_limit_is_read_to_its_end_and_refused() {
    assert_eq!(collect(Body::from("12345"), 5).await.unwrap(), b"12345");
    let problem = collect(Body::from(vec![0; 6 << 20]), 2 << 20).await.unwrap_err();
    assert_eq!(problem.status(), StatusCode::PAYLOAD_TOO_LARGE);
    assert_eq!(problem.detail(), "the body is larger than 2 MiB as sent: send less at a time");
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct Wanted {
    #[expect(dead_code, reason = "it is read only to be refused")]
    account: Option<AccountId>,
    #[serde(default)]
    #[expect(dead_code, reason = "it is read only to be refused")]
    validate: bool,
}

#[tokio::test]
async fn a_parameter_that_does_not_fit_is_refused_by_its_name() {
    for (query, field, pt, en) in [
        (
            "x=1",
            "x",
            "não é aceito aqui: use account ou validate",
            "is not taken here: use account or validate",
        ),
        ("account=NO", "account", "deve ter de 1 a 63 caracteres", "must have 1 to 63 characters"),
        ("validate=sim", "validate", "deve ser true ou false", "must be true or false"),
        ("validate=true&validate=true", "validate", "foi enviado mais de uma vez", "was sent more than once"),
    ] {
        let mut parts = Request::get(format!("/?{query}")).body(()).unwrap().into_parts().0;
        let read = Parameters::<Wanted>::from_request_parts(&mut parts, &()).await;
        let problem = read.unwrap_err();
        assert_eq!(problem.status(), StatusCode::UNPROCESSABLE_ENTITY, "{query}");
        assert_eq!(problem.faults()[0].field.as_deref(), Some(field), "{query}: {problem:?}");
        let words = problem.words();
        assert!(words.pt.starts_with(&format!("{field} {pt}")), "{query}: {words:?}");
        assert!(words.en.starts_with(&format!("{field} {en}")), "{query}: {words:?}");
    }
}

#[test]
fn links_begin_with_the_address_that_the_request_came_in_by() {
    let url = |pairs: &[(&'static str, &str)]| {
        base_url(&pairs.iter().map(|(name, value)| (name.parse().unwrap(), value.parse().unwrap())).collect())
    };
    assert_eq!(url(&[("host", "127.0.0.1:8787")]), "http://127.0.0.1:8787");
    assert_eq!(url(&[("host", "reports.example.com")]), "https://reports.example.com");
    assert_eq!(url(&[("host", "localhost:1"), ("x-forwarded-proto", "https")]), "https://localhost:1");
    assert_eq!(url(&[("host", "a.example"), ("x-forwarded-proto", "ftp")]), "https://a.example");
    assert_eq!(url(&[("host", "a/../b")]), "http://localhost");
}
