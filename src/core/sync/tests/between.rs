//! Another client deletes a row between look-up and write. An outbox delivers through runs, so it behaves as they do.

use std::sync::atomic::AtomicBool;

use super::meddling::{destroy, insert, row_of, rows, soft_delete};
use super::modes::{MODES, Mode, Told, is_company, write};
use super::*;
use crate::core::error_reason;
use crate::core::sync::options::CallOptions;
use crate::core::sync::record::collision::reason;

/// The record whose row is changed by another client.
const MET: usize = 3;
const RECORDS: usize = 6;

fn citizens() -> Vec<Value> {
    let with_city = |number| {
        let mut record = person(number);
        record["city"] = json!("Oslo");
        record
    };
    (0..RECORDS).map(with_city).collect()
}

fn changed() -> Vec<Value> {
    let mut records = citizens();
    for record in &mut records {
        record["job_title"] = json!("Captain");
    }
    records
}

/// Whether a request updates the row, judged by the id in it.
fn updates(request: &Arriving<'_>, id: &str) -> bool {
    let names_row = request.path.contains(id) || request.body.contains(id);
    names_row && request.is_update()
}

struct Met {
    network: Arc<Network>,
    told: Vec<Told>,
}

impl Met {
    /// Six people exist and are written again. Right before the first update of one of them arrives, another client
    /// does `meddle` with its row.
    async fn people(
        mode: Mode,
        collisions: &Value,
        is_remembered: bool,
        meddle: fn(&Arc<State>, &str, &str),
    ) -> Self {
        let network = Arc::new(Network::new(SimOptions::default()));
        let options = json!({ "collisions": collisions }).to_string();
        let before = service_with(&network, |_| {}, &options);
        let made = sync(&before, citizens()).await;
        assert!(made.iter().all(is_created));
        let id = made[MET].id.clone().expect("an id");
        let service = match is_remembered {
            true => before,
            false => service_with(&network, |_| {}, &options),
        };
        let has_met = Arc::new(AtomicBool::new(false));
        network.meddle({
            let (id, has_met) = (id.clone(), Arc::clone(&has_met));
            move |request| {
                if updates(request, &id) && !has_met.swap(true, Ordering::Relaxed) {
                    meddle(request.state, "people", &id);
                }
                Fate::CarriedOut
            }
        });
        let call = CallOptions::default();
        let told = write(mode, &service, ObjectKind::Person, &changed(), call).await;
        assert!(has_met.load(Ordering::Relaxed), "nobody updated the row");
        let met = Self { network, told };
        met.others_are_written();
        met
    }

    fn told(&self) -> &Told {
        &self.told[MET]
    }

    fn others_are_written(&self) {
        for (number, told) in self.told.iter().enumerate() {
            if number != MET {
                assert_eq!(told.status, Status::Updated, "{number}: {told:?}");
                let row = row_of(&self.network.state, "person", &format!("p-{number}"));
                let row = row.expect("a row");
                assert_eq!(row.get("jobTitle"), Some(&json!("Captain")), "{number}");
            }
        }
    }

    fn row(&self) -> Option<serde_json::Map<String, Value>> {
        row_of(&self.network.state, "person", &format!("p-{MET}"))
    }

    /// Rows of the six, with or without external ids.
    fn count(&self) -> usize {
        let rows = rows(&self.network.state, "person");
        rows.iter().filter(|row| !is_company(row)).count()
    }
}

fn is_deleted(row: &serde_json::Map<String, Value>) -> bool {
    row.get("deletedAt").is_some_and(|at| !at.is_null())
}

