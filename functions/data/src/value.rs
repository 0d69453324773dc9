//! One value of a row, as it is sent and as filters see it.

use std::borrow::Cow;

/// A value. Dates are texts by the time they are one (see `format`).
#[derive(Clone, Debug, PartialEq)]
pub(crate) enum Value<'a> {
    Null,
    Text(Cow<'a, str>),
    Integer(i64),
    Number(f64),
    Boolean(bool),
    /// A value that is JSON already.
    Json(&'a [u8]),
}

/// Up to here a float holds every whole number.
const EXACT: f64 = 9_007_199_254_740_992.0;

impl<'a> Value<'a> {
    pub(crate) fn owned(text: Option<String>) -> Value<'a> {
        text.filter(|text| !text.is_empty()).map_or(Value::Null, |text| Value::Text(Cow::Owned(text)))
    }

    /// As a number; `None` for what is none.
    pub(crate) fn number(&self) -> Option<f64> {
        match self {
            Value::Integer(number) => Some(*number as f64),
            Value::Number(number) => Some(*number),
            _ => None,
        }
    }

    /// Appends the value as JSON. A whole number is written as one, whatever it was stored as.
    pub(crate) fn write(&self, out: &mut Vec<u8>) {
        match self {
            Value::Null => out.extend_from_slice(b"null"),
            Value::Text(text) => {
                // Writing text to memory cannot fail.
                let _ = serde_json::to_writer(&mut *out, text.as_ref());
            }
            Value::Integer(number) => out.extend_from_slice(number.to_string().as_bytes()),
            Value::Number(number) if number.fract() == 0.0 && number.abs() < EXACT => {
                out.extend_from_slice((*number as i64).to_string().as_bytes());
            }
            Value::Number(number) => {
                let _ = serde_json::to_writer(&mut *out, number);
            }
            Value::Boolean(flag) => out.extend_from_slice(if *flag { b"true" } else { b"false" }),
            Value::Json(json) => out.extend_from_slice(json),
        }
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
