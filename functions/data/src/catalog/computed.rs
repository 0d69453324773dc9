//! Computed columns: what is not in a document but follows from it.

use domain::dictionary::{Aggregation, Group, Semantic};
use domain::lang::Text;

use super::column::{Column, Measure, Source};
use super::date_format::DateFormat;

const DATES: Text = Text::new("Datas", "Dates");
const MEASURES: Text = Text::new("Medidas", "Measures");

/// The five parts of an instant: `macro` because labels are static texts.
macro_rules! parts {
    ($prefix:literal, $of:literal, $pt:literal, $en:literal) => {
        [
            (
                concat!($prefix, "_date"),
                $of,
                DateFormat::Day,
                Text::new(concat!($pt, ": dia"), concat!($en, ": day")),
            ),
            (
                concat!($prefix, "_week"),
                $of,
                DateFormat::Week,
                Text::new(concat!($pt, ": semana"), concat!($en, ": week")),
            ),
            (
                concat!($prefix, "_month"),
                $of,
                DateFormat::Month,
                Text::new(concat!($pt, ": mês"), concat!($en, ": month")),
            ),
            (
                concat!($prefix, "_hour"),
                $of,
                DateFormat::Hour,
                Text::new(concat!($pt, ": hora"), concat!($en, ": hour")),
            ),
            (
                concat!($prefix, "_weekday"),
                $of,
                DateFormat::Weekday,
                Text::new(concat!($pt, ": dia da semana"), concat!($en, ": weekday")),
            ),
        ]
    };
}

type Part = (&'static str, &'static str, DateFormat, Text);

const PARTS: [[Part; 5]; 3] = [
    parts!("created", "created_at", "Criação", "Created"),
    parts!("finished", "finished_at", "Fim", "Finished"),
    parts!("last", "lastInteraction", "Última interação", "Last interaction"),
];

