//! The dictionary: the one table of the 108 names a session document can carry.
//!
//! The parser, the stored record, the Parquet columns, the schema sent to Data Studio, the connector and the
//! documentation are all read from here, so a field is added, renamed or described in one place only.
//! Computed fields (date parts, measures, links) are not here: they belong to whoever computes them.

mod near;
mod path;
mod spelled;
mod vocabulary;

mod session;

mod agent;
mod campaign;
mod contact;
mod flow;

mod events;
mod tags;
mod talks;

use std::collections::HashMap;
use std::sync::LazyLock;

use crate::lang::Text;

pub use near::near;
pub use spelled::{Aggregation, DataType, DocumentType, Semantic};
pub use vocabulary::{Vocabulary, Word};

/// Every field: those of the session first, those of repeated records after.
///
/// Stored data counts fields by this order (see [`ordinal`]), so it only grows at the end of a record: a new
/// session field goes into a table of its own after the last one of the session.
pub fn fields() -> &'static [Field] {
    &FIELDS
}

/// The field of a dictionary name, for example `talks.message`.
pub fn field(name: &str) -> Option<&'static Field> {
    static BY_NAME: LazyLock<HashMap<&str, &Field>> =
        LazyLock::new(|| FIELDS.iter().map(|field| (field.name, field)).collect());
    BY_NAME.get(name).copied()
}

/// The field of an id, for example `talks_message`.
pub fn by_id(id: &str) -> Option<&'static Field> {
    static BY_ID: LazyLock<HashMap<String, &Field>> =
        LazyLock::new(|| FIELDS.iter().map(|field| (field.id(), field)).collect());
    BY_ID.get(id).copied()
}

/// The stored fields of a record, without repeated records and computed days; a field's place is its ordinal.
pub fn columns(record: Record) -> &'static [&'static Field] {
    static COLUMNS: LazyLock<[Vec<&Field>; Record::ALL.len()]> = LazyLock::new(|| {
        Record::ALL.map(|of| FIELDS.iter().filter(|field| field.record == of && field.is_stored()).collect())
    });
    &COLUMNS[record as usize]
}

/// The place of a key among the [`columns`] of its record.
pub fn ordinal(record: Record, leaf: &str) -> Option<u16> {
    static ORDINALS: LazyLock<HashMap<(Record, &str), u16>> = LazyLock::new(|| {
        let ordinals =
            |record| (0..).zip(columns(record)).map(move |(at, field)| ((record, field.leaf()), at));
        Record::ALL.into_iter().flat_map(ordinals).collect()
    });
    ORDINALS.get(&(record, leaf)).copied()
}

/// The stored field that has this key in its record.
pub fn column(record: Record, leaf: &str) -> Option<&'static Field> {
    columns(record).get(usize::from(ordinal(record, leaf)?)).copied()
}

