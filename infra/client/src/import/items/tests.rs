use std::io::Write;

use flate2::Compression;
use flate2::write::GzEncoder;

use super::*;

fn read(file: &[u8]) -> (Vec<(u64, String)>, Option<String>) {
    let mut items = match Items::open(Cursor::new(file.to_vec())) {
        Ok(items) => items,
        Err(error) => return (Vec::new(), Some(error.to_string())),
    };
    let mut found = Vec::new();
    loop {
        match items.next() {
            Ok(Some(item)) => found.push((item.number, String::from_utf8_lossy(&item.bytes).into_owned())),
            Ok(None) => return (found, None),
            Err(error) => return (found, Some(error.to_string())),
        }
    }
}

fn check(file: &str, expected: &[(u64, &str)]) {
    let (found, error) = read(file.as_bytes());
    let expected: Vec<_> = expected.iter().map(|(number, text)| (*number, (*text).to_owned())).collect();
    assert_eq!((found, error), (expected, None), "{file}");
}

#[test]
fn lines_keep_their_number_in_the_file() {
    check(
        "\u{feff}{\"a\":1}\n\n{\"a\":2}\r\n  {\"a\":3}",
        &[(1, "{\"a\":1}"), (3, "{\"a\":2}"), (4, "{\"a\":3}")],
    );
    check("\n\n{\"a\":1}\n", &[(3, "{\"a\":1}")]);
    check("", &[]);
}

#[test]
fn a_broken_line_is_an_item_wherever_it_stands() {
    check("{\"a\":\n{\"a\":2}\n", &[(1, "{\"a\":"), (2, "{\"a\":2}")]);
    check("lixo\n{\"a\":2}\n", &[(1, "lixo"), (2, "{\"a\":2}")]);
    check("{\"a\":1}\n{\"a\"\n{\"a\":3}", &[(1, "{\"a\":1}"), (2, "{\"a\""), (3, "{\"a\":3}")]);
    check("{\"a\":", &[(1, "{\"a\":")]);
}

#[test]
fn an_object_may_take_many_lines() {
    check("{\n \"a\": [1,\n 2]\n}\n", &[(1, "{  \"a\": [1,  2] }")]);
    check("{\n\"a\": 1\n}\n{\n\"a\": 2\n}", &[(1, "{ \"a\": 1 }"), (2, "{ \"a\": 2 }")]);
}

#[test]
fn arrays_give_their_elements() {
    check("[]", &[]);
    check("[{\"a\":1}]\n[{\"a\":2}] {\"a\":3}", &[(1, "{\"a\":1}"), (2, "{\"a\":2}"), (3, "{\"a\":3}")]);
    check(
        " [ {\"a\":\"]}\\\"\"} ,\n{\"b\":[{}]}\n,1,\"x, y\"]",
        &[(1, "{\"a\":\"]}\\\"\"}"), (2, "{\"b\":[{}]}"), (3, "1"), (4, "\"x, y\"")],
    );
}

#[test]
fn an_element_that_is_no_json_stays_one_item() {
    check("[{\"a\":\"x\ny\"},{\"b\":2}]", &[(1, "{\"a\":\"x"), (2, "{\"b\":2}")]);
    check("[{\"a\":1]},}]", &[(1, "{\"a\":1]"), (2, "}"), (3, "}")]);
}

#[test]
fn a_file_that_was_cut_says_so_after_the_whole_sessions() {
    for (file, whole) in [("[{\"a\":1},{\"a\":", 1), ("[{\"a\":1}", 1), ("{\n\"a\":1\n}\n{\n\"a\"", 1)] {
        let (found, error) = read(file.as_bytes());
        assert_eq!(found.len(), whole, "{file}");
        assert!(error.unwrap().contains("termina no meio da sessão 2"), "{file}");
    }
}

#[test]
fn gzip_is_seen_by_its_first_bytes_and_may_have_several_members() {
    let gzip = |text: &str| {
        let mut encoder = GzEncoder::new(Vec::new(), Compression::fast());
        encoder.write_all(text.as_bytes()).unwrap();
        encoder.finish().unwrap()
    };
    let mut file = gzip("{\"a\":1}\n");
    file.extend(gzip("{\"a\":2}\n"));
    assert_eq!(read(&file).0.len(), 2);
    file.truncate(file.len() - 9);
    let (found, error) = read(&file);
    assert!(error.is_some(), "{found:?}");
}

#[test]
fn values_may_lie_across_the_reader_s_chunks() {
    let long = "x".repeat(1 << 16);
    let element = format!("{{\"a\":\"{long}\\\\\"}}");
    check(&format!("[{element},{element}]"), &[(1, &element), (2, &element)]);
}
