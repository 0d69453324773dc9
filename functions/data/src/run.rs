//! Runs a query over its clusters, in the total order: one row after the other, or all added up.

use std::ops::ControlFlow;

use futures::{StreamExt, stream};
use lake::Lake;
use shared::dictionary::Record;
use shared::store::StoreError;

use crate::cells::Files;
use crate::conditions::Test;
use crate::expr::{Context, Row};
use crate::load::{Loaded, load};
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
