//! Report types: what one row is, and which columns a row has.

use std::sync::LazyLock;

use domain::dictionary::{self, Kind, Record};
use domain::lang::Words;
use web::misfit::quoted;
use web::problem::Problem;

use super::column::Column;
use super::date_part::date_parts;
use super::{computed, metrics};

/// What one row of a report is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum ReportType {
    Sessions,
    Talks,
    TalkOptions,
    Events,
    Tags,
    ContactPlatforms,
    Summary,
}

impl ReportType {
    pub(crate) const ALL: [ReportType; 7] = [
        Self::Sessions,
        Self::Talks,
        Self::TalkOptions,
        Self::Events,
        Self::Tags,
        Self::ContactPlatforms,
        Self::Summary,
    ];

    /// The report type of an id; `sessions` where none was chosen. 422 for an unknown one, by its name.
    pub(crate) fn parse(id: Option<&str>) -> Result<ReportType, Problem> {
        let id = id.filter(|id| !id.is_empty()).unwrap_or(Self::Sessions.id());
        Self::ALL.into_iter().find(|report| report.id() == id).ok_or_else(|| {
            let (name, Words { pt, en }) = (quoted(id), Words::one_of(&Self::ALL.map(Self::id)));
            Problem::invalid(
                "report_type",
                Words::new(
                    format!("deve ser {pt}, e não {name}: /v1/report-types diz o que é cada um"),
                    format!("must be {en}, not {name}: /v1/report-types says what each is"),
                ),
            )
        })
    }

    pub(crate) fn id(self) -> &'static str {
        match self {
            Self::Sessions => "sessions",
            Self::Talks => "talks",
            Self::TalkOptions => "talk_options",
            Self::Events => "events",
            Self::Tags => "tags",
            Self::ContactPlatforms => "contact_platforms",
            Self::Summary => "summary",
        }
    }

    /// The record that a row stands for. A row of the summary stands for many sessions.
    pub(crate) fn record(self) -> Record {
        match self {
            Self::Sessions | Self::Summary => Record::Session,
            Self::Talks => Record::Talk,
            Self::TalkOptions => Record::TalkOption,
            Self::Events => Record::Event,
            Self::Tags => Record::Tag,
            Self::ContactPlatforms => Record::ContactPlatform,
        }
    }

    /// All columns, in the order in which they are listed.
    pub(crate) fn columns(self) -> &'static [Column] {
        static COLUMNS: LazyLock<[Vec<Column>; 7]> = LazyLock::new(|| ReportType::ALL.map(columns));
        &COLUMNS[self as usize]
    }

    pub(crate) fn column(self, id: &str) -> Option<&'static Column> {
        self.columns().iter().find(|column| column.id == id)
    }

    /// The column that a filter names: one of the report's own, or any field of the session.
    pub(crate) fn filterable(self, id: &str) -> Option<&'static Column> {
        self.column(id).or_else(|| Self::Sessions.column(id))
    }
}

/// The session fields that rows of repeated records carry: enough to group by without a blend, and no number, which
/// would be counted once a record.
const SHARED: &[&str] = &[
    "session_id",
    "protocol",
    "created_at",
    "status",
    "channel",
    "campaign_name",
    "agent_name",
    "contact_id",
    "tabulation",
];

fn columns(report: ReportType) -> Vec<Column> {
    let all = dictionary::fields();
    let of_session = all.iter().filter(|field| field.record == Record::Session);
    match report {
        ReportType::Sessions => {
            let options = all.iter().filter(|field| field.kind == Kind::Records(Record::TalkOption));
            let computed = date_parts().chain(metrics::metrics()).chain([computed::data_as_of()]);
            of_session.chain(options).map(Column::of).chain(computed).collect()
        }
        ReportType::Summary => {
            let groups = |kind| matches!(kind, Kind::Text | Kind::Boolean | Kind::Day);
            let fields = of_session.filter(|field| groups(field.kind)).map(Column::of);
            let computed = date_parts().chain(metrics::metrics()).chain([computed::data_as_of()]);
            fields.chain(computed).collect()
        }
        _ => {
            let own = all.iter().filter(|field| field.record == report.record()).map(Column::of);
            let links = (report == ReportType::Talks).then(computed::media_urls);
            let shared = SHARED.iter().filter_map(|name| dictionary::field(name)).map(Column::of);
            let dates = date_parts().filter(|column| column.id.starts_with("created_"));
            let computed = metrics::counts().into_iter().chain([computed::data_as_of()]);
            own.chain(computed::labels(report.record()))
                .chain(links.into_iter().flatten())
                .chain(shared)
                .chain(dates)
                .chain(computed)
                .collect()
        }
    }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use super::*;
    use crate::catalog::column::Source;

    #[test]
    fn every_name_of_the_dictionary_is_a_column_of_some_report() {
        let ids: BTreeSet<&str> =
            ReportType::ALL.iter().flat_map(|report| report.columns()).map(|c| c.id.as_str()).collect();
        for field in dictionary::fields() {
            assert!(ids.contains(field.id().as_str()), "{}", field.name);
        }
    }

    #[test]
    fn sessions_hold_every_session_field_and_the_five_records() {
        for field in dictionary::fields() {
            if field.record == Record::Session || matches!(field.kind, Kind::Records(_)) {
                assert!(ReportType::Sessions.column(&field.id()).is_some(), "{}", field.name);
            }
        }
    }

    #[test]
    fn ids_and_labels_are_unique_within_a_report() {
        for report in ReportType::ALL {
            let columns = report.columns();
            let listed = || columns.iter().filter(|column| column.id != computed::UNLISTED_MEDIA_URL);
            let distinct = |of: fn(&Column) -> &str| listed().map(of).collect::<BTreeSet<_>>().len();
            let ids: BTreeSet<_> = columns.iter().map(|column| &column.id).collect();
            assert_eq!(ids.len(), columns.len(), "ids of {}", report.id());
            assert_eq!(distinct(|column| column.label.pt), listed().count(), "labels of {}", report.id());
            assert_eq!(distinct(|column| column.label.en), listed().count(), "labels of {}", report.id());
        }
    }

    #[test]
    fn rows_of_repeated_records_carry_no_number_of_the_session() {
        for report in [ReportType::Talks, ReportType::Tags, ReportType::Events] {
            for column in report.columns().iter().filter(|column| column.is_metric()) {
                let own = matches!(column.source, Source::Field(field) if field.record == report.record());
                assert!(
                    own || ["rows", "sessions", "contacts"].contains(&column.id.as_str()),
                    "{}",
                    column.id
                );
            }
        }
    }
}
