//! Loads a cluster into memory: the latest version of each session that passes, and the columns that are needed of it.

use std::ops::Range;

use arrow_array::cast::AsArray;
use arrow_array::types::{TimestampMicrosecondType, UInt32Type};
use arrow_array::{PrimitiveArray, RecordBatch};
use domain::dictionary::Record;
use domain::time::Instant;
use futures::future::try_join_all;
use lake::resolve::{Rank, latest_by};
use lake::{Lake, Part};
use store::StoreError;

use super::context::Context;
use super::numbering::number;
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
    pub(crate) fn in_order(&self) -> Vec<RowAt> {
        let of_segment = |(segment, rows): (usize, &Vec<u32>)| {
            rows.iter().map(move |row| RowAt { segment, row: *row as usize }).collect::<Vec<RowAt>>()
        };
        let mut all: Vec<RowAt> = self.sessions.iter().enumerate().flat_map(of_segment).collect();
        if self.segments.len() > 1 {
            let key = |at: &RowAt| {
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
pub(crate) struct RowAt {
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
    let selected = match (cluster.rows, parts.as_slice()) {
        (RowsRead::Stretch { most }, [part]) => {
            rows_in_window(lake, part, &plan.window.created, most).await?
        }
        _ => None,
    };
    let names = read.names();
    let reading = parts.iter().map(async |part: &Part| {
        let batch = match &selected {
            Some(rows) => lake.read_rows(part, read.record, &names, std::slice::from_ref(rows)).await?,
            None => lake.read(part, read.record, &names).await?,
        };
        let mut columns = SegmentColumns::from_session(selected.as_ref().map_or(0, |rows| rows.start))?;
        columns.put(read, &batch, context.zone).map(|()| columns)
    });
    let segments = try_join_all(reading).await?;
    let all = |columns: &SegmentColumns| (0..number(columns.rows(Record::Session))).collect();
    let sessions =
        if cluster.is_resolved { resolve(parts, &segments) } else { segments.iter().map(all).collect() };
    Ok(Loaded { segments, sessions })
}

/// The range of rows that may be admitted, in a part whose rows are unique: of sessions that began in the period `admitted`,
/// at most `most` from its beginning on. Sessions are in the order of `created_at`, so these rows are next to each other.
/// `None` where they are half of the rows or more: then all are read.
async fn rows_in_window(
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
fn resolve(parts: &[Part], segments: &[SegmentColumns]) -> Vec<Vec<u32>> {
    let is_removed = |at: RowAt| segments[at.segment].is_removed(at.row);
    let id = |at: RowAt| segments[at.segment].text(ID, at.row).unwrap_or_default();
    let rank = |at: RowAt| {
        Rank::new(&parts[at.segment], at.row, segments[at.segment].sequence(at.row), is_removed(at))
    };
    let rows = segments.iter().enumerate().flat_map(|(segment, columns)| {
        (0..columns.rows(Record::Session)).map(move |row| RowAt { segment, row })
    });
    let latest = latest_by(rows, id, rank);
    let mut sessions = vec![Vec::new(); segments.len()];
    let live = latest.into_values().filter(|at| !is_removed(*at));
    live.for_each(|at| sessions[at.segment].push(number(at.row)));
    sessions.iter_mut().for_each(|rows| rows.sort_unstable());
    sessions
}

#[cfg(test)]
mod tests;
