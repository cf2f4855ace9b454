//! Corner cases in which single calls, grouped calls and runs meet rarely used rules.

use std::sync::atomic::{AtomicBool, AtomicUsize};

use twenty_sim::http::Response;
use twenty_sim::options::Preset;

use super::meddling::{insert, other_client, row_of, rows};
use super::modes::{MODES, Mode, Told, is_company, remembered, write};
use super::*;
use crate::core::sync::options::CallOptions;

const LEAVES_DELETED_ROWS: &str = r#"{"collisions":{"ownDeleted":"skip"}}"#;

fn with(record: &Value, fields: Value) -> Value {
    let mut record = record.clone();
    let more = fields.as_object().expect("an object").clone();
    record.as_object_mut().expect("an object").extend(more);
    record
}

fn is_update(request: &Arriving<'_>) -> bool {
    request.method == "PATCH" || request.path.contains("upsert=true")
}

async fn write_people(mode: Mode, service: &SyncService, people: &[Value]) -> Vec<Told> {
    let call = CallOptions::default();
    write(mode, service, ObjectKind::Person, people, call).await
}

fn id_in_crm(network: &Network, external_id: &str) -> String {
    let row = row_of(&network.state, "person", external_id).expect("a row");
    row["id"].as_str().expect("a text").to_owned()
}

#[tokio::test(start_paused = true)]
async fn two_records_with_one_email_are_created_again_after_deletion() {
    for mode in MODES {
        let network = Arc::new(Network::new(SimOptions::default()));
        let service = service(&network, |_| {});
        let shared = json!({ "email": "info@example.com" });
        let both = [with(&person(1), shared.clone()), with(&person(2), shared)];
        for told in write_people(mode, &service, &both).await {
            let path = format!("/rest/people/{}", told.id.expect("an id"));
            other_client(&network.state, "DELETE", &path, None);
        }
        let boss = json!({ "job_title": "Boss" });
        let changed = both.map(|record| with(&record, boss.clone()));
        let told = write_people(mode, &service, &changed).await;
        let is_made = |told: &Told| told.status == Status::Created;
        assert!(told.iter().all(is_made), "{mode:?}: {told:?}");
    }
}

#[tokio::test(start_paused = true)]
async fn values_left_out_of_a_lost_write_are_still_sent() {
    for mode in MODES {
        let network = Arc::new(Network::new(SimOptions::default()));
        sync(&service(&network, |_| {}), people(1..2)).await;
        let other = json!({
            "name": { "firstName": "Other" },
            "emails": { "primaryEmail": "taken@example.com" },
            "externalId": "somebody",
        });
        insert(&network.state, "people", &other);
        let id = id_in_crm(&network, "p-1");
        let left = AtomicUsize::new(4);
        network.meddle(move |request| {
            let is_ours = request.path.contains(&id) || request.body.contains(&id);
            if !is_ours || !is_update(request) || left.load(Ordering::Relaxed) == 0 {
                return Fate::CarriedOut;
            }
            left.fetch_sub(1, Ordering::Relaxed);
            let body: Value = serde_json::from_str(request.body).expect("a body");
            other_client(request.state, request.method, request.path, Some(&body));
            Fate::Answered(Response::bytes(502, Vec::new()))
        });
        // This service does not know the rows.
        let service = service(&network, |_| {});
        let fields = json!({ "email": "taken@example.com", "job_title": "Boss" });
        let told = write_people(mode, &service, &[with(&person(1), fields)]).await;
        assert_eq!(told[0].status, Status::Updated, "{mode:?}");
        let known = remembered(&service, ObjectKind::Person, "p-1");
        let hash = known.expect("its row").1;
        assert_eq!(hash, None, "{mode:?}: the address is not in the row");
    }
}

