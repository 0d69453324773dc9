//! The events of a session.

use super::{Field, Kind, Record};

/// The field of the session that holds the events.
pub(super) const RECORD_LISTS: &[Field] = &[Field::new("events", Kind::Records(Record::Event))
    .label("Eventos", "Events")
    .pt("O que ocorreu na sessão, com o momento de cada evento, em um só texto. \
            Para contar ou filtrar, use o relatório de eventos.")
    .en("What happened to the session, with the moment of each event, as one text. \
            To count or filter, use the report of events.")];

/// One event of a session.
pub(super) const EVENTS: &[Field] = &[
    Field::new("events.event", Kind::Text)
        .label("Evento: nome", "Event: name")
        .pt("Nome do evento, como waitStart, humanStart ou humanTransferAgent. A lista é aberta: \
            a plataforma pode criar novos nomes.")
        .en("Name of the event, such as waitStart, humanStart or humanTransferAgent. The list is open: \
            the platform may add names."),
    Field::new("events.created_at", Kind::Instant)
        .label("Evento: momento", "Event: moment")
        .pt("Momento em que o evento ocorreu, no fuso da conta. \
            O período do relatório filtra a data da sessão, não a do evento.")
        .en("Moment the event took place, in the account's zone. \
            The report's period filters the session's date, not the event's."),
];
