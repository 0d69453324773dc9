//! Odd values: whatever stands in a field's place, its session is kept, and so is all else that it says.
//!
//! By default 2,000 documents are posted. `PREMIUM_ODD_DOCUMENTS=100000` posts as many.

use std::collections::BTreeMap;
use std::time::Duration;

use domain::dictionary::{self, Field, Kind, Record};
use fastrand::Rng;
use serde_json::{Value, json};

use crate::world::{World, query};

/// Documents in which every value is fine, by the name of their shape.
const SAMPLES: [(&str, &str); 2] = [
    ("nested", include_str!("samples/session-nested.json")),
    ("flat", include_str!("samples/session-flat.json")),
];
/// The keys that identify a session.
const IDS: [&str; 3] = ["id", "_id", "session_id"];
/// Objects of the nested shape, which may be odd as a whole.
const OBJECTS: [&str; 9] = [
    "agent",
    "agent.session",
    "attendance_timer",
    "campaign",
    "campaign.permissions",
    "channel",
    "contact",
    "flow",
    "tabulation",
];
/// How long it may take until everything that was posted is readable.
const PATIENCE: Duration = Duration::from_secs(120);

/// Returns how many documents there are.
fn size() -> usize {
    runtime::config::parsed("PREMIUM_ODD_DOCUMENTS").unwrap().unwrap_or(2_000)
}

/// A value of any shape, which most fields do not take.
fn odd_value(rng: &mut Rng) -> Value {
    let texts =
        ["", "x", "sim", "1,5", "ontem", "01:02:03", "99:99", "-0001-11-30 00:00:00", "=1+1", "\u{0}é😕"];
    let simple = |rng: &mut Rng| match rng.u8(0..6) {
        0 => json!(rng.i64(..)),
        1 => json!(rng.f64() * 1e7),
        2 => json!(rng.bool()),
        3 => Value::Null,
        _ => json!(texts[rng.usize(..texts.len())]),
    };
    match rng.u8(0..8) {
        0 => json!([simple(rng), {"name": simple(rng)}, [simple(rng)]]),
        1 => json!({"name": simple(rng), "_id": simple(rng)}),
        2 => json!({"0": simple(rng), "7": {"message": simple(rng)}}),
        3 => json!({"$date": simple(rng)}),
        4 => json!({"date": simple(rng), "timezone": simple(rng)}),
        _ => simple(rng),
    }
}

/// Puts a value where a path leads, through the first element of a list that has the next key, else its first.
fn put(document: &mut Value, path: &str, value: Value) {
    let Some((key, rest)) = path.split_once('.') else {
        document[path] = value;
        return;
    };
    let next = rest.split('.').next().unwrap();
    match &mut document[key] {
        Value::Array(list) => {
            let at = list.iter().position(|each| each.get(next).is_some()).unwrap_or(0);
            put(&mut list[at], rest, value);
        }
        inner => put(inner, rest, value),
    }
}

/// A sample under another id.
fn copy_of(sample: &str, id: &str) -> Value {
    let mut document: Value = serde_json::from_str(sample).unwrap();
    for key in IDS {
        document[key] = json!(id);
    }
    document
}

/// Where a document has an odd value, and which sample it is a copy of.
struct Odd {
    shape: &'static str,
    /// The id of the field, or the beginning of the ids of all fields of an object or of a list.
    about: String,
    is_whole: bool,
}

impl Odd {
    /// Returns a document with an odd value somewhere.
    fn document(id: &str, rng: &mut Rng) -> (Value, Odd) {
        let optional: Vec<&Field> = dictionary::fields()
            .iter()
            .filter(|field| !field.required && !IDS.contains(&field.name))
            .collect();
        let (shape, sample) = SAMPLES[rng.usize(..SAMPLES.len())];
        let place = rng.usize(..optional.len() + OBJECTS.len());
        let (path, is_whole) = match optional.get(place) {
            Some(field) => {
                let path = if shape == "nested" { field.path() } else { field.name.to_owned() };
                (path, matches!(field.kind, Kind::Records(_)))
            }
            None => (OBJECTS[place - optional.len()].to_owned(), true),
        };
        let about = optional.get(place).map_or_else(|| path.replace('.', "_"), |field| field.id());
        let mut document = copy_of(sample, id);
        put(&mut document, &path, odd_value(rng));
        (document, Odd { shape, about, is_whole })
    }

