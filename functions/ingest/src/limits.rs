//! How much a request, a session and an answer may hold. Where no other source is named, the HTTP contract is it.

/// The largest body as it is sent, in bytes: as much as a Lambda event can carry once it is escaped.
pub(crate) const MAX_SENT: usize = 4 << 20;
/// The largest body after decompression, in bytes.
pub(crate) const MAX_INFLATED: usize = 20 << 20;
/// The most sessions that a body may have.
pub(crate) const MAX_ITEMS: usize = 5_000;

/// The largest parsed session, in bytes of its canonical JSON.
pub(crate) const MAX_SESSION: usize = 3 << 20;
/// The longest text of a field, in bytes.
pub(crate) const MAX_TEXT: usize = 1 << 20;
/// The most records that a session may have, all lists together. Our own: it bounds empty records, which take three
/// bytes in the body and fifty in memory. Records with contents reach `MAX_SESSION` first.
pub(crate) const MAX_RECORDS: usize = 50_000;
/// The most elements in a list that is read. Our own, as for records.
pub(crate) const MAX_ELEMENTS: usize = 50_000;
/// The most keys in one object. Our own: far more than any document has, and few enough to have in memory.
pub(crate) const MAX_KEYS: usize = 20_000;
/// How many levels deep an item may be nested. Our own: the names of the dictionary need six levels at most.
pub(crate) const MAX_DEPTH: usize = 32;

/// The most faults of one rejected item that are told. Our own.
pub(crate) const MAX_FAULTS: usize = 100;
/// The most values left out that are told, of an item and of a batch.
pub(crate) const MAX_WARNINGS: usize = 100;
/// The most different unknown keys that are told.
pub(crate) const MAX_UNKNOWN_KEYS: usize = 50;
/// The most items that are told of one unknown key. Our own.
pub(crate) const MAX_HINTED_ITEMS: usize = 10;
/// The longest stretch of a client's own text that is given back, in characters.
pub(crate) const MAX_QUOTED: usize = 80;
/// The longest stretch of a client's own key that is given back, in characters. Our own.
pub(crate) const MAX_PATH: usize = 60;
/// The longest shape of a value that is kept, in characters. Our own.
pub(crate) const MAX_SHAPE: usize = 40;
