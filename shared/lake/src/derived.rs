//! Derived columns: what measures need of a session's repeated records. It is computed once, when a segment is written, and
//! kept with the session, so that no measure has to read those records.

use domain::dictionary::{self, Record};
use domain::session::{Session, Value};
use domain::time::Instant;

/// The derived columns of one session.
#[derive(Default)]
pub(crate) struct DerivedColumns {
    /// Whether the contact waited for an agent: an event `waitStart`.
    pub(crate) waited: bool,
    /// Whether the session was transferred.
    pub(crate) transferred: bool,
    /// Numbers of messages, in the order of `columns::MESSAGES`.
    pub(crate) messages: [i64; 6],
    /// Seconds, in the order of `columns::EVENT_TIMES`; `None` where the events do not tell them.
    pub(crate) times: [Option<f64>; 3],
    /// The sum of the levels and the number of messages that have one, in the order of `columns::SENTIMENT`.
    pub(crate) sentiment: [i64; 2],
}

impl DerivedColumns {
    pub(crate) fn of(session: &Session) -> DerivedColumns {
        let names = || session.events.iter().filter_map(|event| event.text(Record::Event, "event"));
        let hsm = dictionary::ordinal(Record::Talk, "hsm");
        let mut messages = [0; 6];
        for talk in &session.talks {
            let by_origin = talk.fields.text(Record::Talk, "origin").and_then(origin_column);
            let media = talk.fields.text(Record::Talk, "storage_id").map(|_| 4);
            let template = hsm
                .and_then(|ordinal| talk.fields.get(ordinal))
                .filter(|v| **v == Value::Boolean(true))
                .map(|_| 5);
            for at in [Some(0), by_origin, media, template].into_iter().flatten() {
                messages[at] += 1;
            }
        }
        DerivedColumns {
            waited: names().any(|name| name == "waitStart"),
            transferred: names().any(|name| name.contains("Transfer")),
            messages,
            times: times(session),
            sentiment: sentiment(session),
        }
    }
}

/// Handling, waiting and total time in seconds, as the events imply them: waiting from the first `waitStart` to the first
/// `humanStart` after it, handling from the first `humanStart` to the last `humanFinish` after it, and the total from
/// whichever of both came first to that end.
fn times(session: &Session) -> [Option<f64>; 3] {
    let at = dictionary::ordinal(Record::Event, "created_at");
    let moments = |name: &'static str| {
        let named =
            session.events.iter().filter(move |event| event.text(Record::Event, "event") == Some(name));
        named.filter_map(move |event| match event.get(at?) {
            Some(Value::Instant(at)) => Some(*at),
            _ => None,
        })
    };
    let waited = moments("waitStart").min();
    let begun = moments("humanStart").filter(|at| waited.is_none_or(|waited| *at >= waited)).min();
    let finished = begun.and_then(|begun| moments("humanFinish").filter(|at| *at >= begun).max());
    let seconds =
        |from: Option<Instant>, to: Option<Instant>| from.zip(to).map(|(from, to)| to.seconds_since(from));
    [seconds(begun, finished), seconds(waited, begun), seconds(waited.or(begun), finished)]
}

/// The sum of the messages' sentiment levels, and how many have one.
fn sentiment(session: &Session) -> [i64; 2] {
    let at = dictionary::ordinal(Record::Talk, "sentiment_analysis_level");
    let levels = session.talks.iter().filter_map(|talk| match talk.fields.get(at?) {
        Some(Value::Integer(level)) => Some(*level),
        _ => None,
    });
    levels.fold([0, 0], |[sum, count], level| [level.saturating_add(sum), count + 1])
}

/// Where in `columns::MESSAGES` a message of this origin is counted; the platform writes origins in two languages. An
/// administrator's message is counted with all messages only.
fn origin_column(origin: &str) -> Option<usize> {
    match origin.to_lowercase().as_str() {
        "contact" | "contato" => Some(1),
        "agent" | "agente" => Some(2),
        "automatic" | "automatico" | "automático" => Some(3),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The times of a session with these events, each at a second of the same minute.
    fn times_of(events: &[(&str, u32)]) -> [Option<f64>; 3] {
        let event = |(name, second): &(&str, u32)| {
            format!(r#"{{"event":"{name}","created_at":{}}}"#, i64::from(*second) * 1_000_000)
        };
        let events: Vec<String> = events.iter().map(event).collect();
        let json = format!(r#"{{"session_id":"s","created_at":0,"events":[{}]}}"#, events.join(","));
        DerivedColumns::of(&Session::from_json(json.as_bytes()).unwrap()).times
    }

    #[test]
    fn times_follow_from_the_first_wait_the_first_start_after_it_and_the_last_finish() {
        let served = [("waitStart", 5), ("humanStart", 15), ("humanFinish", 40)];
        assert_eq!(times_of(&served), [Some(25.0), Some(10.0), Some(35.0)]);
        let transferred = [
            ("humanFinish", 59),
            ("humanStart", 30),
            ("waitStart", 5),
            ("humanFinish", 20),
            ("humanStart", 10),
        ];
        assert_eq!(times_of(&transferred), [Some(49.0), Some(5.0), Some(54.0)]);
        assert_eq!(times_of(&[("humanStart", 10), ("humanFinish", 20)]), [Some(10.0), None, Some(10.0)]);
        assert_eq!(times_of(&[("waitStart", 5)]), [None; 3]);
        assert_eq!(times_of(&[("humanStart", 4), ("waitStart", 5)]), [None; 3], "started before it waited");
        assert_eq!(times_of(&[]), [None; 3]);
    }

    #[test]
    fn sentiment_is_summed_over_the_messages_that_have_a_level() {
        let json =
            br#"{"session_id":"s","created_at":0,"talks":[{"sentiment_analysis_level":-2},{"message":"a"},
            {"sentiment_analysis_level":1}]}"#;
        assert_eq!(DerivedColumns::of(&Session::from_json(json).unwrap()).sentiment, [-1, 2]);
    }
}
