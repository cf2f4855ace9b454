//! The same records, rows, options and mishaps are written in three ways: by single calls one after the other, by calls
//! that leave together, and by one run. Rows, results, warnings and what is remembered must be the same.
//!
//! Three things are not drawn, because the ways differ there by design:
//! - Two records of one round that want the same value, or one that gives up what another wants. Single calls settle that
//!   in the order of the calls; a batch knows all of them at once. So every record has addresses of its own here.
//! - The same external id twice in a round: a batch joins the two.
//! - A mishap at a request that only one of the ways sends. A call that remembers nothing tries to create a row which a
//!   batch has found by then, and writes an e-mail which a batch knows to be taken. So a mishap meets only a create of a
//!   row that is not there, or an update of a row that is there with an e-mail that is free.
//!
//! Two things are drawn and not compared, because the server does not tell them in each way ([`Scene::comparable`]).
//! Times, positions and the number of requests are not compared either.

use std::collections::BTreeMap;

use proptest::prelude::*;
use proptest::sample::select;

use super::meddling::{destroy, email_of, insert, row_of, rows, soft_delete};
use super::modes::{Mode, Told, is_company, remembered, write};
use super::*;
use crate::core::sync::options::CallOptions;
use crate::core::sync::record::collision::reason;

const RECORDS: usize = 4;

/// What is there of a record before the first round.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Own {
    Nothing,
    Live,
    Deleted,
}

/// A row that holds the record's other address.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Other {
    Nothing,
    Unclaimed,
    Claimed,
    Deleted,
}

/// What happens right before the first write for a record arrives, or to its answer.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Mishap {
    Nothing,
    /// Another client has just made a row with the e-mail.
    Race,
    /// Another client has just deleted the row.
    Deleted,
    /// For good.
    Destroyed,
    AnswerLost,
}

#[derive(Clone, Debug)]
struct Input {
    fields: serde_json::Map<String, Value>,
    mishap: Mishap,
}

#[derive(Clone)]
struct Scene {
    options: Value,
    skip_unchanged: bool,
    use_cache: bool,
    before: Vec<(Own, Other)>,
    /// For each round, what is written of each record, if anything.
    rounds: Vec<Vec<Option<Input>>>,
}

impl std::fmt::Debug for Scene {
    /// A line for each thing, which is what one can read of a failure.
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let Self {
            skip_unchanged,
            use_cache,
            ..
        } = self;
        writeln!(f, "{}", self.options)?;
        writeln!(
            f,
            "skip_unchanged: {skip_unchanged}, use_cache: {use_cache}"
        )?;
        writeln!(f, "before: {:?}", self.before)?;
        for (number, round) in self.rounds.iter().enumerate() {
            for input in round.iter().flatten() {
                let fields = Value::Object(input.fields.clone());
                writeln!(f, "round {number}: {fields}, {:?}", input.mishap)?;
            }
        }
        Ok(())
    }
}

fn external_id(record: usize) -> String {
    format!("p-{record}")
}

/// The record's own address, the one that another row may hold, and a new one.
fn addresses(record: usize) -> [String; 3] {
    ["own", "other", "new"].map(|which| format!("{which}-{record}@example.com"))
}

fn input(record: usize) -> impl Strategy<Value = Option<Input>> {
    let mishaps = [
        Mishap::Nothing,
        Mishap::Nothing,
        Mishap::Nothing,
        Mishap::Race,
        Mishap::Deleted,
        Mishap::Destroyed,
        Mishap::AnswerLost,
    ];
    let optional = |name: &'static str, values: Vec<Value>| {
        let all = values
            .into_iter()
            .map(Some)
            .chain([None])
            .collect::<Vec<_>>();
        select(all).prop_map(move |value| (name, value))
    };
    let fields = (
        select(addresses(record).to_vec()),
        optional(
            "job_title",
            vec![json!("Clerk"), json!("Boss"), json!(""), Value::Null],
        ),
        optional("phone", vec![json!("+33612345678"), json!("no number")]),
        optional(
            "website",
            vec![
                json!("https://good.example"),
                json!("https://refused.example/x"),
            ],
        ),
        optional("city", vec![json!("Oslo")]),
        optional(
            "company_external_id",
            vec![json!("c-0"), json!("c-1"), Value::Null],
        ),
    );
    let external_id = external_id(record);
    let made = (fields, select(mishaps.to_vec())).prop_map(move |(fields, mishap)| {
        let (email, job, phone, website, city, company) = fields;
        let mut record = serde_json::Map::new();
        record.insert("external_id".to_owned(), json!(external_id));
        record.insert("name".to_owned(), json!("Jane van der Berg"));
        record.insert("email".to_owned(), json!(email));
        for (name, value) in [job, phone, website, city, company] {
            if let Some(value) = value {
                if name == "company_external_id" && value.is_string() {
                    record.insert("company_name".to_owned(), value.clone());
                }
                record.insert(name.to_owned(), value);
            }
        }
        Input {
            fields: record,
            mishap,
        }
    });
    prop_oneof![1 => Just(None), 4 => made.prop_map(Some)]
}

