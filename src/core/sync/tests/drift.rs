//! Rules that single calls, grouped calls and runs once implemented separately, with differences.

use super::meddling::{email_of, insert, row_of, rows};
use super::modes::{MODES, Mode, Told, is_company, remembered, write};
use super::*;
use crate::core::sync::options::CallOptions;

/// One record written several times with `skipUnchanged`.
struct Again {
    what: &'static str,
    kind: ObjectKind,
    options: Value,
    /// Rows that others created before.
    before: Vec<Value>,
    inputs: Vec<Value>,
    statuses: Vec<Status>,
}

/// After each write: the result, and what is remembered.
type Steps = Vec<(Told, Option<(String, Option<String>)>)>;

impl Again {
    async fn written(&self, mode: Mode) -> Steps {
        let network = Arc::new(Network::new(SimOptions::default()));
        for row in &self.before {
            insert(&network.state, self.kind.plural(), row);
        }
        let service = service_with(&network, |_| {}, &self.options.to_string());
        let call = CallOptions {
            skip_unchanged: true,
            ..CallOptions::default()
        };
        let mut steps = Vec::new();
        for input in &self.inputs {
            let records = std::slice::from_ref(input);
            let told = write(mode, &service, self.kind, records, call)
                .await
                .remove(0);
            let external_id = input["external_id"].as_str().expect("a text");
            steps.push((told, remembered(&service, self.kind, external_id)));
        }
        steps
    }
}

fn with(record: &Value, fields: Value) -> Value {
    let mut record = record.clone();
    let more = fields.as_object().expect("an object").clone();
    record.as_object_mut().expect("an object").extend(more);
    record
}

fn cases() -> Vec<Again> {
    use Status::{Created, Unchanged, Updated};
    let clerk = with(&person(1), json!({ "job_title": "Clerk" }));
    let boss = with(&person(1), json!({ "job_title": "Boss" }));
    let acme = json!({ "external_id": "c-1", "name": "Acme", "domain_name": "acme.example" });
    let other_spelling = |external_id: Value| {
        json!({
            "name": "Other",
            "domainName": { "primaryLinkUrl": "https://www.acme.example/" },
            "externalId": external_id,
        })
    };
    let owned = |owner: &str| json!({ "fieldOwnership": { "person": { "job_title": owner } } });
    let people = |what, options, before, inputs: Vec<Value>, statuses| Again {
        what,
        kind: ObjectKind::Person,
        options,
        before,
        inputs,
        statuses,
    };
    let companies = |what, options, before, inputs: Vec<Value>, statuses| Again {
        kind: ObjectKind::Company,
        ..people(what, options, before, inputs, statuses)
    };
    vec![
        people(
            "create-only, the same again",
            owned("create-only"),
            vec![],
            vec![clerk.clone(); 4],
            vec![Created, Unchanged, Unchanged, Unchanged],
        ),
        people(
            "create-only, changed once",
            owned("create-only"),
            vec![],
            vec![clerk.clone(), boss.clone(), boss.clone(), boss.clone()],
            vec![Created, Updated, Unchanged, Unchanged],
        ),
        people(
            "if-empty, the same again",
            owned("if-empty"),
            vec![],
            vec![clerk.clone(), clerk.clone(), boss.clone(), boss.clone()],
            vec![Created, Unchanged, Updated, Updated],
        ),
        companies(
            "another spelling of the domain on another record's row",
            json!({}),
            vec![other_spelling(json!("somebody"))],
            vec![acme.clone(); 3],
            vec![Created, Updated, Updated],
        ),
        companies(
            "another spelling of the domain on the record's own row",
            json!({}),
            vec![other_spelling(json!("c-1"))],
            vec![acme.clone(); 3],
            // The first write teaches how this workspace stores domains.
            vec![Updated, Updated, Unchanged],
        ),
        companies(
            "another spelling of the domain on a row that nobody claimed",
            json!({}),
            vec![other_spelling(Value::Null)],
            vec![acme.clone(); 3],
            vec![Updated, Updated, Unchanged],
        ),
    ]
}

#[tokio::test(start_paused = true)]
async fn a_record_written_again_and_again_has_the_same_results_in_each_way() {
    let mut wrong = Vec::new();
    for case in cases() {
        let alone = case.written(Mode::Alone).await;
        for mode in MODES {
            let steps = match mode {
                Mode::Alone => alone.clone(),
                _ => case.written(mode).await,
            };
            let statuses: Vec<_> = steps.iter().map(|(told, _)| told.status).collect();
            if statuses != case.statuses {
                wrong.push(format!("{}, {mode:?}: {statuses:?}", case.what));
            }
            for (step, (here, there)) in steps.iter().zip(&alone).enumerate() {
                if here != there {
                    let place = format!("{}, {mode:?}, write {step}", case.what);
                    wrong.push(format!("{place}: {here:?}, alone {there:?}"));
                }
            }
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

/// A's own row has lost its external id, and has B's e-mail; a row of another record has A's e-mail. B claims the first
/// row while A still wants it. A must look again before it takes a value from anybody, and then takes over the other
/// row.
#[tokio::test(start_paused = true)]
async fn a_row_is_claimed_before_a_value_is_taken_from_another_for_its_sake() {
    let mut wrong = Vec::new();
    for mode in MODES {
        let network = Arc::new(Network::new(SimOptions::default()));
        let options = json!({ "collisions": { "claimedMatch": "take_over" } }).to_string();
        let service = service_with(&network, |_| {}, &options);
        let (a, b) = (person(1), person(2));
        let made = sync(&service, vec![a.clone()]).await;
        let own = made[0].id.clone().expect("an id");
        let service = service_with(&network, |_| {}, &options);
        let change = json!({ "externalId": null, "emails": { "primaryEmail": b["email"] } });
        let path = format!("/rest/people/{own}");
        meddling::other_client(&network.state, "PATCH", &path, Some(&change));
        let other = json!({
            "name": { "firstName": "Other" },
            "emails": { "primaryEmail": a["email"] },
            "externalId": "somebody",
        });
        insert(&network.state, "people", &other);
        let call = CallOptions::default();
        let (b, a) = ([b], [a]);
        let writes = [&b, &a]
            .map(|records| write(mode, &service, ObjectKind::Person, records.as_slice(), call));
        let told = futures_util::future::join_all(writes).await;
        let held: Vec<_> = rows(&network.state, "person")
            .iter()
            .filter(|row| !is_company(row))
            .map(|row| (row.get("externalId").cloned(), email_of(row).to_owned()))
            .collect();
        let of_b = row_of(&network.state, "person", "p-2").map(|row| row["id"].clone());
        let is_right = held.len() == 2
            && held.contains(&(Some(json!("p-1")), "p-1@example.com".to_owned()))
            && held.contains(&(Some(json!("p-2")), "p-2@example.com".to_owned()))
            && of_b == Some(json!(own));
        if !is_right {
            wrong.push(format!("{mode:?}: {held:?}, {told:?}"));
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}
