use http::HeaderValue;

use super::*;

fn texts(body: &[u8], layout: Layout) -> Result<Vec<String>, (u16, String)> {
    let items = split(body, layout).map_err(|p| (p.status().as_u16(), p.detail().to_owned()))?;
    Ok(items.into_iter().map(|item| String::from_utf8_lossy(item).into_owned()).collect())
}

fn refuse(body: &[u8], layout: Layout, status: u16, detail: &str) {
    let (is, told) = texts(body, layout).expect_err(&String::from_utf8_lossy(&body[..body.len().min(100)]));
    assert_eq!(is, status);
    assert!(told.contains(detail), "{told}");
}

#[test]
fn the_content_type_tells_lines_from_json() {
    let layout = |kind: &str| {
        Layout::of(&HeaderMap::from_iter([(header::CONTENT_TYPE, HeaderValue::from_str(kind).unwrap())]))
    };
    for kind in ["application/x-ndjson", "Application/X-NDJSON; charset=utf-8", "application/jsonl"] {
        assert_eq!(layout(kind), Layout::Lines, "{kind}");
    }
    for kind in ["application/json", "text/plain", ""] {
        assert_eq!(layout(kind), Layout::Json, "{kind}");
    }
    assert_eq!(Layout::of(&HeaderMap::new()), Layout::Json);
}

#[test]
fn an_array_is_split_into_its_elements_as_they_were_sent() {
    let split = |body: &str| texts(body.as_bytes(), Layout::Json).unwrap();
    assert_eq!(split("[]"), Vec::<String>::new());
    assert_eq!(split(" [ ] \n"), Vec::<String>::new());
    assert_eq!(split(r#"[{"a":"é]"}, 7 ,null,["x"]]"#), [r#"{"a":"é]"}"#, "7", "null", r#"["x"]"#]);
    assert_eq!(split("\u{FEFF}[{}]"), ["{}"]);
}

#[test]
fn a_fault_inside_an_element_is_no_fault_of_the_array() {
    let body =
        b"[{\"a\":\"\xFF\xC3\"},{\"b\":\"\\ud800\"},{\"c\":1e999},{\"d\":1,\"d\":2},{\"\xF0\":\"\xC3\xA9\"}]";
    let items = split(body, Layout::Json).unwrap();
    assert_eq!(items.len(), 5);
    assert_eq!(items[0], b"{\"a\":\"\xFF\xC3\"}");
    assert_eq!(items[4], b"{\"\xF0\":\"\xC3\xA9\"}");
    let deep = format!("[{{}},{}{},{{}}]", "[".repeat(100_000), "]".repeat(100_000));
    assert_eq!(split(deep.as_bytes(), Layout::Json).unwrap().len(), 3);
}

#[test]
fn a_fault_of_structure_is_one_of_the_whole_body() {
    for body in [
        "[{}",
        "[{},]",
        "[{}]]",
        "[{} {}]",
        "[{}]{}",
        "[{\"a\":yes}]",
        "[{\"a\" 1}]",
        "[{\"a\":01}]",
        "[{\"a\":\"\\x\"}]",
        "[{\"a\":\"\n\"}]",
        "{\"a\":1",
        "{\"a\":1}}",
        "[\u{a0}{}]",
        "[é]",
    ] {
        refuse(body.as_bytes(), Layout::Json, 400, "the body is not JSON");
    }
    refuse(b"[{\"a\":\"\xFF\"},\xFF]", Layout::Json, 400, "the body is not JSON");
    for body in ["", "  ", "null", "12", "\"text\"", "not json", "<html>"] {
        refuse(body.as_bytes(), Layout::Json, 400, "neither a session, an array of them nor NDJSON");
    }
}

#[test]
fn a_single_object_is_one_item_and_several_are_told_how_to_come() {
    assert_eq!(texts(b"\n{\"a\":\"\xC3\xA9\"}\n ", Layout::Json).unwrap().len(), 1);
    assert_eq!(texts(b"{\"a\":\"\xFF\"}", Layout::Json).unwrap().len(), 1);
    refuse(b"{\"a\":1}\n{\"a\":2}", Layout::Json, 400, "application/x-ndjson");
}

#[test]
fn lines_are_items_and_blank_ones_are_not() {
    let split = |body: &[u8]| texts(body, Layout::Lines).unwrap();
    assert_eq!(split(b""), Vec::<String>::new());
    assert_eq!(split(b"\n \r\n\t\n"), Vec::<String>::new());
    assert_eq!(
        split(b"\xEF\xBB\xBF{\"a\":1}\r\n\r\nnot json\n  {\"b\":2}  "),
        ["{\"a\":1}", "not json", "{\"b\":2}"]
    );
}

#[test]
fn at_most_5000_items_are_taken() {
    let array = |count: usize| format!("[{}]", vec!["{}"; count].join(","));
    let lines = |count: usize| "{}\n\n".repeat(count);
    assert_eq!(split(array(5_000).as_bytes(), Layout::Json).unwrap().len(), 5_000);
    assert_eq!(split(lines(5_000).as_bytes(), Layout::Lines).unwrap().len(), 5_000);
    refuse(array(5_001).as_bytes(), Layout::Json, 413, "more than 5000 sessions");
    refuse(lines(5_001).as_bytes(), Layout::Lines, 413, "more than 5000 sessions");
    refuse(array(5_002).replace("]", "").as_bytes(), Layout::Json, 400, "not JSON");
}
