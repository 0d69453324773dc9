//! The structure check of an item's raw JSON. It refuses what the grammar of JSON allows and a session may not hold: half a
//! surrogate pair, a key twice, nesting without end. It checks the whole item, unknown keys
//! included, so that the rest of the parser need not.

use std::collections::HashSet;
use std::fmt::{self, Write};

use domain::lang::Text;
use serde::de::{DeserializeSeed, Deserializer, Error, MapAccess, SeqAccess, Visitor};
use serde_json::value::RawValue;

use super::fault::Fault;
use crate::json::JsonText;
use crate::limits::{MAX_DEPTH, MAX_FAULTS, MAX_KEYS};

const TWICE: Text = Text::new("vem duas vezes: envie-a uma só vez", "comes twice: send it once");
const TOO_DEEP: Text =
    Text::new("tem níveis demais (mais de 32)", "is nested too deeply (more than 32 levels)");
const ONE_KEY_TOO_MANY: Text =
    Text::new("é uma chave além das 20000 permitidas", "is one key too many (more than 20000)");
const HALF_A_PAIR: Text = Text::new("contém metade de um par substituto", "holds half of a surrogate pair");
const BROKEN: Text = Text::new("está corrompido", "is broken");

/// Checks the structure of an item: every key that comes twice, and the first fault that makes the rest unreadable.
pub(super) fn check(item: &RawValue) -> Vec<Fault> {
    let mut faults = Vec::new();
    match walk(item.get(), &mut faults) {
        // A number of any size is JSON. What it is good for is up to the reader of its field.
        Err((_, error)) if error.contains("out of range") => {
            faults.clear();
            walk(&without_numbers(item.get()), &mut faults)
        }
        walked => walked,
    }
    .unwrap_or_else(|(path, error)| {
        // Escapes of another shape, and all else that is no JSON, did not come this far.
        let what = match error.split(" at line ").next().unwrap_or_default() {
            hex if hex.contains("hex escape") => HALF_A_PAIR,
            DEPTH => TOO_DEEP,
            KEYS => ONE_KEY_TOO_MANY,
            _ => BROKEN,
        };
        faults.push(Fault::at(&path, what));
    });
    faults
}

fn walk(text: &str, faults: &mut Vec<Fault>) -> Result<(), (String, String)> {
    let mut path = String::new();
    let walk = StructureCheck { path: &mut path, depth: 0, faults };
    let walked = walk.deserialize(&mut serde_json::Deserializer::from_str(text));
    walked.map_err(|error| (path, error.to_string()))
}

/// The item with every number made zero.
fn without_numbers(text: &str) -> String {
    let (mut inside, mut escaped, mut number) = (false, false, false);
    let mut kept = String::with_capacity(text.len());
    for character in text.chars() {
        let of_number =
            !inside && matches!(character, '0'..='9' | '-' | '+' | '.' | 'E') || (number && character == 'e');
        if !of_number {
            kept.push(character);
        } else if !number {
            kept.push('0');
        }
        number = of_number;
        inside ^= character == '"' && !escaped;
        escaped = inside && character == '\\' && !escaped;
    }
    kept
}

/// What an error says that is raised here, to tell it from those of JSON.
const DEPTH: &str = "depth";
const KEYS: &str = "keys";

/// Walks one value. The path is that of the value being walked, and after an error that of the fault.
struct StructureCheck<'a> {
    path: &'a mut String,
    depth: usize,
    faults: &'a mut Vec<Fault>,
}

impl StructureCheck<'_> {
    fn inner(&mut self) -> StructureCheck<'_> {
        StructureCheck { path: self.path, depth: self.depth + 1, faults: self.faults }
    }

    fn check_depth<E: Error>(&self) -> Result<(), E> {
        if self.depth < MAX_DEPTH { Ok(()) } else { Err(E::custom(DEPTH)) }
    }
}

impl<'de> DeserializeSeed<'de> for StructureCheck<'_> {
    type Value = ();

    fn deserialize<D: Deserializer<'de>>(self, deserializer: D) -> Result<(), D::Error> {
        deserializer.deserialize_any(self)
    }
}

impl<'de> Visitor<'de> for StructureCheck<'_> {
    type Value = ();

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("any JSON")
    }

    fn visit_unit<E: Error>(self) -> Result<(), E> {
        Ok(())
    }

    fn visit_bool<E: Error>(self, _: bool) -> Result<(), E> {
        Ok(())
    }

    fn visit_i64<E: Error>(self, _: i64) -> Result<(), E> {
        Ok(())
    }

    fn visit_u64<E: Error>(self, _: u64) -> Result<(), E> {
        Ok(())
    }

    fn visit_f64<E: Error>(self, _: f64) -> Result<(), E> {
        Ok(())
    }

    fn visit_str<E: Error>(self, _: &str) -> Result<(), E> {
        Ok(())
    }

    fn visit_seq<A: SeqAccess<'de>>(mut self, mut seq: A) -> Result<(), A::Error> {
        self.check_depth()?;
        let end = self.path.len();
        for index in 0.. {
            // Writing to a text cannot fail.
            let _ = write!(self.path, "[{index}]");
            if seq.next_element_seed(self.inner())?.is_none() {
                break;
            }
            self.path.truncate(end);
        }
        self.path.truncate(end);
        Ok(())
    }

    fn visit_map<A: MapAccess<'de>>(mut self, mut map: A) -> Result<(), A::Error> {
        self.check_depth()?;
        let end = self.path.len();
        let mut seen = HashSet::new();
        while let Some(JsonText(key)) = map.next_key()? {
            if end > 0 {
                self.path.push('.');
            }
            self.path.push_str(&key);
            if seen.len() == MAX_KEYS {
                return Err(A::Error::custom(KEYS));
            }
            if !seen.insert(key) && self.faults.len() < MAX_FAULTS {
                self.faults.push(Fault::at(self.path, TWICE));
            }
            map.next_value_seed(self.inner())?;
            self.path.truncate(end);
        }
        Ok(())
    }
}
