//! What people and teams talk about, in Brazilian Portuguese. Everything is made up.
//!
//! `{…}` stands for something drawn anew each time: see `words::fill`.

mod service;
mod shop;

use service::{BOOKING, COMPLAINTS, ENROLMENT, SUPPORT};
use shop::{BILLING, DELIVERY, RETURNS, SALES};

/// Every topic.
pub(super) const TOPICS: &[Topic] =
    &[SUPPORT, SALES, BILLING, BOOKING, DELIVERY, RETURNS, ENROLMENT, COMPLAINTS];

/// What one team is asked.
#[derive(Debug)]
pub(super) struct Topic {
    pub(super) team: &'static str,
    /// The option that leads to the team.
    pub(super) menu: &'static str,
    pub(super) openers: &'static [&'static str],
    pub(super) questions: &'static [&'static str],
    pub(super) answers: &'static [&'static str],
    pub(super) solutions: &'static [&'static str],
    /// How sessions end here, with weights.
    pub(super) tabulations: &'static [(&'static str, u32)],
    pub(super) tags: &'static [Tag],
    pub(super) products: &'static [&'static str],
}

/// A piece of information that the flow asks for.
#[derive(Debug)]
pub(super) struct Tag {
    pub(super) tag: &'static str,
    pub(super) question: &'static str,
    pub(super) answers: &'static [&'static str],
}
