//! All DynamoDB keys and S3 object keys. They are made here and nowhere else.
//!
//! The prefix of a partition key says what kind of item it is, and the policies in `template.yaml` name these
//! prefixes. An account id contains no `#` and no `/`, so whatever follows it may contain any character.

use std::ops::RangeInclusive;

use chrono::NaiveDate;
use sha2::{Digest, Sha256};

use domain::id::{AccountId, SessionId, StorageId};
use domain::link::LinkKeyName;
use domain::time::Instant;

mod objects;
mod usage;

pub use objects::*;
pub use usage::{Usage, usage};

/// A primary key of the table.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Key {
    /// Partition key.
    pub pk: String,
    /// Sort key.
    pub sk: String,
}

impl Key {
    fn new(pk: String, sk: impl Into<String>) -> Key {
        Key { pk, sk: sk.into() }
    }
}

/// The name of the index that lists items by their owner, or by when they are due (see `sessions_listing`,
/// `tokens_listing` and `due_listing`).
pub const LISTING: &str = "listing";

/// The item of a session.
pub fn session(account: &AccountId, id: &SessionId) -> Key {
    Key::new(format!("session#{account}#{}", id.as_str()), "session")
}

/// Reads the account and the session from a session's partition key; `None` for an item of another kind.
pub fn parse_session(pk: &str) -> Option<(AccountId, SessionId)> {
    let (account, id) = pk.strip_prefix("session#")?.split_once('#')?;
    Some((AccountId::try_from(account.to_owned()).ok()?, SessionId::try_from(id.to_owned()).ok()?))
}

/// The partition of the index with an account's sessions that began on a UTC day.
pub fn sessions_listing(account: &AccountId, day: NaiveDate) -> String {
    format!("sessions#{account}#{day}")
}

/// The item of an account's settings.
pub fn account(account: &AccountId) -> Key {
    Key::new(format!("account#{account}"), "settings")
}

/// The item of an account's wrapped data key.
pub fn account_key(account: &AccountId) -> Key {
    Key::new(format!("account#{account}"), "key")
}

/// The item of the reports that an account has put into its console.
pub fn reports(account: &AccountId) -> Key {
    Key::new(format!("reports#{account}"), "reports")
}

/// The item of what an operator has set for the whole stack.
pub fn settings() -> Key {
    Key::new("settings#stack".to_owned(), "settings")
}

/// The partition of the audit log of an account, or of the stack for `None`, in a month. Its sort keys begin with the day.
pub fn audit(account: Option<&AccountId>, month: NaiveDate) -> String {
    format!("audit#{}#{}", account.map_or("", AccountId::as_str), month.format("%Y-%m"))
}

/// The item of what was done once.
pub fn audit_event(account: Option<&AccountId>, at: Instant, unique: &str) -> Key {
    Key::new(audit(account, at.to_utc().date_naive()), format!("{}#{unique}", at.to_rfc3339()))
}

/// The item that counts what was done with a token on a UTC day.
pub fn audit_count(account: &AccountId, day: NaiveDate, action: &str, by: &str) -> Key {
    Key::new(audit(Some(account), day), format!("{day}#{action}#{by}"))
}

/// The item of a token.
pub fn token(id: &str) -> Key {
    Key::new(format!("token#{id}"), "token")
}

/// The partition of the index with an account's tokens, or with the operator's tokens for `None`.
pub fn tokens_listing(account: Option<&AccountId>) -> String {
    format!("tokens#{}", account.map_or("", AccountId::as_str))
}

/// The item with the public half and the wrapped private half of a signing key.
pub fn signing_key(kid: &str) -> Key {
    Key::new(format!("signing-key#{kid}"), "key")
}

/// The partition with the list of signing keys. Its sort keys begin with the time at which a key was made.
pub fn signing_keys() -> String {
    "signing-keys".to_owned()
}

/// The item of the wrapped key that media links are signed with.
pub fn link_key(name: LinkKeyName) -> Key {
    let name = match name {
        LinkKeyName::First => 1,
        LinkKeyName::Year(year) => year,
    };
    Key::new(format!("link-key#{name}"), "key")
}

/// The item that revokes the links of a file.
pub fn revoked_link(account: &AccountId, storage: &StorageId) -> Key {
    revoked_link_of(account, &storage.digest())
}

/// The same by the digest of the file's `storage_id`, which is what a link carries.
pub fn revoked_link_of(account: &AccountId, digest: &str) -> Key {
    Key::new(format!("revoked-link#{account}#{digest}"), "revoked")
}

/// Partition of an account's manifest. Its sort keys have four kinds:
/// - `live#{width}#{first day}#{id}`: a segment that nothing has replaced, so that a period reads its own days only;
/// - `replaced#{lifetime}#{when}#{id}`: one that was replaced then, so that a snapshot reads only what was replaced after
///   it, and of what lived shortly only what was replaced shortly after it;
/// - `replaced#{when}#{id}`: one that was replaced before the keys told of lifetimes; none of these is left a day later;
/// - `segment#{id}`: one written before the manifest had two sections, live or replaced.
pub fn manifest(account: &AccountId) -> String {
    format!("manifest#{account}")
}

