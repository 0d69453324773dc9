//! The additive measures: their ids, what they add up, and how they are told to people.

use domain::dictionary::Semantic;
use domain::lang::Text;

use super::measure::{Input, Measure};

/// A measure that may be added up, and what it counts.
pub(crate) struct Additive {
    pub(crate) id: &'static str,
    pub(crate) measure: Measure<Input>,
    pub(crate) semantic: Semantic,
    pub(crate) label: Text,
    pub(crate) description: Text,
}

const LOST: Measure<Input> = Measure::Lost {
    finished: Input::FinishedAt,
    agent: Input::AgentId,
    waited: Input::Waited,
    timers: [Input::TimerOnWait, Input::Tme],
};

const NEW_CONTACT: Measure<Input> =
    Measure::SameDay { registered: Input::ContactCreatedAt, began: Input::CreatedAt };

/// The additive measures with what they count. Sums over them are right for any grouping of sessions.
#[rustfmt::skip]
pub(crate) static ADDITIVE: [Additive; 27] = [
    Additive {
        id: "sessions", measure: Measure::One, semantic: Semantic::Number,
        label: Text::new("Sessões", "Sessions"),
        description: Text::new("Número de sessões.", "Number of sessions."),
    },
    Additive {
        id: "finished_sessions", measure: Measure::HasInstant(Input::FinishedAt), semantic: Semantic::Number,
        label: Text::new("Sessões finalizadas", "Finished sessions"),
        description: Text::new("Sessões que têm momento de fim.", "Sessions that have an end."),
    },
    Additive {
        id: "attended_sessions", measure: Measure::HasText(Input::AgentId), semantic: Semantic::Number,
        label: Text::new("Sessões atendidas", "Attended sessions"),
        description: Text::new("Sessões que têm ID do agente.", "Sessions that have an agent ID."),
    },
    Additive {
        id: "lost_sessions", measure: LOST, semantic: Semantic::Number,
        label: Text::new("Sessões perdidas", "Lost sessions"),
        description: Text::new(
            "Sessões finalizadas, sem agente, que esperaram: com evento waitStart ou tempo de espera acima de 0.",
            "Sessions that ended without an agent after a wait: a waitStart event, or a waiting time above 0.",
        ),
    },
    Additive {
        id: "expired_sessions", measure: Measure::IsTrue(Input::Expired), semantic: Semantic::Number,
        label: Text::new("Sessões expiradas", "Expired sessions"),
        description: Text::new("Sessões encerradas por expiração.", "Sessions that ended by expiry."),
    },
    Additive {
        id: "transferred_sessions", measure: Measure::IsTrue(Input::Transferred), semantic: Semantic::Number,
        label: Text::new("Sessões transferidas", "Transferred sessions"),
        description: Text::new(
            "Sessões com um evento de transferência.",
            "Sessions with a transfer event.",
        ),
    },
    Additive {
        id: "new_contact_sessions", measure: NEW_CONTACT, semantic: Semantic::Number,
        label: Text::new("Sessões de contatos novos", "Sessions of new contacts"),
        description: Text::new(
            "Sessões cujo contato foi cadastrado no mesmo dia, no fuso da conta.",
            "Sessions whose contact was registered on the same day, in the account's zone.",
        ),
    },
    Additive {
        id: "tma_seconds", measure: Measure::Seconds(Input::Tma), semantic: Semantic::Duration,
        label: Text::new("Soma do tempo de atendimento", "Sum of handling time"),
        description: Text::new("Segundos de atendimento, somados.", "Seconds of handling, added up."),
    },
    Additive {
        id: "tma_sessions", measure: Measure::HasSeconds(Input::Tma), semantic: Semantic::Number,
        label: Text::new("Sessões com tempo de atendimento", "Sessions with handling time"),
        description: Text::new(
            "Sessões que têm tempo de atendimento medido.",
            "Sessions whose handling time was measured.",
        ),
    },
    Additive {
        id: "tme_seconds", measure: Measure::Seconds(Input::Tme), semantic: Semantic::Duration,
        label: Text::new("Soma do tempo de espera", "Sum of waiting time"),
        description: Text::new("Segundos de espera, somados.", "Seconds of waiting, added up."),
    },
    Additive {
        id: "tme_sessions", measure: Measure::HasSeconds(Input::Tme), semantic: Semantic::Number,
        label: Text::new("Sessões com tempo de espera", "Sessions with waiting time"),
        description: Text::new(
            "Sessões que têm tempo de espera medido.",
            "Sessions whose waiting time was measured.",
        ),
    },
    Additive {
        id: "tta_seconds", measure: Measure::Seconds(Input::Tta), semantic: Semantic::Duration,
        label: Text::new("Soma do tempo total", "Sum of total time"),
        description: Text::new(
            "Segundos do atendimento inteiro, somados.",
            "Seconds of the service as a whole, added up.",
        ),
    },
    Additive {
        id: "tta_sessions", measure: Measure::HasSeconds(Input::Tta), semantic: Semantic::Number,
        label: Text::new("Sessões com tempo total", "Sessions with total time"),
        description: Text::new(
            "Sessões que têm tempo total medido.",
            "Sessions whose total time was measured.",
        ),
    },
    Additive {
        id: "event_tma_seconds", measure: Measure::Seconds(Input::EventTma), semantic: Semantic::Duration,
        label: Text::new("Soma do tempo de atendimento (eventos)", "Sum of handling time (events)"),
        description: Text::new(
            "Segundos do primeiro humanStart ao último humanFinish depois dele, somados.",
            "Seconds from the first humanStart to the last humanFinish after it, added up.",
        ),
    },
    Additive {
        id: "event_tma_sessions", measure: Measure::HasSeconds(Input::EventTma), semantic: Semantic::Number,
        label: Text::new("Sessões com tempo de atendimento (eventos)", "Sessions with handling time (events)"),
        description: Text::new(
            "Sessões com humanStart e humanFinish.",
            "Sessions with humanStart and humanFinish.",
        ),
    },
    Additive {
        id: "event_tme_seconds", measure: Measure::Seconds(Input::EventTme), semantic: Semantic::Duration,
        label: Text::new("Soma do tempo de espera (eventos)", "Sum of waiting time (events)"),
        description: Text::new(
            "Segundos do primeiro waitStart ao primeiro humanStart depois dele, somados.",
            "Seconds from the first waitStart to the first humanStart after it, added up.",
        ),
    },
    Additive {
        id: "event_tme_sessions", measure: Measure::HasSeconds(Input::EventTme), semantic: Semantic::Number,
        label: Text::new("Sessões com tempo de espera (eventos)", "Sessions with waiting time (events)"),
        description: Text::new(
            "Sessões com waitStart e depois humanStart.",
            "Sessions with waitStart and then humanStart.",
        ),
    },
    Additive {
        id: "event_tta_seconds", measure: Measure::Seconds(Input::EventTta), semantic: Semantic::Duration,
        label: Text::new("Soma do tempo total (eventos)", "Sum of total time (events)"),
        description: Text::new(
            "Segundos do primeiro waitStart, ou humanStart sem ele, ao último humanFinish, somados.",
            "Seconds from the first waitStart, or humanStart without one, to the last humanFinish, added up.",
        ),
    },
    Additive {
        id: "event_tta_sessions", measure: Measure::HasSeconds(Input::EventTta), semantic: Semantic::Number,
        label: Text::new("Sessões com tempo total (eventos)", "Sessions with total time (events)"),
        description: Text::new(
            "Sessões cujos eventos dizem o tempo total.",
            "Sessions whose events tell the total time.",
        ),
    },
    Additive {
        id: "sentiment_level_sum", measure: Measure::Count(Input::SentimentLevel), semantic: Semantic::Number,
        label: Text::new("Soma do nível de sentimento", "Sum of sentiment level"),
        description: Text::new(
            "Níveis de sentimento das mensagens, somados.",
            "Sentiment levels of the messages, added up.",
        ),
    },
    Additive {
        id: "sentiment_messages", measure: Measure::Count(Input::SentimentMessages), semantic: Semantic::Number,
        label: Text::new("Mensagens com sentimento", "Messages with sentiment"),
        description: Text::new(
            "Mensagens que têm nível de sentimento.",
            "Messages that have a sentiment level.",
        ),
    },
    Additive {
        id: "messages", measure: Measure::Count(Input::Messages), semantic: Semantic::Number,
        label: Text::new("Mensagens", "Messages"),
        description: Text::new("Mensagens da conversa.", "Messages of the conversation."),
    },
    Additive {
        id: "messages_contact", measure: Measure::Count(Input::MessagesContact), semantic: Semantic::Number,
        label: Text::new("Mensagens do contato", "Messages by the contact"),
        description: Text::new("Mensagens que o contato enviou.", "Messages that the contact sent."),
    },
    Additive {
        id: "messages_agent", measure: Measure::Count(Input::MessagesAgent), semantic: Semantic::Number,
        label: Text::new("Mensagens de agentes", "Messages by agents"),
        description: Text::new("Mensagens que agentes enviaram.", "Messages that agents sent."),
    },
    Additive {
        id: "messages_automatic", measure: Measure::Count(Input::MessagesAutomatic), semantic: Semantic::Number,
        label: Text::new("Mensagens automáticas", "Automatic messages"),
        description: Text::new("Mensagens que o fluxo enviou.", "Messages that the flow sent."),
    },
    Additive {
        id: "messages_media", measure: Measure::Count(Input::MessagesMedia), semantic: Semantic::Number,
        label: Text::new("Mensagens com mídia", "Messages with media"),
        description: Text::new("Mensagens que têm arquivo.", "Messages that come with a file."),
    },
    Additive {
        id: "messages_hsm", measure: Measure::Count(Input::MessagesHsm), semantic: Semantic::Number,
        label: Text::new("Mensagens de modelo (HSM)", "Template messages (HSM)"),
        description: Text::new(
            "Mensagens que são modelos do WhatsApp (HSM).",
            "Messages that are WhatsApp templates (HSM).",
        ),
    },
];

#[cfg(test)]
mod tests {
    use domain::dictionary::{Record, field};

    use super::*;

    #[test]
    fn what_a_measure_reads_is_a_column_of_the_lake_and_follows_from_fields() {
        let sessions = lake::columns::schema(Record::Session);
        for column in ADDITIVE.iter().flat_map(|one| one.measure.columns()) {
            assert!(sessions.field_with_name(column.name).is_ok(), "{}", column.name);
            assert!(!column.follows_from.is_empty(), "{}", column.name);
            for name in column.follows_from {
                assert!(field(name).is_some(), "{name}");
            }
        }
    }
}
