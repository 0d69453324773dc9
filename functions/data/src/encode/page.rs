//! A page of rows: filled up to a limit of rows and of bytes.

use std::ops::ControlFlow;

use store::StoreError;

use super::encoder::RowEncoder;
use crate::catalog::value::Value;
use crate::exec::context::Context;
use crate::exec::row::SegmentRow;
use crate::plan::cursor::PageEnd;
use crate::plan::query::Query;

/// What the rows of a page may come to as Lambda sends them: its answer is a JSON text of at most 6 MB, which holds our
/// own (see `RowEncoder::row`). A single row may be larger and then comes alone.
const MAX_BYTES: usize = 5_000_000;
/// What a row that comes alone may come to; what is left of Lambda's 6 MiB is for what stands around it.
const MAX_ROW_BYTES: usize = 6_000_000;

/// Rows as they are written, one after the other.
#[derive(Debug, Default)]
pub(crate) struct Page {
    encoder: RowEncoder,
    out: Vec<u8>,
    /// What they come to as they are sent.
    bytes: usize,
    rows: usize,
    limit: usize,
    is_cut: bool,
}

impl Page {
    /// An empty page whose rows will stand right behind `head`.
    pub(crate) fn new(limit: usize, encoder: RowEncoder, head: Vec<u8>) -> Page {
        Page { limit, encoder, out: head, ..Page::default() }
    }

    /// Takes a row's values; breaks where the row does not fit any more, so that a page that took all rows is known to
    /// be the last.
    pub(crate) fn push<'v>(&mut self, values: impl Iterator<Item = Value<'v>>) -> ControlFlow<()> {
        if self.rows == self.limit {
            return self.cut();
        }
        let begin = self.out.len();
        let bytes = self.encoder.row(self.rows == 0, values, &mut self.out);
        let most = if self.rows == 0 { MAX_ROW_BYTES } else { MAX_BYTES };
        if self.bytes + bytes > most {
            self.encoder.take_back(begin, &mut self.out);
            return self.cut();
        }
        self.bytes += bytes;
        self.rows += 1;
        ControlFlow::Continue(())
    }

    fn cut(&mut self) -> ControlFlow<()> {
        self.is_cut = true;
        ControlFlow::Break(())
    }

    /// Whether a row did not fit.
    pub(crate) fn is_cut(&self) -> bool {
        self.is_cut
    }

    /// Whether its first row cannot be sent at all. The page is not to be sent either.
    pub(crate) fn has_too_large_row(&self) -> bool {
        self.is_cut && self.rows == 0
    }

    pub(crate) fn rows(&self) -> usize {
        self.rows
    }

    /// The head and the encoded rows.
    pub(crate) fn into_bytes(self) -> Result<Vec<u8>, StoreError> {
        self.encoder.finish(self.out).map_err(|error| StoreError::broken("writing a page", error))
    }
}

/// A page of a report of rows, and its last row.
#[derive(Debug)]
pub(crate) struct RowPage {
    pub(crate) page: Page,
    pub(crate) last: Option<PageEnd>,
}

impl RowPage {
    pub(crate) fn push(&mut self, row: &SegmentRow<'_>, query: &Query, context: &Context) -> ControlFlow<()> {
        self.page.push(query.outputs.iter().map(|output| output.expr.value(row, context)))?;
        let (created_at, position) = (row.created_at(), row.position());
        match &mut self.last {
            // The text's buffer is used again: this runs once a row.
            Some(PageEnd::Row { created_at: at, session_id, position: last_position }) => {
                (*at, *last_position) = (created_at, position);
                session_id.clear();
                session_id.push_str(row.session_id());
            }
            last => {
                *last = Some(PageEnd::Row { created_at, session_id: row.session_id().to_owned(), position });
            }
        }
        ControlFlow::Continue(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn push(page: &mut Page, text: &str) -> bool {
        page.push([Value::Text(text.into()), Value::Integer(1)].into_iter()).is_continue()
    }

    #[test]
    fn a_page_is_full_at_its_limit_and_says_so_only_when_more_comes() {
        let mut page = Page::new(2, RowEncoder::Values, b"head".to_vec());
        assert!(push(&mut page, "a") && push(&mut page, "b"));
        assert!(!page.is_cut());
        assert!(!push(&mut page, "c"));
        assert!(page.is_cut());
        assert_eq!(page.rows(), 2);
        assert_eq!(page.into_bytes().unwrap(), br#"head{"values":["a",1]},{"values":["b",1]}"#);
    }

    #[test]
    fn a_page_is_cut_by_bytes_but_a_large_row_comes_alone() {
        let mut page = Page::new(10, RowEncoder::Values, Vec::new());
        assert!(push(&mut page, &"x".repeat(MAX_BYTES + 1)));
        assert!(!push(&mut page, "y"));
        assert_eq!(page.rows(), 1);
        let mut page = Page::new(10_000_000, RowEncoder::Values, Vec::new());
        let quotes = "\"".repeat(1_000);
        while push(&mut page, &quotes) {}
        let escaped = serde_json::to_string(&String::from_utf8(page.into_bytes().unwrap()).unwrap()).unwrap();
        assert!((MAX_BYTES - 5_000..MAX_BYTES + 1_000).contains(&escaped.len()), "{}", escaped.len());
    }

    #[test]
    fn a_row_that_cannot_be_sent_is_told_of() {
        let mut page = Page::new(10, RowEncoder::Values, Vec::new());
        assert!(push(&mut page, &"x".repeat(MAX_ROW_BYTES - 100)));
        assert!(!push(&mut page, &"x".repeat(MAX_ROW_BYTES)));
        assert!(page.is_cut() && !page.has_too_large_row());
        let mut page = Page::new(10, RowEncoder::Values, Vec::new());
        assert!(!push(&mut page, &"x".repeat(MAX_ROW_BYTES)));
        assert!(page.has_too_large_row());
    }

    #[test]
    fn a_page_of_a_file_is_cut_by_what_it_comes_to_in_base64() {
        for encoder in [RowEncoder::Csv, RowEncoder::Lines { keys: vec!["\"a\":".to_owned()] }] {
            let mut page = Page::new(10_000_000, encoder, Vec::new());
            while page.push([Value::Text("x".repeat(1_000).into())].into_iter()).is_continue() {}
            let sent = page.into_bytes().unwrap().len() / 3 * 4;
            // Rows are counted one by one, each rounded up.
            assert!((MAX_BYTES - 15_000..=MAX_BYTES).contains(&sent), "{sent}");
        }
    }
}