fn scene() -> impl Strategy<Value = Scene> {
    let choice = |words: &'static [&'static str]| select(words.to_vec());
    let collisions = (
        choice(&["link", "adopt", "report"]),
        choice(&["leave_out", "report", "take_over"]),
        choice(&["leave_out", "report"]),
        choice(&["revive", "skip", "report"]),
        choice(&["create", "skip", "report"]),
    )
        .prop_map(|(unclaimed, claimed, deleted, own_deleted, own_gone)| {
            json!({
                "unclaimedMatch": unclaimed,
                "claimedMatch": claimed,
                "deletedMatch": deleted,
                "ownDeleted": own_deleted,
                "ownGone": own_gone,
            })
        });
    let owner = || choice(&["always", "if-empty", "create-only"]);
    let ownership = (owner(), owner(), choice(&["always", "if-empty"])).prop_map(|(job, phone, email)| {
        json!({ "person": { "job_title": job, "phone": phone, "email": email } })
    });
    let own = select(vec![Own::Nothing, Own::Live, Own::Deleted]);
    let other = select(vec![
        Other::Nothing,
        Other::Unclaimed,
        Other::Claimed,
        Other::Deleted,
    ]);
    let round = || (0..RECORDS).map(input).collect::<Vec<_>>();
    (
        (collisions, ownership),
        any::<bool>(),
        prop::bool::weighted(0.9),
        prop::collection::vec((own, other), RECORDS),
        (round(), round(), round()),
        1..=3_usize,
    )
        .prop_map(
            |(options, skip_unchanged, use_cache, before, rounds, many)| {
                let (collisions, ownership) = options;
                let mut rounds = vec![rounds.0, rounds.1, rounds.2];
                rounds.truncate(many);
                Scene {
                    options: json!({ "collisions": collisions, "fieldOwnership": ownership }),
                    skip_unchanged,
                    use_cache,
                    before,
                    rounds,
                }
            },
        )
}

/// A row of before, as another client makes it.
fn make(state: &Arc<State>, record: usize, own: Own, other: Other) {
    let [own_address, other_address, _] = addresses(record);
    let row = |number: u128, external_id: Value, email: &str| {
        json!({
            "id": uuid::Uuid::from_u128(number + record as u128).to_string(),
            "externalId": external_id,
            "name": { "firstName": "Old", "lastName": "Name" },
            "emails": { "primaryEmail": email },
            "city": "Rome",
        })
    };
    const OWN: u128 = 0x1000_0000_0000_4000_8000_0000_0000_0000;
    const OTHER: u128 = 0x2000_0000_0000_4000_8000_0000_0000_0000;
    let id_of = |row: &Value| row["id"].as_str().unwrap_or_default().to_owned();
    if own != Own::Nothing {
        let row = row(OWN, json!(external_id(record)), &own_address);
        insert(state, "people", &row);
        if own == Own::Deleted {
            soft_delete(state, "people", &id_of(&row));
        }
    }
    if other != Other::Nothing {
        let whose = match other {
            Other::Unclaimed => Value::Null,
            _ => json!(format!("somebody {record}")),
        };
        let row = row(OTHER, whose, &other_address);
        insert(state, "people", &row);
        if other == Other::Deleted {
            soft_delete(state, "people", &id_of(&row));
        }
    }
}

/// A mishap that has not happened yet.
struct Pending {
    record: usize,
    email: String,
    mishap: Mishap,
}