#[tokio::test(start_paused = true)]
async fn a_value_that_is_refused_is_left_out_of_a_conditional_write_too() {
    for mode in MODES {
        let network = Arc::new(Network::new(SimOptions::default()));
        let service = service_with(&network, |_| {}, LEAVES_DELETED_ROWS);
        sync(&service, people(1..2)).await;
        network.meddle(|request| match request.body.contains("refused.example") {
            false => Fate::CarriedOut,
            true if request.write > 0 => Fate::Answered(request.bad_link()),
            true => {
                let error = json!({
                    "message": "The URL of the link is not valid",
                    "extensions": { "code": "BAD_USER_INPUT", "subCode": "INVALID_URL" },
                });
                let body = json!({ "errors": [error], "data": { "updatePeople": null } });
                Fate::Answered(Response::json(200, &body))
            }
        });
        let fields = json!({ "website": "https://refused.example/x", "job_title": "Boss" });
        let told = write_people(mode, &service, &[with(&person(1), fields)]).await;
        assert_eq!(told[0].status, Status::Updated, "{mode:?}: {told:?}");
        let row = row_of(&network.state, "person", "p-1").expect("a row");
        assert_eq!(row.get("jobTitle"), Some(&json!("Boss")), "{mode:?}");
    }
}

#[tokio::test(start_paused = true)]
async fn a_conditional_write_is_retried_while_the_server_is_down() {
    let network = Arc::new(Network::new(SimOptions::default()));
    let service = service_with(&network, |_| {}, LEAVES_DELETED_ROWS);
    sync(&service, people(1..2)).await;
    let mut left = 2;
    network.meddle(move |request| {
        if request.method == "GET" || left == 0 {
            return Fate::CarriedOut;
        }
        left -= 1;
        Fate::Answered(Response::bytes(504, Vec::new()))
    });
    let changed = with(&person(1), json!({ "job_title": "Boss" }));
    let told = write_people(Mode::Alone, &service, &[changed]).await;
    assert_eq!(told[0].status, Status::Updated, "{told:?}");
}

#[tokio::test(start_paused = true)]
async fn a_dry_run_forgets_nothing() {
    let network = Arc::new(Network::new(SimOptions::default()));
    let service = service(&network, |_| {});
    sync(&service, people(1..2)).await;
    let path = format!("/rest/people/{}", id_in_crm(&network, "p-1"));
    let anothers = json!({ "externalId": "other" });
    other_client(&network.state, "PATCH", &path, Some(&anothers));
    let options = BulkOptions {
        dry_run: true,
        force: true,
        ..BulkOptions::default()
    };
    sync_with(&service, people(1..2), options).await;
    assert!(remembered(&service, ObjectKind::Person, "p-1").is_some());
}

#[tokio::test(start_paused = true)]
async fn an_id_of_two_people_is_reported_if_the_first_is_unchanged() {
    let network = Arc::new(Network::new(SimOptions::default()));
    let service = service(&network, |_| {});
    sync(&service, people(1..2)).await;
    let bob = json!({ "external_id": "p-1", "name": "Bob Smith", "email": "bob@example.com" });
    let results = sync(&service, vec![person(1), bob]).await;
    let reasons: Vec<_> = results
        .iter()
        .map(|result| result.error.as_ref()?.reason())
        .collect();
    assert_eq!(reasons, [Some("ID_REUSED"); 2]);
}

