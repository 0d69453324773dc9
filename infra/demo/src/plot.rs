//! How sessions go: what the flow does, who waits, who attends and how it ends.

use domain::number::nearest_float;
use domain::time::Instant;
use serde_json::json;

use super::cast::{Agent, Cast};
use super::chance::Chance;
use super::story::{Origin, Story};
use super::topics::TOPICS;
use super::words::{self, AGENT_BYES, AGENT_FILLERS, AGENT_HELLOS, CONTACT_BYES, CONTACT_FILLERS, GREETINGS};

/// How a session ends.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Ending {
    /// An agent attended.
    Attended,
    /// It waited, and nobody attended.
    Lost,
    /// The flow alone answered.
    SelfServed,
    /// The contact stopped answering.
    Expired,
    /// The company wrote first, with a template.
    Approached,
}

impl Ending {
    /// One of them, as likely as the hour makes it.
    pub(crate) fn draw(open: bool, chance: &mut Chance) -> Ending {
        let all = [Self::Attended, Self::Lost, Self::SelfServed, Self::Expired, Self::Approached];
        let weights = if open { [62, 8, 15, 7, 8] } else { [14, 24, 48, 12, 2] };
        all[chance.weighted(&weights)]
    }
}

/// What became of the session beside its conversation.
#[derive(Debug, Default)]
pub(crate) struct Outcome<'g> {
    pub(crate) agent: Option<&'g Agent>,
    /// Seconds from `waitStart` on; `None` if it never waited.
    pub(crate) wait: Option<f64>,
    /// Seconds with an agent.
    pub(crate) handling: Option<f64>,
    pub(crate) expired: bool,
    /// Who joined in.
    pub(crate) conference: Vec<String>,
    /// When an agent took over.
    pub(crate) attended_at: Option<Instant>,
}

/// Tells the whole session, from the first message to the last.
pub(crate) fn tell<'g>(story: &mut Story<'_>, ending: Ending, team: usize, cast: &'g Cast) -> Outcome<'g> {
    if ending == Ending::Approached {
        story.template();
        if story.chance.happens(0.45) {
            story.pass(1_800.0);
            return Outcome { expired: story.chance.happens(0.5), ..Outcome::default() };
        }
        story.pass(900.0);
        story.says(Origin::Contact, CONTACT_FILLERS);
        return attended(story, team, cast);
    }
    flow(story, ending);
    match ending {
        Ending::Attended | Ending::Approached => attended(story, team, cast),
        Ending::Lost => lost(story),
        Ending::SelfServed => {
            story.pass(3.0);
            story.says(Origin::Automatic, words::SELF_SERVICE);
            if story.chance.happens(0.4) {
                story.pass(20.0);
                story.says(Origin::Contact, CONTACT_BYES);
            }
            story.pass(60.0);
            Outcome::default()
        }
        Ending::Expired => {
            story.pass(1_200.0);
            story.says(Origin::Automatic, words::REMINDERS);
            story.pass(900.0);
            Outcome { expired: true, ..Outcome::default() }
        }
    }
}

/// The automatic part: greeting, menu, and the questions of the topic.
fn flow(story: &mut Story<'_>, ending: Ending) {
    story.says(Origin::Contact, GREETINGS);
    if story.chance.happens(0.4) {
        story.pass(6.0);
        let openers = story.topic.openers;
        story.says(Origin::Contact, openers);
    }
    story.pass(2.0);
    let options: Vec<&str> = TOPICS.iter().map(|topic| topic.menu).collect();
    story.menu(words::WELCOMES, &options);
    story.pass(12.0);
    if story.chance.happens(0.12) {
        let openers = story.topic.openers;
        story.says(Origin::Contact, openers);
        story.pass(2.0);
        story.says(Origin::Automatic, words::INVALID);
        story.pass(9.0);
    }
    if ending == Ending::Expired {
        return;
    }
    let number =
        options.iter().zip(1..).find(|(menu, _)| **menu == story.topic.menu).map_or(1, |(_, number)| number);
    story.says(Origin::Contact, &[number.to_string().as_str()]);
    for tag in story.topic.tags {
        if story.chance.happens(0.6) {
            story.pass(2.0);
            story.asks(tag);
        }
    }
}

fn queue(story: &mut Story<'_>) {
    story.pass(2.0);
    story.says(Origin::Automatic, words::QUEUED);
    story.happens("waitStart", json!({}));
}

