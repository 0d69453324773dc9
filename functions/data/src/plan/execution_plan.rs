//! The execution plan: everything that is read to answer a query, decided once. `exec` obeys it.

use std::fmt;
use std::sync::Arc;

use domain::dictionary::Record;
use domain::id::AccountId;
use lake::{Lake, Part, Span};
use store::StoreError;

use super::cluster::{Cluster, clusters};
use super::columns::{Needs, ReadColumns};
use super::cursor::PageEnd;
use super::point_lookup::point_lookup;
use super::query::Query;
use super::seen_parts::SeenParts;
use super::window::Window;
use crate::catalog::report::ReportType;

/// The most clusters whose files are on their way at once: storage answers in tens of milliseconds, so waiting for
/// one after the other is what a long period would cost.
const MAX_AT_ONCE: usize = 8;
/// The number of clusters that are loaded at once where a filter makes it unknown how many rows will pass.
const FILTERED_AT_ONCE: usize = 4;

/// What is read to answer a query. Printed, it says that line by line, without any value of a session.
#[derive(Clone, Debug)]
pub(crate) struct ExecutionPlan {
    /// What is asked: the columns that are shown, and the filters.
    pub(crate) query: Arc<Query>,
    /// The dates that sessions must have: the query's window, or that part of it in which the sessions lie that the query
    /// names by their ids.
    pub(crate) window: Window,
    /// Whether these sessions were looked up.
    pub(crate) is_looked_up: bool,
    /// What is read of sessions, cluster by cluster in the total order.
    pub(crate) clusters: Vec<ClusterPlan>,
    /// What is read of repeated records: in a segment with many sessions that are left of all rows, with few of theirs only.
    pub(crate) records: Vec<ReadColumns>,
    /// Whether the records are read before the filters on sessions, because these are about them. Otherwise they come after,
    /// and only where a session is left, for records are most of a segment.
    pub(crate) filters_need_records: bool,
    /// How many clusters are loaded at once.
    pub(crate) at_once: usize,
}

/// What is read of one cluster's sessions.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct ClusterPlan {
    /// The parts of segments. Their sessions are resolved together.
    pub(crate) parts: Vec<Part>,
    /// Which columns, of each part.
    pub(crate) columns: ReadColumns,
    pub(crate) rows: RowsRead,
    /// Whether it must be told which of a session's rows is its latest version. In a part whose rows are unique and live,
    /// each row is.
    pub(crate) is_resolved: bool,
    /// Whether each row is held against the window and the cursor.
    pub(crate) is_windowed: bool,
}

/// Which rows of a cluster's sessions are read.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum RowsRead {
    /// All of them.
    All,
    /// Of the only part, the stretch that the window admits, as long as it has less than half of the rows: `created_at` is
    /// read first to find it. Of a longer one all rows are read.
    Stretch {
        /// How many sessions from the cursor on are enough, where that is known.
        most: Option<usize>,
    },
}

impl ExecutionPlan {
    /// Plans a query. Asks the table when the sessions began that the query names, and which segments there are.
    pub(crate) async fn new(
        lake: &Lake,
        seen: &SeenParts,
        account: &AccountId,
        query: Arc<Query>,
    ) -> Result<ExecutionPlan, StoreError> {
        let mut window = query.window.clone();
        let named = point_lookup(lake.store(), account, &query).await?;
        if let Some(named) = &named {
            let created = &mut window.created;
            *created = created.start.max(named.start)..created.end.min(named.end);
        }
        let parts = seen.parts(lake, account, &window.created, query.snapshot).await?;
        Ok(ExecutionPlan { is_looked_up: named.is_some(), ..ExecutionPlan::over(parts, window, query) })
    }

    /// The plan over all parts that there are.
    fn over(parts: Vec<Part>, window: Window, query: Arc<Query>) -> ExecutionPlan {
        let clusters = clusters(parts, &window);
        let clusters: Vec<ClusterPlan> =
            clusters.into_iter().map(|cluster| ClusterPlan::new(cluster, &window, &query)).collect();
        let records = Record::CHILDREN.into_iter().filter(|record| query.columns.has(*record));
        ExecutionPlan {
            is_looked_up: false,
            at_once: at_once(&clusters, &query),
            clusters,
            records: records.map(|record| query.columns.needed(record, Needs::default())).collect(),
            filters_need_records: query.session_filters.read_records(),
            window,
            query,
        }
    }
}