impl Pending {
    /// Whether the request is the one that it is for.
    fn is_met(&self, request: &Arriving<'_>) -> bool {
        let is_of_people = request.path.starts_with("/rest/people")
            || request.path.starts_with("/rest/batch/people")
            || request.body.contains("updatePeople");
        if !is_of_people {
            return false;
        }
        let own = row_of(request.state, "person", &external_id(self.record));
        let is_update = request.is_update();
        match own {
            Some(row) => {
                let id = row["id"].as_str().unwrap_or_default();
                let is_live = row.get("deletedAt").is_none_or(Value::is_null);
                let is_named = request.path.contains(id) || request.body.contains(id);
                let is_taken = rows(request.state, "person")
                    .iter()
                    .any(|other| email_of(other) == self.email && other.get("id") != row.get("id"));
                is_update && is_live && is_named && !is_taken && self.mishap != Mishap::Race
            }
            None => {
                let quoted = format!("\"{}\"", external_id(self.record));
                let is_for_create = matches!(self.mishap, Mishap::Race | Mishap::AnswerLost);
                !is_update && is_for_create && request.body.contains(&quoted)
            }
        }
    }

    /// Whether the answer gets lost.
    fn happen(&self, state: &Arc<State>) -> bool {
        let own = row_of(state, "person", &external_id(self.record));
        let id = own.and_then(|row| row["id"].as_str().map(str::to_owned));
        let id = id.unwrap_or_default();
        match self.mishap {
            Mishap::Nothing => {}
            Mishap::AnswerLost => return true,
            Mishap::Deleted => soft_delete(state, "people", &id),
            Mishap::Destroyed => destroy(state, "people", &id),
            Mishap::Race => {
                const RACER: u128 = 0x3000_0000_0000_4000_8000_0000_0000_0000;
                let id = uuid::Uuid::from_u128(RACER + self.record as u128).to_string();
                let is_taken = rows(state, "person")
                    .iter()
                    .any(|row| row["id"] == id.as_str() || email_of(row) == self.email);
                if !is_taken {
                    let row = json!({
                        "id": id,
                        "name": { "firstName": "Racer" },
                        "emails": { "primaryEmail": self.email },
                    });
                    insert(state, "people", &row);
                }
            }
        }
        false
    }
}

/// What came of a scene.
#[derive(Debug, PartialEq)]
struct End {
    /// For each round and record, what was said.
    told: Vec<Vec<Option<Told>>>,
    people: BTreeMap<String, serde_json::Map<String, Value>>,
    companies: BTreeMap<String, serde_json::Map<String, Value>>,
    remembered: Vec<Option<(String, Option<String>)>>,
}

fn held(state: &State, singular: &str) -> BTreeMap<String, serde_json::Map<String, Value>> {
    rows(state, singular)
        .into_iter()
        .filter(|row| !is_company(row))
        .map(|mut row| {
            let id = row["id"].as_str().unwrap_or_default().to_owned();
            for of_its_time in ["createdAt", "updatedAt", "position"] {
                row.remove(of_its_time);
            }
            if let Some(deleted_at) = row.get_mut("deletedAt").filter(|at| !at.is_null()) {
                *deleted_at = json!("deleted");
            }
            row.retain(|_, value| !value.is_null());
            (id, row)
        })
        .collect()
}

impl Scene {
    fn has(&self, record: usize, mishap: Mishap) -> bool {
        let mut inputs = self
            .rounds
            .iter()
            .filter_map(|round| round[record].as_ref());
        inputs.any(|input| input.mishap == mishap)
    }

    /// The end without what the server does not tell in each way. Another client may have changed a row between the
    /// look-up and a batch upsert:
    /// - It deleted the row for now: the upsert revives it, and no answer says that it was deleted. A call that patches
    ///   the row by its id sees it deleted, and warns that it was revived.
    /// - It deleted the row for good: the upsert makes it again under its old id. A call that patches it hears that it is
    ///   gone, and makes it again under the id that is computed from the external id.
    fn comparable(&self, mut end: End) -> End {
        for record in 0..RECORDS {
            if self.has(record, Mishap::Deleted) {
                for told in end.told_of(record) {
                    told.warnings.retain(|(_, given)| *given != reason::REVIVED);
                }
            }
            if self.has(record, Mishap::Destroyed) {
                end.rename(record);
            }
        }
        end
    }
}

impl End {
    fn told_of(&mut self, record: usize) -> impl Iterator<Item = &mut Told> {
        let rounds = self.told.iter_mut();
        rounds.filter_map(move |round| round[record].as_mut())
    }

    /// Puts the record's external id in the place of its row's id.
    fn rename(&mut self, record: usize) {
        let name = external_id(record);
        for told in self.told_of(record) {
            told.id = told.id.as_ref().map(|_| name.clone());
        }
        let mut people = self.people.iter();
        let own = people.find(|(_, row)| row.get("externalId") == Some(&json!(name)));
        if let Some(id) = own.map(|(id, _)| id.clone())
            && let Some(mut row) = self.people.remove(&id)
        {
            row.remove("id");
            self.people.insert(name.clone(), row);
        }
        if let Some((id, _)) = &mut self.remembered[record] {
            *id = name;
        }
    }
}

