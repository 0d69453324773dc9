//! Computed columns: what is not in a document but follows from it.

use domain::dictionary::{self, Aggregation, Group, Record, Semantic};
use domain::lang::Text;

use super::column::{Column, Source};
use super::date_part::DATES;

/// The link spelled like the message's own fields. It is understood in requests and listed in no schema.
pub(crate) const UNLISTED_MEDIA_URL: &str = "talks_media_url";

/// The link to a message's file, under both spellings.
pub(crate) fn media_urls() -> [Column; 2] {
    let listed = media_url();
    let unlisted = Column { id: UNLISTED_MEDIA_URL.to_owned(), ..listed.clone() };
    [listed, unlisted]
}

fn media_url() -> Column {
    Column {
        id: "media_url".to_owned(),
        source: Source::MediaUrl,
        semantic: Semantic::Url,
        aggregation: Aggregation::None,
        formula: None,
        group: Group::Talks.label(),
        label: Text::new("Mensagem: link da mídia", "Message: media link"),
        description: Text::new(
            "Endereço que abre o arquivo da mensagem, sem senha: trate-o como o próprio arquivo. Vazio sem arquivo.",
            "Address that opens the message's file without a login: treat it like the file. Empty without a file.",
        ),
    }
}

/// The labels of a record's fields whose values are words.
pub(crate) fn labels(of: Record) -> impl Iterator<Item = Column> {
    let fields = dictionary::columns(of).iter().filter_map(|field| Some((*field, field.vocabulary?)));
    fields.map(|(field, vocabulary)| Column {
        id: format!("{}_label", field.id()),
        source: Source::Label(field),
        label: vocabulary.label,
        description: Text::new(
            "O mesmo em português, para ler. Para filtrar e contar, use o próprio campo.",
            "The same in Portuguese, to be read. To filter and count, use the field itself.",
        ),
        ..Column::of(field)
    })
}

/// The moment that the data shows.
pub(crate) fn data_as_of() -> Column {
    Column {
        id: "data_as_of".to_owned(),
        source: Source::DataAsOf,
        semantic: Semantic::YearMonthDaySecond,
        aggregation: Aggregation::None,
        formula: None,
        group: DATES,
        label: Text::new("Dados até", "Data as of"),
        description: Text::new(
            "Momento até o qual os dados deste relatório estão completos, no fuso da conta.",
            "Moment up to which this report's data is complete, in the account's zone.",
        ),
    }
}
