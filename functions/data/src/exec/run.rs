//! Runs a query over its clusters: visits its rows in the total order, or adds them up to a summary.

use std::ops::ControlFlow;
use std::panic::resume_unwind;
use std::sync::Arc;

use domain::dictionary::Record;
use futures::{FutureExt, Stream, StreamExt, stream};
use lake::Lake;
use store::StoreError;
use tokio_util::task::AbortOnDropHandle;

use super::load::{Loaded, load};
use super::predicate::Predicate;
use super::row::{Context, Row};
use super::segment_columns::SegmentColumns;
use super::summary::Summary;
use crate::catalog::report::ReportType;
use crate::plan::cluster::Cluster;
use crate::plan::query::Query;

/// The most clusters whose files are on their way at once: storage answers in tens of milliseconds, so waiting for
/// one after the other is what a long period would cost.
const MAX_AHEAD: usize = 8;
/// The number of clusters that are loaded at once where a filter makes it unknown how many rows will pass.
const FILTERED_AHEAD: usize = 4;

/// Gives the rows of the clusters to `visit`, in the total order, until it breaks off.
pub(crate) async fn run(
    lake: &Lake,
    clusters: Vec<Cluster>,
    query: &Arc<Query>,
    context: &Arc<Context>,
    visit: &mut (dyn FnMut(&Row<'_>) -> ControlFlow<()> + Send),
) -> Result<(), StoreError> {
    let mut loading = each_cluster(lake, clusters, query, context, |loaded, _| loaded);
    while let Some(loaded) = loading.next().await {
        let loaded = loaded?;
        let predicates: Vec<Predicate<'_>> =
            loaded.segments.iter().map(|columns| query.record_filters.bind(columns, context)).collect();
        for at in loaded.in_order() {
            if each_row(&loaded.segments[at.segment], at.row, query, &predicates[at.segment], visit)
                .is_break()
            {
                return Ok(());
            }
        }
    }
    Ok(())
}

/// Adds up the sessions of the clusters to a summary.
pub(crate) async fn sum_up(
    lake: &Lake,
    clusters: Vec<Cluster>,
    query: &Arc<Query>,
    context: &Arc<Context>,
) -> Result<Summary, StoreError> {
    let mut summary = Summary::new(&query.outputs);
    let shape = Arc::clone(&summary.shape);
    let partial = move |Loaded { segments, sessions }: Loaded, context: &Context| {
        shape.partial(&segments, &sessions, context)
    };
    let mut adding = each_cluster(lake, clusters, query, context, partial);
    while let Some(partial) = adding.next().await {
        summary.add(&partial?);
    }
    drop(adding);
    summary.flush();
    Ok(summary)
}

/// Loads each cluster and passes it to `make`; returns the results in the order of the clusters. Several clusters are
/// loaded at once, each by a task of its own, so that all processors are used. A task whose result is not wanted any more
/// is stopped.
fn each_cluster<T: Send + 'static>(
    lake: &Lake,
    clusters: Vec<Cluster>,
    query: &Arc<Query>,
    context: &Arc<Context>,
    make: impl Fn(Loaded, &Context) -> T + Clone + Send + 'static,
) -> impl Stream<Item = Result<T, StoreError>> + Unpin {
    let ahead = ahead(&clusters, query);
    let tasks = clusters.into_iter().map({
        let (lake, query, context) = (lake.clone(), Arc::clone(query), Arc::clone(context));
        move |cluster| {
            let (lake, query, context) = (lake.clone(), Arc::clone(&query), Arc::clone(&context));
            let make = make.clone();
            async move {
                let task = tokio::spawn(async move {
                    let loaded = load(&lake, &cluster, &query, &context).boxed().await?;
                    Ok(make(loaded, &context))
                });
                match AbortOnDropHandle::new(task).await {
                    Ok(made) => made,
                    // A panic goes on in the task of the request, which answers it with a problem document.
                    Err(error) if error.is_panic() => resume_unwind(error.into_panic()),
                    Err(error) => Err(StoreError::broken("reading a segment", error)),
                }
            }
        }
    });
    Box::pin(stream::iter(tasks).buffered(ahead))
}

/// How many clusters to load at once. A summary needs every cluster, so it loads as many as it may; a query without
/// filters loads about as many as fill a page.
fn ahead(clusters: &[Cluster], query: &Query) -> usize {
    if query.report == ReportType::Summary {
        return MAX_AHEAD;
    }
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
    columns: &SegmentColumns,
    session: usize,
    query: &Query,
    predicate: &Predicate<'_>,
    visit: &mut (dyn FnMut(&Row<'_>) -> ControlFlow<()> + Send),
) -> ControlFlow<()> {
    let record = query.report.record();
    let rows =
        if record == Record::Session { session..session + 1 } else { columns.children(record, session) };
    for own in rows {
        let row = Row { columns, session, record, own };
        if query.is_ahead(&row) && predicate.passes(&row) {
            visit(&row)?;
        }
    }
    ControlFlow::Continue(())
}
