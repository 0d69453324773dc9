use std::cell::RefCell;
use std::time::Duration;

use tokio::time::sleep;

use super::*;

fn id(text: &str) -> SessionId {
    SessionId::try_from(text.to_owned()).unwrap()
}

fn soon() -> Instant {
    Instant::now() + Duration::from_secs(20)
}

#[tokio::test]
async fn writes_are_returned_in_the_order_in_which_they_end() {
    let mut in_flight = InFlight::new(soon());
    for (index, wait) in [3, 1, 2].into_iter().enumerate() {
        in_flight.push(index, id("s"), 1, async move {
            sleep(Duration::from_millis(50 * wait)).await;
            (index, wait)
        });
    }
    let mut ends = Vec::new();
    while let Some(ended) = in_flight.next().await {
        ends.push((ended.index, ended.result));
    }
    assert_eq!(ends, [(1, Some(1)), (2, Some(2)), (0, Some(3))]);
}

#[tokio::test]
async fn the_writes_under_way_are_bounded_in_number_and_in_bytes() {
    let mut in_flight = InFlight::new(soon());
    assert!(in_flight.admits(&id("s"), MAX_BYTES * 2), "the first always may");
    for index in 0..MAX_WRITES {
        assert!(in_flight.admits(&id(&index.to_string()), 10), "{index}");
        in_flight.push(index, id(&index.to_string()), 10, async move { (index, ()) });
    }
    assert!(!in_flight.admits(&id("s"), 10));
    in_flight.next().await;
    assert!(in_flight.admits(&id("s"), 10));
    assert!(!in_flight.admits(&id("s"), MAX_BYTES));
}

#[tokio::test]
async fn two_writes_of_one_session_are_never_under_way_at_once() {
    let order = RefCell::new(Vec::new());
    let mut in_flight = InFlight::new(soon());
    for (index, name) in ["a", "b", "a", "a"].into_iter().enumerate() {
        while !in_flight.admits(&id(name), 1) {
            in_flight.next().await;
        }
        let order = &order;
        in_flight.push(index, id(name), 1, async move {
            tokio::task::yield_now().await;
            order.borrow_mut().push((name, index));
            (index, ())
        });
    }
    while in_flight.next().await.is_some() {}
    let of_a: Vec<_> =
        order.borrow().iter().filter(|(name, _)| *name == "a").map(|(_, index)| *index).collect();
    assert_eq!(of_a, [0, 2, 3]);
}

#[tokio::test]
async fn writes_past_the_deadline_are_given_up_and_none_begins_after_it() {
    let (begun, started) = (RefCell::new(0), Instant::now());
    let mut in_flight = InFlight::new(Instant::now() + Duration::from_millis(300));
    let write = |index: usize, millis: u64| {
        let begun = &begun;
        async move {
            *begun.borrow_mut() += 1;
            sleep(Duration::from_millis(millis)).await;
            (index, ())
        }
    };
    in_flight.push(0, id("fast"), 1, write(0, 1));
    in_flight.push(1, id("slow"), 1, write(1, 60_000));
    assert_eq!(in_flight.next().await, Some(Ended { index: 0, id: id("fast"), result: Some(()) }));
    assert_eq!(in_flight.next().await, Some(Ended { index: 1, id: id("slow"), result: None }));
    in_flight.push(2, id("late"), 1, write(2, 0));
    assert_eq!(in_flight.next().await, Some(Ended { index: 2, id: id("late"), result: None }));
    assert_eq!(in_flight.next().await, None);
    assert_eq!(*begun.borrow(), 2);
    assert!(started.elapsed() < Duration::from_secs(5), "{:?}", started.elapsed());
}
