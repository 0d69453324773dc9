//! Runs a plan: visits its rows in the total order, or adds them up to a summary.

use std::ops::ControlFlow;
use std::sync::Arc;

use domain::dictionary::Record;
use futures::{FutureExt, Stream, StreamExt, stream};
use lake::Lake;
use runtime::compute;
use store::StoreError;

use super::context::Context;
use super::load::{Loaded, load};
use super::predicate::Predicate;
use super::row::SegmentRow;
use super::segment_columns::SegmentColumns;
use super::summary::Summary;
use crate::plan::execution_plan::ExecutionPlan;

/// Gives the rows of a plan to `visit`, in the total order, until it breaks off.
pub(crate) async fn run(
    lake: &Lake,
    plan: &Arc<ExecutionPlan>,
    context: &Arc<Context>,
    visit: &mut (dyn FnMut(&SegmentRow<'_>) -> ControlFlow<()> + Send),
) -> Result<(), StoreError> {
    let mut loading = each_cluster(lake, plan, context, |loaded, _| loaded);
    while let Some(loaded) = loading.next().await {
        let loaded = loaded?;
        let predicates: Vec<Predicate<'_>> =
            loaded.segments.iter().map(|columns| plan.query.record_filters.bind(columns, context)).collect();
        for at in loaded.in_order() {
            if each_row(&loaded.segments[at.segment], at.row, plan, &predicates[at.segment], visit).is_break()
            {
                return Ok(());
            }
        }
    }
    Ok(())
}

/// Adds up the sessions of a plan to a summary.
pub(crate) async fn sum_up(
    lake: &Lake,
    plan: &Arc<ExecutionPlan>,
    context: &Arc<Context>,
) -> Result<Summary, StoreError> {
    let mut summary = Summary::new(&plan.query.outputs);
    let shape = Arc::clone(&summary.shape);
    let partial = move |Loaded { segments, sessions }: Loaded, context: &Context| {
        shape.partial(&segments, &sessions, context)
    };
    let mut adding = each_cluster(lake, plan, context, partial);
    while let Some(partial) = adding.next().await {
        summary.add(&partial?);
    }
    drop(adding);
    summary.flush();
    Ok(summary)
}

/// Loads each cluster and passes it to `make`; returns the results in the order of the clusters. Several clusters are
/// loaded at once, each by a task of its own, so that all processors are used. A task whose result is not wanted any more
/// is stopped, and a panic of one goes on in the request's, which is answered with a problem document.
fn each_cluster<T: Send + 'static>(
    lake: &Lake,
    plan: &Arc<ExecutionPlan>,
    context: &Arc<Context>,
    make: impl Fn(Loaded, &Context) -> T + Clone + Send + 'static,
) -> impl Stream<Item = Result<T, StoreError>> + Unpin {
    let tasks = (0..plan.clusters.len()).map({
        let (lake, plan, context) = (lake.clone(), Arc::clone(plan), Arc::clone(context));
        move |at| {
            let (lake, plan, context) = (lake.clone(), Arc::clone(&plan), Arc::clone(&context));
            let make = make.clone();
            compute::run(async move {
                let loaded = load(&lake, &plan, &plan.clusters[at], &context).boxed().await?;
                Ok(make(loaded, &context))
            })
        }
    });
    Box::pin(stream::iter(tasks).buffered(plan.at_once))
}

/// Visits the rows of one session: itself, or its repeated records in their order.
fn each_row(
    columns: &SegmentColumns,
    session: usize,
    plan: &ExecutionPlan,
    predicate: &Predicate<'_>,
    visit: &mut (dyn FnMut(&SegmentRow<'_>) -> ControlFlow<()> + Send),
) -> ControlFlow<()> {
    let record = plan.query.report.record();
    let rows =
        if record == Record::Session { session..session + 1 } else { columns.children(record, session) };
    for own in rows {
        let row = SegmentRow { columns, session, record, own };
        if plan.is_ahead(&row) && predicate.passes(&row) {
            visit(&row)?;
        }
    }
    ControlFlow::Continue(())
}
