//! Reads numbers as platforms write them.

use std::borrow::Cow;

use domain::number::exact_integer;

/// A whole number, also one that is written as a decimal.
pub(super) fn integer(text: &str) -> Option<i64> {
    text.parse().ok().or_else(|| decimal(text).and_then(exact_integer))
}

/// A number with a decimal point or a decimal comma.
pub(super) fn decimal(text: &str) -> Option<f64> {
    let text = if text.contains('.') { Cow::Borrowed(text) } else { text.replacen(',', ".", 1).into() };
    // Adding zero makes of -0 what it is equal to, so that both have one canonical form.
    text.parse::<f64>().ok().filter(|number| number.is_finite()).map(|number| number + 0.0)
}
