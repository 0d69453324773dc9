//! Who takes part: teams, agents, channels, flows and contacts. Nobody of them exists.

use domain::time::Instant;
use serde_json::{Value, json};

use super::chance::Chance;
use super::stamp::{Style, stamp};
use super::topics::{TOPICS, Topic};
use super::words::FIRST_NAMES;

const DAY: i64 = 86_400;

/// Names, platforms and weights of the channels.
const CHANNELS: &[(&str, &str, u32)] = &[
    ("WhatsApp Suporte", "WhatsappBusiness", 40),
    ("WhatsApp Vendas", "WhatsappBusiness", 27),
    ("Chat do site", "Webchat", 14),
    ("Instagram", "Instagram", 12),
    ("Messenger", "Facebook", 5),
    ("Telegram", "Telegram", 2),
];
const FLOWS: &[&str] = &["Fluxo principal", "Fluxo fora do horário", "Fluxo de vendas", "Fluxo pós-venda"];

#[derive(Debug)]
pub(crate) struct Channel {
    pub(crate) id: String,
    pub(crate) name: &'static str,
    pub(crate) platform: &'static str,
    weight: u32,
}

#[derive(Debug)]
pub(crate) struct Team {
    pub(crate) topic: &'static Topic,
    /// The `campaign` of its sessions.
    pub(crate) settings: Value,
}

#[derive(Debug)]
pub(crate) struct Agent {
    pub(crate) id: String,
    pub(crate) name: String,
    first_name: &'static str,
    created_at: Instant,
    /// Index of the agent's team.
    pub(crate) team: usize,
    team_id: Value,
}

#[derive(Debug)]
pub(crate) struct Flow {
    pub(crate) value: Value,
    pub(crate) sentiment: bool,
    pub(crate) speech: bool,
}

/// Everybody but the contacts, who are made up one by one.
#[derive(Debug)]
pub(crate) struct Cast {
    pub(crate) channels: Vec<Channel>,
    pub(crate) teams: Vec<Team>,
    pub(crate) agents: Vec<Agent>,
    pub(crate) flows: Vec<Flow>,
    seed: u64,
    end: Instant,
}

impl Cast {
    pub(crate) fn new(seed: u64, end: Instant) -> Cast {
        let mut chance = Chance::new(seed);
        let channels = CHANNELS
            .iter()
            .map(|(name, platform, weight)| Channel { id: chance.hex(24), name, platform, weight: *weight })
            .collect();
        let teams: Vec<Team> = TOPICS.iter().map(|topic| team(topic, end, &mut chance)).collect();
        let agents = (0..FIRST_NAMES.len()).map(|at| agent(at, &teams, end, &mut chance)).collect();
        let flows = FLOWS.iter().enumerate().map(|(at, name)| flow(name, at, &mut chance)).collect();
        Cast { channels, teams, agents, flows, seed, end }
    }

    /// The index of a channel, the busier the likelier.
    pub(crate) fn channel(&self, chance: &mut Chance) -> usize {
        let weights: Vec<u32> = self.channels.iter().map(|channel| channel.weight).collect();
        chance.weighted(&weights)
    }

    /// An agent of `team`.
    pub(crate) fn agent(&self, team: usize, chance: &mut Chance) -> &Agent {
        let agents: Vec<&Agent> = self.agents.iter().filter(|agent| agent.team == team).collect();
        chance.pick::<&Agent>(&agents)
    }

    /// The contact number `number`: always the same one, whatever else was drawn.
    pub(crate) fn contact(&self, number: u64, channel: &Channel) -> Contact {
        let mut chance = Chance::new(self.seed ^ (number + 1).wrapping_mul(0x9E37_79B9_7F4A_7C15));
        let name = if chance.happens(0.5) {
            format!("Contato Exemplo {number}")
        } else {
            format!("{} Exemplo {number}", chance.pick(FIRST_NAMES))
        };
        let address = match channel.platform {
            "WhatsappBusiness" if chance.happens(0.08) => format!("BR.1{:015}", 7_919 * number),
            "WhatsappBusiness" => format!("+55119000{:05}", number % 100_000),
            "Webchat" => chance.hex(32),
            _ => format!("{:017}", 104_729 * number),
        };
        let created_at = self.end.plus_seconds(-chance.between(60, 900) * DAY - chance.between(0, DAY));
        Contact { id: chance.hex(24), name, address, created_at }
    }
}