/// A table of fields of one record and one group.
struct Table(Record, Group, &'static [Field]);

/// The tables that make up the dictionary, in the order of [`fields`].
const TABLES: &[Table] = &[
    Table(Record::Session, Group::Session, session::SESSION),
    Table(Record::Session, Group::Service, session::SERVICE),
    Table(Record::Session, Group::Channel, session::CHANNEL),
    Table(Record::Session, Group::Agent, agent::FIELDS),
    Table(Record::Session, Group::Campaign, campaign::FIELDS),
    Table(Record::Session, Group::Contact, contact::FIELDS),
    Table(Record::Session, Group::Flow, flow::FIELDS),
    Table(Record::Session, Group::Contact, contact::RECORD_LISTS),
    Table(Record::Session, Group::Events, events::RECORD_LISTS),
    Table(Record::Session, Group::Tags, tags::RECORD_LISTS),
    Table(Record::Session, Group::Talks, talks::RECORD_LISTS),
    Table(Record::ContactPlatform, Group::Contact, contact::PLATFORMS),
    Table(Record::Event, Group::Events, events::EVENTS),
    Table(Record::Tag, Group::Tags, tags::TAGS),
    Table(Record::Talk, Group::Talks, talks::TALKS),
    Table(Record::TalkOption, Group::Talks, talks::OPTIONS),
];

static FIELDS: [Field; 108] = joined();

/// The tables in a row, each field with the record and group of its table. Fails to compile on another count.
const fn joined<const N: usize>() -> [Field; N] {
    let mut fields = [Field::new("", Kind::Text); N];
    let (mut at, mut table) = (0, 0);
    while table < TABLES.len() {
        let Table(record, group, rows) = TABLES[table];
        let mut row = 0;
        while row < rows.len() {
            fields[at] = Field { record, group, ..rows[row] };
            at += 1;
            row += 1;
        }
        table += 1;
    }
    assert!(at == N, "the tables hold fewer fields than declared");
    fields
}

/// One name of the dictionary and everything the project knows about it.
#[derive(Clone, Copy, Debug)]
pub struct Field {
    /// The dictionary's name, for example `talks.message`.
    pub name: &'static str,
    /// The record that holds the field: `Talk` for `talks.message`, `Session` for `talks` itself.
    pub record: Record,
    /// What is stored.
    pub kind: Kind,
    /// The type the published list of names gives, which for timers is not what is stored.
    pub document_type: DocumentType,
    /// The heading the field is listed under.
    pub group: Group,
    /// A short name for people, unique within each language.
    pub label: Text,
    /// What the field is, when it is empty, its unit and its pitfall.
    pub description: Text,
    /// Whom or what the field gives away.
    pub confidential: Confidential,
    /// How a chart sums the field up unless told otherwise: numbers are averaged, all else is a dimension.
    pub aggregation: Aggregation,
    /// Whether an object may stand where the field's text belongs; the object's `name`, else its `description`, is then
    /// the text.
    pub may_be_object: bool,
    /// Whether a document without it is refused.
    pub required: bool,
    /// The words that the field's texts are, where platforms write them in several languages.
    pub vocabulary: Option<&'static Vocabulary>,
}

impl Field {
    /// The name as Data Studio allows it (`[A-Za-z0-9_]+`): `talks_message`.
    pub fn id(&self) -> String {
        self.name.replace('.', "_")
    }

    /// The key inside the field's own record: `message` for `talks.message`; a session field's whole name.
    pub fn leaf(&self) -> &'static str {
        self.name.rsplit('.').next().unwrap_or(self.name)
    }

    /// Data Studio's `dataType` of the field.
    pub fn data_type(&self) -> DataType {
        self.semantic().data_type()
    }

    /// Data Studio's `semanticType` of the field. Repeated records are shown as a readable text.
    pub fn semantic(&self) -> Semantic {
        match self.kind {
            Kind::Text | Kind::Records(_) => Semantic::Text,
            Kind::Integer => Semantic::Number,
            Kind::Seconds => Semantic::Duration,
            Kind::Boolean => Semantic::Boolean,
            Kind::Instant => Semantic::YearMonthDaySecond,
            Kind::Day => Semantic::YearMonthDay,
        }
    }

    /// A text of the field as it is called inside: the name of the word that it stands for, if it is one.
    pub fn inside(&self, text: &str) -> Option<&'static str> {
        Some(self.vocabulary?.word(text)?.name)
    }

    fn is_stored(&self) -> bool {
        !matches!(self.kind, Kind::Records(_) | Kind::Day)
    }

    /// A row of a table, which [`joined`] gives its record and group.
    const fn new(name: &'static str, kind: Kind) -> Field {
        let (document_type, aggregation) = match kind {
            Kind::Text => (DocumentType::String, Aggregation::None),
            Kind::Integer => (DocumentType::Integer, Aggregation::Avg),
            Kind::Seconds => (DocumentType::String, Aggregation::Avg),
            Kind::Boolean => (DocumentType::Boolean, Aggregation::None),
            Kind::Instant => (DocumentType::Datetime, Aggregation::None),
            Kind::Day => (DocumentType::Date, Aggregation::None),
            Kind::Records(_) => (DocumentType::Record, Aggregation::None),
        };
        Field {
            name,
            record: Record::Session,
            kind,
            document_type,
            group: Group::Session,
            label: Text::new("", ""),
            description: Text::new("", ""),
            confidential: Confidential::No,
            aggregation,
            may_be_object: false,
            required: false,
            vocabulary: None,
        }
    }

    const fn label(self, pt: &'static str, en: &'static str) -> Field {
        Field { label: Text::new(pt, en), ..self }
    }

    const fn pt(self, description: &'static str) -> Field {
        Field { description: Text::new(description, self.description.en), ..self }
    }

    const fn en(self, description: &'static str) -> Field {
        Field { description: Text::new(self.description.pt, description), ..self }
    }

    const fn confidential(self, confidential: Confidential) -> Field {
        Field { confidential, ..self }
    }

    const fn documented(self, document_type: DocumentType) -> Field {
        Field { document_type, ..self }
    }

    const fn may_be_object(self) -> Field {
        Field { may_be_object: true, ..self }
    }

    const fn required(self) -> Field {
        Field { required: true, ..self }
    }

    const fn vocabulary(self, vocabulary: &'static Vocabulary) -> Field {
        Field { vocabulary: Some(vocabulary), ..self }
    }
}

