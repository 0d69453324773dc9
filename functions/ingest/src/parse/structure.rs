//! The structure check of an item's raw JSON. It refuses what the grammar of JSON allows and a session may not hold: half a
//! surrogate pair, a key twice, nesting without end. It checks the whole item, unknown keys
//! included, so that the rest of the parser need not, and goes on behind a fault, so that all of them are told.
//!
//! The grammar was checked before. That is why a walk over bytes is enough here: nothing else tells the place of each
//! fault, which puts them in the order of the document, and goes on behind it.

use std::borrow::Cow;
use std::collections::HashSet;
use std::fmt::Write;

use domain::lang::Text;
use serde_json::value::RawValue;

use super::fault::Fault;
use crate::json::key_of;
use crate::limits::{MAX_DEPTH, MAX_FAULTS, MAX_KEYS};

pub(super) const TWICE: Text = Text::new("vem duas vezes: envie-a uma só vez", "comes twice: send it once");
const TOO_DEEP: Text =
    Text::new("tem níveis demais (mais de 32)", "is nested too deeply (more than 32 levels)");
const ONE_KEY_TOO_MANY: Text =
    Text::new("é uma chave além das 20000 permitidas", "is one key too many (more than 20000)");
const HALF_A_PAIR: Text = Text::new("contém metade de um par substituto", "holds half of a surrogate pair");

/// Checks the structure of an item. Returns the first hundred faults, in the order of the document.
pub(super) fn check(item: &RawValue) -> Vec<Fault> {
    let mut check = StructureCheck { text: item.get(), at: 0, path: String::new(), faults: Vec::new() };
    check.value(0);
    check.faults
}

/// Walks over the text of an item.
struct StructureCheck<'t> {
    text: &'t str,
    /// The place that is read next.
    at: usize,
    /// The path of the value that is read.
    path: String,
    faults: Vec<Fault>,
}

impl<'t> StructureCheck<'t> {
    /// Walks over a value that stands `depth` lists and objects deep.
    fn value(&mut self, depth: usize) {
        match self.peek() {
            Some(b'"') => {
                let at = self.at;
                if is_half_a_pair(self.string()) {
                    self.fault(at, HALF_A_PAIR);
                }
            }
            Some(b'[' | b'{') if depth == MAX_DEPTH => {
                self.fault(self.at, TOO_DEEP);
                self.pass_over();
            }
            Some(b'[') => self.list(depth),
            Some(b'{') => self.object(depth),
            _ => {
                self.at += 1;
                while self.peek().is_some_and(|byte| !b",]} \t\r\n".contains(&byte)) {
                    self.at += 1;
                }
            }
        }
    }

    fn list(&mut self, depth: usize) {
        self.at += 1;
        let end = self.path.len();
        let mut index = 0;
        while let Some(byte) = self.next_of(b']') {
            if byte == b',' {
                index += 1;
                self.at += 1;
                continue;
            }
            // Writing to a text cannot fail.
            let _ = write!(self.path, "[{index}]");
            self.value(depth + 1);
            self.path.truncate(end);
        }
    }

    fn object(&mut self, depth: usize) {
        self.at += 1;
        let end = self.path.len();
        let mut seen = HashSet::new();
        let mut keys = 0;
        while let Some(byte) = self.next_of(b'}') {
            if byte != b'"' {
                self.at += 1;
                continue;
            }
            let at = self.at;
            let sent = self.string();
            let key = key_of(sent);
            if end > 0 {
                self.path.push('.');
            }
            self.path.push_str(&key);
            keys += 1;
            self.key(at, sent, key, keys, &mut seen);
            self.blanks();
            self.at += ":".len();
            self.blanks();
            self.value(depth + 1);
            self.path.truncate(end);
        }
    }

    /// Checks a key of an object, the `number`th that it has.
    fn key(
        &mut self,
        at: usize,
        sent: &str,
        key: Cow<'t, str>,
        number: usize,
        seen: &mut HashSet<Cow<'t, str>>,
    ) {
        if is_half_a_pair(sent) {
            self.fault(at, HALF_A_PAIR);
        } else if number > MAX_KEYS {
            // No more of them are remembered, and the others are as many too many.
            if number == MAX_KEYS + 1 {
                self.fault(at, ONE_KEY_TOO_MANY);
            }
        } else if !seen.insert(key) {
            self.fault(at, TWICE);
        }
    }

    fn fault(&mut self, at: usize, what: Text) {
        if self.faults.len() < MAX_FAULTS {
            self.faults.push(Fault::at(&self.path, what).found_at(at));
        }
    }

    fn peek(&self) -> Option<u8> {
        self.text.as_bytes().get(self.at).copied()
    }

    fn blanks(&mut self) {
        while self.peek().is_some_and(|byte| byte.is_ascii_whitespace()) {
            self.at += 1;
        }
    }

    /// The next byte that is no blank; `None` at the end, which is passed over.
    fn next_of(&mut self, end: u8) -> Option<u8> {
        self.blanks();
        let byte = self.peek().filter(|byte| *byte != end);
        self.at += usize::from(byte.is_none());
        byte
    }

    /// Passes over a string and returns it with its quotes.
    fn string(&mut self) -> &'t str {
        let begin = self.at;
        self.at += 1;
        while let Some(byte) = self.peek().filter(|byte| *byte != b'"') {
            self.at += if byte == b'\\' { 2 } else { 1 };
        }
        self.at += 1;
        self.text.get(begin..self.at).unwrap_or_default()
    }

    /// Passes over a list or an object, whatever is in it.
    fn pass_over(&mut self) {
        let mut open = 0_usize;
        while let Some(byte) = self.peek() {
            match byte {
                b'"' => {
                    self.string();
                    continue;
                }
                b'[' | b'{' => open += 1,
                b']' | b'}' => open -= 1,
                _ => {}
            }
            self.at += 1;
            if open == 0 {
                return;
            }
        }
    }
}

/// Whether a string holds an escape that is half of a surrogate pair.
fn is_half_a_pair(string: &str) -> bool {
    let mut rest = string;
    while let Some(at) = rest.find('\\') {
        let unit = |text: &str| u16::from_str_radix(text.strip_prefix("\\u")?.get(..4)?, 16).ok();
        let escape = &rest[at..];
        rest = match unit(escape) {
            Some(0xD800..0xDC00) => match escape.get(6..).and_then(unit) {
                Some(0xDC00..0xE000) => &escape[12..],
                _ => return true,
            },
            Some(0xDC00..0xE000) => return true,
            Some(_) => &escape[6..],
            // An escape of one letter, which may be a backslash.
            None => escape.get(2..).unwrap_or_default(),
        };
    }
    false
}