/// The item of a live segment: its class of width, the UTC day of its first session, and its id.
pub fn live_segment(account: &AccountId, width: usize, first: NaiveDate, id: &str) -> Key {
    Key::new(manifest(account), format!("{}{id}", live_from(width, first)))
}

/// The prefix of the sort keys of live segments.
pub const LIVE_SEGMENTS: &str = "live#";

/// What the sort keys of replaced segments begin with.
pub const REPLACED_SEGMENTS: &str = "replaced#";

/// Where the live segments of a class of width begin whose first session lies on `day` or later.
pub fn live_from(width: usize, day: NaiveDate) -> String {
    format!("{LIVE_SEGMENTS}{width}#{}#", day_text(day))
}

/// A day as text of ten characters, so that texts sort as days do. Days outside of the years 1 to 9999, which
/// ingest refuses, become the nearest day within them.
fn day_text(day: NaiveDate) -> String {
    let edge = |year, month, day| NaiveDate::from_ymd_opt(year, month, day).unwrap_or_default();
    day.clamp(edge(1, 1, 1), edge(9999, 12, 31)).to_string()
}

/// The longest that a segment of each class of lifetime was live, in seconds; those of the last class were for any time.
///
/// Where sessions come all the time, thousands of segments a day are live until the next run of maintain, a minute later;
/// what they become is live about eight times as long, and so on. So a snapshot reads few segments that it does not see.
const LIFETIMES: [i64; 4] = [90, 720, 5_760, i64::MAX];

/// A segment that was live from `added_at` until it was replaced.
pub fn replaced_segment(account: &AccountId, added_at: Instant, removed_at: Instant, id: &str) -> Key {
    let lived_so_long = |most: &i64| removed_at <= added_at.plus_seconds(*most);
    let class = LIFETIMES.iter().position(lived_so_long).unwrap_or(LIFETIMES.len() - 1);
    Key::new(manifest(account), format!("{}{id}", replaced_from(Some(class), removed_at)))
}

/// When the segment of this sort key was replaced; `None` of a key that does not tell.
pub fn replaced_at(sk: &str) -> Option<Instant> {
    let mut parts = sk.strip_prefix(REPLACED_SEGMENTS)?.rsplit('#').skip(1);
    parts.next()?.parse().ok().map(Instant)
}

/// Where the segments begin that were replaced at this instant or later: those of a class of lifetime, or those whose keys
/// tell of none.
fn replaced_from(class: Option<usize>, instant: Instant) -> String {
    let class = class.map(|class| format!("{class}#")).unwrap_or_default();
    format!("{REPLACED_SEGMENTS}{class}{:020}#", instant.0.max(0))
}

/// The first instant after this one.
fn after(instant: Instant) -> Instant {
    Instant(instant.0.saturating_add(1))
}

/// Where all segments stand that were replaced after this snapshot and live at its time, and few others.
pub fn replaced_seen_at(snapshot: Instant) -> Vec<RangeInclusive<String>> {
    let range = |class, last| replaced_from(class, after(snapshot))..=replaced_from(class, after(last));
    let of_class = |(class, most)| range(Some(class), snapshot.plus_seconds(most));
    let without_class = range(None, Instant(i64::MAX));
    LIFETIMES.into_iter().enumerate().map(of_class).chain([without_class]).collect()
}

/// Where the segments stand that were written before the manifest had two sections.
pub fn before_sections() -> RangeInclusive<String> {
    SEGMENTS_BEFORE_SECTIONS.to_owned()..=format!("{SEGMENTS_BEFORE_SECTIONS}~")
}

/// Where the segments stand that were replaced before this instant: in each range those first that were replaced first.
pub fn replaced_before(instant: Instant) -> Vec<RangeInclusive<String>> {
    let classes = (0..LIFETIMES.len()).map(Some).chain([None]);
    classes.map(|class| replaced_from(class, Instant(0))..=replaced_from(class, instant)).collect()
}

/// Where all replaced segments stand that were live before this instant, and few others.
pub fn replaced_live_before(instant: Instant) -> Vec<RangeInclusive<String>> {
    let classes =
        LIFETIMES.into_iter().enumerate().map(|(class, most)| (Some(class), instant.plus_seconds(most)));
    let ranges = classes.chain([(None, Instant(i64::MAX))]);
    ranges.map(|(class, last)| replaced_from(class, Instant(0))..=replaced_from(class, after(last))).collect()
}

/// The item of a segment that was written before the manifest had two sections.
pub fn segment_before_sections(account: &AccountId, id: &str) -> Key {
    Key::new(manifest(account), format!("{SEGMENTS_BEFORE_SECTIONS}{id}"))
}

