//! Runs a query over its clusters: newest of each session, filters, order, then one row after the other.

use std::collections::HashMap;
use std::ops::ControlFlow;

use arrow_array::RecordBatch;
use futures::future::try_join_all;
use futures::{StreamExt, stream};
use lake::{Lake, Segment};
use shared::dictionary::Record;
use shared::store::StoreError;

use crate::cells::{CREATED, Files, ID, Keys};
use crate::conditions::Test;
use crate::expr::{Context, Row};
use crate::plan::Cluster;
use crate::query::Query;
use crate::summary::Summary;

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
    each_cluster(lake, clusters, query, context, &mut |Loaded { files, sessions }| {
        let tests: Vec<Test<'_>> =
            files.iter().map(|files| query.record_filters.over(files, context)).collect();
        for at in sessions {
            each_row(&files[at.segment], at.row, query, &tests[at.segment], visit)?;
        }
        ControlFlow::Continue(())
    })
    .await
}

/// Adds the sessions of the clusters up.
pub(crate) async fn sum_up(
    lake: &Lake,
    clusters: Vec<Cluster>,
    query: &Query,
    context: &Context,
    summary: &mut Summary,
) -> Result<(), StoreError> {
    each_cluster(lake, clusters, query, context, &mut |Loaded { files, sessions }| {
        let mut rows: Vec<Vec<u32>> = vec![Vec::new(); files.len()];
        sessions.iter().for_each(|at| rows[at.segment].push(at.row as u32));
        files.iter().zip(&rows).for_each(|(files, rows)| summary.add(&query.outputs, files, rows, context));
        ControlFlow::Continue(())
    })
    .await
}

/// Gives the clusters to `visit`, one after the other, until it breaks off; the next ones are loaded meanwhile.
async fn each_cluster(
    lake: &Lake,
    clusters: Vec<Cluster>,
    query: &Query,
    context: &Context,
    visit: &mut (dyn FnMut(Loaded) -> ControlFlow<()> + Send),
) -> Result<(), StoreError> {
    let ahead = ahead(&clusters, query);
    let loading = clusters.into_iter().map(|cluster| load(lake, cluster, query, context));
    let mut loaded = stream::iter(loading).buffered(ahead);
    while let Some(cluster) = loaded.next().await {
        if visit(cluster?).is_break() {
            return Ok(());
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
    let keys = query.keys(&cluster);
    let read = async |segment: &Segment, records: &[Record], mut files: Files| {
        let needed = records.iter().filter(|record| query.columns.has(**record));
        let reading = needed.map(|record| read_record(lake, segment, *record, query, keys));
        for (record, needed, batch) in try_join_all(reading).await? {
            files.put(record, &needed, &batch, context.zone)?;
        }
        Ok::<_, StoreError>(files)
    };
    let reading = segments.iter().map(|segment| read(segment, &[Record::Session], Files::default()));
    let mut files = try_join_all(reading).await?;
    let mut sessions = match cluster.plain() {
        Some(_) => (0..files[0].rows(Record::Session)).map(|row| At { segment: 0, row }).collect(),
        None => newest(segments, &files),
    };
    if !query.admits_all(&cluster) {
        sessions.retain(|at| query.admits(&files[at.segment], at.row));
    }
    // Repeated records are read only of segments that still have a session to show.
    let reading = files.into_iter().zip(segments).enumerate().map(|(segment, (files, about))| {
        let needed = sessions.iter().any(|at| at.segment == segment);
        read(about, if needed { &Record::CHILDREN } else { &[] }, files)
    });
    files = try_join_all(reading).await?;
    if !query.session_filters.is_empty() {
        let test = |files| query.session_filters.over(files, context);
        let tests: Vec<Test<'_>> = files.iter().map(test).collect();
        sessions.retain(|at| tests[at.segment].passes(&Row::of_session(&files[at.segment], at.row)));
    }
    if cluster.plain().is_none() {
        let key = |at: &At| {
            let files = &files[at.segment];
            (files.instant(CREATED, at.row), files.text(ID, at.row))
        };
        sessions.sort_unstable_by(|a, b| key(a).cmp(&key(b)));
    }
    Ok(Loaded { files, sessions })
}

/// What is needed of a record's columns, and those columns.
async fn read_record(
    lake: &Lake,
    segment: &Segment,
    record: Record,
    query: &Query,
    keys: Keys,
) -> Result<(Record, Vec<Option<&'static str>>, RecordBatch), StoreError> {
    let needed = query.columns.needed(record, keys);
    let names: Vec<&str> = needed.iter().copied().flatten().collect();
    Ok((record, needed, lake.read(segment, record, &names).await?))
}

/// The row that counts of each session, in the segments' order; sessions that are gone are left out.
///
/// Of all rows of a session the one with the greatest (sequence, live, segment) counts.
fn newest(segments: &[Segment], files: &[Files]) -> Vec<At> {
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

/// Visits the rows of one session: itself, or its repeated records in their order.
fn each_row(
    files: &Files,
    session: usize,
    query: &Query,
    test: &Test<'_>,
    visit: &mut (dyn FnMut(&Row<'_>) -> ControlFlow<()> + Send),
) -> ControlFlow<()> {
    let record = query.report.record();
    let rows = if record == Record::Session { session..session + 1 } else { files.children(record, session) };
    for own in rows {
        let row = Row { files, session, record, own };
        if query.is_ahead(&row) && test.passes(&row) {
            visit(&row)?;
        }
    }
    ControlFlow::Continue(())
}

#[cfg(test)]
mod tests {
    use std::collections::HashMap as Map;
    use std::sync::Arc;

    use arrow_array::{ArrayRef, BooleanArray, StringArray, TimestampMicrosecondArray};
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
            plain: false,
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
        let needed = columns.each_ref().map(|(name, _)| Some(*name));
        let batch = RecordBatch::try_from_iter(columns).unwrap();
        files.put(Record::Session, &needed, &batch, chrono_tz::UTC).unwrap();
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
