//! The workload: the demo's made-up sessions, spread over more teams and agents than a demo has, and with a larger
//! vocabulary. The demo picks from a few sentences, which compress better than real conversations do.

use std::collections::BTreeMap;
use std::sync::mpsc::{Receiver, sync_channel};

use demo::{Generator, Options, canonical};
use domain::dictionary::{self, Record};
use domain::session::{Session, Value};
use domain::time::Instant;
use lake::Entry;

/// 2026-10-28T23:59:59 in the zone of new accounts: the last moment of the last day.
pub const END: Instant = Instant(1_793_242_799_000_000);
/// Units of a team, and of namesakes among agents; the first half of them as busy as all others together, and so on.
const UNITS: u64 = 5;
const SEED: u64 = 20_261_028;
/// How many words there are; the second most frequent comes half as often as the first, and so on.
const WORDS: f64 = 20_000.0;
/// The most words that are added to what a person wrote.
const SENTENCE: usize = 30;

/// In which order sessions reach the lake.
#[derive(Clone, Copy, Debug, PartialEq, Eq, clap::ValueEnum)]
pub enum Order {
    /// As they began: files do not overlap.
    Created,
    /// As they last changed: files overlap by the length of the longest session.
    Changed,
}

/// Generates sessions in the order in which the stream would bring them.
pub struct Workload {
    generator: Generator,
    order: Order,
    chance: fastrand::Rng,
    /// Sessions that have begun but not reached their last change.
    open: BTreeMap<(Instant, u64), Entry>,
    drawn: u64,
    last: Instant,
    given: u64,
}

impl Workload {
    /// A workload of some days, each with a number of sessions on average.
    pub fn new(days: u32, per_day: usize, order: Order) -> Workload {
        let sessions = per_day * days as usize;
        let options = Options { seed: SEED, sessions, end: END, days, media: Vec::new() };
        Workload {
            generator: Generator::new(options),
            order,
            chance: fastrand::Rng::with_seed(SEED),
            open: BTreeMap::new(),
            drawn: 0,
            last: Instant(0),
            given: 0,
        }
    }

    /// Batches of so many, drawn ahead.
    pub(crate) fn batches(self, size: usize) -> Receiver<Vec<Entry>> {
        let (send, batches) = sync_channel(2);
        std::thread::spawn(move || {
            let mut workload = self.peekable();
            while workload.peek().is_some() {
                if send.send(workload.by_ref().take(size.max(1)).collect()).is_err() {
                    return;
                }
            }
        });
        batches
    }

    /// Draws the next session that begins. Moments of the generator are whole seconds, which many would share.
    fn draw(&mut self) -> Option<()> {
        let mut session = canonical(&self.generator.next()?);
        let identity = session.identity()?;
        self.drawn += 1;
        let created_at = Instant(identity.created_at.0.max(self.last.0 + 1_000));
        self.last = created_at;
        set(&mut session, "created_at", Value::Instant(created_at));
        spread(&mut session, "campaign_name", "campaign_id", self.drawn);
        spread(&mut session, "agent_name", "agent_id", self.drawn.rotate_right(7));
        talk(&mut session, &mut self.chance);
        let at = match self.order {
            Order::Created => created_at,
            _ => session.version(Instant(i64::MAX)).at.max(created_at),
        };
        let content_hash = session.content_hash();
        let (sequence, id) = (String::new(), identity.id);
        let entry = Entry { sequence, created_at, id, session: Some(session), content_hash };
        self.open.insert((at, self.drawn), entry);
        Some(())
    }
}

impl Iterator for Workload {
    type Item = Entry;

    fn next(&mut self) -> Option<Entry> {
        // Whatever begins later also changes later than this.
        while self.open.first_key_value().is_none_or(|((at, _), _)| *at >= self.last) {
            if self.draw().is_none() {
                break;
            }
        }
        let (_, mut entry) = self.open.pop_first()?;
        self.given += 1;
        entry.sequence = format!("{:040}", self.given);
        Some(entry)
    }
}

/// Gives a name and its id the number of a unit, unless it is the first.
fn spread(session: &mut Session, name: &str, id: &str, draw: u64) {
    let hash = draw.wrapping_mul(0x9E37_79B9_7F4A_7C15);
    let unit = u64::from(hash.leading_zeros()).min(UNITS - 1) + 1;
    for (field, separator) in [(name, " "), (id, "")] {
        if let Some(text) = session.fields.text(Record::Session, field).filter(|_| unit > 1) {
            let text = format!("{text}{separator}{unit}");
            set(session, field, Value::Text(text));
        }
    }
}

/// Adds words to the messages that people wrote.
fn talk(session: &mut Session, chance: &mut fastrand::Rng) {
    let Some(message) = dictionary::ordinal(Record::Talk, "message") else { return };
    for talk in &mut session.talks {
        let origin = talk.fields.text(Record::Talk, "origin").unwrap_or_default();
        let by_a_person = ["contact", "contato", "agent", "agente"].contains(&origin);
        if let Some(text) = talk.fields.text(Record::Talk, "message").filter(|_| by_a_person) {
            let mut text = text.to_owned();
            for _ in 0..chance.usize(..SENTENCE) {
                #[expect(
                    clippy::cast_possible_truncation,
                    clippy::cast_sign_loss,
                    reason = "a rank from 1 to WORDS, rounded down"
                )]
                let rank = WORDS.powf(chance.f64()) as usize;
                text.push(' ');
                word(rank, &mut text);
            }
            talk.fields.set(message, Some(Value::Text(text)));
        }
    }
}

/// Spells the word of a rank: the rarer, the longer.
fn word(mut rank: usize, text: &mut String) {
    const SYLLABLES: [&str; 24] = [
        "a", "de", "ca", "do", "es", "ta", "pa", "ra", "con", "to", "mi", "nha", "se", "te", "lo", "vo",
        "que", "ri", "por", "fa", "is", "men", "bra", "ção",
    ];
    loop {
        text.push_str(SYLLABLES[rank % SYLLABLES.len()]);
        rank /= SYLLABLES.len();
        if rank == 0 {
            return;
        }
    }
}

fn set(session: &mut Session, field: &str, value: Value) {
    if let Some(ordinal) = dictionary::ordinal(Record::Session, field) {
        session.fields.set(ordinal, Some(value));
    }
}