/// The prefix of the sort keys of segments that were written before the manifest had two sections.
pub const SEGMENTS_BEFORE_SECTIONS: &str = "segment#";

/// The partition of an account's quarantined stream records. The prefix is an old name that existing tables
/// hold.
pub fn quarantine(account: &AccountId) -> String {
    format!("aside#{account}")
}

/// The item of a quarantined stream record, which could not be archived.
pub fn quarantined(account: &AccountId, sequence: &str) -> Key {
    Key::new(quarantine(account), sequence)
}

/// The partition of the receipts for an account's sessions that began on a UTC day.
pub fn receipts(account: &AccountId, day: NaiveDate) -> String {
    format!("receipt#{account}#{day}")
}

/// The item of one receipt, by its name.
pub fn receipt(account: &AccountId, day: NaiveDate, name: &str) -> Key {
    Key::new(receipts(account, day), name)
}

/// The partition of what was rejected of an account's deliveries on a UTC day.
pub fn rejections(account: &AccountId, day: NaiveDate) -> String {
    format!("rejection#{account}#{day}")
}

/// The item with what was rejected of one batch.
pub fn rejection(account: &AccountId, day: NaiveDate, batch: &str) -> Key {
    Key::new(rejections(account, day), batch)
}

/// Partition of what was left out of an account's sessions on a UTC day.
pub fn left_out(account: &AccountId, day: NaiveDate) -> String {
    format!("left-out#{account}#{day}")
}

/// What was left out of one field.
pub fn left_out_field(account: &AccountId, day: NaiveDate, field: &str) -> Key {
    Key::new(left_out(account, day), field)
}

/// Partition of the large bodies of an account that their items name no more.
pub fn garbage(account: &AccountId) -> String {
    format!("garbage#{account}")
}

/// The item of the note that a large body may be deleted from `due` on.
pub fn garbage_body(account: &AccountId, due: Instant, object: &str) -> Key {
    Key::new(garbage(account), format!("{:020}#{object}", due.0.max(0)))
}

/// The range of the sort keys of bodies that may be deleted at this instant.
pub fn garbage_until(now: Instant) -> RangeInclusive<String> {
    format!("{:020}", 0)..=format!("{:020}#~", now.0.max(0))
}

/// The partition of an account's erasures. Its sort keys have three kinds: `receipt#{id}`, which is kept for good;
/// `order#{id}`, while there is something left to do; and `person#{pseudonym}`, with the id of the person's last receipt.
pub fn erasures(account: &AccountId) -> String {
    format!("erasure#{account}")
}

/// What the sort keys of receipts begin with.
pub const ERASURE_RECEIPTS: &str = "receipt#";
/// What the sort keys of orders begin with.
pub const ERASURE_ORDERS: &str = "order#";

/// The receipt of an erasure. Ids begin with when they were made, so receipts are listed in that order.
pub fn erasure_receipt(account: &AccountId, id: &str) -> Key {
    Key::new(erasures(account), format!("{ERASURE_RECEIPTS}{id}"))
}

/// What is left to do of an erasure.
pub fn erasure_order(account: &AccountId, id: &str) -> Key {
    Key::new(erasures(account), format!("{ERASURE_ORDERS}{id}"))
}

/// The item that names the last receipt of a person.
pub fn erased_person(account: &AccountId, pseudonym: &str) -> Key {
    Key::new(erasures(account), format!("person#{pseudonym}"))
}

/// The partition of the sessions that an erasure empties, each an item under its id.
pub fn erased_sessions(account: &AccountId, receipt: &str) -> String {
    format!("erased#{account}#{receipt}")
}

/// One of them.
pub fn erased_session(account: &AccountId, receipt: &str, id: &SessionId) -> Key {
    Key::new(erased_sessions(account, receipt), id.as_str())
}

/// Over how many partitions of the index the due accounts are spread, because a partition takes 1,000 writes
/// per second.
pub const DUE_SHARDS: u8 = 16;

/// An account's maintenance item.
pub fn due(account: &AccountId) -> Key {
    Key::new(format!("due#{account}"), "due")
}

/// Reads the account from the partition key of a maintenance item; `None` for an item of another kind.
pub fn parse_due(pk: &str) -> Option<AccountId> {
    AccountId::try_from(pk.strip_prefix("due#")?.to_owned()).ok()
}

/// The partition of the index with one shard of the accounts, ordered by when their maintenance is due. Shards
/// count from 0.
pub fn due_listing(shard: u8) -> String {
    format!("due#{shard}")
}

/// The shard that lists an account. An account never changes its shard.
pub fn due_shard(account: &AccountId) -> u8 {
    Sha256::digest(account.as_str().as_bytes())[0] % DUE_SHARDS
}

/// The item of the round through all accounts that finds those without a maintenance item.
pub fn discovery() -> Key {
    Key::new("discovery#stack".to_owned(), "round")
}

#[cfg(test)]
mod tests;
