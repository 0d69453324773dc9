//! Conditions on rows. Bound to the columns of a segment they are a predicate, which looks at each distinct text of a
//! dictionary column once.

use crate::expr::{Context, Expr, MaskedColumn, Row};
use crate::filter::Filter;
use crate::segment_columns::{ColumnRef, DictionaryColumn, SegmentColumns};
use crate::value::Value;
use domain::masking::Masking;

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

    /// The texts of which one must be that of `column`, where some condition says so.
    pub(crate) fn texts_of(&self, column: ColumnRef) -> Option<&[String]> {
        self.0.iter().find_map(|any_of| match any_of.as_slice() {
            [
                Condition {
                    expr: Expr::Text(MaskedColumn { column: of, masking: Masking::Open }),
                    filter,
                    ..
                },
            ] if *of == column => filter.included_texts(),
            _ => None,
        })
    }

    /// Whether a condition is about what the repeated records of a session say.
    pub(crate) fn read_records(&self) -> bool {
        self.0.iter().flatten().any(|condition| matches!(condition.expr, Expr::Records(_)))
    }

    /// Binds the conditions to the columns of one segment.
    pub(crate) fn bind<'a>(&'a self, columns: &'a SegmentColumns, context: &'a Context) -> Predicate<'a> {
        let one = |condition: &'a Condition| BoundCondition::new(condition, columns, context);
        Predicate { all_of: self.0.iter().map(|any_of| any_of.iter().map(one).collect()).collect(), context }
    }
}

/// Conditions bound to the columns of one segment.
pub(crate) struct Predicate<'a> {
    all_of: Vec<Vec<BoundCondition<'a>>>,
    context: &'a Context,
}

impl Predicate<'_> {
    /// Whether a row of the segment passes.
    pub(crate) fn passes(&self, row: &Row<'_>) -> bool {
        self.all_of.iter().all(|any_of| any_of.iter().any(|one| one.holds(row, self.context)))
    }

    /// Leaves out the sessions of the segment that do not pass.
    pub(crate) fn retain(&self, columns: &SegmentColumns, sessions: &mut Vec<u32>) {
        for any_of in &self.all_of {
            if let [BoundCondition::Coded { codes, holds, .. }] = any_of.as_slice() {
                sessions.retain(|session| holds[codes.of(*session as usize)]);
            } else {
                let holds = |row: &Row<'_>| any_of.iter().any(|one| one.holds(row, self.context));
                sessions.retain(|session| holds(&Row::of_session(columns, *session as usize)));
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
            let shown = text.and_then(|text| masked.masking.mask(text, None, &context.pseudonyms));
            condition.filter.passes(&shown.map_or(Value::Null, Value::Text))
        };
        BoundCondition::Coded { codes, column: masked.column, holds: codes.texts().map(passes).collect() }
    }

    fn holds(&self, row: &Row<'_>, context: &Context) -> bool {
        match self {
            BoundCondition::Coded { codes, column, holds } => holds[codes.of(row.at(*column))],
            BoundCondition::Each(condition) => condition.filter.passes(&condition.expr.value(row, context)),
        }
    }
}