    /// Whether a column may differ from the sample's.
    fn may_differ(&self, id: &str) -> bool {
        id == self.about
            || self.is_whole && id.strip_prefix(&self.about).is_some_and(|rest| rest.starts_with('_'))
    }
}

/// The rows of a record, by the id of their session, which they are without.
type Rows = BTreeMap<String, Vec<Vec<Value>>>;

async fn rows_of(world: &World, report: &str, record: Record, columns: &[String]) -> Rows {
    let report_type = record.name().replace("talks.options", "talk_options");
    let fields: Vec<&str> = ["session_id"].into_iter().chain(columns.iter().map(String::as_str)).collect();
    let mut rows = Rows::new();
    for mut row in world.rows(report, &query(&report_type, &fields)).await {
        let id = row.remove(0);
        rows.entry(id.as_str().unwrap().to_owned()).or_default().push(row);
    }
    rows
}

/// Rows without the columns that may differ, in an order that does not depend on these.
fn comparable(rows: &[Vec<Value>], columns: &[String], odd: &Odd) -> Vec<String> {
    let alike: Vec<usize> = (0..columns.len()).filter(|at| !odd.may_differ(&columns[*at])).collect();
    let mut rows: Vec<String> =
        rows.iter().map(|row| alike.iter().map(|at| row[*at].to_string()).collect()).collect();
    rows.sort_unstable();
    rows
}

#[tokio::test(flavor = "multi_thread")]
async fn no_odd_value_anywhere_costs_its_session_or_a_neighbour() {
    let world = World::start().await;
    let (ingest, report) = world.account("demo").await;
    let mut rng = Rng::with_seed(13);
    world.ingest_all(&ingest, &SAMPLES.map(|(shape, sample)| copy_of(sample, shape)), "accepted").await;
    let mut odds = BTreeMap::new();
    let numbers: Vec<usize> = (0..size()).collect();
    for numbers in numbers.chunks(500) {
        let documents = numbers.iter().map(|number| {
            let (document, odd) = Odd::document(&format!("s{number}"), &mut rng);
            odds.insert(format!("s{number}"), odd);
            document
        });
        world.ingest_all(&ingest, &documents.collect::<Vec<_>>(), "accepted").await;
    }
    let all = json!(size() + SAMPLES.len());
    let deadline = tokio::time::Instant::now() + PATIENCE;
    while world.rows(&report, &query("summary", &["sessions"])).await[0][0] != all {
        assert!(tokio::time::Instant::now() < deadline, "not {all} sessions after {PATIENCE:?}");
        tokio::time::sleep(Duration::from_millis(200)).await;
    }

    let nothing = Vec::new();
    for record in Record::ALL {
        let stored = dictionary::columns(record).iter().map(|field| field.id());
        // A session's own are its id and when it came, whatever it says of that.
        let columns: Vec<String> =
            stored.filter(|id| !IDS.contains(&id.as_str()) && id != "report_at").collect();
        let rows = rows_of(&world, &report, record, &columns).await;
        for (id, odd) in &odds {
            // Where a list as a whole is odd, there may be other rows of it, or none.
            if odd.may_differ(&record.name().replace('.', "_")) {
                continue;
            }
            let [had, is] =
                [odd.shape, id].map(|id| comparable(rows.get(id).unwrap_or(&nothing), &columns, odd));
            assert_eq!(had, is, "{record:?} of {id}, odd in {}", odd.about);
        }
    }
    println!("{}", json!({"odd_documents": size()}));
}