/// The date parts of the session's three instants.
pub(crate) fn dates() -> impl Iterator<Item = Column> {
    PARTS.into_iter().flatten().map(|(id, of, format, label)| Column {
        id: id.to_owned(),
        source: Source::Part(of, format),
        semantic: format.semantic(),
        aggregation: Aggregation::None,
        formula: None,
        group: DATES,
        label,
        description: about_part(format),
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

type Additive = (&'static str, Measure, Semantic, Text, Text);

/// The additive measures with what they count. Sums over them are right for any grouping of sessions.
#[rustfmt::skip]
const ADDITIVE: [Additive; 27] = [
    ("sessions", Measure::Sessions, Semantic::Number, Text::new("Sessões", "Sessions"),
        Text::new("Número de sessões.", "Number of sessions.")),
    ("finished_sessions", Measure::Finished, Semantic::Number, Text::new("Sessões finalizadas", "Finished sessions"),
        Text::new("Sessões que têm momento de fim.", "Sessions that have an end.")),
    ("attended_sessions", Measure::Attended, Semantic::Number, Text::new("Sessões atendidas", "Attended sessions"),
        Text::new("Sessões que têm ID do agente.", "Sessions that have an agent ID.")),
    ("lost_sessions", Measure::Lost, Semantic::Number, Text::new("Sessões perdidas", "Lost sessions"),
        Text::new("Sessões finalizadas, sem agente, que esperaram: com evento waitStart ou tempo de espera acima de 0.",
            "Sessions that ended without an agent after a wait: a waitStart event, or a waiting time above 0.")),
    ("expired_sessions", Measure::Expired, Semantic::Number, Text::new("Sessões expiradas", "Expired sessions"),
        Text::new("Sessões encerradas por expiração.", "Sessions that ended by expiry.")),
    ("transferred_sessions", Measure::Transferred, Semantic::Number,
        Text::new("Sessões transferidas", "Transferred sessions"),
        Text::new("Sessões com um evento de transferência.", "Sessions with a transfer event.")),
    ("new_contact_sessions", Measure::NewContact, Semantic::Number,
        Text::new("Sessões de contatos novos", "Sessions of new contacts"),
        Text::new("Sessões cujo contato foi cadastrado no mesmo dia, no fuso da conta.",
            "Sessions whose contact was registered on the same day, in the account's zone.")),
    ("tma_seconds", Measure::Seconds("attendance_timer_tma"), Semantic::Duration,
        Text::new("Soma do tempo de atendimento", "Sum of handling time"),
        Text::new("Segundos de atendimento, somados.", "Seconds of handling, added up.")),
    ("tma_sessions", Measure::Timed("attendance_timer_tma"), Semantic::Number,
        Text::new("Sessões com tempo de atendimento", "Sessions with handling time"),
        Text::new("Sessões que têm tempo de atendimento medido.", "Sessions whose handling time was measured.")),
    ("tme_seconds", Measure::Seconds("attendance_timer_tme"), Semantic::Duration,
        Text::new("Soma do tempo de espera", "Sum of waiting time"),
        Text::new("Segundos de espera, somados.", "Seconds of waiting, added up.")),
    ("tme_sessions", Measure::Timed("attendance_timer_tme"), Semantic::Number,
        Text::new("Sessões com tempo de espera", "Sessions with waiting time"),
        Text::new("Sessões que têm tempo de espera medido.", "Sessions whose waiting time was measured.")),
    ("tta_seconds", Measure::Seconds("attendance_timer_tta"), Semantic::Duration,
        Text::new("Soma do tempo total", "Sum of total time"),
        Text::new("Segundos do atendimento inteiro, somados.", "Seconds of the service as a whole, added up.")),
    ("tta_sessions", Measure::Timed("attendance_timer_tta"), Semantic::Number,
        Text::new("Sessões com tempo total", "Sessions with total time"),
        Text::new("Sessões que têm tempo total medido.", "Sessions whose total time was measured.")),
    ("event_tma_seconds", Measure::Seconds("_event_tma"), Semantic::Duration,
        Text::new("Soma do tempo de atendimento (eventos)", "Sum of handling time (events)"),
        Text::new("Segundos do primeiro humanStart ao último humanFinish depois dele, somados.",
            "Seconds from the first humanStart to the last humanFinish after it, added up.")),
    ("event_tma_sessions", Measure::Timed("_event_tma"), Semantic::Number,
        Text::new("Sessões com tempo de atendimento (eventos)", "Sessions with handling time (events)"),
        Text::new("Sessões com humanStart e humanFinish.", "Sessions with humanStart and humanFinish.")),
    ("event_tme_seconds", Measure::Seconds("_event_tme"), Semantic::Duration,
        Text::new("Soma do tempo de espera (eventos)", "Sum of waiting time (events)"),
        Text::new("Segundos do primeiro waitStart ao primeiro humanStart depois dele, somados.",
            "Seconds from the first waitStart to the first humanStart after it, added up.")),
    ("event_tme_sessions", Measure::Timed("_event_tme"), Semantic::Number,
        Text::new("Sessões com tempo de espera (eventos)", "Sessions with waiting time (events)"),
        Text::new("Sessões com waitStart e depois humanStart.", "Sessions with waitStart and then humanStart.")),
    ("event_tta_seconds", Measure::Seconds("_event_tta"), Semantic::Duration,
        Text::new("Soma do tempo total (eventos)", "Sum of total time (events)"),
        Text::new("Segundos do primeiro waitStart, ou humanStart sem ele, ao último humanFinish, somados.",
            "Seconds from the first waitStart, or humanStart without one, to the last humanFinish, added up.")),
    ("event_tta_sessions", Measure::Timed("_event_tta"), Semantic::Number,
        Text::new("Sessões com tempo total (eventos)", "Sessions with total time (events)"),
        Text::new("Sessões cujos eventos dizem o tempo total.", "Sessions whose events tell the total time.")),
    ("sentiment_level_sum", Measure::Count("_sentiment_level"), Semantic::Number,
        Text::new("Soma do nível de sentimento", "Sum of sentiment level"),
        Text::new("Níveis de sentimento das mensagens, somados.", "Sentiment levels of the messages, added up.")),
    ("sentiment_messages", Measure::Count("_sentiment_messages"), Semantic::Number,
        Text::new("Mensagens com sentimento", "Messages with sentiment"),
        Text::new("Mensagens que têm nível de sentimento.", "Messages that have a sentiment level.")),
    ("messages", Measure::Count("_messages"), Semantic::Number, Text::new("Mensagens", "Messages"),
        Text::new("Mensagens da conversa.", "Messages of the conversation.")),
    ("messages_contact", Measure::Count("_messages_contact"), Semantic::Number,
        Text::new("Mensagens do contato", "Messages by the contact"),
        Text::new("Mensagens que o contato enviou.", "Messages that the contact sent.")),
    ("messages_agent", Measure::Count("_messages_agent"), Semantic::Number,
        Text::new("Mensagens de agentes", "Messages by agents"),
        Text::new("Mensagens que agentes enviaram.", "Messages that agents sent.")),
    ("messages_automatic", Measure::Count("_messages_automatic"), Semantic::Number,
        Text::new("Mensagens automáticas", "Automatic messages"),
        Text::new("Mensagens que o fluxo enviou.", "Messages that the flow sent.")),
    ("messages_media", Measure::Count("_messages_media"), Semantic::Number,
        Text::new("Mensagens com mídia", "Messages with media"),
        Text::new("Mensagens que têm arquivo.", "Messages that come with a file.")),
    ("messages_hsm", Measure::Count("_messages_hsm"), Semantic::Number,
        Text::new("Mensagens de modelo (HSM)", "Template messages (HSM)"),
        Text::new("Mensagens que são modelos do WhatsApp (HSM).", "Messages that are WhatsApp templates (HSM).")),
];

type Ratio = (&'static str, &'static str, &'static str, Semantic, Text, Text);

/// The ratios, as sums over sums, so that they are right in every chart.
#[rustfmt::skip]
const RATIOS: [Ratio; 8] = [
    ("tma", "tma_seconds", "tma_sessions", Semantic::Duration, Text::new("TMA", "TMA"),
        Text::new("Tempo médio de atendimento: soma dos segundos dividida pelas sessões que os têm.",
            "Average handling time: the sum of seconds over the sessions that have them.")),
    ("tme", "tme_seconds", "tme_sessions", Semantic::Duration, Text::new("TME", "TME"),
        Text::new("Tempo médio de espera: soma dos segundos dividida pelas sessões que os têm.",
            "Average waiting time: the sum of seconds over the sessions that have them.")),
    ("tta", "tta_seconds", "tta_sessions", Semantic::Duration, Text::new("TTA", "TTA"),
        Text::new("Tempo total médio: soma dos segundos dividida pelas sessões que os têm.",
            "Average total time: the sum of seconds over the sessions that have them.")),
    ("event_tma", "event_tma_seconds", "event_tma_sessions", Semantic::Duration,
        Text::new("TMA (eventos)", "TMA (events)"),
        Text::new("Tempo médio de atendimento pelos eventos: do primeiro humanStart ao último humanFinish.",
            "Average handling time by the events: from the first humanStart to the last humanFinish.")),
    ("event_tme", "event_tme_seconds", "event_tme_sessions", Semantic::Duration,
        Text::new("TME (eventos)", "TME (events)"),
        Text::new("Tempo médio de espera pelos eventos: do primeiro waitStart ao primeiro humanStart depois dele.",
            "Average waiting time by the events: from the first waitStart to the first humanStart after it.")),
    ("event_tta", "event_tta_seconds", "event_tta_sessions", Semantic::Duration,
        Text::new("TTA (eventos)", "TTA (events)"),
        Text::new("Tempo total médio pelos eventos: do primeiro waitStart, ou humanStart sem ele, ao último humanFinish.",
            "Average total time by the events: from the first waitStart, or humanStart without one, to the last humanFinish.")),
    ("sentiment_level", "sentiment_level_sum", "sentiment_messages", Semantic::Number,
        Text::new("Nível médio de sentimento", "Average sentiment level"),
        Text::new("Soma dos níveis dividida pelas mensagens que os têm.",
            "The sum of levels over the messages that have them.")),
    ("lost_rate", "lost_sessions", "finished_sessions", Semantic::Percent,
        Text::new("Taxa de perdidas", "Lost rate"),
        Text::new("Sessões perdidas divididas pelas finalizadas: uma sessão aberta ainda pode ser atendida.",
            "Lost sessions over finished ones: a session still open may yet be attended.")),
];

/// How many different contacts there are. No sum over groups gives that, so Data Studio counts contact ids itself; who
/// asks a summary for it gets each group's own number.
fn contacts() -> Column {
    Column {
        id: "contacts".to_owned(),
        source: Source::Distinct("contact_id"),
        semantic: Semantic::Number,
        aggregation: Aggregation::None,
        formula: Some("COUNT_DISTINCT($contact_id)".to_owned()),
        group: MEASURES,
        label: Text::new("Contatos", "Contacts"),
        description: Text::new(
            "Número de contatos diferentes. Não se soma: um contato de dois dias conta um em cada dia e um no total.",
            "Number of different contacts. Never add it up: a contact of two days is one on each and one in all.",
        ),
    }
}

/// The additive measures of a session, then the ratios over them, then what only a count of different values tells.
pub(crate) fn measures() -> impl Iterator<Item = Column> {
    let additive = ADDITIVE.into_iter().map(|(id, measure, semantic, label, description)| Column {
        id: id.to_owned(),
        source: Source::Measure(measure),
        semantic,
        aggregation: Aggregation::Sum,
        formula: None,
        group: MEASURES,
        label,
        description,
    });
    let measure = |id| ADDITIVE.iter().find(|row| row.0 == id).map_or(Measure::Sessions, |row| row.1);
    let ratios = RATIOS.into_iter().map(move |(id, over, under, semantic, label, description)| Column {
        id: id.to_owned(),
        source: Source::Ratio(measure(over), measure(under)),
        semantic,
        aggregation: Aggregation::None,
        formula: Some(format!("SUM(${over})/SUM(${under})")),
        group: MEASURES,
        label,
        description,
    });
    additive.chain(ratios).chain([contacts()])
}

/// What rows of repeated records can be counted by.
pub(crate) fn counts() -> [Column; 3] {
    let rows = Column {
        id: "rows".to_owned(),
        source: Source::One,
        semantic: Semantic::Number,
        aggregation: Aggregation::Sum,
        formula: None,
        group: MEASURES,
        label: Text::new("Linhas", "Rows"),
        description: Text::new("Número de linhas deste relatório.", "Number of rows of this report."),
    };
    let sessions = Column {
        id: "sessions".to_owned(),
        aggregation: Aggregation::None,
        formula: Some("COUNT_DISTINCT($session_id)".to_owned()),
        label: Text::new("Sessões", "Sessions"),
        description: Text::new(
            "Número de sessões diferentes entre as linhas.",
            "Number of distinct sessions among the rows.",
        ),
        ..rows.clone()
    };
    [rows, sessions, contacts()]
}

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
