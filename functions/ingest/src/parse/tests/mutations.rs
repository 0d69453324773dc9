//! Items that nobody thought of.

use proptest::collection::vec;
use proptest::prelude::*;

use super::*;
use crate::split::{Layout, split};

/// JSON that is whole in its structure, with and without faults inside.
fn any_json() -> impl Strategy<Value = Vec<u8>> {
    let leaf = prop_oneof![
        Just(b"null".to_vec()),
        Just(b"1e999".to_vec()),
        Just(b"-0.0".to_vec()),
        Just(br#""\ud800""#.to_vec()),
        Just(b"\"\xFF\xC3\"".to_vec()),
        Just(br#""2026-10-03 14:05:22""#.to_vec()),
        Just(br#"{"$date":{"$numberLong":"9223372036854775807"}}"#.to_vec()),
        any::<f64>().prop_map(|number| json!(number).to_string().into_bytes()),
        any::<String>().prop_map(|text| json!(text).to_string().into_bytes()),
    ];
    leaf.prop_recursive(4, 64, 6, |inner| {
        let key = prop_oneof![
            proptest::sample::select(dictionary::fields()).prop_map(|field| field.name.to_owned()),
            proptest::sample::select(
                &["agent", "_id", "id", "name", "session", "channel", "options", "$date"][..]
            )
            .prop_map(str::to_owned),
            any::<String>(),
        ];
        let member = (key, inner.clone())
            .prop_map(|(key, value)| [json!(key).to_string().as_bytes(), b":", &value].concat());
        prop_oneof![
            vec(inner, 0..5).prop_map(|list| [b"[", list.join(&b","[..]).as_slice(), b"]"].concat()),
            vec(member, 0..8).prop_map(|map| [b"{", map.join(&b","[..]).as_slice(), b"}"].concat()),
        ]
    })
}

proptest! {
    #[test]
    fn an_item_never_harms_its_neighbours(odd in any_json()) {
        let good = FLAT.trim().as_bytes();
        let body = [b"[".as_slice(), good, b" , ", &odd, b"\n,", good, b"]"].concat();
        let items = split(&body, Layout::Json).unwrap();
        prop_assert_eq!(items, [good, &odd, good]);
    }

    #[test]
    fn a_line_never_harms_its_neighbours(odd in vec(any::<u8>(), 0..200)) {
        let odd: Vec<u8> = odd.into_iter().filter(|byte| *byte != b'\n').collect();
        let body = [b"{\"a\":1}\r\n", odd.as_slice(), b"\n\n{\"b\":2}"].concat();
        let items = split(&body, Layout::Lines).unwrap();
        prop_assert_eq!(items.first(), Some(&b"{\"a\":1}".as_slice()));
        prop_assert_eq!(items.last(), Some(&b"{\"b\":2}".as_slice()));
    }

    #[test]
    fn no_item_makes_the_parser_panic_and_what_is_read_can_be_stored(odd in any_json()) {
        let members = [br#"{"session_id":"s","created_at":"2026-10-03","agent":"#.as_slice(), &odd, b"}"].concat();
        for item in [odd, members] {
            let _ = id_of(&item);
            if let Ok(parsed) = parse(&item, ZONE) {
                let json = parsed.session.to_json();
                prop_assert_eq!(Session::from_json(&json).unwrap(), parsed.session);
            }
        }
    }

    #[test]
    fn no_change_of_bytes_makes_the_parser_panic(changes in vec((any::<prop::sample::Index>(), any::<u8>()), 1..8)) {
        let mut bytes = NESTED.as_bytes().to_vec();
        for (at, byte) in changes {
            let at = at.index(bytes.len());
            bytes[at] = byte;
        }
        let _ = id_of(&bytes);
        if let Ok(items) = split(&bytes, Layout::Json) {
            prop_assert_eq!(items.len(), 1);
        }
        if let Ok(parsed) = parse(&bytes, ZONE) {
            prop_assert!(parsed.size < bytes.len() * 2);
        }
    }

    #[test]
    fn times_never_make_the_parser_panic(
        year in -300_000_i64..300_000, month in 0..14, day in 0..33, hour in 0..26, tail in "(\\.[0-9]{1,12})?(Z|[+-][0-9]{2}:?[0-9]{2})?"
    ) {
        for year in [format!("{year}"), format!("{year:+}"), format!("{:04}", year.rem_euclid(10_000))] {
            let _ = parse(item(&format!(r#""updated_at":"{year}-{month:02}-{day:02} {hour:02}:00:00{tail}""#)).as_bytes(), ZONE);
        }
    }
}
