//! From a conversation to the document the platform would send of it.

use domain::time::Instant;
use serde_json::{Map, Value, json};

use super::cast::{Channel, Contact, Flow, Team};
use super::chance::Chance;
use super::plot::Outcome;
use super::stamp::{Style, stamp};
use super::story::Story;

/// Where and between whom a conversation was.
pub(crate) struct Scene<'g> {
    pub(crate) start: Instant,
    /// The present.
    pub(crate) end: Instant,
    pub(crate) channel: &'g Channel,
    pub(crate) contact: Contact,
    pub(crate) team: &'g Team,
    pub(crate) flow: &'g Flow,
}

impl Scene<'_> {
    /// The session in the platform's nested shape. What lies after the present has not happened yet.
    pub(crate) fn session(&self, story: Story<'_>, outcome: &Outcome<'_>) -> Value {
        let Story { chance, slots, now, talks, events, tags, .. } = story;
        let finished = now <= self.end;
        let attended = outcome.attended_at.is_some_and(|at| at <= self.end);
        let last = talks.iter().map(|(at, _)| *at).filter(|at| *at <= self.end).max().unwrap_or(self.start);
        let last = Instant((last.0 + chance.between(0, 999) * 1_000).min(self.end.0));
        let mut session = self.head(&slots.protocol, finished, attended, outcome, chance);
        let mut set = |name: &str, value: Value| session.insert(name.to_owned(), value);
        set("lastInteraction", stamp(last, Style::LocalMillis));
        set("updated_at", stamp(last, Style::Offset));
        set("contact", self.contact(last, chance));
        set("flow", self.flow.value.clone());
        set("attendance_timer", timers(outcome, finished, chance));
        if let Some(wait) = outcome.wait {
            set("timerOnWait", wait.to_string().into());
        }
        if attended && let Some(agent) = outcome.agent {
            set("agent", agent.value(self.start, chance));
            set("agents_conference", outcome.conference.clone().into());
        }
        if attended || outcome.wait.is_some() {
            set("campaign", self.team.settings.clone());
        }
        if finished {
            set("finished_at", stamp(now, Style::Utc));
            // Agents name the outcome a moment after the end, and the session is sent again.
            let tabulated = now.plus_seconds(chance.between(5, 90)).min(self.end);
            set("updated_at", stamp(tabulated, Style::Offset));
        }
        if finished && outcome.handling.is_some() {
            set("tabulation", self.tabulation(chance));
        }
        for (name, records) in [("talks", talks), ("events", events), ("tags", tags)] {
            let past = records.into_iter().filter(|(at, _)| *at <= self.end).map(|(_, record)| record);
            set(name, past.collect());
        }
        Value::Object(session)
    }

    fn head(
        &self,
        protocol: &str,
        finished: bool,
        attended: bool,
        outcome: &Outcome<'_>,
        chance: &mut Chance,
    ) -> Map<String, Value> {
        // The first eight digits are the second it was made in, as in any id of the platform's database.
        let id = format!("{:08x}{}", self.start.seconds(), chance.hex(16));
        let phase = match (attended, outcome.wait) {
            (true, _) => "human",
            (false, Some(_)) => "wait",
            (false, None) => "automatic",
        };
        let is_attendance: Value =
            if chance.happens(0.5) { attended.into() } else { attended.to_string().into() };
        let head = json!({
            "_id": id, "id": id, "session_id": id,
            "protocol": protocol,
            "status": if finished { "finished" } else { "active" },
            "phase": phase,
            "position": phase,
            "group": if chance.happens(0.8) { "menu_principal" } else { "menu_vendas" },
            "platform": self.channel.platform,
            "platform_id": self.contact.address,
            "channel": {"_id": self.channel.id, "name": self.channel.name},
            "isAttendance": is_attendance,
            "expired": finished && outcome.expired,
            "created_at": stamp(self.start, Style::Local),
            "tabulation": "",
            "statusHSM": null,
            "simulator": false,
            "countUnknown": chance.between(0, 3),
        });
        match head {
            Value::Object(head) => head,
            _ => Map::new(),
        }
    }

    fn contact(&self, last: Instant, chance: &mut Chance) -> Value {
        let style = if chance.happens(0.05) { Style::Wrapped } else { Style::Local };
        json!({
            "_id": self.contact.id,
            "name": self.contact.name,
            "created_at": stamp(self.contact.created_at, style),
            "lastInteraction": stamp(last, Style::Local),
            "lastChannel": self.channel.id,
            "lastChannelName": self.channel.name,
            "platforms": [{"platform": self.channel.platform, "platform_id": self.contact.address}],
        })
    }

    /// How the agent named the outcome: a text, or an object with it.
    fn tabulation(&self, chance: &mut Chance) -> Value {
        let weights: Vec<u32> = self.team.topic.tabulations.iter().map(|(_, weight)| *weight).collect();
        let (name, _) = self.team.topic.tabulations[chance.weighted(&weights)];
        if chance.happens(0.5) { name.into() } else { json!({"_id": chance.hex(24), "name": name}) }
    }
}

/// The timers, as numbers or as texts.
fn timers(outcome: &Outcome<'_>, finished: bool, chance: &mut Chance) -> Value {
    let texts = chance.happens(0.2);
    let written = |seconds: Option<f64>| -> Value {
        match seconds {
            Some(seconds) if texts => seconds.to_string().into(),
            Some(seconds) => seconds.into(),
            None => Value::Null,
        }
    };
    let handling = outcome.handling.filter(|_| finished);
    let total = handling.map(|handling| handling + outcome.wait.unwrap_or_default());
    json!({
        "tma": written(handling), "tme": written(outcome.wait.filter(|_| finished)), "tta": written(total),
        "tta2": written(total),
    })
}
