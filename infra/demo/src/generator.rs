//! Makes sessions up: the same seed and the same end give the same sessions.

use std::collections::BTreeMap;
use std::vec;

use chrono::{Datelike, Duration, NaiveDate, Timelike};
use domain::time::Instant;
use serde_json::Value;

use super::cast::{Cast, Contact};
use super::chance::Chance;
use super::plot::{self, Ending};
use super::scene::Scene;
use super::stamp::ZONE;
use super::story::{Media, Story};
use super::words::Slots;

/// Sessions of a day, Monday first, and of an hour, midnight first, in comparison.
const WEEKDAYS: [u32; 7] = [120, 112, 104, 102, 96, 34, 12];
const HOURS: [u32; 24] =
    [3, 2, 1, 1, 1, 2, 6, 18, 62, 95, 104, 98, 70, 82, 100, 98, 92, 80, 48, 30, 22, 16, 10, 6];

/// What to make up.
#[derive(Clone, Debug)]
pub struct Options {
    /// Where chance begins.
    pub seed: u64,
    /// How many sessions.
    pub sessions: usize,
    /// The present: nothing happens after it.
    pub end: Instant,
    /// Over how many local days, that of `end` included.
    pub days: u32,
    /// The files that messages carry; with none, they name files that are nowhere.
    pub media: Vec<Media>,
}

/// Sessions in the platform's nested shape, oldest first.
#[derive(Debug)]
pub struct Generator {
    options: Options,
    cast: Cast,
    chance: Chance,
    starts: vec::IntoIter<Instant>,
    /// How many sessions each day had so far, for their protocols.
    protocols: BTreeMap<NaiveDate, u32>,
    contacts: u64,
}

impl Generator {
    /// A generator of `options.sessions` sessions.
    pub fn new(mut options: Options) -> Generator {
        let mut chance = Chance::new(options.seed.wrapping_add(1));
        if options.media.is_empty() {
            options.media = (0..40).map(|number| absent(number, &mut chance)).collect();
        }
        let mut starts: Vec<Instant> = (0..options.sessions).map(|_| start(&options, &mut chance)).collect();
        starts.sort_unstable();
        Generator {
            cast: Cast::new(options.seed, options.end),
            contacts: (options.sessions as u64 / 3).max(1),
            options,
            chance,
            starts: starts.into_iter(),
            protocols: BTreeMap::new(),
        }
    }

    fn protocol(&mut self, start: Instant) -> String {
        let day = start.day(ZONE);
        let number = self.protocols.entry(day).or_default();
        *number += 1;
        format!("{}{number:05}", day.format("%Y%m%d"))
    }

    /// A known contact, or one that writes for the first time.
    fn contact(&mut self, start: Instant, channel: usize) -> Contact {
        let channel = &self.cast.channels[channel];
        if self.chance.happens(0.2) {
            self.contacts += 1;
            let first = self.cast.contact(self.contacts, channel);
            return Contact { created_at: start, ..first };
        }
        let number = self.chance.up_to((self.options.sessions as u64 / 3).max(1));
        self.cast.contact(number, channel)
    }

    fn session(&mut self, start: Instant) -> Value {
        let protocol = self.protocol(start);
        let channel = self.cast.channel(&mut self.chance);
        let contact = self.contact(start, channel);
        let local = start.in_zone(ZONE);
        let open = (8..18).contains(&local.hour()) && local.weekday().num_days_from_monday() < 6;
        let ending = Ending::draw(open, &mut self.chance);
        let team = self.chance.weighted(&[24, 20, 18, 12, 10, 7, 5, 4]);
        let flow = if open { [0, 2, 3][self.chance.weighted(&[70, 18, 12])] } else { 1 };
        let (flow, topic) = (&self.cast.flows[flow], self.cast.teams[team].topic);
        let first_name = contact.name.split(' ').next().unwrap_or_default().to_owned();
        let product = *self.chance.pick(topic.products);
        let mut story = Story {
            slots: Slots { name: first_name, agent: String::new(), protocol, product },
            topic,
            now: start,
            sentiment: flow.sentiment,
            speech: flow.speech,
            portuguese: self.chance.happens(0.15),
            media: &self.options.media,
            talks: Vec::new(),
            events: Vec::new(),
            tags: Vec::new(),
            chance: &mut self.chance,
        };
        story.notes("demonstracao", "Origem dos dados", "dados inventados");
        let outcome = plot::tell(&mut story, ending, team, &self.cast);
        let (channel, team) = (&self.cast.channels[channel], &self.cast.teams[team]);
        let scene = Scene { start, end: self.options.end, channel, contact, team, flow };
        scene.session(story, &outcome)
    }
}

impl Iterator for Generator {
    type Item = Value;

    fn next(&mut self) -> Option<Value> {
        let start = self.starts.next()?;
        Some(self.session(start))
    }

    fn size_hint(&self) -> (usize, Option<usize>) {
        self.starts.size_hint()
    }
}

/// A moment of a believable weekday and hour before the end.
fn start(options: &Options, chance: &mut Chance) -> Instant {
    let last = options.end.day(ZONE);
    for _ in 0..1_000 {
        let day = last - Duration::days(chance.between(0, i64::from(options.days.max(1)) - 1));
        let busy = WEEKDAYS[day.weekday().num_days_from_monday() as usize];
        let hour = i64::try_from(chance.weighted(&HOURS)).unwrap_or_default();
        let start = Instant::start_of_day(day, ZONE).plus_seconds(hour * 3_600 + chance.between(0, 3_599));
        if chance.between(1, 120) <= i64::from(busy) && start < options.end {
            return start;
        }
    }
    // The end is the first moment of its day, and no other day is wanted.
    options.end.plus_seconds(-chance.between(60, 3_600))
}

/// A file that is nowhere.
fn absent(number: usize, chance: &mut Chance) -> Media {
    let (kind, name, ending) = *chance.pick(&[
        ("image", "foto", "jpg"),
        ("audio", "audio", "ogg"),
        ("document", "comprovante", "pdf"),
    ]);
    let filename = format!("{name} {number}.{ending}");
    Media { storage_id: format!("{}.{ending}", chance.hex(32)), filename, kind }
}
