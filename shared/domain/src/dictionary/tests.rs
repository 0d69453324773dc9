//! What the table promises. The published names are checked by count and hash: a second list would drift.

use std::collections::{BTreeMap, BTreeSet};

use super::*;
use crate::lang::Lang;

/// FNV-1a, 64 bits: a fingerprint of lines that any language reproduces in three lines of code.
fn fingerprint(lines: impl IntoIterator<Item = String>) -> u64 {
    let bytes = lines.into_iter().flat_map(|line| format!("{line}\n").into_bytes());
    bytes.fold(0xcbf2_9ce4_8422_2325, |hash, byte| (hash ^ u64::from(byte)).wrapping_mul(0x100_0000_01b3))
}

fn names_where(wanted: impl Fn(&Field) -> bool) -> BTreeSet<&'static str> {
    fields().iter().filter(|field| wanted(field)).map(|field| field.name).collect()
}

#[test]
fn the_names_and_types_are_the_published_ones() {
    let mut counts = BTreeMap::new();
    for field in fields() {
        *counts.entry(field.document_type.as_str()).or_insert(0) += 1;
    }
    let expected = [
        ("BOOLEAN", 19),
        ("DATE", 1),
        ("DATETIME", 12),
        ("INTEGER", 5),
        ("RECORD", 5),
        ("STRING", 65),
        ("TIMESTAMP", 1),
    ];
    assert_eq!(counts, BTreeMap::from(expected));

    let lines = fields().iter().map(|field| format!("{}\t{}", field.name, field.document_type.as_str()));
    let sorted: BTreeSet<String> = lines.collect();
    assert_eq!(sorted.len(), 108);
    assert_eq!(fingerprint(sorted), 0xed08_8e87_6449_8eaa);
}

#[test]
fn ordinals_of_stored_data_never_move() {
    let stored = Record::ALL.into_iter().flat_map(columns);
    let lines = stored.map(|field| format!("{} {} {:?}", field.record.name(), field.leaf(), field.kind));
    assert_eq!(fingerprint(lines), 0x06e7_0348_23cb_0f71, "kept segments and bodies would be read wrongly");
    assert_eq!(Record::ALL.map(|record| columns(record).len()), [77, 2, 2, 7, 12, 2]);
}

#[test]
fn ids_are_unique_and_fit_data_studio() {
    let ids: BTreeSet<String> = fields().iter().map(Field::id).collect();
    assert_eq!(ids.len(), fields().len());
    for id in &ids {
        assert!(id.chars().all(|c| c.is_ascii_alphanumeric() || c == '_'), "{id}");
    }
}

#[test]
fn every_field_is_found_by_its_name_and_by_its_id() {
    for expected in fields() {
        assert_eq!(field(expected.name).map(|found| found.name), Some(expected.name));
        assert_eq!(by_id(&expected.id()).map(|found| found.name), Some(expected.name));
    }
    assert!(field("talks_message").is_none() && by_id("talks.message").is_none());
    assert!(field("tta2").is_none());
}

#[test]
fn labels_are_unique_within_each_language() {
    for lang in [Lang::Pt, Lang::En] {
        let mut owners = BTreeMap::new();
        for field in fields() {
            let label = field.label.in_lang(lang);
            assert!((2..=36).contains(&label.chars().count()), "{}: {label}", field.name);
            let other = owners.insert(label.to_lowercase(), field.name);
            assert_eq!(other, None, "{} has the label {label} too", field.name);
        }
    }
}

#[test]
fn descriptions_say_more_than_the_label_and_fit_a_tooltip() {
    for lang in [Lang::Pt, Lang::En] {
        let mut owners = BTreeMap::new();
        for field in fields() {
            let text = field.description.in_lang(lang);
            assert!((60..=220).contains(&text.chars().count()), "{}: {text}", field.name);
            assert!(text.ends_with('.') && !text.contains("  "), "{}: {text}", field.name);
            assert_ne!(text, field.label.in_lang(lang));
            assert_eq!(owners.insert(text, field.name), None, "{}: {text}", field.name);
        }
    }
    assert!(fields().iter().all(|field| field.description.pt != field.description.en));
}

#[test]
fn every_group_has_fields_and_a_heading_of_its_own() {
    let groups: BTreeSet<Group> = fields().iter().map(|field| field.group).collect();
    assert_eq!(groups.len(), Group::Talks as usize + 1);
    for lang in [Lang::Pt, Lang::En] {
        let headings: BTreeSet<_> = groups.iter().map(|group| group.label().in_lang(lang)).collect();
        assert_eq!(headings.len(), groups.len());
    }
}

#[test]
fn a_field_lies_in_the_record_its_name_says() {
    for field in fields() {
        let parent = field.name.rsplit_once('.').map_or("sessions", |(parent, _)| parent);
        assert_eq!(field.record.name(), parent, "{}", field.name);
    }
    for record in Record::CHILDREN {
        let holder = field(record.name()).unwrap();
        assert_eq!(holder.kind, Kind::Records(record));
    }
    let message = field("talks.message").unwrap();
    assert_eq!((message.record, message.leaf()), (Record::Talk, "message"));
    let number = field("talks.options.num").unwrap();
    assert_eq!((number.record, number.leaf()), (Record::TalkOption, "num"));
}

