//! The columns that are a part of a date: its day, week, month, hour, weekday.

use domain::dictionary::Aggregation;
use domain::lang::Text;

use super::column::{Column, Source};
use super::date_field::DateField;
use super::date_format::DateFormat;

/// The heading of dates that are not in a document.
pub(super) const DATES: Text = Text::new("Datas", "Dates");

/// A part of a date of the session.
#[derive(Clone, Copy)]
struct DatePart {
    id: &'static str,
    date: DateField,
    format: DateFormat,
    label: Text,
}

macro_rules! part {
    ($prefix:literal, $date:ident, $format:ident, $of:literal, $pt:literal, $in_pt:literal, $en:literal, $in_en:literal) => {
        DatePart {
            id: concat!($prefix, $of),
            date: DateField::$date,
            format: DateFormat::$format,
            label: Text::new(concat!($pt, $in_pt), concat!($en, $in_en)),
        }
    };
}

/// The five parts of a date: a macro, because ids and labels are static texts.
macro_rules! parts {
    ($prefix:literal, $date:ident, $pt:literal, $en:literal) => {
        [
            part!($prefix, $date, Day, "_date", $pt, ": dia", $en, ": day"),
            part!($prefix, $date, Week, "_week", $pt, ": semana", $en, ": week"),
            part!($prefix, $date, Month, "_month", $pt, ": mês", $en, ": month"),
            part!($prefix, $date, Hour, "_hour", $pt, ": hora", $en, ": hour"),
            part!($prefix, $date, Weekday, "_weekday", $pt, ": dia da semana", $en, ": weekday"),
        ]
    };
}

const PARTS: [[DatePart; 5]; 3] = [
    parts!("created", Created, "Criação", "Created"),
    parts!("finished", Finished, "Fim", "Finished"),
    parts!("last", Last, "Última interação", "Last interaction"),
];

/// The date parts of the session's three instants.
pub(crate) fn date_parts() -> impl Iterator<Item = Column> {
    PARTS.into_iter().flatten().map(|part| Column {
        id: part.id.to_owned(),
        source: Source::DatePart(part.date, part.format),
        semantic: part.format.semantic(),
        aggregation: Aggregation::None,
        formula: None,
        group: DATES,
        label: part.label,
        description: about_part(part.format),
    })
}

fn about_part(format: DateFormat) -> Text {
    match format {
        DateFormat::Week => Text::new(
            "Ano e semana (ISO 8601: começa na segunda-feira) desse momento, no fuso da conta.",
            "Year and week (ISO 8601: begins on Monday) of that moment, in the account's zone.",
        ),
        DateFormat::Month => Text::new(
            "Ano e mês desse momento, no fuso da conta.",
            "Year and month of that moment, in the account's zone.",
        ),
        DateFormat::Hour => Text::new(
            "Hora do dia (0 a 23) desse momento, no fuso da conta.",
            "Hour of the day (0 to 23) of that moment, in the account's zone.",
        ),
        DateFormat::Weekday => Text::new(
            "Dia da semana desse momento, no fuso da conta; 0 é domingo.",
            "Weekday of that moment, in the account's zone; 0 is Sunday.",
        ),
        DateFormat::Day | DateFormat::Second => {
            Text::new("Dia desse momento, no fuso da conta.", "Day of that moment, in the account's zone.")
        }
    }
}
