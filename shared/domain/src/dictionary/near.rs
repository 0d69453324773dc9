//! The field that a name means which is not its id.

use std::collections::HashMap;
use std::sync::LazyLock;

use strsim::normalized_damerau_levenshtein;

use super::{Field, field, fields};

/// How alike two names are, from 0 to 1, where one was probably meant to be the other: one letter in four may differ.
const ALIKE: f64 = 0.75;

/// The field that is meant by its name (`talks.message`), by its path in the platform's document (`agent.name`), by its
/// label, or by its id in another spelling: case, dots, dashes, underscores and blanks do not count. Else the one whose
/// name is most alike, as where a letter is wrong; `None` where none is.
pub fn near(name: &str) -> Option<&'static Field> {
    static MEANT: LazyLock<HashMap<String, &Field>> = LazyLock::new(|| {
        let spellings: [fn(&Field) -> String; 4] = [
            |field| field.name.to_owned(),
            Field::path,
            |field| field.label.pt.to_owned(),
            |field| field.label.en.to_owned(),
        ];
        let mut meant = HashMap::new();
        for spelling in spellings {
            for field in fields() {
                meant.entry(folded(&spelling(field))).or_insert(field);
            }
        }
        meant
    });
    // The platform's own key of a session, which folded would be the field `id`.
    if name == "_id" {
        return field("session_id");
    }
    let name = folded(name);
    MEANT.get(&name).copied().or_else(|| {
        let length = name.chars().count();
        // A distance costs the product of both lengths, and is at least their difference: what that alone rules out is not
        // compared, so that a name of a megabyte costs nothing.
        let comparable = MEANT.iter().filter(|(meant, _)| may_be_alike(length, meant.chars().count()));
        let alike = comparable.map(|(meant, field)| (normalized_damerau_levenshtein(&name, meant), *field));
        // Of two that are as alike the first by name counts, whatever the order of the map.
        let best = alike.max_by(|one, other| one.0.total_cmp(&other.0).then(other.1.name.cmp(one.1.name)));
        best.filter(|(alike, _)| *alike >= ALIKE).map(|(_, field)| field)
    })
}

/// Whether names of so many characters can be alike.
fn may_be_alike(one: usize, other: usize) -> bool {
    one.min(other) * 4 >= one.max(other) * 3
}

fn folded(name: &str) -> String {
    name.chars().filter(|character| !" ._-".contains(*character)).flat_map(char::to_lowercase).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lengths_rule_out_what_is_not_alike_and_nothing_else() {
        for (one, other) in
            [("abc", "abcd"), ("abcdefgh", "abcdefghij"), ("ab", "abc"), ("", "a"), ("abcd", "abcd")]
        {
            let is_alike = normalized_damerau_levenshtein(one, other) >= ALIKE;
            assert_eq!(may_be_alike(one.len(), other.len()), is_alike, "{one} {other}");
        }
        assert!(!may_be_alike(1 << 20, 40));
    }

    #[test]
    fn a_field_is_found_by_its_other_names() {
        for (name, id) in [
            ("talks.message", "talks_message"),
            ("agent.name", "agent_name"),
            ("agentName", "agent_name"),
            ("agent._id", "agent_id"),
            ("_id", "session_id"),
            ("Session_ID", "session_id"),
            ("timeronwait", "timerOnWait"),
            ("campaign.timer_wait.limit", "campaign_timer_wait_limit"),
        ] {
            assert_eq!(near(name).map(Field::id).as_deref(), Some(id), "{name}");
        }
        for (name, id) in [
            ("agent.nome", "agent_name"),
            ("canpaign_name", "campaign_name"),
            ("talks.messages", "talks_message"),
        ] {
            assert_eq!(near(name).map(Field::id).as_deref(), Some(id), "{name}");
        }
        for field in fields() {
            assert_eq!(near(&field.id()).map(Field::id), Some(field.id()));
            assert!(near(field.label.pt).is_some(), "{}", field.label.pt);
        }
        for name in ["", "colour", "cor", "talks.colour"] {
            assert!(near(name).is_none(), "{name}");
        }
    }
}
