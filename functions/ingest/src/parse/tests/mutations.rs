//! Tests with generated items, which nobody thought of.

use proptest::collection::vec;
use proptest::prelude::*;

use super::*;
use crate::split::{Layout, split};

/// Generates JSON of valid structure, with and without faults inside.
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

/// A whole value that breaks no rule of structure, whatever it means.
fn odd_value() -> impl Strategy<Value = Tree> {
    let odd = json!([
        0, 1, -1, 0.5, 1e300, true, "x", "sim", "não", "on", "1,5", "1.234,5", "01:02:03", "99:99:99", "ontem",
        "2026-10-03 14:05:22", "03/10/2026 14:05:22", "2026-10-03 14:05:22 UTC", "-0001-11-30 00:00:00",
        "0001-01-01T00:00:00Z", "9999-12-31", "NaN", 1_791_047_122, 1_791_047_122_123_i64, {"date": "x", "timezone": 3},
        {"date": "2026-10-03 14:05:22", "timezone_type": 3, "timezone": "UTC"}, {"$date": {"a": 1}}, {"$oid": 3},
        {"name": {"name": [1]}}, {"description": "d"}, {"0": "a", "2": {"x": 1}}, {"latitude": -23.5}, [[1], [[2]]],
        [null, {"name": "a"}, 3], [{"_id": "a"}, {"_id": "b"}], {"_id": {"_id": {}}},
    ]);
    let leaf = prop_oneof![
        3 => proptest::sample::select(odd.as_array().unwrap().clone()),
        1 => any::<String>().prop_map(Tree::from),
        1 => any::<i64>().prop_map(Tree::from),
        1 => any::<f64>().prop_map(|number| json!(number)),
    ];
    leaf.prop_recursive(3, 16, 4, |inner| {
        prop_oneof![
            vec(inner.clone(), 0..4).prop_map(Tree::from),
            vec(("[a-z_0-9$]{1,6}", inner), 0..4)
                .prop_map(|members| Tree::Object(members.into_iter().collect())),
        ]
    })
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(2_000))]

    #[test]
    fn an_odd_value_anywhere_costs_neither_the_session_nor_another_field(
        field in proptest::sample::select(dictionary::fields()), odd in odd_value()
    ) {
        prop_assume!(!["session_id", "created_at"].contains(&field.name));
        let mut item: Tree = serde_json::from_str(FLAT).unwrap();
        let whole = tree(&understood(FLAT).session);
        // The third record of each list is the odd one.
        let target = match field.record {
            Record::Session => &mut item,
            Record::ContactPlatform => &mut item["contact_platforms"][0],
            Record::Event => &mut item["events"][2],
            Record::Tag => &mut item["tags"][0],
            Record::Talk => &mut item["talks"][1],
            Record::TalkOption => &mut item["talks"][1]["options"][1],
        };
        target[field.leaf()] = odd;
        let mut kept = tree(&understood(&item.to_string()).session);
        let mut expected = whole;
        for tree in [&mut expected, &mut kept] {
            let target = match field.record {
                Record::Session => tree,
                Record::ContactPlatform => &mut tree["contact_platforms"][0],
                Record::Event => &mut tree["events"][2],
                Record::Tag => &mut tree["tags"][0],
                Record::Talk => &mut tree["talks"][1],
                Record::TalkOption => &mut tree["talks"][1]["options"][1],
            };
            target.as_object_mut().unwrap().remove(field.leaf());
        }
        prop_assert_eq!(kept, expected);
    }

    #[test]
    fn an_odd_value_in_the_place_of_an_object_costs_no_session(
        key in proptest::sample::select(&["agent", "campaign", "contact", "channel", "flow", "tabulation", "attendance_timer"][..]),
        odd in odd_value()
    ) {
        let mut item: Tree = serde_json::from_str(NESTED).unwrap();
        item[key] = odd;
        let mut kept = tree(&understood(&item.to_string()).session);
        let mut expected = tree(&understood(NESTED).session);
        for tree in [&mut expected, &mut kept] {
            tree.as_object_mut().unwrap().retain(|name, _| !name.starts_with(key));
        }
        prop_assert_eq!(kept, expected);
    }
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
            if let Ok(read) = parse(&item, ZONE).session {
                let json = read.session.to_json();
                prop_assert_eq!(Session::from_json(&json).unwrap(), read.session);
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
        if let Ok(read) = parse(&bytes, ZONE).session {
            prop_assert!(read.size < bytes.len() * 2);
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
