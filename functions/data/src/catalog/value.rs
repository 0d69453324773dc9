//! One value of a row, as it is sent and as filters see it.

use std::borrow::Cow;

use domain::number::{exact_integer, nearest_float};
use itoa::Buffer;

use super::date_format::Digits;

/// A value. Dates are digits by the time they are one.
#[derive(Clone, Debug, PartialEq)]
pub(crate) enum Value<'a> {
    Null,
    Text(Cow<'a, str>),
    Digits(Digits),
    Integer(i64),
    Number(f64),
    Boolean(bool),
    /// A value that is JSON already.
    Json(&'a [u8]),
}

impl<'a> Value<'a> {
    pub(crate) fn owned(text: Option<String>) -> Value<'a> {
        text.filter(|text| !text.is_empty()).map_or(Value::Null, |text| Value::Text(Cow::Owned(text)))
    }

    /// As a text; `None` for what is none.
    pub(crate) fn text(&self) -> Option<&str> {
        match self {
            Value::Text(text) => Some(text),
            Value::Digits(digits) => Some(digits.as_str()),
            _ => None,
        }
    }

    /// As a number; `None` for what is none.
    pub(crate) fn number(&self) -> Option<f64> {
        match self {
            Value::Integer(number) => Some(nearest_float(*number)),
            Value::Number(number) => Some(*number),
            _ => None,
        }
    }

    /// Appends the value as JSON. A whole number is written as one, whatever it was stored as.
    pub(crate) fn write(&self, out: &mut Vec<u8>) {
        match self {
            Value::Null => out.extend_from_slice(b"null"),
            Value::Text(text) => quote(text, out),
            Value::Digits(digits) => {
                out.push(b'"');
                out.extend_from_slice(digits.as_bytes());
                out.push(b'"');
            }
            Value::Integer(number) => out.extend_from_slice(Buffer::new().format(*number).as_bytes()),
            Value::Number(number) => match exact_integer(*number) {
                Some(whole) => out.extend_from_slice(Buffer::new().format(whole).as_bytes()),
                // Writing to memory cannot fail.
                None => drop(serde_json::to_writer(&mut *out, number)),
            },
            Value::Boolean(flag) => out.extend_from_slice(if *flag { b"true" } else { b"false" }),
            Value::Json(json) => out.extend_from_slice(json),
        }
    }
}

/// Appends a text as JSON. Most have nothing to escape, which is quickly seen.
fn quote(text: &str, out: &mut Vec<u8>) {
    let is_plain = |b: u8| b >= 0x20 && b != b'"' && b != b'\\';
    if text.bytes().fold(true, |plain, b| plain & is_plain(b)) {
        out.reserve(text.len() + 2);
        out.push(b'"');
        out.extend_from_slice(text.as_bytes());
        out.push(b'"');
    } else {
        // Writing to memory cannot fail.
        let _ = serde_json::to_writer(out, text);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn values_are_written_as_json() {
        let cases = [
            (Value::Null, "null"),
            (Value::Text("a\"\n\u{1}é".into()), r#""a\"\n\u0001é""#),
            (Value::Text("maçã, é".into()), r#""maçã, é""#),
            (Value::Text("\\".into()), r#""\\""#),
            (Value::owned(Some(String::new())), "null"),
            (Value::Integer(-7), "-7"),
            (Value::Number(1473.5), "1473.5"),
            (Value::Number(74.0), "74"),
            (Value::Number(2.5e300), "2.5e+300"),
            (Value::Boolean(false), "false"),
        ];
        for (value, json) in cases {
            let mut out = Vec::new();
            value.write(&mut out);
            let written = String::from_utf8(out).unwrap();
            assert_eq!(written, json);
        }
    }
}
