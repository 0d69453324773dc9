//! Loads a cluster into memory: the latest version of each session that passes, and the columns that are needed of it.

use std::collections::HashMap;
use std::ops::Range;

use arrow_array::cast::AsArray;
use arrow_array::types::{TimestampMicrosecondType, UInt32Type};
use arrow_array::{PrimitiveArray, RecordBatch};
use domain::dictionary::Record;
use domain::time::Instant;
use futures::future::try_join_all;
use lake::{Lake, Part};
use store::StoreError;

use super::row::Context;
use super::segment_columns::SegmentColumns;
use crate::plan::columns::{CREATED, ID};
use crate::plan::execution_plan::{ClusterPlan, ExecutionPlan, RowsRead};

/// If at most one session in this many is shown, finding the rows of its records first costs less than reading all rows.
const FEW: u64 = 16;

/// A cluster in memory: the columns of its segments, and for each the rows of the sessions that are left, in order.
#[derive(Debug)]
pub(crate) struct Loaded {
    pub(crate) segments: Vec<SegmentColumns>,
    pub(crate) sessions: Vec<Vec<u32>>,
}

impl Loaded {
    /// The rows of all sessions in the total order. The rows of a single segment are in that order already.
    pub(crate) fn in_order(&self) -> Vec<At> {
        let of_segment = |(segment, rows): (usize, &Vec<u32>)| {
            rows.iter().map(move |row| At { segment, row: *row as usize }).collect::<Vec<At>>()
        };
        let mut all: Vec<At> = self.sessions.iter().enumerate().flat_map(of_segment).collect();
        if self.segments.len() > 1 {
            let key = |at: &At| {
                let columns = &self.segments[at.segment];
                (columns.instant(CREATED, at.row), columns.text(ID, at.row))
            };
            all.sort_unstable_by(|a, b| key(a).cmp(&key(b)));
        }
        all
    }
}

/// The position of a session's row: its segment in the cluster, and the row in that segment.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct At {
    pub(crate) segment: usize,
    pub(crate) row: usize,
}

/// Reads what a plan has of one of its clusters, and finds the sessions that pass.
pub(crate) async fn load(
    lake: &Lake,
    plan: &ExecutionPlan,
    cluster: &ClusterPlan,
    context: &Context,
) -> Result<Loaded, StoreError> {
    let mut loaded = read_sessions(lake, plan, cluster, context).await?;
    if cluster.is_windowed {
        for (columns, sessions) in loaded.segments.iter().zip(&mut loaded.sessions) {
            sessions.retain(|row| plan.admits(columns, *row as usize));
        }
    }
    if plan.filters_need_records {
        read_records(lake, plan, cluster, context, &mut loaded).await?;
    }
    for (columns, sessions) in loaded.segments.iter().zip(&mut loaded.sessions) {
        plan.query.session_filters.bind(columns, context).retain(columns, sessions);
    }
    if !plan.filters_need_records {
        read_records(lake, plan, cluster, context, &mut loaded).await?;
    }
    Ok(loaded)
}

/// Reads a cluster's sessions, and finds the latest version of each.
async fn read_sessions(
    lake: &Lake,
    plan: &ExecutionPlan,
    cluster: &ClusterPlan,
    context: &Context,
) -> Result<Loaded, StoreError> {
    let ClusterPlan { parts, columns: read, .. } = cluster;
    let stretch = match (cluster.rows, parts.as_slice()) {
        (RowsRead::Stretch { most }, [part]) => stretch(lake, part, &plan.window.created, most).await?,
        _ => None,
    };
    let names = read.names();
    let reading = parts.iter().map(async |part: &Part| {
        let batch = match &stretch {
            Some(rows) => lake.read_rows(part, read.record, &names, std::slice::from_ref(rows)).await?,
            None => lake.read(part, read.record, &names).await?,
        };
        let mut columns = SegmentColumns::from_session(stretch.as_ref().map_or(0, |rows| rows.start));
        columns.put(read, &batch, context.zone).map(|()| columns)
    });
    let segments = try_join_all(reading).await?;
    let all = |columns: &SegmentColumns| (0..columns.rows(Record::Session) as u32).collect();
    let sessions =
        if cluster.is_resolved { resolve(parts, &segments) } else { segments.iter().map(all).collect() };
    Ok(Loaded { segments, sessions })
}

/// The range of rows that may be admitted, in a part whose rows are unique: of sessions that began in the period `admitted`,
/// at most `most` from its beginning on. Sessions are in the order of `created_at`, so these rows are next to each other.
/// `None` where they are half of the rows or more: then all are read.
async fn stretch(
    lake: &Lake,
    part: &Part,
    admitted: &Range<Instant>,
    most: Option<usize>,
) -> Result<Option<Range<usize>>, StoreError> {
    let batch = lake.read(part, Record::Session, &["created_at"]).await?;
    let created = batch.columns().first().and_then(|array| array.as_primitive_opt());
    let Some(created) = created.map(PrimitiveArray::<TimestampMicrosecondType>::values) else {
        return Ok(None);
    };
    let Range { start, end } = *admitted;
    let before = |instant: Instant| created.partition_point(|at| Instant(*at) < instant);
    let mut rows = before(start)..before(end);
    if let Some(most) = most {
        // Some of the sessions that began at the same instant as the cursor's session may come before the cursor.
        let alike = created.partition_point(|at| Instant(*at) <= start);
        rows.end = rows.end.min(alike.max(rows.start).saturating_add(most));
    }
    Ok(Some(rows).filter(|rows| rows.len() * 2 < created.len()))
}