#[derive(Clone, Debug)]
pub(crate) struct Contact {
    pub(crate) id: String,
    pub(crate) name: String,
    /// Where messages reach the contact on the session's platform.
    pub(crate) address: String,
    pub(crate) created_at: Instant,
}

fn team(topic: &'static Topic, end: Instant, chance: &mut Chance) -> Team {
    let created_at = end.plus_seconds(-chance.between(900, 1_500) * DAY);
    let settings = json!({
        "_id": chance.hex(24),
        "name": topic.team,
        "ruleAttendance": *chance.pick(&["sequential", "random", "less_attendances"]),
        "history": *chance.pick(&["all", "own", "campaign"]),
        "messageAgent": "Olá, meu nome é {agente} e vou atender você.",
        "messageEnd": "Obrigado pelo contato!",
        "transhipment": *chance.pick(&["", "", "Suporte Técnico"]),
        "timer": {"days": "0", "hours": chance.between(1, 24).to_string(), "minutes": "30"},
        "timer_wait": {"enabled": chance.happens(0.8), "limit": chance.between(5, 30), "type": "minutes", "redirect": ""},
        "permissions": {
            "agent_chat": chance.happens(0.5),
            "contact_edit": true,
            "finish_attendance": true,
            "offline_attendance": chance.happens(0.3),
            "optin_gupshup": false,
            "send_emojis": true,
            "show_number": chance.happens(0.5),
        },
        "optin_start": false,
        "can_be_disabled": true,
        "created_at": stamp(created_at, Style::Local),
    });
    Team { topic, settings }
}

fn agent(at: usize, teams: &[Team], end: Instant, chance: &mut Chance) -> Agent {
    let first_name = FIRST_NAMES[at];
    let team = at % teams.len();
    Agent {
        id: chance.hex(24),
        name: format!("{first_name} Exemplo"),
        first_name,
        created_at: end.plus_seconds(-chance.between(100, 1_000) * DAY),
        team,
        team_id: teams[team].settings["_id"].clone(),
    }
}

impl Agent {
    /// The `agent` of a session that began at `at`.
    pub(crate) fn value(&self, at: Instant, chance: &mut Chance) -> Value {
        let logged_at = at.plus_seconds(-chance.between(600, 14_400));
        let login = plain(self.first_name);
        json!({
            "_id": self.id,
            "name": self.name,
            "email": format!("{login}@exemplo.com.br"),
            "codename": self.first_name,
            "begin": "08:00",
            "end": if self.team.is_multiple_of(2) { "18:00" } else { "20:00" },
            "campaigns": [self.team_id],
            "status": *chance.pick(&["online", "online", "online", "pause", "offline"]),
            "language": "pt-br",
            "history": "all",
            "restrict_active_contact": false,
            "use_main_login": "",
            "created_at": stamp(self.created_at, Style::Local),
            "logged_at": stamp(logged_at, Style::Local),
            "session": {"origin_web": true, "origin_app": chance.happens(0.1)},
            "ramal": if chance.happens(0.4) { chance.between(2_000, 2_099).to_string() } else { String::new() },
            "email_forgot_password": null,
        })
    }
}

fn flow(name: &str, at: usize, chance: &mut Chance) -> Flow {
    let (sentiment, speech) = (at != 1, at.is_multiple_of(2));
    let value = json!({
        "_id": chance.hex(24),
        "name": name,
        "sentiment": {"enabled": sentiment, "language": "pt"},
        "stt": {"enabled": speech, "language": "pt-BR"},
    });
    Flow { value, sentiment, speech }
}

/// A name as a login: lower case and without accents.
fn plain(name: &str) -> String {
    name.to_lowercase()
        .chars()
        .map(|letter| match letter {
            'á' | 'â' | 'ã' => 'a',
            'é' | 'ê' => 'e',
            'í' => 'i',
            'ó' | 'ô' | 'õ' => 'o',
            'ú' => 'u',
            'ç' => 'c',
            other => other,
        })
        .collect()
}
