//! Derived columns: what measures need of a session's repeated records. They are computed once, when a
//! session is encoded, and compaction keeps them with it, so that no measure has to read those records.

use domain::dictionary::{self, Record};
use domain::session::{Session, Value};
use domain::time::Instant;

/// The values of the derived columns of one session.
#[derive(Default)]
pub(crate) struct DerivedColumns {
    /// Whether the contact waited for an agent, which an event `waitStart` tells.
    pub(crate) waited: bool,
    /// Whether the session was transferred, which an event tells whose name contains `Transfer`.
    pub(crate) transferred: bool,
    /// How many messages there are.
    pub(crate) messages: Messages,
    /// How long it took.
    pub(crate) times: Times,
    /// The contact's mood.
    pub(crate) sentiment: Sentiment,
}

/// Numbers of messages: all, by whom they are, and by what they are.
#[derive(Clone, Copy, Default)]
pub(crate) struct Messages {
    all: i64,
    contact: i64,
    agent: i64,
    automatic: i64,
    media: i64,
    template: i64,
}

impl Messages {
    /// In the order of `columns::MESSAGES`.
    pub(crate) fn columns(self) -> [i64; 6] {
        [self.all, self.contact, self.agent, self.automatic, self.media, self.template]
    }

    /// Counts a message of this origin. An administrator's message is counted with all messages only.
    fn count_origin(&mut self, origin: &str) {
        match origin {
            "contact" => self.contact += 1,
            "agent" => self.agent += 1,
            "automatic" => self.automatic += 1,
            _ => {}
        }
    }
}

/// Times in seconds, as the events imply them; `None` where they do not tell.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub(crate) struct Times {
    handling: Option<f64>,
    waiting: Option<f64>,
    total: Option<f64>,
}

impl Times {
    /// In the order of `columns::EVENT_TIMES`.
    pub(crate) fn columns(self) -> [Option<f64>; 3] {
        [self.handling, self.waiting, self.total]
    }
}

/// The sum of the messages' sentiment levels, and how many messages have one.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct Sentiment {
    level_sum: i64,
    messages: i64,
}

impl Sentiment {
    /// In the order of `columns::SENTIMENT`.
    pub(crate) fn columns(self) -> [i64; 2] {
        [self.level_sum, self.messages]
    }
}

impl DerivedColumns {
    pub(crate) fn of(session: &Session) -> DerivedColumns {
        let names = || session.events.iter().filter_map(|event| event.text(Record::Event, "event"));
        DerivedColumns {
            waited: names().any(|name| name == "waitStart"),
            transferred: names().any(|name| name.contains("Transfer")),
            messages: messages(session),
            times: times(session),
            sentiment: sentiment(session),
        }
    }
}

fn messages(session: &Session) -> Messages {
    let hsm = dictionary::ordinal(Record::Talk, "hsm");
    let mut messages = Messages::default();
    for talk in &session.talks {
        messages.all += 1;
        if let Some(origin) = talk.fields.text(Record::Talk, "origin") {
            messages.count_origin(origin);
        }
        messages.media += i64::from(talk.fields.text(Record::Talk, "storage_id").is_some());
        let is_template = hsm.and_then(|at| talk.fields.get(at)) == Some(&Value::Boolean(true));
        messages.template += i64::from(is_template);
    }
    if let Some(erased) = session.erased {
        messages.media = i64::from(erased.files);
    }
    messages
}

/// Waiting is from the first `waitStart` to the first
/// `humanStart` after it, handling from the first `humanStart` to the last `humanFinish` after it, and the total from
/// whichever of both came first to that end.
fn times(session: &Session) -> Times {
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
    Times {
        handling: seconds(begun, finished),
        waiting: seconds(waited, begun),
        total: seconds(waited.or(begun), finished),
    }
}

fn sentiment(session: &Session) -> Sentiment {
    let at = dictionary::ordinal(Record::Talk, "sentiment_analysis_level");
    let levels = session.talks.iter().filter_map(|talk| match talk.fields.get(at?) {
        Some(Value::Integer(level)) => Some(*level),
        _ => None,
    });
    levels.fold(Sentiment::default(), |before, level| Sentiment {
        level_sum: before.level_sum.saturating_add(level),
        messages: before.messages + 1,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Returns the times of a session with these events, each given by its name and its second.
    fn times_of(events: &[(&str, u32)]) -> [Option<f64>; 3] {
        let event = |(name, second): &(&str, u32)| {
            format!(r#"{{"event":"{name}","created_at":{}}}"#, i64::from(*second) * 1_000_000)
        };
        let events: Vec<String> = events.iter().map(event).collect();
        let json = format!(r#"{{"session_id":"s","created_at":0,"events":[{}]}}"#, events.join(","));
        DerivedColumns::of(&Session::from_json(json.as_bytes()).unwrap()).times.columns()
    }

    #[test]
    fn times_are_those_between_the_first_wait_the_first_start_after_it_and_the_last_finish() {
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
        assert_eq!(DerivedColumns::of(&Session::from_json(json).unwrap()).sentiment.columns(), [-1, 2]);
    }
}