/// Which record a field belongs to: the session itself, or one of its repeated records.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Record {
    /// The session: one a document.
    Session,
    /// An address of the contact on a messaging platform.
    ContactPlatform,
    /// Something that happened to the session, such as a transfer.
    Event,
    /// A piece of information the flow collected from the contact.
    Tag,
    /// A message.
    Talk,
    /// A choice that a message offered.
    TalkOption,
}

impl Record {
    /// Every record, the session first.
    pub const ALL: [Record; 6] =
        [Self::Session, Self::ContactPlatform, Self::Event, Self::Tag, Self::Talk, Self::TalkOption];

    /// The repeated records.
    pub const CHILDREN: [Record; 5] =
        [Self::ContactPlatform, Self::Event, Self::Tag, Self::Talk, Self::TalkOption];

    /// The name of the field that holds the records; `sessions` for the session, which no field holds.
    pub const fn name(self) -> &'static str {
        match self {
            Record::Session => "sessions",
            Record::ContactPlatform => "contact_platforms",
            Record::Event => "events",
            Record::Tag => "tags",
            Record::Talk => "talks",
            Record::TalkOption => "talks.options",
        }
    }

    /// The key of what a bare text says that stands in the place of a repeated record.
    pub const fn main_leaf(self) -> &'static str {
        match self {
            Record::Session => "session_id",
            Record::ContactPlatform => "platform",
            Record::Event => "event",
            Record::Tag => "tag",
            Record::Talk => "message",
            Record::TalkOption => "text",
        }
    }
}

/// What is stored for a field.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Kind {
    /// Text as it was sent; lists joined with `, `.
    Text,
    /// A whole number.
    Integer,
    /// A duration in seconds, fractions kept.
    Seconds,
    /// True or false.
    Boolean,
    /// A moment, in microseconds of UTC.
    Instant,
    /// A local day of the account: always computed, never stored.
    Day,
    /// Repeated records, each with fields of its own.
    Records(Record),
}

/// The heading a field is listed under.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Group {
    /// Identity, dates and outcome of the session.
    Session,
    /// Times of waiting and handling.
    Service,
    /// Where the contact came in.
    Channel,
    /// The agent who attended.
    Agent,
    /// The team that attended, and its settings.
    Campaign,
    /// The contact.
    Contact,
    /// The automatic flow.
    Flow,
    /// What happened to the session.
    Events,
    /// What the flow asked.
    Tags,
    /// The conversation.
    Talks,
}

impl Group {
    /// The heading's text.
    pub const fn label(self) -> Text {
        match self {
            Group::Session => Text::new("Sessão", "Session"),
            Group::Service => Text::new("Atendimento", "Service"),
            Group::Channel => Text::new("Canal", "Channel"),
            Group::Agent => Text::new("Agente", "Agent"),
            Group::Campaign => Text::new("Equipe", "Team"),
            Group::Contact => Text::new("Contato", "Contact"),
            Group::Flow => Text::new("Fluxo", "Flow"),
            Group::Events => Text::new("Eventos", "Events"),
            Group::Tags => Text::new("Tags", "Tags"),
            Group::Talks => Text::new("Conversa", "Conversation"),
        }
    }
}

/// Whom or what a field gives away, which decides what a token of less than full privacy sees.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Confidential {
    /// Nobody and nothing.
    No,
    /// It identifies the contact.
    Contact,
    /// It identifies an agent.
    Agent,
    /// It names neither, but is a trait of one of them: their dates and settings tell them apart from others.
    Trait,
    /// It names the session, and some platforms make it of the contact's address.
    Key,
    /// It is what was said or sent: message text, questions and answers, file names, links.
    Content,
}

#[cfg(test)]
mod tests;
