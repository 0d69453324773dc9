//! Predicates: conditions bound to the columns of a segment. They look at each distinct text of a dictionary column once.

use super::context::Context;
use super::row::SegmentRow;
use super::segment_columns::{DictionaryColumn, SegmentColumns};
use crate::catalog::value::Value;
use crate::plan::columns::ColumnRef;
use crate::plan::conditions::{Condition, Conditions};
use crate::plan::expr::Expr;

impl Conditions {
    /// Binds the conditions to the columns of one segment.
    pub(crate) fn bind<'a>(&'a self, columns: &'a SegmentColumns, context: &'a Context) -> Predicate<'a> {
        let one = |condition: &'a Condition| BoundCondition::new(condition, columns, context);
        Predicate {
            all_of: self.groups().iter().map(|any_of| any_of.iter().map(one).collect()).collect(),
            context,
        }
    }
}

/// Conditions bound to the columns of one segment.
pub(crate) struct Predicate<'a> {
    all_of: Vec<Vec<BoundCondition<'a>>>,
    context: &'a Context,
}

impl Predicate<'_> {
    /// Whether a row of the segment passes.
    pub(crate) fn passes(&self, row: &SegmentRow<'_>) -> bool {
        self.all_of.iter().all(|any_of| any_of.iter().any(|one| one.holds(row, self.context)))
    }

    /// Leaves out the sessions of the segment that do not pass.
    pub(crate) fn retain(&self, columns: &SegmentColumns, sessions: &mut Vec<u32>) {
        for any_of in &self.all_of {
            if let [BoundCondition::Coded { codes, holds, .. }] = any_of.as_slice() {
                sessions.retain(|session| holds[codes.of(*session as usize)]);
            } else {
                let holds = |row: &SegmentRow<'_>| any_of.iter().any(|one| one.holds(row, self.context));
                sessions.retain(|session| holds(&SegmentRow::of_session(columns, *session as usize)));
            }
        }
    }
}

/// One condition bound to the columns of one segment.
enum BoundCondition<'a> {
    /// On a dictionary column: whether the condition holds, by code. Each distinct text was looked at once.
    Coded {
        codes: &'a DictionaryColumn,
        column: ColumnRef,
        holds: Vec<bool>,
    },
    Each(&'a Condition),
}

impl<'a> BoundCondition<'a> {
    fn new(condition: &'a Condition, columns: &'a SegmentColumns, context: &Context) -> BoundCondition<'a> {
        let Expr::Text(masked) = &condition.expr else { return BoundCondition::Each(condition) };
        let Some(codes) = columns.dictionary(masked.column) else { return BoundCondition::Each(condition) };
        let passes = |text: Option<&str>| {
            let shown = text.and_then(|text| masked.masking.mask(text, &[], &context.pseudonyms));
            condition.filter.passes(&shown.map_or(Value::Null, Value::Text))
        };
        BoundCondition::Coded { codes, column: masked.column, holds: codes.texts().map(passes).collect() }
    }

    fn holds(&self, row: &SegmentRow<'_>, context: &Context) -> bool {
        match self {
            BoundCondition::Coded { codes, column, holds } => holds[codes.of(row.at(*column))],
            BoundCondition::Each(condition) => condition.filter.passes(&condition.expr.value(row, context)),
        }
    }
}
