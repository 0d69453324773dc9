//! The structure check of an item's raw JSON. It refuses what the grammar of JSON allows and a session may not hold: half a
//! surrogate pair, a number out of range, a key twice, nesting without end. It checks the whole item, unknown keys
//! included, so that the rest of the parser need not.

use std::collections::HashSet;
use std::fmt::{self, Write};

use serde::de::{DeserializeSeed, Deserializer, Error, MapAccess, SeqAccess, Visitor};
use serde_json::value::RawValue;

use super::fault::Fault;
use super::json::{MAX_KEYS, Text};

/// How deep an item may nest; the dictionary's own names need six levels at most.
const MAX_DEPTH: usize = 32;

/// Checks the structure of an item. Fails with the path to the first fault.
pub(super) fn check(item: &RawValue) -> Result<(), Fault> {
    let mut path = String::new();
    let walk = StructureCheck { path: &mut path, depth: 0 };
    let checked = walk.deserialize(&mut serde_json::Deserializer::from_str(item.get()));
    checked.map_err(|error| {
        let error = error.to_string();
        // Escapes of another shape, and all else that is no JSON, did not come this far.
        let what = if error.contains("hex escape") {
            "holds half of a surrogate pair"
        } else if error.contains("out of range") {
            "is a number out of range"
        } else {
            // The place is told by path; the column would be one within the item.
            error.split(" at line ").next().unwrap_or_default()
        };
        Fault::at(&path, what)
    })
}

/// Walks one value. The path is that of the value being walked, and after an error that of the fault.
struct StructureCheck<'a> {
    path: &'a mut String,
    depth: usize,
}

impl StructureCheck<'_> {
    fn inner(&mut self) -> StructureCheck<'_> {
        StructureCheck { path: self.path, depth: self.depth + 1 }
    }

    fn check_depth<E: Error>(&self) -> Result<(), E> {
        if self.depth < MAX_DEPTH { Ok(()) } else { Err(E::custom("is nested too deeply")) }
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
        while let Some(Text(key)) = map.next_key()? {
            if end > 0 {
                self.path.push('.');
            }
            self.path.push_str(&key);
            if seen.len() == MAX_KEYS {
                return Err(A::Error::custom("is one key too many"));
            }
            if !seen.insert(key) {
                return Err(A::Error::custom("comes twice"));
            }
            map.next_value_seed(self.inner())?;
            self.path.truncate(end);
        }
        Ok(())
    }
}