/// Disturbs each way to write, for a remembered row and for one found by a look-up, and compares the results with
/// `expected`: claims, and whether they hold.
async fn each_way(
    collisions: &Value,
    meddle: fn(&Arc<State>, &str, &str),
    expected: impl Fn(&Met) -> Vec<(&'static str, bool)>,
) {
    let mut wrong = Vec::new();
    for mode in MODES {
        for is_remembered in [true, false] {
            let met = Met::people(mode, collisions, is_remembered, meddle).await;
            let claims = expected(&met).into_iter();
            let broken: Vec<_> = claims
                .filter(|(_, holds)| !holds)
                .map(|(claim, _)| claim)
                .collect();
            if !broken.is_empty() {
                let told = met.told();
                wrong.push(format!(
                    "{mode:?}, remembered: {is_remembered}: not {broken:?}: {told:?}, row: {:?}",
                    met.row()
                ));
            }
        }
    }
    assert!(wrong.is_empty(), "{collisions}\n{}", wrong.join("\n"));
}

#[tokio::test(start_paused = true)]
async fn a_row_that_was_deleted_meanwhile_is_left_deleted_where_the_policy_says_so() {
    each_way(&json!({ "ownDeleted": "skip" }), soft_delete, |met| {
        vec![
            (
                "left deleted",
                met.row().is_some_and(|row| is_deleted(&row)),
            ),
            ("unchanged", met.told().status == Status::Unchanged),
            ("told", met.told().warns_of(reason::OWN_ROW_DELETED)),
        ]
    })
    .await;
}

#[tokio::test(start_paused = true)]
async fn a_row_that_was_deleted_meanwhile_fails_the_record_where_the_policy_says_so() {
    each_way(&json!({ "ownDeleted": "report" }), soft_delete, |met| {
        let said = error_reason::OWN_ROW_DELETED;
        vec![
            (
                "left deleted",
                met.row().is_some_and(|row| is_deleted(&row)),
            ),
            ("failed", met.told().status == Status::Failed),
            ("told", met.told().failed_for(said)),
        ]
    })
    .await;
}

#[tokio::test(start_paused = true)]
async fn a_row_that_was_deleted_meanwhile_is_revived_by_default() {
    each_way(&json!({}), soft_delete, |met| {
        let row = met.row();
        vec![
            ("live", row.as_ref().is_some_and(|row| !is_deleted(row))),
            (
                "written",
                row.is_some_and(|row| row.get("jobTitle") == Some(&json!("Captain"))),
            ),
            ("updated", met.told().status == Status::Updated),
        ]
    })
    .await;
}

#[tokio::test(start_paused = true)]
async fn a_row_that_was_destroyed_meanwhile_is_made_again_whole_and_told_as_created() {
    each_way(&json!({}), destroy, |met| {
        let row = met.row().unwrap_or_default();
        let of = |field: &str| row.get(field).cloned().unwrap_or_default();
        vec![
            ("its external id", !row.is_empty()),
            ("its name", of("name")["firstName"] == "Jane"),
            (
                "its e-mail",
                of("emails")["primaryEmail"] == format!("p-{MET}@example.com"),
            ),
            ("what changed", of("jobTitle") == "Captain"),
            ("created", met.told().status == Status::Created),
            ("its id told", met.told().id.as_deref() == of("id").as_str()),
            ("one row", met.count() == RECORDS),
        ]
    })
    .await;
}

/// Destroys the row, and makes another one with its e-mail.
fn replace(state: &Arc<State>, plural: &str, id: &str, external_id: Option<&str>) {
    destroy(state, plural, id);
    let mut row = json!({
        "name": { "firstName": "Other", "lastName": "Client" },
        "emails": { "primaryEmail": format!("p-{MET}@example.com") },
    });
    if let Some(external_id) = external_id {
        row["externalId"] = external_id.into();
    }
    insert(state, plural, &row);
}

#[tokio::test(start_paused = true)]
async fn a_row_that_was_replaced_meanwhile_is_written_whole_and_nothing_is_overwritten_in_silence()
{
    let replaced: [fn(&Arc<State>, &str, &str); 3] = [
        |state, plural, id| replace(state, plural, id, None),
        |state, plural, id| replace(state, plural, id, Some("other")),
        |state, plural, id| replace(state, plural, id, Some(&format!("p-{MET}"))),
    ];
    for meddle in replaced {
        each_way(&json!({}), meddle, |met| {
            let row = met.row().unwrap_or_default();
            let of = |field: &str| row.get(field).cloned().unwrap_or_default();
            let is_others_kept = row_of(&met.network.state, "person", "other").is_some();
            let told = met.told();
            vec![
                ("its external id", !row.is_empty()),
                ("what changed", of("jobTitle") == "Captain"),
                ("what did not change", of("city") == "Oslo"),
                ("its id told", told.id.as_deref() == of("id").as_str()),
                (
                    "told, or nothing lost",
                    told.warns_of(reason::WRITTEN_OVER)
                        || told.warns_of(reason::LINKED)
                        || is_others_kept
                        || of("name")["firstName"] == "Jane",
                ),
            ]
        })
        .await;
    }
}

#[tokio::test(start_paused = true)]
async fn a_row_that_was_destroyed_meanwhile_is_left_gone_where_the_policy_says_so() {
    each_way(&json!({ "ownGone": "skip" }), destroy, |met| {
        vec![
            ("not inserted", met.count() == RECORDS - 1),
            ("unchanged", met.told().status == Status::Unchanged),
            ("told", met.told().warns_of(reason::OWN_ROW_GONE)),
        ]
    })
    .await;
}

#[tokio::test(start_paused = true)]
async fn a_row_that_was_destroyed_meanwhile_fails_the_record_where_the_policy_says_so() {
    each_way(&json!({ "ownGone": "report" }), destroy, |met| {
        vec![
            ("not inserted", met.count() == RECORDS - 1),
            ("failed", met.told().status == Status::Failed),
            ("told", met.told().failed_for(error_reason::OWN_ROW_GONE)),
        ]
    })
    .await;
}

/// A dry run has no write before which something could happen: it says what would become of the row, and writes nothing.
#[tokio::test(start_paused = true)]
async fn a_dry_run_says_what_would_become_of_a_row_that_left_and_writes_nothing() {
    for (meddle, status) in [
        (soft_delete as fn(&Arc<State>, &str, &str), Status::Updated),
        (destroy, Status::Created),
    ] {
        let network = Arc::new(Network::new(SimOptions::default()));
        let service = service(&network, |_| {});
        let made = sync(&service, people(0..RECORDS)).await;
        meddle(
            &network.state,
            "people",
            made[MET].id.as_deref().expect("an id"),
        );
        let before = network.writes_seen.load(Ordering::Relaxed);
        let options = BulkOptions {
            dry_run: true,
            ..BulkOptions::default()
        };
        let told = sync_with(&service, changed(), options).await;
        for (number, told) in told.iter().enumerate() {
            let expected = match number {
                MET => status,
                _ => Status::Updated,
            };
            assert_eq!(told.status, expected, "{number}");
        }
        let row = row_of(&network.state, "person", &format!("p-{MET}"));
        assert!(row.is_none_or(|row| is_deleted(&row)), "it came back");
        assert_eq!(network.writes_seen.load(Ordering::Relaxed), before);
    }
}
