//! Conditions on rows.

use domain::masking::Masking;

use super::columns::ColumnRef;
use super::expr::Expr;
use super::filter::Filter;
use super::masked_column::MaskedColumn;

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

    /// Whether a condition is about what the repeated records of a session say, which may be an address of its contact.
    pub(crate) fn read_records(&self) -> bool {
        let reads = |expr: &Expr| matches!(expr, Expr::Records(_) | Expr::UnlessAddress(..));
        self.0.iter().flatten().any(|condition| reads(&condition.expr))
    }

    /// The groups.
    pub(crate) fn groups(&self) -> &[Vec<Condition>] {
        &self.0
    }
}
