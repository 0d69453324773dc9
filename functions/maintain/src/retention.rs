//! Retention: what is past its account's retention goes from the table, from the lake and from the media files, each by a
//! duty of its own.

pub(crate) mod table;
pub(crate) mod lake;
pub(crate) mod media;
