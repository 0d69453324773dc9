//! Repeated records as one readable text.

use domain::dictionary::Record;

use super::context::Context;
use super::row::SegmentRow;
use super::segment_columns::local_time;
use crate::plan::masked_column::{LabelColumn, MaskedColumn};
use crate::plan::records::{Options, Records, Talks};

/// As much text as one value holds: a chart shows less, and a page must hold more than one conversation.
const MAX_BYTES: usize = 256 * 1024;

impl Records {
    /// The text; `None` where there are no records.
    pub(crate) fn text(&self, row: &SegmentRow<'_>, context: &Context) -> Option<String> {
        let (columns, session) = (row.columns, row.session);
        let children = |record| columns.children(record, session);
        let pair = |first: &MaskedColumn, second: &MaskedColumn, between: &str, at: usize| {
            let texts = [first.read(columns, at, context), second.read(columns, at, context)];
            texts.into_iter().flatten().collect::<Vec<_>>().join(between)
        };
        match self {
            Records::Platforms { platform, address } => {
                let lines = children(Record::ContactPlatform).map(|at| pair(platform, address, ": ", at));
                joined(lines, ", ")
            }
            Records::Events { created_at, event } => {
                let line = |at| {
                    let moment = created_at.and_then(|column| columns.local(column, at)).map(moment_text);
                    let event = event.read(columns, at, context).map(String::from);
                    [moment, event].into_iter().flatten().collect::<Vec<_>>().join(" ")
                };
                joined(children(Record::Event).map(line), ", ")
            }
            Records::Tags { tag, answer } => {
                joined(children(Record::Tag).map(|at| pair(tag, answer, ": ", at)), ", ")
            }
            Records::Talks(talks) => {
                joined(children(Record::Talk).map(|at| talks.line(row, at, context)), "\n")
            }
            Records::Options(options) => {
                joined(children(Record::TalkOption).map(|at| options.line(row, at, context)), ", ")
            }
            Records::OwnOptions(options) => options.of_talk(row, row.position(), context),
        }
    }
}

impl Talks {
    /// One message: when, who, and everything that was said or sent.
    fn line(&self, row: &SegmentRow<'_>, at: usize, context: &Context) -> String {
        let read = |masked: &MaskedColumn| masked.read(row.columns, at, context).map(String::from);
        let label = |column: &LabelColumn| column.read(row.columns, at, context).map(String::from);
        let storage = self.storage.as_ref().and_then(read);
        let position = row.columns.position(Record::Talk, at);
        let said = [
            read(&self.message),
            read(&self.legend),
            read(&self.filename),
            storage.and_then(|storage| context.link(&storage, row.created_at())),
            read(&self.stt),
            self.options.of_talk(row, position, context),
        ];
        let said = said.into_iter().flatten().collect::<Vec<_>>().join(" | ");
        let said =
            if said.is_empty() { label(&self.kind).map(|kind| format!("[{kind}]")) } else { Some(said) };
        let when = self.created_at.and_then(|column| row.columns.local(column, at)).map(moment_text);
        let head = [when, label(&self.origin)].into_iter().flatten().collect::<Vec<_>>().join(" ");
        [Some(head), said]
            .into_iter()
            .flatten()
            .filter(|part| !part.is_empty())
            .collect::<Vec<_>>()
            .join(": ")
    }
}

impl Options {
    fn line(&self, row: &SegmentRow<'_>, at: usize, context: &Context) -> String {
        let read = |masked: &MaskedColumn| masked.read(row.columns, at, context);
        [read(&self.num), read(&self.text)].into_iter().flatten().collect::<Vec<_>>().join(". ")
    }

    fn of_talk(&self, row: &SegmentRow<'_>, talk: u64, context: &Context) -> Option<String> {
        joined(row.columns.options(row.session, talk).map(|at| self.line(row, at, context)), ", ")
    }
}

fn moment_text(local: i64) -> String {
    local_time(local).format("%Y-%m-%d %H:%M:%S").to_string()
}

/// Lines, as many as fit; then how many are left out. `None` where no line says anything.
fn joined(lines: impl Iterator<Item = String>, between: &str) -> Option<String> {
    let mut text = String::new();
    let mut left_out = 0_usize;
    for line in lines.filter(|line| !line.is_empty()) {
        let begun = !text.is_empty();
        if left_out > 0 || (begun && text.len() + between.len() + line.len() > MAX_BYTES) {
            left_out += 1;
            continue;
        }
        if begun {
            text.push_str(between);
        }
        text.push_str(&line[..line.floor_char_boundary(MAX_BYTES)]);
        if line.len() > MAX_BYTES {
            text.push('…');
        }
    }
    if left_out > 0 {
        text.push_str(&format!("{between}… mais {left_out} / {left_out} more"));
    }
    Some(text).filter(|text| !text.is_empty())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_does_not_fit_is_counted_in_the_last_line() {
        let line = "x".repeat(100 * 1024);
        let text = joined(std::iter::repeat_n(line, 5), "\n").unwrap();
        assert_eq!(text.lines().count(), 3);
        assert_eq!(text.lines().last(), Some("… mais 3 / 3 more"));
    }

    #[test]
    fn a_single_long_line_is_cut_between_characters() {
        let text = joined(std::iter::once("é".repeat(MAX_BYTES)), "\n").unwrap();
        assert!(text.len() <= MAX_BYTES + '…'.len_utf8() && text.ends_with('…'));
    }

    #[test]
    fn no_lines_are_no_text() {
        assert_eq!(joined(std::iter::empty(), ", "), None);
        assert_eq!(joined([String::new()].into_iter(), ", "), None);
    }
}
