//! The additive numbers of a session, and what each of them reads.

use lake::columns::{TRANSFERRED, WAITED};

/// What measures read of a session: a column of the lake.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Input {
    CreatedAt,
    FinishedAt,
    ContactCreatedAt,
    AgentId,
    Expired,
    Waited,
    Transferred,
    TimerOnWait,
    Tma,
    Tme,
    Tta,
    EventTma,
    EventTme,
    EventTta,
    SentimentLevel,
    SentimentMessages,
    Messages,
    MessagesContact,
    MessagesAgent,
    MessagesAutomatic,
    MessagesMedia,
    MessagesHsm,
}

/// A column of sessions in the lake, and the dictionary's names of the fields that its values follow from: a reader who may
/// not see one of these may not see what is made of the column.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct InputColumn {
    pub(crate) name: &'static str,
    pub(crate) follows_from: &'static [&'static str],
}

impl Input {
    /// The column that is read.
    pub(crate) fn column(self) -> InputColumn {
        const TIMES: &[&str] = &["events.event", "events.created_at"];
        const SENTIMENT: &[&str] = &["talks.sentiment_analysis_level"];
        const ORIGIN: &[&str] = &["talks.origin"];
        let (name, follows_from): (_, &[_]) = match self {
            Self::CreatedAt => ("created_at", &["created_at"]),
            Self::FinishedAt => ("finished_at", &["finished_at"]),
            Self::ContactCreatedAt => ("contact_created_at", &["contact_created_at"]),
            Self::AgentId => ("agent_id", &["agent_id"]),
            Self::Expired => ("expired", &["expired"]),
            Self::Waited => (WAITED, &["events.event"]),
            Self::Transferred => (TRANSFERRED, &["events.event"]),
            Self::TimerOnWait => ("timerOnWait", &["timerOnWait"]),
            Self::Tma => ("attendance_timer_tma", &["attendance_timer_tma"]),
            Self::Tme => ("attendance_timer_tme", &["attendance_timer_tme"]),
            Self::Tta => ("attendance_timer_tta", &["attendance_timer_tta"]),
            Self::EventTma => ("_event_tma", TIMES),
            Self::EventTme => ("_event_tme", TIMES),
            Self::EventTta => ("_event_tta", TIMES),
            Self::SentimentLevel => ("_sentiment_level", SENTIMENT),
            Self::SentimentMessages => ("_sentiment_messages", SENTIMENT),
            Self::Messages => ("_messages", &["talks"]),
            Self::MessagesContact => ("_messages_contact", ORIGIN),
            Self::MessagesAgent => ("_messages_agent", ORIGIN),
            Self::MessagesAutomatic => ("_messages_automatic", ORIGIN),
            Self::MessagesMedia => ("_messages_media", &["talks.storage_id"]),
            Self::MessagesHsm => ("_messages_hsm", &["talks.hsm"]),
        };
        InputColumn { name, follows_from }
    }
}

/// An additive number of a session. It holds whatever it reads: inputs as it is declared, references to columns once it is
/// planned (`map`). So it can read nothing that it does not declare.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Measure<I> {
    /// 1 a session.
    One,
    /// 1 where there is a text.
    HasText(I),
    /// 1 where there is an instant.
    HasInstant(I),
    /// 1 where seconds were measured.
    HasSeconds(I),
    /// 1 where it is true.
    IsTrue(I),
    /// 1 where the session finished without an agent, after a wait: it has a wait, or a timer above 0. The second timer counts
    /// where the first was not measured.
    Lost { finished: I, agent: I, waited: I, timers: [I; 2] },
    /// 1 where both instants lie on the same local day.
    SameDay { registered: I, began: I },
    /// Seconds, where they were measured.
    Seconds(I),
    /// A whole number.
    Count(I),
}

impl<I> Measure<I> {
    /// The same measure of something else in the place of each input.
    pub(crate) fn map<J>(self, mut to: impl FnMut(I) -> J) -> Measure<J> {
        match self {
            Self::One => Measure::One,
            Self::HasText(input) => Measure::HasText(to(input)),
            Self::HasInstant(input) => Measure::HasInstant(to(input)),
            Self::HasSeconds(input) => Measure::HasSeconds(to(input)),
            Self::IsTrue(input) => Measure::IsTrue(to(input)),
            Self::Lost { finished, agent, waited, timers } => Measure::Lost {
                finished: to(finished),
                agent: to(agent),
                waited: to(waited),
                timers: timers.map(to),
            },
            Self::SameDay { registered, began } => {
                Measure::SameDay { registered: to(registered), began: to(began) }
            }
            Self::Seconds(input) => Measure::Seconds(to(input)),
            Self::Count(input) => Measure::Count(to(input)),
        }
    }
}

impl Measure<Input> {
    /// The columns that it reads.
    pub(crate) fn columns(self) -> Vec<InputColumn> {
        let mut columns = Vec::new();
        self.map(|input| columns.push(input.column()));
        columns
    }

    /// The dictionary's names of the fields that it follows from.
    pub(crate) fn follows_from(self) -> Vec<&'static str> {
        self.columns().into_iter().flat_map(|column| column.follows_from.iter().copied()).collect()
    }
}
