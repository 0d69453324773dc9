use super::*;

#[test]
fn texts_of_days_and_instants_sort_like_the_days_and_instants() {
    let days: Vec<String> = [-9_000, 1, 987, 2026, 9999, 200_000]
        .into_iter()
        .map(|year| live_from(0, NaiveDate::from_ymd_opt(year, 3, 1).unwrap_or_default()))
        .collect();
    assert!(days.is_sorted(), "{days:?}");
    let instants: Vec<String> =
        [-5, 0, 9, 10, i64::MAX].map(|at| replaced_from(Some(1), Instant(at))).to_vec();
    assert!(instants.is_sorted(), "{instants:?}");
}

#[test]
fn a_snapshot_reads_what_was_replaced_after_it_and_little_that_it_does_not_see() {
    let account = AccountId::try_from("demo".to_owned()).unwrap();
    let snapshot = Instant(1_795_843_200_000_000);
    let at = |seconds: i64| snapshot.plus_seconds(seconds);
    let reads =
        |sk: &str| replaced_seen_at(snapshot).iter().filter(|keys| keys.contains(&sk.to_owned())).count();
    let reads_one = |added, removed| reads(&replaced_segment(&account, added, removed, "x").sk);
    for lived in [0, 1, 89, 90, 91, 720, 721, 5_760, 5_761, 86_400, 9_000_000_000] {
        // The first and the last instant at which it is seen.
        assert_eq!(reads_one(snapshot, at(lived)), usize::from(lived > 0), "{lived}");
        assert_eq!(reads_one(Instant(at(-lived).0 + 1), Instant(snapshot.0 + 1)), 1, "{lived}");
        assert_eq!(reads_one(at(-lived), snapshot), 0, "{lived}");
        // A snapshot of a day ago reads none of those that were live for less than half an hour, long after it.
        assert_eq!(reads_one(at(80_000), at(80_000 + lived)), usize::from(lived > 5_760), "{lived}");
    }
    // Of two clocks, the one that replaces may be behind.
    assert_eq!(reads_one(at(5), at(3)), 1);
    assert_eq!(reads(&format!("replaced#{:020}#x", at(0).0)), 0);
    assert_eq!(reads(&format!("replaced#{:020}#x", at(80_000).0)), 1);
}

#[test]
fn what_was_replaced_before_an_instant_stands_in_one_range() {
    let account = AccountId::try_from("demo".to_owned()).unwrap();
    let until = Instant(1_795_843_200_000_000);
    let finds = |sk: String| replaced_before(until).iter().filter(|keys| keys.contains(&sk)).count();
    for lived in [0, 90, 91, 720, 721, 9_999, i64::MAX / 1_000_000] {
        let key =
            |removed: Instant| replaced_segment(&account, removed.plus_seconds(-lived), removed, "x").sk;
        assert_eq!((finds(key(Instant(until.0 - 1))), finds(key(until))), (1, 0), "{lived}");
        assert_eq!(finds(key(Instant(0))), 1, "{lived}");
    }
    assert_eq!(finds(format!("replaced#{:020}#x", until.0 - 1)), 1);
    assert_eq!(finds(format!("replaced#{:020}#x", until.0)), 0);
}

#[test]
fn what_was_live_before_an_instant_is_found_and_little_that_became_live_after_it() {
    let account = AccountId::try_from("demo".to_owned()).unwrap();
    let instant = Instant(1_795_843_200_000_000);
    let at = |seconds: i64| instant.plus_seconds(seconds);
    let finds = |added, removed| {
        let sk = replaced_segment(&account, added, removed, "x").sk;
        replaced_live_before(instant).iter().filter(|keys| keys.contains(&sk)).count()
    };
    for lived in [0, 90, 91, 720, 721, 5_760, 5_761, 86_400, 9_000_000_000] {
        for ago in [0, 1, 3_600, 9_000_000] {
            assert_eq!(finds(at(-ago), at(lived - ago)), 1, "{lived} {ago}");
        }
        // Of what became live hours after it, only what lived for hours is read.
        assert_eq!(finds(at(7_200), at(7_200 + lived)), usize::from(lived > 5_760), "{lived}");
    }
}

#[test]
fn a_session_key_reads_back_whatever_the_id_holds() {
    let demo = AccountId::try_from("demo".to_owned()).unwrap();
    for id in ["plain", "a#b", "#", "a/../b", "é"] {
        let id = SessionId::try_from(id.to_owned()).unwrap();
        assert_eq!(parse_session(&session(&demo, &id).pk), Some((demo.clone(), id)));
    }
    assert_eq!(parse_session("token#demo#x"), None);
    assert_eq!(parse_session("session#demo"), None);
}

#[test]
fn a_body_s_key_says_when_it_was_made_and_whose_it_is() {
    let account = AccountId::try_from("a".repeat(63)).unwrap();
    let (earlier, later) = (Instant(1_795_843_200_000_000), Instant(1_795_843_200_000_001));
    for id in ["plain", "a/b-c_d", "-", "é", &"\u{10348}".repeat(128)] {
        let id = SessionId::try_from(id.to_owned()).unwrap();
        let object = body_object(&account, later, "0123abcd", &id);
        assert!(object.len() <= 780, "{object}");
        assert_eq!(parse_body_object(&account, &object), Some((later, id.clone())));
        assert!(body_object(&account, earlier, "ffffffff", &id) < object);
        assert!(body_objects_from(&account, later) < object);
    }
    let old = format!("{}{}", body_objects(&account), StorageId::try_from("x".to_owned()).unwrap().digest());
    assert_eq!(parse_body_object(&account, &old), None);
}

#[test]
fn the_objects_of_accounts_follow_one_another() {
    let all = ["a-b", "a", "a0", "ab", "b"].map(|id| AccountId::try_from(id.to_owned()).unwrap());
    for objects in [segment_objects, body_objects, media_objects] {
        let first = all.each_ref().map(|account| format!("{}0006614f54022000-x/y", objects(account)));
        let parsed: Vec<(AccountId, String)> =
            first.iter().filter_map(|object| parse_object(object)).collect();
        for at in 0..all.len() {
            assert_eq!(parsed[at].0, all[at]);
            assert!(first[at] < parsed[at].1 && first.get(at + 1).is_none_or(|next| parsed[at].1 < *next));
        }
    }
    for of_none in ["segments/A/x", "segments/a", "segments", ""] {
        assert_eq!(parse_object(of_none), None);
    }
}

#[test]
fn garbage_may_be_deleted_from_its_due_time_on() {
    let account = AccountId::try_from("demo".to_owned()).unwrap();
    let key = garbage_body(&account, Instant(1_000), "bodies/demo/x");
    let may_go = |now: i64| garbage_until(Instant(now)).contains(&key.sk);
    assert!(!may_go(999) && may_go(1_000) && may_go(i64::MAX));
}

#[test]
fn an_account_stays_in_its_shard_and_accounts_spread_over_all() {
    let accounts: Vec<AccountId> =
        (0..400).map(|at| AccountId::try_from(format!("account-{at}")).unwrap()).collect();
    let shards: std::collections::BTreeSet<u8> = accounts.iter().map(due_shard).collect();
    assert_eq!(shards.into_iter().collect::<Vec<_>>(), (0..DUE_SHARDS).collect::<Vec<_>>());
    assert_eq!(due_shard(&AccountId::try_from("demo".to_owned()).unwrap()), 10);
    assert_eq!(parse_due(&due(&accounts[7]).pk), Some(accounts[7].clone()));
    assert_eq!(parse_due("session#demo#x"), None);
}