impl ClusterPlan {
    fn new(cluster: Cluster, window: &Window, query: &Query) -> ClusterPlan {
        let within = |span: Span| window.created.contains(&span.min) && window.created.contains(&span.max);
        let begins_inside = matches!(query.after, Some(PageEnd::Row { .. }));
        let admits_all = !begins_inside && window.other.is_none();
        let (is_resolved, is_windowed) = match cluster.unique() {
            Some(part) => (false, !(admits_all && within(part.created))),
            None => (true, true),
        };
        let most = most_sessions(query, window);
        let rows = if !is_resolved && (is_windowed || most.is_some()) {
            RowsRead::Stretch { most }
        } else {
            RowsRead::All
        };
        let needs = Needs {
            ordered: query.report != ReportType::Summary,
            windowed: is_windowed,
            versioned: is_resolved,
        };
        let columns = query.columns.needed(Record::Session, needs);
        ClusterPlan { parts: cluster.parts, columns, rows, is_resolved, is_windowed }
    }

    /// How many rows of sessions there are, tombstones and old versions counted.
    fn sessions(&self) -> u64 {
        self.parts.iter().map(|part| part.rows(Record::Session)).sum()
    }
}

/// How many sessions after the cursor certainly fill a page and show that it is not the last one. `None` where a session may
/// give no row.
fn most_sessions(query: &Query, window: &Window) -> Option<usize> {
    let each_is_a_row =
        query.report == ReportType::Sessions && query.is_unfiltered() && window.other.is_none();
    each_is_a_row.then_some(query.limit + 1)
}

/// How many clusters to load at once. A summary needs every cluster, so it loads as many as it may; a query without
/// filters loads about as many as fill a page.
fn at_once(clusters: &[ClusterPlan], query: &Query) -> usize {
    if query.report == ReportType::Summary {
        return MAX_AT_ONCE;
    }
    let mut rows = 0;
    let full = |cluster: &&ClusterPlan| {
        rows += cluster.sessions();
        rows < query.limit as u64
    };
    let fill = clusters.iter().take_while(full).count() + 1;
    fill.clamp(if query.is_unfiltered() { 1 } else { FILTERED_AT_ONCE }, MAX_AT_ONCE)
}

impl fmt::Display for ExecutionPlan {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (report, snapshot) = (self.query.report.id(), self.query.snapshot.to_rfc3339());
        writeln!(f, "{report} as of {snapshot}, {} clusters at once", self.at_once)?;
        let created = [self.window.created.start, self.window.created.end].map(|at| at.to_rfc3339());
        let found = if self.is_looked_up { ", where the named sessions lie" } else { "" };
        writeln!(f, "created_at from {} to {}{found}", created[0], created[1])?;
        if let Some(other) = &self.window.other {
            let period = [other.period.start, other.period.end].map(|at| at.to_rfc3339());
            writeln!(f, "{} from {} to {}", other.field.name(), period[0], period[1])?;
        }
        self.clusters.iter().try_for_each(|cluster| writeln!(f, "{cluster}"))?;
        let when = if self.filters_need_records { "before" } else { "after" };
        self.records.iter().try_for_each(|read| writeln!(f, "{when} the filters on sessions, {read}"))
    }
}

impl fmt::Display for ClusterPlan {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let parts: Vec<String> =
            self.parts.iter().map(|part| format!("{}/{}", part.segment, part.number)).collect();
        let rows = match self.rows {
            RowsRead::All => "all rows".to_owned(),
            RowsRead::Stretch { most: None } => "a stretch of rows".to_owned(),
            RowsRead::Stretch { most: Some(most) } => format!("a stretch of at most {most} rows"),
        };
        write!(f, "{}: {rows} of {}, {}", parts.join(" + "), self.sessions(), self.columns)?;
        let steps = [(self.is_resolved, "; latest versions"), (self.is_windowed, "; rows in the window")];
        steps.iter().filter(|(is_done, _)| *is_done).try_for_each(|(_, step)| f.write_str(step))
    }
}

impl fmt::Display for ReadColumns {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}({})", self.record.name(), self.names().join(", "))
    }
}

#[cfg(test)]
mod tests;
