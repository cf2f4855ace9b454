//! Invariants that hold although requests and answers are lost, the server fails, another client deletes and creates
//! rows, and calls and runs for the same records are in flight at the same time.
//!
//! - Every call and every record of a run ends with a result.
//! - No write goes to a row that was never mentioned in an answer. No batch that could restore or insert rows contains
//!   a row that was not looked up recently.
//! - No record is created twice, and no created row lacks its external id.
//! - What was reported as stored is there.
//! - Once the network works again, one more run repairs everything.

use std::collections::{BTreeSet, HashMap, HashSet};

use proptest::prelude::*;
use proptest::sample::select;
use uuid::Uuid;

use super::meddling::{destroy, email_of, insert, row_of, rows, soft_delete};
use super::modes::Told;
use super::*;
use crate::core::sync::options::CallOptions;

const RECORDS: usize = 3;

/// Longer than a call whose requests are all retried, and shorter than some of the pauses.
const LATELY: Duration = Duration::from_secs(120);

/// Everything ends within this time, or never.
const EVER: Duration = Duration::from_secs(6 * 3_600);

/// Something that happens while the others are in flight.
#[derive(Clone, Debug)]
enum Act {
    Call(usize),
    Run(Vec<usize>),
    /// Another client acts.
    Other(usize, Deed, When),
}

#[derive(Clone, Copy, Debug)]
enum Deed {
    /// Deletes the record's row.
    Delete,
    /// Deletes it permanently.
    Destroy,
    /// Creates a row with the record's e-mail.
    Rival,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum When {
    Now,
    /// Right before the next write of the record arrives.
    BeforeWrite,
}

/// What happens to a request.
#[derive(Clone, Copy, Debug)]
enum Luck {
    Good,
    AnswerLost,
    Lost,
    Failure,
}

#[derive(Clone)]
struct Script {
    /// Each with a pause before it, in milliseconds.
    acts: Vec<(u64, Act)>,
    /// One entry per request, in order of arrival; later requests are not disturbed.
    luck: Vec<Luck>,
}

impl std::fmt::Debug for Script {
    /// One line per act.
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        writeln!(f)?;
        for (pause, act) in &self.acts {
            writeln!(f, "after {pause} ms: {act:?}")?;
        }
        writeln!(f, "luck: {:?}", self.luck)
    }
}

fn script() -> impl Strategy<Value = Script> {
    let record = || 0..RECORDS;
    let deed = select(vec![Deed::Delete, Deed::Destroy, Deed::Rival]);
    let when = select(vec![When::Now, When::BeforeWrite]);
    let act = prop_oneof![
        3 => record().prop_map(Act::Call),
        3 => prop::collection::btree_set(record(), 1..=RECORDS)
            .prop_map(|records| Act::Run(records.into_iter().collect())),
        3 => (record(), deed, when).prop_map(|(record, deed, when)| Act::Other(record, deed, when)),
    ];
    let pause = select(vec![0, 5, 25, 45, 200, 600_000]);
    let luck = select(vec![
        Luck::Good,
        Luck::Good,
        Luck::Good,
        Luck::AnswerLost,
        Luck::Lost,
        Luck::Failure,
    ]);
    (
        prop::collection::vec((pause, act), 1..12),
        prop::collection::vec(luck, 0..40),
    )
        .prop_map(|(acts, luck)| Script { acts, luck })
}

/// A request or its answer.
struct Line {
    at: Instant,
    is_answer: bool,
    /// Whether the request would change records.
    is_write: bool,
    method: String,
    path: String,
    body: String,
}

impl Line {
    /// The row that a write to one existing row names.
    fn target(&self) -> Option<String> {
        if self.path == "/graphql" {
            let body: Value = serde_json::from_str(&self.body).unwrap_or_default();
            return Some(body["variables"]["filter"].to_string());
        }
        (self.method == "PATCH").then(|| self.path.clone())
    }
}

/// A network that records its traffic.
struct Overheard {
    network: Arc<Network>,
    lines: Arc<Mutex<Vec<Line>>>,
}

