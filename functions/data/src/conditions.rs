//! Conditions on rows, and their quick answers where a column repeats its texts.

use crate::cells::{Codes, Files, Slot};
use crate::expr::{Context, Expr, Row, TextCell};
use crate::filter::Filter;
use crate::value::Value;
use shared::masking::Masking;

/// One condition on one value.
#[derive(Clone, Debug)]
pub(crate) struct Condition {
    pub(crate) expr: Expr,
    pub(crate) filter: Filter,
    /// Whether it can be told from the session alone.
    pub(crate) of_session: bool,
}

/// Conditions that all must hold: each of one group of which one must hold.
#[derive(Clone, Debug, Default)]
pub(crate) struct Conditions(Vec<Vec<Condition>>);

impl Conditions {
    pub(crate) fn new(all_of: Vec<Vec<Condition>>) -> Conditions {
        Conditions(all_of)
    }

    /// No row is left out.
    pub(crate) fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// The texts of which one must be that of `slot`, where some condition says so.
    pub(crate) fn texts_of(&self, slot: Slot) -> Option<&[String]> {
        self.0.iter().find_map(|any_of| match any_of.as_slice() {
            [Condition { expr: Expr::Text(TextCell { slot: of, masking: Masking::Open }), filter, .. }]
                if *of == slot =>
            {
                filter.included_texts()
            }
            _ => None,
        })
    }

    /// Whether a condition is about what the repeated records of a session say.
    pub(crate) fn read_records(&self) -> bool {
        self.0.iter().flatten().any(|condition| matches!(condition.expr, Expr::Records(_)))
    }

    /// The conditions over the rows of one segment.
    pub(crate) fn over<'a>(&'a self, files: &'a Files, context: &'a Context) -> Test<'a> {
        let one = |condition: &'a Condition| One::new(condition, files, context);
        Test { all_of: self.0.iter().map(|any_of| any_of.iter().map(one).collect()).collect(), context }
    }
}

/// Conditions that know their segment.
pub(crate) struct Test<'a> {
    all_of: Vec<Vec<One<'a>>>,
    context: &'a Context,
}

impl Test<'_> {
    /// Whether a row of the segment passes.
    pub(crate) fn passes(&self, row: &Row<'_>) -> bool {
        self.all_of.iter().all(|any_of| any_of.iter().any(|one| one.holds(row, self.context)))
    }

    /// Leaves out the sessions of the segment that do not pass.
    pub(crate) fn retain(&self, files: &Files, sessions: &mut Vec<u32>) {
        for any_of in &self.all_of {
            if let [One::Coded { codes, holds, .. }] = any_of.as_slice() {
                sessions.retain(|session| holds[codes.of(*session as usize)]);
            } else {
                let holds = |row: &Row<'_>| any_of.iter().any(|one| one.holds(row, self.context));
                sessions.retain(|session| holds(&Row::of_session(files, *session as usize)));
            }
        }
    }
}

enum One<'a> {
    /// Each distinct text was looked at once: whether the condition holds, by code.
    Coded {
        codes: &'a Codes,
        slot: Slot,
        holds: Vec<bool>,
    },
    Each(&'a Condition),
}

impl<'a> One<'a> {
    fn new(condition: &'a Condition, files: &'a Files, context: &Context) -> One<'a> {
        let Expr::Text(cell) = &condition.expr else { return One::Each(condition) };
        let Some(codes) = files.codes(cell.slot) else { return One::Each(condition) };
        let passes = |text: Option<&str>| {
            let shown = text.and_then(|text| cell.masking.mask(text, None, &context.pseudonyms));
            condition.filter.passes(&shown.map_or(Value::Null, Value::Text))
        };
        One::Coded { codes, slot: cell.slot, holds: codes.texts().map(passes).collect() }
    }

    fn holds(&self, row: &Row<'_>, context: &Context) -> bool {
        match self {
            One::Coded { codes, slot, holds } => holds[codes.of(row.at(*slot))],
            One::Each(condition) => condition.filter.passes(&condition.expr.value(row, context)),
        }
    }
}
