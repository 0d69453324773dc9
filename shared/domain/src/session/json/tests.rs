//! What is kept of a session is what is read back, to the last bit.

use proptest::prelude::*;

use super::*;

fn timed(seconds: f64) -> Session {
    let mut session = Session::default();
    let ordinal = dictionary::ordinal(Record::Session, "attendance_timer_tma").unwrap();
    session.fields.set(ordinal, Some(Value::Seconds(seconds)));
    session
}

fn check(seconds: f64) {
    let session = timed(seconds);
    let read = Session::from_json(&session.to_json()).unwrap();
    let ordinal = dictionary::ordinal(Record::Session, "attendance_timer_tma").unwrap();
    let Some(Value::Seconds(back)) = read.fields.get(ordinal) else { panic!("no number") };
    assert_eq!(back.to_bits(), seconds.to_bits(), "{seconds:?} came back as {back:?}");
    assert_eq!(read.content_hash(), session.content_hash());
}

#[test]
fn averages_of_seconds_keep_their_last_digit() {
    for sum in 1..2_000 {
        for count in [3.0, 7.0, 11.0] {
            check(f64::from(sum) / count);
        }
    }
    check(106.333_333_333_333_33);
}

proptest! {
    #[test]
    fn every_finite_number_keeps_every_bit(bits: u64) {
        let seconds = f64::from_bits(bits);
        prop_assume!(seconds.is_finite());
        check(seconds);
    }
}