impl Transport for Overheard {
    fn send(
        &self,
        request: TransportRequest,
    ) -> BoxFuture<'static, Result<TransportResponse, TransportError>> {
        let lines = Arc::clone(&self.lines);
        let method = request.method.to_string();
        let path = request.url[url::Position::BeforePath..].to_owned();
        let asked = request.body.clone().unwrap_or_default();
        let text = std::str::from_utf8(&asked).unwrap_or_default();
        let is_write = Arriving::is_write(&method, &path, text);
        let line = move |is_answer, body: &[u8]| Line {
            at: Instant::now(),
            is_answer,
            is_write,
            method: method.clone(),
            path: path.clone(),
            body: String::from_utf8_lossy(body).into_owned(),
        };
        lines.lock().expect("no panic").push(line(false, &asked));
        let answer = self.network.send(request);
        Box::pin(async move {
            let answer = answer.await?;
            if answer.status < 300 {
                lines
                    .lock()
                    .expect("no panic")
                    .push(line(true, &answer.body));
            }
            Ok(answer)
        })
    }
}

/// The UUIDs in a text. Percent-encoding before one also ends in digits.
fn ids_in(text: &str) -> Vec<String> {
    const LENGTH: usize = 36;
    let is_part = |c: char| c.is_ascii_hexdigit() || c == '-';
    text.split(|c| !is_part(c))
        .filter_map(|part| part.get(part.len().checked_sub(LENGTH)?..))
        .filter(|part| Uuid::parse_str(part).is_ok())
        .map(str::to_owned)
        .collect()
}

/// Writes to rows that they must not touch.
fn blind_writes(lines: &[Line]) -> Vec<String> {
    let mut heard = HashSet::new();
    let mut looked_at: HashMap<String, Instant> = HashMap::new();
    let mut sent = HashSet::new();
    let mut wrong = Vec::new();
    for line in lines {
        if line.is_answer {
            let ids = ids_in(&line.body);
            if !line.is_write {
                looked_at.extend(ids.iter().map(|id| (id.clone(), line.at)));
            }
            heard.extend(ids);
            continue;
        }
        if !line.is_write {
            // Rows that were asked for and are missing count as looked up.
            looked_at.extend(ids_in(&line.body).into_iter().map(|id| (id, line.at)));
            continue;
        }
        let is_repeat = !sent.insert((&line.method, &line.path, &line.body));
        if is_repeat {
            continue;
        }
        if let Some(target) = line.target() {
            let unheard = ids_in(&target).into_iter().filter(|id| !heard.contains(id));
            wrong.extend(unheard.map(|id| format!("update of {id}, of which nothing was heard")));
        } else if line.path.contains("upsert=true") {
            let elements: Vec<Value> = serde_json::from_str(&line.body).unwrap_or_default();
            for element in elements {
                let id = element["id"].as_str().unwrap_or_default();
                if !heard.contains(id) {
                    wrong.push(format!("upsert of {id}, of which nothing was heard"));
                }
                let looked = looked_at.get(id);
                if looked.is_none_or(|looked| line.at - *looked > LATELY) {
                    wrong.push(format!(
                        "upsert of {id}, which was not looked at: {element}"
                    ));
                }
            }
        }
    }
    wrong
}

fn record(number: usize, job_title: &str) -> Value {
    let mut record = person(number);
    record["job_title"] = json!(job_title);
    record
}

fn own_id(state: &State, number: usize) -> Option<String> {
    let row = row_of(state, "person", &format!("p-{number}"))?;
    row["id"].as_str().map(str::to_owned)
}

fn act_of_another(state: &Arc<State>, number: usize, deed: Deed) {
    match deed {
        Deed::Delete => {
            if let Some(id) = own_id(state, number) {
                soft_delete(state, "people", &id);
            }
        }
        Deed::Destroy => {
            if let Some(id) = own_id(state, number) {
                destroy(state, "people", &id);
            }
        }
        Deed::Rival => {
            let email = format!("p-{number}@example.com");
            let is_taken = rows(state, "person")
                .iter()
                .any(|row| email_of(row) == email);
            if !is_taken {
                let name = json!({ "firstName": "Rival" });
                let row = json!({ "name": name, "emails": { "primaryEmail": email } });
                insert(state, "people", &row);
            }
        }
    }
}