#[test]
fn session_fields_come_before_those_of_repeated_records() {
    assert!(fields().is_sorted_by_key(|field| field.record));
}

#[test]
fn an_ordinal_is_the_place_among_the_columns_of_its_record() {
    for record in Record::ALL {
        for (at, column) in columns(record).iter().enumerate() {
            assert_eq!(column.record, record);
            assert_eq!(ordinal(record, column.leaf()).map(usize::from), Some(at), "{}", column.name);
        }
    }
    let unstored = names_where(|field| ordinal(field.record, field.leaf()).is_none());
    let expected = ["contact_platforms", "events", "partition_column", "tags", "talks", "talks.options"];
    assert_eq!(unstored, BTreeSet::from(expected));
    assert_eq!(ordinal(Record::Tag, "message"), None);
}

#[test]
fn timers_are_seconds_whatever_the_published_list_calls_them() {
    let timers = ["attendance_timer_tma", "attendance_timer_tme", "attendance_timer_tta", "timerOnWait"];
    assert_eq!(names_where(|field| field.kind == Kind::Seconds), BTreeSet::from(timers));
    for timer in timers.map(|name| field(name).unwrap()) {
        assert_eq!((timer.semantic(), timer.data_type()), (Semantic::Duration, DataType::Number));
        assert_eq!(timer.aggregation, Aggregation::Avg);
    }
    assert_eq!(field("timerOnWait").unwrap().document_type, DocumentType::Datetime);
}

#[test]
fn only_numbers_are_summed_up() {
    let numbers = names_where(|field| field.data_type() == DataType::Number);
    assert_eq!(numbers.len(), 9);
    assert_eq!(names_where(|field| field.aggregation != Aggregation::None), numbers);
}

#[test]
fn dates_have_the_meaning_of_their_stored_form() {
    assert_eq!(names_where(|field| field.semantic() == Semantic::YearMonthDaySecond).len(), 12);
    assert_eq!(names_where(|field| field.kind == Kind::Day), BTreeSet::from(["partition_column"]));
    assert_eq!(field("partition_column").unwrap().semantic().as_str(), "YEAR_MONTH_DAY");
    assert_eq!(field("campaign_created_at").unwrap().kind, Kind::Text);
    assert_eq!(field("report_at").unwrap().semantic(), Semantic::YearMonthDaySecond);
}

#[test]
fn a_word_is_known_in_every_language_however_its_accents_are_written() {
    let word = |name: &str, text: &str| {
        let vocabulary = field(name).and_then(|field| field.vocabulary).unwrap();
        vocabulary.word(text).map(|word| word.name)
    };
    for text in ["automatic", "Automático", "automa\u{301}tico", " AUTOMATICO "] {
        assert_eq!(word("talks.origin", text), Some("automatic"), "{text}");
    }
    for (text, name) in
        [("a\u{301}udio", "audio"), ("vídeo", "video"), ("localizac\u{327}a\u{303}o", "location")]
    {
        assert_eq!(word("talks.type", text), Some(name), "{text}");
    }
    assert_eq!(word("talks.type", "outro"), None);
}

#[test]
fn only_channel_and_tabulation_may_come_as_an_object_with_a_name() {
    assert_eq!(names_where(|field| field.may_be_object), BTreeSet::from(["channel", "tabulation"]));
}

#[test]
fn what_identifies_people_or_carries_content_is_confidential() {
    let of = |confidential| names_where(|field| field.confidential == confidential);
    let contact =
        ["contact_id", "contact_name", "contact_platforms", "contact_platforms.platform_id", "platform_id"];
    let agent = [
        "agent_codename",
        "agent_email",
        "agent_email_forgot_password",
        "agent_id",
        "agent_name",
        "agent_ramal",
        "agents_conference",
    ];
    let content = [
        "tags",
        "tags.answer",
        "tags.question",
        "talks",
        "talks.filename",
        "talks.legend",
        "talks.message",
        "talks.options",
        "talks.options.text",
        "talks.storage_id",
        "talks.stt",
    ];
    let traits = [
        "agent_begin",
        "agent_campaigns",
        "agent_created_at",
        "agent_end",
        "agent_history",
        "agent_language",
        "agent_logged_at",
        "agent_status",
        "agent_use_main_login",
        "contact_created_at",
        "contact_lastChannel",
        "contact_lastChannelName",
        "contact_lastInteraction",
    ];
    assert_eq!(of(Confidential::Trait), BTreeSet::from(traits));
    assert_eq!(of(Confidential::Key), BTreeSet::from(["id", "protocol", "session_id"]));
    // A yes or no tells nobody apart; every other field of a contact or an agent does.
    let personal = |field: &Field| field.name.starts_with("agent") || field.name.starts_with("contact");
    let open = names_where(|field| personal(field) && field.confidential == Confidential::No);
    let flags = names_where(|field| personal(field) && field.kind == Kind::Boolean);
    assert!(
        open.iter().all(|name| flags.contains(name) || *name == "contact_platforms.platform"),
        "{open:?}"
    );
    assert_eq!(of(Confidential::Contact), BTreeSet::from(contact));
    assert_eq!(of(Confidential::Agent), BTreeSet::from(agent));
    assert_eq!(of(Confidential::Content), BTreeSet::from(content));
}
