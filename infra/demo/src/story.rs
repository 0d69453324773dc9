//! One conversation as it goes on: messages, events and answers, each with its moment.

use domain::number::exact_integer;
use domain::time::Instant;
use serde_json::{Value, json};

use super::chance::Chance;
use super::stamp::{Style, stamp};
use super::topics::{Tag, Topic};
use super::words::{self, LEGENDS, SPOKEN, Slots, fill, typed};

/// A file that generated messages may carry.
#[derive(Clone, Debug)]
pub struct Media {
    /// Its id in object storage.
    pub storage_id: String,
    /// Its name.
    pub filename: String,
    /// The `type` of messages that carry it.
    pub kind: &'static str,
}

/// Who writes a message.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Origin {
    Contact,
    Agent,
    Automatic,
}

/// A conversation and the moment it has come to.
pub(crate) struct Story<'g> {
    pub(crate) chance: &'g mut Chance,
    pub(crate) slots: Slots,
    pub(crate) topic: &'static Topic,
    pub(crate) now: Instant,
    /// Whether the flow judges moods and understands speech.
    pub(crate) sentiment: bool,
    pub(crate) speech: bool,
    /// Whether origins are written in Portuguese.
    pub(crate) portuguese: bool,
    pub(crate) media: &'g [Media],
    pub(crate) talks: Vec<(Instant, Value)>,
    pub(crate) events: Vec<(Instant, Value)>,
    pub(crate) tags: Vec<(Instant, Value)>,
}

impl Story<'_> {
    /// Lets time pass: about `median` seconds, sometimes far more.
    pub(crate) fn pass(&mut self, median: f64) -> f64 {
        let seconds = self.chance.log_normal(median, 0.8).clamp(1.0, 20.0 * median).round();
        self.now = self.now.plus_seconds(exact_integer(seconds).unwrap_or_default());
        seconds
    }

    /// Somebody writes one of `texts`.
    pub(crate) fn says(&mut self, origin: Origin, texts: &[&str]) {
        let text = *self.chance.pick(texts);
        let mut text = fill(text, &self.slots, self.chance);
        if origin == Origin::Contact {
            text = typed(&text, self.chance);
        }
        let mut talk = self.talk(origin, "text");
        talk["message"] = text.into();
        self.mood(origin, &mut talk);
        self.tell(talk);
    }

    /// The flow offers a choice.
    pub(crate) fn menu(&mut self, texts: &[&str], options: &[&str]) {
        let text = *self.chance.pick(texts);
        let mut talk = self.talk(Origin::Automatic, "text");
        talk["message"] = fill(text, &self.slots, self.chance).into();
        let numbered =
            options.iter().zip(1..).map(|(text, num)| json!({"num": num.to_string(), "text": text}));
        talk["options"] = numbered.collect();
        self.tell(talk);
    }

    /// The company sends an approved template.
    pub(crate) fn template(&mut self) {
        let text = *self.chance.pick(words::TEMPLATES);
        let mut talk = self.talk(Origin::Automatic, "hsm");
        talk["message"] = fill(text, &self.slots, self.chance).into();
        talk["hsm"] = true.into();
        self.tell(talk);
    }

    /// Somebody sends a file.
    pub(crate) fn sends(&mut self, origin: Origin) {
        let file = self.chance.pick(self.media).clone();
        let mut talk = self.talk(origin, file.kind);
        talk["storage_id"] = file.storage_id.into();
        talk["filename"] = file.filename.into();
        if file.kind == "audio" && self.speech {
            talk["stt"] = (*self.chance.pick(SPOKEN)).into();
            self.mood(origin, &mut talk);
        } else if self.chance.happens(0.5) {
            talk["legend"] = (*self.chance.pick(LEGENDS)).into();
        }
        self.tell(talk);
    }

    /// The flow asks for a piece of information and the contact gives it.
    pub(crate) fn asks(&mut self, tag: &Tag) {
        self.says(Origin::Automatic, &[tag.question]);
        self.pass(14.0);
        let answer = *self.chance.pick(tag.answers);
        let answer = fill(answer, &self.slots, self.chance);
        let mut talk = self.talk(Origin::Contact, "text");
        talk["message"] = answer.clone().into();
        self.tell(talk);
        self.notes(tag.tag, tag.question, &answer);
    }

    /// Keeps an answer with the session.
    pub(crate) fn notes(&mut self, tag: &str, question: &str, answer: &str) {
        let created_at = stamp(self.now, Style::Local);
        let tag = json!({
            "tag": tag, "question": question, "answer": answer, "type": "text", "show_agent_text": "true",
            "show_agent_description": "", "created_at": created_at,
        });
        self.tags.push((self.now, tag));
    }

    /// Something happens to the session; `more` are keys beside its name and moment.
    pub(crate) fn happens(&mut self, event: &str, mut more: Value) {
        more["event"] = event.into();
        more["created_at"] = stamp(self.now, Style::Local);
        self.events.push((self.now, more));
    }

    fn talk(&mut self, origin: Origin, kind: &str) -> Value {
        let origin = match (origin, self.portuguese) {
            (Origin::Contact, false) => "contact",
            (Origin::Contact, true) => "contato",
            (Origin::Agent, false) => "agent",
            (Origin::Agent, true) => "agente",
            (Origin::Automatic, false) => "automatic",
            (Origin::Automatic, true) => "automático",
        };
        let blocked = self.chance.happens(0.002);
        let created_at = stamp(self.now, Style::Local);
        json!({"origin": origin, "type": kind, "created_at": created_at, "blocked": blocked, "hsm": false})
    }

    fn mood(&mut self, origin: Origin, talk: &mut Value) {
        const MOODS: [(&str, i64); 5] =
            [("muito negativo", -2), ("negativo", -1), ("neutro", 0), ("positivo", 1), ("muito positivo", 2)];
        if self.sentiment && origin == Origin::Contact {
            let (name, level) = MOODS[self.chance.weighted(&[4, 14, 56, 20, 6])];
            talk["sentiment_analysis"] = name.into();
            talk["sentiment_analysis_level"] = level.into();
        }
    }

    fn tell(&mut self, talk: Value) {
        self.talks.push((self.now, talk));
    }
}