/// Whether a write is for a record.
fn is_for(request: &Arriving<'_>, number: usize) -> bool {
    let names = |name: &str| request.path.contains(name) || request.body.contains(name);
    let own = own_id(request.state, number);
    request.write > 0 && (own.is_some_and(|id| names(&id)) || names(&format!("\"p-{number}\"")))
}

/// Our rows without an external id.
fn orphans_of(state: &State) -> Vec<String> {
    let rows = rows(state, "person").into_iter().filter(|row| {
        let first_name = row.get("name").map(|name| &name["firstName"]);
        let is_ours = first_name.is_none_or(|name| name != "Rival");
        is_ours && row.get("externalId").is_none_or(Value::is_null)
    });
    rows.map(|row| row["id"].to_string()).collect()
}

type Ending = tokio::task::JoinHandle<Vec<(usize, Told)>>;

fn start(service: &SyncService, act: &Act, job_title: &str) -> Option<Ending> {
    match act {
        Act::Call(number) => {
            let number = *number;
            let text = record(number, job_title).to_string();
            let input = Input::Person(PersonInput::parse(&text).expect("a person"));
            let call = service.upsert(input, CallOptions::default(), None);
            Some(tokio::spawn(async move {
                vec![(number, Told::of_call(&call.await))]
            }))
        }
        Act::Run(numbers) => {
            let numbers = numbers.clone();
            let records = numbers
                .iter()
                .map(|number| record(*number, job_title))
                .collect();
            let service = service.clone();
            Some(tokio::spawn(async move {
                let results = sync(&service, records).await;
                assert_eq!(results.len(), numbers.len(), "a record has no result");
                numbers
                    .into_iter()
                    .zip(results.iter().map(Told::of_item))
                    .collect()
            }))
        }
        Act::Other(..) => None,
    }
}

/// Runs a script, and returns the violated invariants.
async fn broken_promises(script: &Script) -> Vec<String> {
    let network = Arc::new(Network::new(SimOptions::default()));
    let orphans = Arc::<Mutex<BTreeSet<String>>>::default();
    let armed = Arc::<Mutex<Vec<(usize, Deed)>>>::default();
    network.meddle({
        let mut luck = script.luck.clone().into_iter();
        let (orphans, armed) = (Arc::clone(&orphans), Arc::clone(&armed));
        move |request| {
            orphans
                .lock()
                .expect("no panic")
                .extend(orphans_of(request.state));
            if request.path.starts_with("/rest/metadata") {
                return Fate::CarriedOut;
            }
            let mut armed = armed.lock().expect("no panic");
            for (number, deed) in armed.extract_if(.., |(number, _)| is_for(request, *number)) {
                act_of_another(request.state, number, deed);
            }
            match luck.next().unwrap_or(Luck::Good) {
                Luck::Good => Fate::CarriedOut,
                Luck::AnswerLost => Fate::AnswerLost,
                Luck::Lost => Fate::Lost,
                Luck::Failure => Fate::Answered(twenty_sim::http::Response::bytes(502, Vec::new())),
            }
        }
    });
    let lines = Arc::<Mutex<Vec<Line>>>::default();
    let overheard = Arc::new(Overheard {
        network: Arc::clone(&network),
        lines: Arc::clone(&lines),
    });
    let state = &network.state;
    let service = service_over(overheard, state, |_| {}, "{}");
    let mut wrong = Vec::new();
    let mut endings = Vec::new();
    let is_lost = |luck: &&Luck| matches!(luck, Luck::AnswerLost);
    let lost_answers = script.luck.iter().filter(is_lost).count();
    let mut destroyed = [0_usize; RECORDS];
    for (number, (pause, act)) in script.acts.iter().enumerate() {
        sleep(Duration::from_millis(*pause)).await;
        if let Act::Other(record, deed, when) = *act {
            destroyed[record] += usize::from(matches!(deed, Deed::Destroy));
            match when {
                When::Now => act_of_another(state, record, deed),
                When::BeforeWrite => armed.lock().expect("no panic").push((record, deed)),
            }
        }
        endings.extend(start(&service, act, &format!("job {number}")));
    }
    let mut created = [0_usize; RECORDS];
    let mut ids = Vec::new();
    for ending in endings {
        let Ok(told) = tokio::time::timeout(EVER, ending).await else {
            wrong.push("a call never ended".to_owned());
            continue;
        };
        for (record, told) in told.expect("no panic") {
            created[record] += usize::from(told.status == Status::Created);
            ids.extend(told.id.map(|id| (record, id)));
        }
    }
    wrong.extend(blind_writes(&lines.lock().expect("no panic")));
    for record in 0..RECORDS {
        // If a row is destroyed while two writers of its record are under way, and the answer to one of them is lost, both
        // may have made it again: neither can know.
        let unclear = match destroyed[record] {
            0 => 0,
            _ => lost_answers,
        };
        if created[record] > 1 + destroyed[record] + unclear {
            wrong.push(format!(
                "record {record} was created {} times",
                created[record]
            ));
        }
    }
    let mut orphans = orphans.lock().expect("no panic").clone();
    orphans.extend(orphans_of(state));
    wrong.extend(
        orphans
            .iter()
            .map(|id| format!("row {id} was made without its external id")),
    );
    for (record, id) in ids {
        let is_there = rows(state, "person")
            .iter()
            .any(|row| row["id"] == id.as_str());
        if destroyed[record] == 0 && !is_there {
            wrong.push(format!("record {record} was said to be stored as {id}"));
        }
    }
    network.leave_alone();
    let service = service_over(network.clone(), state, |_| {}, "{}");
    let last = (0..RECORDS).map(|number| record(number, "last")).collect();
    for result in sync(&service, last).await {
        let row = row_of(state, "person", &result.external_id);
        let is_right = row.is_some_and(|row| {
            let is_live = row.get("deletedAt").is_none_or(Value::is_null);
            is_live && row["jobTitle"] == "last" && row["id"].as_str() == result.id.as_deref()
        });
        if !is_right {
            wrong.push(format!("not put right in the end: {result:?}"));
        }
    }
    wrong
}