/// Waits until the contact gives up.
fn lost<'g>(story: &mut Story<'_>) -> Outcome<'g> {
    queue(story);
    let since = story.now;
    story.pass(240.0);
    if story.chance.happens(0.5) {
        story.says(Origin::Contact, CONTACT_FILLERS);
        story.pass(300.0);
    }
    if story.chance.happens(0.3) {
        story.says(Origin::Automatic, words::CLOSED);
    }
    let wait = Some(story.now.seconds_since(since));
    Outcome { wait, expired: story.chance.happens(0.25), ..Outcome::default() }
}

/// Waits for an agent, talks, perhaps moves on to another one, and says goodbye.
fn attended<'g>(story: &mut Story<'_>, team: usize, cast: &'g Cast) -> Outcome<'g> {
    queue(story);
    let wait = story.pass(75.0);
    let mut agent = cast.agent(team, story.chance);
    let since = story.now;
    let mut outcome = Outcome { wait: Some(wait), attended_at: Some(since), ..Outcome::default() };
    story.happens("humanStart", json!({"agent_to": agent.id}));
    greet(story, agent);
    exchange(story, 2.2);
    if story.chance.happens(0.12) {
        let from = agent;
        let team = if story.chance.happens(0.5) { team } else { (team + 1) % cast.teams.len() };
        agent = cast.agent(team, story.chance);
        story.pass(40.0);
        story.happens("humanTransferAgent", json!({"agent_from": from.id, "agent_to": agent.id}));
        greet(story, agent);
        exchange(story, 1.2);
    }
    if story.chance.happens(0.015) {
        let guest = cast.agent((team + 1) % cast.teams.len(), story.chance);
        story.happens("humanInviteConfer", json!({"agent_from": agent.id, "agent_to": guest.id}));
        story.pass(30.0);
        story.happens("humanStartConfer", json!({"agent_to": guest.id}));
        exchange(story, 1.0);
        story.happens("humanFinishConfer", json!({"agent_to": guest.id}));
        outcome.conference.push(guest.name.clone());
    }
    goodbye(story);
    story.happens("humanFinish", json!({}));
    // Between two seconds, as the platform counts.
    let fraction = nearest_float(story.chance.between(0, 9)) / 10.0;
    outcome.handling = Some(story.now.seconds_since(since) + fraction);
    outcome.agent = Some(agent);
    outcome
}

fn greet(story: &mut Story<'_>, agent: &Agent) {
    story.slots.agent = agent.name.clone();
    story.pass(8.0);
    story.says(Origin::Agent, AGENT_HELLOS);
}

/// Questions and answers, about `median` rounds of them.
fn exchange(story: &mut Story<'_>, median: f64) {
    #[expect(
        clippy::cast_possible_truncation,
        clippy::cast_sign_loss,
        reason = "a whole number from 1 to 12"
    )]
    let rounds = story.chance.log_normal(median, 0.7).clamp(1.0, 12.0).round() as u32;
    for _ in 0..rounds {
        story.pass(45.0);
        match story.chance.weighted(&[62, 13, 25]) {
            0 => story.says(Origin::Contact, story.topic.answers),
            1 => story.sends(Origin::Contact),
            _ => story.says(Origin::Contact, CONTACT_FILLERS),
        }
        story.pass(60.0);
        match story.chance.weighted(&[34, 38, 24, 4]) {
            0 => story.says(Origin::Agent, story.topic.questions),
            1 => story.says(Origin::Agent, story.topic.solutions),
            2 => story.says(Origin::Agent, AGENT_FILLERS),
            _ => story.sends(Origin::Agent),
        }
    }
}

fn goodbye(story: &mut Story<'_>) {
    if story.chance.happens(0.7) {
        story.pass(30.0);
        story.says(Origin::Contact, CONTACT_BYES);
    }
    story.pass(20.0);
    story.says(Origin::Agent, AGENT_BYES);
    if story.chance.happens(0.5) {
        story.pass(5.0);
        story.says(Origin::Automatic, words::ENDINGS);
    }
    if story.chance.happens(0.3) {
        let score = story.chance.weighted(&[2, 1, 1, 2, 2, 4, 5, 8, 16, 22, 37]).to_string();
        story.pass(15.0);
        story.notes("nota", "De 0 a 10, qual nota você dá ao atendimento?", &score);
    }
    story.pass(10.0);
}
