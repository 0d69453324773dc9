//! Repeated records that are shown as one text: which columns the text is made of.

use domain::dictionary::Record;

use super::column_choice::ColumnChoice;
use super::columns::ColumnRef;
use super::masked_column::{LabelColumn, MaskedColumn};

/// A session's records of one kind, or a message's options.
#[derive(Clone, Debug)]
pub(crate) enum Records {
    Platforms {
        platform: MaskedColumn,
        address: MaskedColumn,
    },
    Events {
        created_at: Option<ColumnRef>,
        event: MaskedColumn,
    },
    Tags {
        tag: MaskedColumn,
        answer: MaskedColumn,
    },
    Talks(Talks),
    Options(Options),
    /// The options of the message that the row stands for.
    OwnOptions(Options),
}

/// What a transcript shows of messages.
#[derive(Clone, Debug)]
pub(crate) struct Talks {
    pub(crate) created_at: Option<ColumnRef>,
    pub(crate) origin: LabelColumn,
    pub(crate) kind: LabelColumn,
    pub(crate) message: MaskedColumn,
    pub(crate) legend: MaskedColumn,
    pub(crate) filename: MaskedColumn,
    /// Links are made of it; `None` where the reader may see none.
    pub(crate) storage: Option<MaskedColumn>,
    pub(crate) stt: MaskedColumn,
    pub(crate) options: Options,
}

#[derive(Clone, Debug)]
pub(crate) struct Options {
    pub(crate) num: MaskedColumn,
    pub(crate) text: MaskedColumn,
}

impl Records {
    /// The records of one kind, in a report whose rows stand for `rows_of`; `None` for a kind that no field holds.
    pub(crate) fn compile(choice: &mut ColumnChoice<'_>, rows_of: Record, of: Record) -> Option<Records> {
        choice.columns.include(of);
        Some(match of {
            Record::Session => return None,
            Record::ContactPlatform => Records::Platforms {
                platform: choice.masked_column(of, "contact_platforms.platform")?,
                address: choice.masked_column(of, "contact_platforms.platform_id")?,
            },
            Record::Event => Records::Events {
                created_at: choice.moment(of, "events.created_at"),
                event: choice.masked_column(of, "events.event")?,
            },
            Record::Tag => Records::Tags {
                tag: choice.masked_column(of, "tags.tag")?,
                answer: choice.masked_column(of, "tags.answer")?,
            },
            Record::Talk => Records::Talks(Talks {
                created_at: choice.moment(of, "talks.created_at"),
                origin: choice.label_column(of, "talks.origin")?,
                kind: choice.label_column(of, "talks.type")?,
                message: choice.masked_column(of, "talks.message")?,
                legend: choice.masked_column(of, "talks.legend")?,
                filename: choice.masked_column(of, "talks.filename")?,
                storage: choice.linked_column(),
                stt: choice.masked_column(of, "talks.stt")?,
                options: Options::compile(choice)?,
            }),
            Record::TalkOption if rows_of == Record::Talk => Records::OwnOptions(Options::compile(choice)?),
            Record::TalkOption => Records::Options(Options::compile(choice)?),
        })
    }
}

impl Options {
    fn compile(choice: &mut ColumnChoice<'_>) -> Option<Options> {
        let of = Record::TalkOption;
        Some(Options {
            num: choice.masked_column(of, "talks.options.num")?,
            text: choice.masked_column(of, "talks.options.text")?,
        })
    }
}
