//! Clusters: which parts of segments are read together, and in which order.

use std::ops::Range;

use domain::time::Instant;
use lake::{Part, Span};

use super::window::Window;
use crate::catalog::date_field::DateField;

/// Parts of segments that must be resolved together, because their spans of `created_at` overlap.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Cluster {
    pub(crate) parts: Vec<Part>,
}

impl Cluster {
    /// The only part of the cluster, if there is one part only and its rows are unique and live.
    pub(crate) fn unique(&self) -> Option<&Part> {
        match self.parts.as_slice() {
            [alone] if alone.is_unique => Some(alone),
            _ => None,
        }
    }
}

/// Groups the parts that a window touches into clusters, in the total order: all rows of a cluster come before those of the
/// next.
///
/// Leaving a part out by its created span is always right, for a tombstone lies where the old row lay. By another
/// date it is right only for a part that stands alone: it may hold the newer version that outdoes a row elsewhere.
pub(crate) fn clusters(mut parts: Vec<Part>, window: &Window) -> Vec<Cluster> {
    parts.retain(|part| meets(part.created, &window.created));
    parts.sort_by(|a, b| (a.created.min, &a.segment, a.number).cmp(&(b.created.min, &b.segment, b.number)));
    let mut clusters: Vec<Cluster> = Vec::new();
    let mut reach = None;
    for part in parts {
        let (min, max) = (part.created.min, part.created.max);
        match clusters.last_mut() {
            Some(cluster) if reach.is_some_and(|reach| min <= reach) => cluster.parts.push(part),
            _ => clusters.push(Cluster { parts: vec![part] }),
        }
        reach = reach.max(Some(max));
    }
    clusters.retain(|cluster| match (cluster.parts.as_slice(), &window.other) {
        ([alone], Some(other)) => {
            other_span(alone, other.field).is_some_and(|span| meets(span, &other.period))
        }
        _ => true,
    });
    clusters
}

fn other_span(part: &Part, field: DateField) -> Option<Span> {
    match field {
        DateField::Created => Some(part.created),
        DateField::Finished => part.finished,
        DateField::Last => part.last,
    }
}

fn meets(span: Span, period: &Range<Instant>) -> bool {
    span.max >= period.start && span.min < period.end
}

#[cfg(test)]
mod tests {
    use domain::id::AccountId;

    use super::*;
    use crate::plan::columns::ID;
    use crate::plan::window::OtherDate;

    fn segment(id: &str, from: i64, to: i64, finished: Option<(i64, i64)>) -> Part {
        let span = |(min, max)| Span { min: Instant(min), max: Instant(max) };
        let account = AccountId::try_from("demo".to_owned()).unwrap();
        let mut part = Part::new(id.to_owned(), account, 0, span((from, to)));
        part.finished = finished.map(span);
        part
    }

    fn planned(parts: Vec<Part>, created: Range<i64>, finished: Option<Range<i64>>) -> Vec<String> {
        let range = |range: Range<i64>| Instant(range.start)..Instant(range.end);
        let other = finished.map(|period| OtherDate {
            field: DateField::Finished,
            column: ID,
            period: range(period),
        });
        let clusters = clusters(parts, &Window { created: range(created), other });
        let ids =
            |cluster: &Cluster| cluster.parts.iter().map(|part| part.segment.as_str()).collect::<String>();
        clusters.iter().map(ids).collect()
    }

    #[test]
    fn segments_that_overlap_are_read_together_and_in_order() {
        let segment = |id, from, to| segment(id, from, to, None);
        let cases = [
            (vec![], vec![]),
            (vec![segment("b", 10, 19), segment("a", 0, 9)], vec!["a", "b"]),
            (vec![segment("a", 0, 10), segment("b", 10, 19)], vec!["ab"]),
            (vec![segment("a", 0, 100), segment("b", 1, 2), segment("c", 50, 60)], vec!["abc"]),
            (
                vec![segment("a", 0, 5), segment("b", 3, 8), segment("c", 8, 9), segment("d", 10, 10)],
                vec!["abc", "d"],
            ),
        ];
        for (segments, expected) in cases {
            assert_eq!(planned(segments, 0..1_000, None), expected);
        }
    }

    #[test]
    fn segments_outside_the_created_window_are_left_out() {
        let segments =
            || vec![segment("a", 0, 9, None), segment("b", 10, 19, None), segment("c", 20, 29, None)];
        assert_eq!(planned(segments(), 9..20, None), ["a", "b"]);
        assert_eq!(planned(segments(), 10..20, None), ["b"]);
        assert_eq!(planned(segments(), 10..21, None), ["b", "c"]);
        assert_eq!(planned(segments(), 30..99, None), [] as [&str; 0]);
    }

    #[test]
    fn another_date_leaves_out_only_segments_that_stand_alone() {
        let alone = vec![
            segment("a", 0, 9, Some((100, 199))),
            segment("b", 10, 19, Some((200, 299))),
            segment("c", 20, 29, None),
        ];
        assert_eq!(planned(alone, 0..99, Some(200..300)), ["b"]);
        let overlapping = vec![segment("a", 0, 9, Some((100, 199))), segment("b", 5, 19, Some((200, 299)))];
        assert_eq!(planned(overlapping, 0..99, Some(200..300)), ["ab"]);
    }
}
