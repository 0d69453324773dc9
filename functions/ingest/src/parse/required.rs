//! What is said of the two fields that a session is known by, where there is no value of them.

use domain::dictionary::{Field, Kind};
use domain::lang::Text;
use serde_json::value::RawValue;

pub(super) const NO_ID: Text = Text::new("é obrigatório (ou _id)", "is required (or _id)");
const EMPTY_ID: Text = Text::new(
    "está vazio: envie o identificador da sessão, de 1 a 128 caracteres (ou _id)",
    "is empty: send the session's id, of 1 to 128 characters (or _id)",
);
pub(super) const NO_CREATED_AT: Text = Text::new(
    "é obrigatório: o início da sessão, por exemplo 2026-10-03 14:05:22",
    "is required: when the session began, for example 2026-10-03 14:05:22",
);
const EMPTY_CREATED_AT: Text = Text::new(
    "está vazio: envie o início da sessão, por exemplo 2026-10-03 14:05:22",
    "is empty: send when the session began, for example 2026-10-03 14:05:22",
);
const ZERO_DATE: Text = Text::new(
    "é uma data zerada, que não diz quando: envie o início da sessão, por exemplo 2026-10-03 14:05:22",
    "is a zero date, which says no time: send when the session began, for example 2026-10-03 14:05:22",
);

/// What is said of a required field's value that is none.
pub(super) fn without_value(field: &Field, raw: &RawValue) -> Text {
    // Every zero date has digits, and nothing that is empty has.
    let is_zero_date = raw.get().bytes().any(|byte| byte.is_ascii_digit());
    match field.kind {
        Kind::Instant if is_zero_date => ZERO_DATE,
        Kind::Instant => EMPTY_CREATED_AT,
        _ => EMPTY_ID,
    }
}
