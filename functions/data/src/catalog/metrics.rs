//! Metrics: the numbers that charts show, which are additive measures, ratios over them, and counts.

use domain::dictionary::{Aggregation, Semantic};
use domain::lang::Text;

use super::additive::ADDITIVE;
use super::column::{Column, Source};
use super::measure::Measure;

const MEASURES: Text = Text::new("Medidas", "Measures");

/// One additive measure over another, by their ids.
struct Ratio {
    id: &'static str,
    over: &'static str,
    under: &'static str,
    semantic: Semantic,
    label: Text,
    description: Text,
}

/// The ratios, as sums over sums, so that they are right in every chart.
#[rustfmt::skip]
static RATIOS: [Ratio; 8] = [
    Ratio {
        id: "tma", over: "tma_seconds", under: "tma_sessions", semantic: Semantic::Duration,
        label: Text::new("TMA", "TMA"),
        description: Text::new(
            "Tempo médio de atendimento: soma dos segundos dividida pelas sessões que os têm.",
            "Average handling time: the sum of seconds over the sessions that have them.",
        ),
    },
    Ratio {
        id: "tme", over: "tme_seconds", under: "tme_sessions", semantic: Semantic::Duration,
        label: Text::new("TME", "TME"),
        description: Text::new(
            "Tempo médio de espera: soma dos segundos dividida pelas sessões que os têm.",
            "Average waiting time: the sum of seconds over the sessions that have them.",
        ),
    },
    Ratio {
        id: "tta", over: "tta_seconds", under: "tta_sessions", semantic: Semantic::Duration,
        label: Text::new("TTA", "TTA"),
        description: Text::new(
            "Tempo total médio: soma dos segundos dividida pelas sessões que os têm.",
            "Average total time: the sum of seconds over the sessions that have them.",
        ),
    },
    Ratio {
        id: "event_tma", over: "event_tma_seconds", under: "event_tma_sessions", semantic: Semantic::Duration,
        label: Text::new("TMA (eventos)", "TMA (events)"),
        description: Text::new(
            "Tempo médio de atendimento pelos eventos: do primeiro humanStart ao último humanFinish.",
            "Average handling time by the events: from the first humanStart to the last humanFinish.",
        ),
    },
    Ratio {
        id: "event_tme", over: "event_tme_seconds", under: "event_tme_sessions", semantic: Semantic::Duration,
        label: Text::new("TME (eventos)", "TME (events)"),
        description: Text::new(
            "Tempo médio de espera pelos eventos: do primeiro waitStart ao primeiro humanStart depois dele.",
            "Average waiting time by the events: from the first waitStart to the first humanStart after it.",
        ),
    },
    Ratio {
        id: "event_tta", over: "event_tta_seconds", under: "event_tta_sessions", semantic: Semantic::Duration,
        label: Text::new("TTA (eventos)", "TTA (events)"),
        description: Text::new(
            "Tempo total médio pelos eventos: do primeiro waitStart, ou humanStart sem ele, ao último humanFinish.",
            "Average total time by the events: from the first waitStart, or humanStart without one, to the last humanFinish.",
        ),
    },
    Ratio {
        id: "sentiment_level", over: "sentiment_level_sum", under: "sentiment_messages", semantic: Semantic::Number,
        label: Text::new("Nível médio de sentimento", "Average sentiment level"),
        description: Text::new(
            "Soma dos níveis dividida pelas mensagens que os têm.",
            "The sum of levels over the messages that have them.",
        ),
    },
    Ratio {
        id: "lost_rate", over: "lost_sessions", under: "finished_sessions", semantic: Semantic::Percent,
        label: Text::new("Taxa de perdidas", "Lost rate"),
        description: Text::new(
            "Sessões perdidas divididas pelas finalizadas: uma sessão aberta ainda pode ser atendida.",
            "Lost sessions over finished ones: a session still open may yet be attended.",
        ),
    },
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
pub(crate) fn metrics() -> impl Iterator<Item = Column> {
    let measure = |id| ADDITIVE.iter().find(|one| one.id == id).map_or(Measure::One, |one| one.measure);
    let additive = ADDITIVE.iter().map(|one| Column {
        id: one.id.to_owned(),
        source: Source::Measure(one.measure),
        semantic: one.semantic,
        aggregation: Aggregation::Sum,
        formula: None,
        group: MEASURES,
        label: one.label,
        description: one.description,
    });
    let ratios = RATIOS.iter().map(move |ratio| Column {
        id: ratio.id.to_owned(),
        source: Source::Ratio(measure(ratio.over), measure(ratio.under)),
        semantic: ratio.semantic,
        aggregation: Aggregation::None,
        formula: Some(format!("SUM(${})/SUM(${})", ratio.over, ratio.under)),
        group: MEASURES,
        label: ratio.label,
        description: ratio.description,
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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ratios_divide_one_additive_measure_by_another() {
        let ids: Vec<&str> = ADDITIVE.iter().map(|one| one.id).collect();
        for ratio in &RATIOS {
            assert!(ids.contains(&ratio.over) && ids.contains(&ratio.under), "{}", ratio.id);
        }
    }
}
