//! The keys of objects in S3.

use base64::Engine;
use base64::prelude::BASE64_URL_SAFE_NO_PAD;

use domain::dictionary::Record;
use domain::id::{AccountId, SessionId, StorageId};
use domain::time::Instant;

/// S3: the prefix of the keys of all segments.
pub const SEGMENT_OBJECTS: &str = "segments/";

/// S3: the prefix of the keys of an account's segments.
pub fn segment_objects(account: &AccountId) -> String {
    format!("{SEGMENT_OBJECTS}{account}/")
}

/// S3: the account of an object, with a key after all of the account's objects of that kind and before those of every account
/// that comes after it in that order. `None` for an object that belongs to no account.
pub fn parse_object(object: &str) -> Option<(AccountId, String)> {
    let mut names = object.splitn(3, '/');
    let (Some(kind), Some(account), Some(_)) = (names.next(), names.next(), names.next()) else {
        return None;
    };
    // `0` is the character after `/`.
    let after = format!("{kind}/{account}0");
    Some((AccountId::try_from(account.to_owned()).ok()?, after))
}

/// S3: the key of a segment.
pub fn segment_object(account: &AccountId, id: &str) -> String {
    format!("{}{id}", segment_objects(account))
}

/// S3: the key of the file with one kind of record, in a segment whose files are objects of their own (format
/// 1).
pub fn segment_file_object(account: &AccountId, id: &str, record: Record) -> String {
    format!("{}/{}.parquet", segment_object(account, id), record.name())
}

/// S3: what the keys of all large bodies begin with.
pub const BODY_OBJECTS: &str = "bodies/";

/// S3: what the keys of an account's large bodies begin with.
pub fn body_objects(account: &AccountId) -> String {
    format!("{BODY_OBJECTS}{account}/")
}

/// S3: the key of a session's body that is too large for an item. It is made of the instant at which the body
/// was made, a random text without `-`, and the session's id in base64url, so that an account's bodies are
/// listed in the order in which they were made, and each tells its session. With eight random characters it
/// has at most 780 bytes; S3 allows 1,024.
pub fn body_object(account: &AccountId, made_at: Instant, random: &str, session: &SessionId) -> String {
    let session = BASE64_URL_SAFE_NO_PAD.encode(session.as_str());
    format!("{}-{random}-{session}", body_objects_from(account, made_at))
}

/// S3: the key at which the bodies begin that were made at this instant or later.
pub fn body_objects_from(account: &AccountId, made_at: Instant) -> String {
    format!("{}{:016x}", body_objects(account), made_at.0.max(0))
}

/// S3: reads from the key of a body when it was made, and its session. `None` for a key of the older form,
/// which is the SHA-256 of the stored bytes in hex.
pub fn parse_body_object(account: &AccountId, object: &str) -> Option<(Instant, SessionId)> {
    let mut name = object.strip_prefix(&body_objects(account))?.splitn(3, '-');
    let made_at = i64::from_str_radix(name.next()?, 16).ok()?;
    let session = BASE64_URL_SAFE_NO_PAD.decode(name.nth(1)?).ok()?;
    let session = SessionId::try_from(String::from_utf8(session).ok()?).ok()?;
    Some((Instant(made_at), session))
}

/// S3: what the keys of all media files begin with.
pub const MEDIA_OBJECTS: &str = "media/";

/// S3: what the keys of an account's media files begin with.
pub fn media_objects(account: &AccountId) -> String {
    format!("{MEDIA_OBJECTS}{account}/")
}

/// S3: the key of a media file. It contains the digest of the file's `storage_id`, which is opaque and may
/// contain any character.
pub fn media_object(account: &AccountId, storage: &StorageId) -> String {
    media_object_of(account, &storage.digest())
}

/// S3: the key of a media file, by the digest that a link carries.
pub fn media_object_of(account: &AccountId, digest: &str) -> String {
    format!("{}{digest}", media_objects(account))
}