async fn play(scene: &Scene, mode: Mode) -> End {
    let network = Arc::new(Network::new(SimOptions {
        upsert_race_probability: 0.0,
        ..SimOptions::default()
    }));
    for (record, (own, other)) in scene.before.iter().enumerate() {
        make(&network.state, record, *own, *other);
    }
    let pending = Arc::new(Mutex::new(Vec::<Pending>::new()));
    network.meddle({
        let pending = Arc::clone(&pending);
        move |request| {
            if request.write == 0 {
                return Fate::CarriedOut;
            }
            if request.body.contains("refused.example") {
                return Fate::Answered(request.bad_link());
            }
            let mut pending = pending.lock().expect("no panic");
            let mut is_lost = false;
            for met in pending.extract_if(.., |pending| pending.is_met(request)) {
                is_lost |= met.happen(request.state);
            }
            match is_lost {
                true => Fate::AnswerLost,
                false => Fate::CarriedOut,
            }
        }
    });
    let service = service_with(&network, |_| {}, &scene.options.to_string());
    let call = CallOptions {
        skip_unchanged: scene.skip_unchanged,
        use_cache: scene.use_cache,
        ..CallOptions::default()
    };
    let mut told = Vec::new();
    for round in &scene.rounds {
        let written: Vec<(usize, &Input)> = round
            .iter()
            .enumerate()
            .filter_map(|(record, input)| Some((record, input.as_ref()?)))
            .collect();
        *pending.lock().expect("no panic") = written
            .iter()
            .map(|(record, input)| Pending {
                record: *record,
                email: input.fields["email"]
                    .as_str()
                    .unwrap_or_default()
                    .to_owned(),
                mishap: input.mishap,
            })
            .collect();
        let records: Vec<Value> = written
            .iter()
            .map(|(_, input)| Value::Object(input.fields.clone()))
            .collect();
        let mut results = vec![None; RECORDS];
        let said = write(mode, &service, ObjectKind::Person, &records, call).await;
        assert_eq!(said.len(), written.len());
        for ((record, _), said) in written.iter().zip(said) {
            results[*record] = Some(said);
        }
        told.push(results);
    }
    End {
        told,
        people: held(&network.state, "person"),
        companies: held(&network.state, "company"),
        remembered: (0..RECORDS)
            .map(|record| remembered(&service, ObjectKind::Person, &external_id(record)))
            .collect(),
    }
}

/// Where two ends differ, in few words.
fn differences(alone: &End, other: &End) -> Vec<String> {
    let mut all = Vec::new();
    for (round, (here, there)) in alone.told.iter().zip(&other.told).enumerate() {
        for (record, (here, there)) in here.iter().zip(there).enumerate() {
            if here != there {
                all.push(format!(
                    "round {round}, record {record}: alone {here:?}, here {there:?}"
                ));
            }
        }
    }
    for (what, here, there) in [
        ("person", &alone.people, &other.people),
        ("company", &alone.companies, &other.companies),
    ] {
        for id in here
            .keys()
            .chain(there.keys())
            .collect::<std::collections::BTreeSet<_>>()
        {
            let (here, there) = (here.get(id), there.get(id));
            if here != there {
                all.push(format!("{what} {id}: alone {here:?}, here {there:?}"));
            }
        }
    }
    for (record, (here, there)) in alone.remembered.iter().zip(&other.remembered).enumerate() {
        if here != there {
            all.push(format!(
                "remembered of {record}: alone {here:?}, here {there:?}"
            ));
        }
    }
    all
}

/// Few cases each time, with a new seed; `PROPTEST_CASES` asks for more.
fn config() -> ProptestConfig {
    let mut config = ProptestConfig {
        failure_persistence: None,
        ..ProptestConfig::default()
    };
    if std::env::var_os("PROPTEST_CASES").is_none() {
        config.cases = 40;
    }
    config
}

proptest! {
    #![proptest_config(config())]

    #[test]
    fn each_way_of_writing_comes_to_the_same(scene in scene()) {
        let alone = scene.comparable(in_paused_time(play(&scene, Mode::Alone)));
        for mode in [Mode::Together, Mode::Bulk] {
            let other = scene.comparable(in_paused_time(play(&scene, mode)));
            let differences = differences(&alone, &other);
            prop_assert!(differences.is_empty(), "{mode:?}:\n{}", differences.join("\n"));
        }
    }
}