#[tokio::test(start_paused = true)]
async fn writes_without_a_look_up_are_recognised() {
    const ROW: &str = "0a8ff501-16b0-52d6-95f9-f374084e4674";
    let line = |is_answer, method: &str, path: &str, body: Value| Line {
        at: Instant::now(),
        is_answer,
        is_write: Arriving::is_write(method, path, &body.to_string()),
        method: method.to_owned(),
        path: path.to_owned(),
        body: body.to_string(),
    };
    let mutation = json!({
        "query": "mutation Update { id }",
        "variables": { "filter": { "id": { "eq": ROW } } },
    });
    let conditional = || line(false, "POST", "/graphql", mutation.clone());
    let patch = || line(false, "PATCH", &format!("/rest/people/{ROW}"), json!({}));
    let filter = format!("/rest/people?filter=and%28id%5Beq%5D%3A{ROW}%2CdeletedAt");
    let filtered = || line(false, "PATCH", &filter, json!({}));
    let rows = json!([{ "id": ROW }]);
    let batch = || {
        line(
            false,
            "POST",
            "/rest/batch/people?upsert=true",
            rows.clone(),
        )
    };
    let told = || {
        line(
            true,
            "POST",
            "/rest/people",
            json!({ "data": { "id": ROW } }),
        )
    };
    let looked = || line(true, "POST", "/graphql", json!({ "data": { "id": ROW } }));
    for (lines, count) in [
        (vec![patch()], 1),
        (vec![filtered()], 1),
        (vec![conditional()], 1),
        (vec![looked(), conditional()], 0),
        (vec![told(), patch()], 0),
        (vec![looked(), patch()], 0),
        (vec![batch()], 2),
        (vec![told(), batch()], 1),
        (vec![told(), looked(), batch()], 0),
        // A retry.
        (vec![told(), batch(), batch()], 1),
    ] {
        let wrong = blind_writes(&lines);
        assert_eq!(wrong.len(), count, "{wrong:?}");
    }
    let before = looked();
    sleep(LATELY * 2).await;
    assert_eq!(blind_writes(&[before, batch()]).len(), 1);
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 96, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn whatever_happens_the_promises_are_kept(script in script()) {
        let wrong = in_paused_time(broken_promises(&script));
        prop_assert!(wrong.is_empty(), "{}", wrong.join("\n"));
    }
}
