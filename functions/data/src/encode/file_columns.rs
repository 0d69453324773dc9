//! The columns of a file for people: what stands above each, what its values mean, and in which language.

use domain::dictionary::Semantic;
use domain::lang::Lang;

use super::cell::Cell;
use crate::catalog::value::Value;
use crate::plan::query::Output;

/// The columns of a file for people, in their order.
#[derive(Clone, Debug)]
pub(crate) struct FileColumns {
    pub(super) lang: Lang,
    /// What stands above each column.
    pub(super) labels: Vec<String>,
    pub(super) semantics: Vec<Semantic>,
}

impl FileColumns {
    /// The columns of a query, under their labels in the language or under their ids.
    pub(crate) fn new(outputs: &[Output], lang: Lang, has_labels: bool) -> FileColumns {
        let label = |output: &Output| {
            let column = output.column;
            if has_labels { column.label.in_lang(lang).to_owned() } else { column.id.clone() }
        };
        FileColumns {
            lang,
            labels: outputs.iter().map(label).collect(),
            semantics: outputs.iter().map(|output| output.column.semantic).collect(),
        }
    }

    /// The cells of a row.
    pub(super) fn row<'v>(&self, values: impl Iterator<Item = Value<'v>>) -> impl Iterator<Item = Cell<'v>> {
        values.zip(&self.semantics).map(|(value, semantic)| Cell::of(value, *semantic, self.lang))
    }
}