#[tokio::test(start_paused = true)]
async fn records_written_before_a_schema_change_get_the_new_field() {
    let network = Arc::new(Network::new(SimOptions {
        preset: Preset::Fresh,
        ..SimOptions::default()
    }));
    let add_field = |state: &Arc<State>, name: &str, is_unique: bool| {
        let objects = other_client(state, "GET", "/rest/metadata/objects", None);
        let objects = objects["data"]["objects"]
            .as_array()
            .expect("a list")
            .clone();
        let person = objects
            .into_iter()
            .find(|it| it["nameSingular"] == "person");
        let field = json!({
            "type": "TEXT",
            "name": name,
            "label": name,
            "isUnique": is_unique,
            "objectMetadataId": person.expect("people")["id"],
        });
        other_client(state, "POST", "/rest/metadata/fields", Some(&field));
    };
    add_field(&network.state, "externalId", true);
    let service = service(&network, |_| {});
    sync(&service, people(1..2)).await;
    let has_changed = AtomicUsize::new(0);
    network.meddle(move |request| {
        if !is_update(request) || has_changed.fetch_add(1, Ordering::Relaxed) > 0 {
            return Fate::CarriedOut;
        }
        add_field(request.state, "city", false);
        let body = json!({ "statusCode": 400, "error": "Error", "messages": ["No"] });
        Fate::Answered(Response::json(400, &body))
    });
    let records = vec![
        with(&person(1), json!({ "job_title": "Boss" })),
        with(&person(2), json!({ "city": "Paris" })),
    ];
    for _ in 0..2 {
        let results = sync(&service, records.clone()).await;
        assert!(results.iter().all(|it| it.error.is_none()), "{results:?}");
    }
    let row = row_of(&network.state, "person", "p-2").expect("a row");
    assert_eq!(row.get("city"), Some(&json!("Paris")));
}

#[tokio::test(start_paused = true)]
async fn a_lost_race_says_that_an_earlier_try_may_have_been_carried_out() {
    let network = Arc::new(Network::new(SimOptions::default()));
    let service = service(&network, |_| {});
    let mut is_first = true;
    network.meddle(move |request| {
        if request.write == 0 {
            return Fate::CarriedOut;
        }
        if std::mem::take(&mut is_first) {
            return Fate::Answered(Response::bytes(504, Vec::new()));
        }
        let said = "A duplicate entry was detected";
        let body = json!({ "statusCode": 400, "error": "BadRequestException", "messages": [said] });
        Fate::Answered(Response::json(400, &body))
    });
    let told = write_people(Mode::Alone, &service, &[person(1)]).await;
    let error = told[0].error.clone().expect("an error");
    assert_eq!(error.1, "OUTCOME_UNKNOWN");
}

/// Another process makes the companies between the look-up and the batch that creates them: the batch is refused, and one
/// look-up finds all of them.
#[tokio::test(start_paused = true)]
async fn companies_that_another_process_has_just_made_are_found_by_one_look_up() {
    const COMPANIES: usize = 20;
    for mode in [Mode::Together, Mode::Bulk] {
        let network = Arc::new(Network::new(SimOptions::default()));
        let of_company = |number: usize| {
            let company = format!("c-{}", number % COMPANIES);
            with(
                &person(number),
                json!({ "company_external_id": company, "company_name": company }),
            )
        };
        let people: Vec<Value> = (0..100).map(of_company).collect();
        let (are_made, requests) = (AtomicBool::new(false), Arc::new(AtomicUsize::new(0)));
        network.meddle({
            let requests = Arc::clone(&requests);
            move |request| {
                requests.fetch_add(1, Ordering::Relaxed);
                let makes_companies = request.path.contains("/batch/companies");
                if makes_companies && !are_made.swap(true, Ordering::Relaxed) {
                    for company in (0..COMPANIES).map(|number| format!("c-{number}")) {
                        let row = json!({ "externalId": company, "name": company });
                        insert(request.state, "companies", &row);
                    }
                }
                Fate::CarriedOut
            }
        });
        let service = service(&network, |_| {});
        let told = write_people(mode, &service, &people).await;
        assert!(
            told.iter().all(|told| told.status == Status::Created),
            "{mode:?}: {told:?}"
        );
        for row in rows(&network.state, "person")
            .iter()
            .filter(|row| !is_company(row))
        {
            assert!(
                row.get("companyId").is_some_and(Value::is_string),
                "{row:?}"
            );
        }
        let requests = requests.load(Ordering::Relaxed);
        assert!(requests <= 16, "{mode:?}: {requests} requests");
    }
}
