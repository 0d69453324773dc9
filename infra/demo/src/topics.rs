//! What people and teams talk about, in Brazilian Portuguese. Everything is made up.
//!
//! `{…}` stands for something drawn anew each time: see `words::fill`.

mod service;
mod shop;

use service::{BOOKING, COMPLAINTS, ENROLMENT, SUPPORT};
use shop::{BILLING, DELIVERY, RETURNS, SALES};

/// Every topic.
pub(crate) const TOPICS: &[Topic] =
    &[SUPPORT, SALES, BILLING, BOOKING, DELIVERY, RETURNS, ENROLMENT, COMPLAINTS];

/// What one team is asked.
#[derive(Debug)]
pub(crate) struct Topic {
    pub(crate) team: &'static str,
    /// The option that leads to the team.
    pub(crate) menu: &'static str,
    pub(crate) openers: &'static [&'static str],
    pub(crate) questions: &'static [&'static str],
    pub(crate) answers: &'static [&'static str],
    pub(crate) solutions: &'static [&'static str],
    /// How sessions end here, with weights.
    pub(crate) tabulations: &'static [(&'static str, u32)],
    pub(crate) tags: &'static [Tag],
    pub(crate) products: &'static [&'static str],
}

/// A piece of information that the flow asks for.
#[derive(Debug)]
pub(crate) struct Tag {
    pub(crate) tag: &'static str,
    pub(crate) question: &'static str,
    pub(crate) answers: &'static [&'static str],
}