/// Reads the repeated records of each segment that still has a session to show. Where these sessions are few, only the
/// rows that belong to them are read.
async fn read_records(
    lake: &Lake,
    plan: &ExecutionPlan,
    cluster: &ClusterPlan,
    context: &Context,
    loaded: &mut Loaded,
) -> Result<(), StoreError> {
    for read in &plan.records {
        let (record, names) = (read.record, read.names());
        let segments = loaded.sessions.iter().zip(&mut loaded.segments);
        let reading = cluster.parts.iter().zip(segments).map(async |(part, (sessions, columns))| {
            let batch = match sessions.as_slice() {
                [] => return Ok(()),
                few if few.len() as u64 * FEW < part.rows(Record::Session)
                    || (columns.rows(Record::Session) as u64) < part.rows(Record::Session) =>
                {
                    let owners = lake.read(part, record, &[lake::columns::SESSION]).await?;
                    let rows = rows_of(&owners, few, columns.first());
                    lake.read_rows(part, record, &names, &rows).await?
                }
                _ => lake.read(part, record, &names).await?,
            };
            columns.put(read, &batch, context.zone)
        });
        try_join_all(reading).await?;
    }
    Ok(())
}

/// The rows of a repeated record's file that belong to these sessions, which are in order like the file and counted from
/// its session `first` on.
fn rows_of(owners: &RecordBatch, sessions: &[u32], first: u32) -> Vec<Range<usize>> {
    let owners = owners.columns().first().and_then(|owners| owners.as_primitive_opt::<UInt32Type>());
    let owners = owners.map(|owners| owners.values().as_ref()).unwrap_or_default();
    let mut rows: Vec<Range<usize>> = Vec::new();
    for session in sessions.iter().map(|session| session + first) {
        let from = owners.partition_point(|owner| *owner < session);
        let to = from + owners[from..].partition_point(|owner| *owner == session);
        match rows.last_mut() {
            Some(last) if last.end == from => last.end = to,
            _ if from < to => rows.push(from..to),
            _ => {}
        }
    }
    rows
}

/// Resolves the versions of each session: for each segment the rows that hold the latest version of their session, in
/// order. A session whose latest version is a tombstone is left out.
///
/// The latest version of a session is the row with the greatest (sequence, live, segment).
fn resolve(parts: &[Part], segments: &[SegmentColumns]) -> Vec<Vec<u32>> {
    let rank = |at: At| {
        let columns = &segments[at.segment];
        (columns.sequence(at.row), !columns.is_removed(at.row), parts[at.segment].segment.as_str())
    };
    let mut latest: HashMap<&str, At> = HashMap::new();
    for (segment, columns) in segments.iter().enumerate() {
        for row in 0..columns.rows(Record::Session) {
            let at = At { segment, row };
            let best = latest.entry(columns.text(ID, row).unwrap_or_default()).or_insert(at);
            if rank(at) > rank(*best) {
                *best = at;
            }
        }
    }
    let mut sessions = vec![Vec::new(); segments.len()];
    let live = latest.into_values().filter(|at| !segments[at.segment].is_removed(at.row));
    live.for_each(|at| sessions[at.segment].push(at.row as u32));
    sessions.iter_mut().for_each(|rows| rows.sort_unstable());
    sessions
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use arrow_array::{ArrayRef, BooleanArray, StringArray, TimestampMicrosecondArray};
    use domain::id::AccountId;
    use lake::Span;

    use super::*;
    use crate::exec::row::Row;
    use crate::plan::columns::ReadColumns;

    /// A session's row: id, created_at, sequence, whether it is a tombstone.
    type Version = (&'static str, i64, &'static str, bool);

    fn segment(id: &str, rows: &[Version]) -> (Part, SegmentColumns) {
        let span = Span::of(rows.iter().map(|row| Instant(row.1))).unwrap();
        let about = Part::new(id.to_owned(), AccountId::try_from("demo".to_owned()).unwrap(), 0, span);
        let arrays: [(&str, ArrayRef); 4] = [
            ("session_id", Arc::new(StringArray::from_iter_values(rows.iter().map(|row| row.0)))),
            (
                "created_at",
                Arc::new(TimestampMicrosecondArray::from_iter_values(rows.iter().map(|row| row.1))),
            ),
            ("_sequence", Arc::new(StringArray::from_iter_values(rows.iter().map(|row| row.2)))),
            ("_removed", Arc::new(rows.iter().map(|row| Some(row.3)).collect::<BooleanArray>())),
        ];
        let mut columns = SegmentColumns::default();
        let read = ReadColumns {
            record: Record::Session,
            columns: arrays.each_ref().map(|(name, _)| Some(*name)).into(),
        };
        let batch = RecordBatch::try_from_iter(arrays).unwrap();
        columns.put(&read, &batch, domain::zone::Zone::UTC).unwrap();
        (about, columns)
    }

    /// The resolved rows, as segment, id and created_at.
    fn counting(segments: &[(&str, &[Version])]) -> Vec<(usize, String, i64)> {
        let (about, segments): (Vec<_>, Vec<_>) = segments.iter().map(|(id, rows)| segment(id, rows)).unzip();
        let sessions = resolve(&about, &segments);
        let row = |at: At| {
            let row = Row::of_session(&segments[at.segment], at.row);
            (at.segment, row.session_id().to_owned(), row.created_at().0)
        };
        let mut rows: Vec<_> =
            Loaded { segments: segments.clone(), sessions }.in_order().into_iter().map(row).collect();
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
