//! Runs a query over its clusters: newest of each session, filters, order, then one row after the other.

use std::collections::HashMap;
use std::ops::ControlFlow;

use futures::future::try_join_all;
use futures::{StreamExt, stream};
use lake::{Lake, Segment};
use shared::dictionary::Record;
use shared::store::StoreError;

use crate::cells::{CREATED, Files, ID};
use crate::expr::{Context, Row};
use crate::plan::Cluster;
use crate::query::Query;

/// The most clusters whose files are on their way at once: storage answers in tens of milliseconds, so waiting for
/// one after the other is what a long period would cost.
const MAX_AHEAD: usize = 8;
/// Clusters on their way at once where it cannot be told how many rows will pass.
const FILTERED_AHEAD: usize = 4;

/// Gives the rows of the clusters to `visit`, in the total order, until it breaks off.
pub(crate) async fn run(
    lake: &Lake,
    clusters: Vec<Cluster>,
    query: &Query,
    context: &Context,
    visit: &mut (dyn FnMut(&Row<'_>) -> ControlFlow<()> + Send),
) -> Result<(), StoreError> {
    let ahead = ahead(&clusters, query);
    let loading = clusters.into_iter().map(|cluster| load(lake, cluster, query, context));
    let mut loaded = stream::iter(loading).buffered(ahead);
    while let Some(cluster) = loaded.next().await {
        let Loaded { files, sessions } = cluster?;
        for session in sessions {
            if each_row(&files[session.segment], session.row, query, context, visit).is_break() {
                return Ok(());
            }
        }
    }
    Ok(())
}

/// How many clusters to load at once: without filters, about those that fill a page.
fn ahead(clusters: &[Cluster], query: &Query) -> usize {
    let mut rows = 0;
    let full = |cluster: &&Cluster| {
        rows += cluster.rows();
        rows < query.limit as u64
    };
    let fill = clusters.iter().take_while(full).count() + 1;
    fill.clamp(if query.is_unfiltered() { 1 } else { FILTERED_AHEAD }, MAX_AHEAD)
}

/// A cluster in memory: its segments' files, and the sessions that are left of it, in order.
#[derive(Debug)]
struct Loaded {
    files: Vec<Files>,
    sessions: Vec<At>,
}

/// Where a session's row lies.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
struct At {
    segment: usize,
    row: usize,
}

async fn load(lake: &Lake, cluster: Cluster, query: &Query, context: &Context) -> Result<Loaded, StoreError> {
    let segments = &cluster.segments;
    let reading =
        segments.iter().map(|segment| read(lake, segment, query, &[Record::Session], Files::default()));
    let mut files = try_join_all(reading).await?;
    let mut sessions = newest(segments, &files);
    sessions.retain(|at| query.admits(&files[at.segment], at.row));
    // Repeated records are read only of segments that still have a session to show.
    let reading = files.into_iter().zip(segments).enumerate().map(|(segment, (files, about))| {
        let needed = sessions.iter().any(|at| at.segment == segment);
        let records: &[Record] = if needed { &Record::CHILDREN } else { &[] };
        read(lake, about, query, records, files)
    });
    files = try_join_all(reading).await?;
    sessions.retain(|at| query.passes_session(&files[at.segment], at.row, context));
    let key = |at: &At| {
        let files = &files[at.segment];
        (files.instant(CREATED, at.row), files.text(ID, at.row))
    };
    sessions.sort_unstable_by(|a, b| key(a).cmp(&key(b)));
    Ok(Loaded { files, sessions })
}

/// Adds the columns that the query needs of these records.
async fn read(
    lake: &Lake,
    segment: &Segment,
    query: &Query,
    records: &[Record],
    mut files: Files,
) -> Result<Files, StoreError> {
    let needed = records.iter().filter(|record| !query.columns.of(**record).is_empty());
    let reading = needed
        .map(async |record| Ok((*record, lake.read(segment, *record, query.columns.of(*record)).await?)));
    for (record, batch) in try_join_all(reading).await? {
        files.put(record, &batch)?;
    }
    Ok(files)
}

/// The row that counts of each session, in the segments' order; sessions that are gone are left out.
///
/// Of all rows of a session the one with the greatest (sequence, live, segment) counts.
fn newest(segments: &[Segment], files: &[Files]) -> Vec<At> {
    if let ([_], [alone]) = (segments, files)
        && is_plain(alone)
    {
        return (0..alone.rows(Record::Session)).map(|row| At { segment: 0, row }).collect();
    }
    let rank = |at: At| {
        let file = &files[at.segment];
        (file.sequence(at.row), !file.is_removed(at.row), segments[at.segment].id.as_str())
    };
    let mut newest: HashMap<&str, At> = HashMap::new();
    for (segment, file) in files.iter().enumerate() {
        for row in 0..file.rows(Record::Session) {
            let at = At { segment, row };
            let best = newest.entry(file.text(ID, row).unwrap_or_default()).or_insert(at);
            if rank(at) > rank(*best) {
                *best = at;
            }
        }
    }
    newest.into_values().filter(|at| !files[at.segment].is_removed(at.row)).collect()
}

/// Whether a segment that stands alone has one row a session: no tombstone, so none moved, and no id twice in a row.
fn is_plain(files: &Files) -> bool {
    let rows = files.rows(Record::Session);
    let twice = |row: usize| row > 0 && files.text(ID, row) == files.text(ID, row - 1);
    (0..rows).all(|row| !files.is_removed(row) && !twice(row))
}

/// Visits the rows of one session: itself, or its repeated records in their order.
fn each_row(
    files: &Files,
    session: usize,
    query: &Query,
    context: &Context,
    visit: &mut (dyn FnMut(&Row<'_>) -> ControlFlow<()> + Send),
) -> ControlFlow<()> {
    let record = query.report.record();
    let rows = if record == Record::Session { session..session + 1 } else { files.children(record, session) };
    for own in rows {
        let row = Row { files, session, record, own };
        if query.is_ahead(&row) && query.passes_record(&row, context) {
            visit(&row)?;
        }
    }
    ControlFlow::Continue(())
}

#[cfg(test)]
mod tests {
    use std::collections::HashMap as Map;
    use std::sync::Arc;

    use arrow_array::{ArrayRef, BooleanArray, RecordBatch, StringArray, TimestampMicrosecondArray};
    use lake::Span;
    use shared::id::AccountId;
    use shared::time::Instant;

    use super::*;

    /// A session's row: id, created_at, sequence, whether it is a tombstone.
    type Version = (&'static str, i64, &'static str, bool);

    fn segment(id: &str, rows: &[Version]) -> (Segment, Files) {
        let span = Span::of(rows.iter().map(|row| Instant(row.1))).unwrap();
        let about = Segment {
            format: 1,
            id: id.to_owned(),
            account: AccountId::try_from("demo".to_owned()).unwrap(),
            files: Map::new(),
            created: span,
            finished: None,
            last: None,
            added_at: Instant(0),
            removed_at: None,
        };
        let columns: [(&str, ArrayRef); 4] = [
            ("session_id", Arc::new(StringArray::from_iter_values(rows.iter().map(|row| row.0)))),
            (
                "created_at",
                Arc::new(TimestampMicrosecondArray::from_iter_values(rows.iter().map(|row| row.1))),
            ),
            ("_sequence", Arc::new(StringArray::from_iter_values(rows.iter().map(|row| row.2)))),
            ("_removed", Arc::new(rows.iter().map(|row| Some(row.3)).collect::<BooleanArray>())),
        ];
        let mut files = Files::default();
        files.put(Record::Session, &RecordBatch::try_from_iter(columns).unwrap()).unwrap();
        (about, files)
    }

    /// The rows that count, as segment, id and created_at.
    fn counting(segments: &[(&str, &[Version])]) -> Vec<(usize, String, i64)> {
        let (about, files): (Vec<_>, Vec<_>) = segments.iter().map(|(id, rows)| segment(id, rows)).unzip();
        let row = |at: At| {
            let row = Row::of_session(&files[at.segment], at.row);
            (at.segment, row.session_id().to_owned(), row.created_at().0)
        };
        let mut rows: Vec<_> = newest(&about, &files).into_iter().map(row).collect();
        rows.sort();
        rows
    }

    fn expect(segments: &[(&str, &[Version])], expected: &[(usize, &str, i64)]) {
        let expected: Vec<_> =
            expected.iter().map(|(at, id, created)| (*at, (*id).to_owned(), *created)).collect();
        assert_eq!(counting(segments), expected, "{segments:?}");
    }

    #[test]
    fn the_later_stream_record_counts_in_whichever_segment_it_lies() {
        let old: &[Version] = &[("s1", 10, "01", false), ("s2", 20, "02", false)];
        let new: &[Version] = &[("s1", 10, "03", false)];
        expect(&[("a", old), ("b", new)], &[(0, "s2", 20), (1, "s1", 10)]);
        expect(&[("b", new), ("a", old)], &[(0, "s1", 10), (1, "s2", 20)]);
        expect(&[("a", &[("s1", 10, "01", false), ("s1", 10, "02", false)])], &[(0, "s1", 10)]);
    }

    #[test]
    fn a_session_that_moved_is_found_at_its_new_place_only() {
        let moved: &[Version] = &[("s1", 10, "02", true), ("s1", 30, "02", false)];
        expect(&[("a", &[("s1", 10, "01", false)]), ("b", moved)], &[(1, "s1", 30)]);
        expect(&[("a", moved)], &[(0, "s1", 30)]);
    }

    #[test]
    fn a_removed_session_is_gone_until_it_comes_again() {
        let removed: &[Version] = &[("s1", 10, "02", true)];
        expect(&[("a", &[("s1", 10, "01", false)]), ("b", removed)], &[]);
        expect(&[("a", removed)], &[]);
        expect(&[("a", removed), ("b", &[("s1", 10, "03", false)])], &[(1, "s1", 10)]);
    }

    #[test]
    fn among_equals_the_greater_segment_counts() {
        let row: &[Version] = &[("s1", 10, "01", false)];
        expect(&[("a", row), ("b", row)], &[(1, "s1", 10)]);
        expect(&[("b", row), ("a", row)], &[(0, "s1", 10)]);
    }
}
