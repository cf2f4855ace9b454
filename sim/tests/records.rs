//! Records over the wire, where single functions do not show it.
mod client;

use client::{Answer, Client, start};
use serde_json::{Value, json};
use twenty_sim::SimOptions;
use twenty_sim::flavour::Flavour;
use twenty_sim::options::{Limit, Preset, RateLimits, ServiceTimes};

async fn create(client: &mut Client, body: Value) -> Value {
    let answer = client.call("POST", "/rest/people", body).await;
    assert_eq!(answer.status, 201, "{}", answer.json());
    answer.json()["data"]["createPerson"].clone()
}

fn names(answer: &Answer, key: &str) -> Vec<String> {
    answer.json()["data"][key]
        .as_array()
        .unwrap()
        .iter()
        .map(|row| row["externalId"].as_str().unwrap().to_owned())
        .collect()
}

#[tokio::test]
async fn an_upsert_batch_answers_updates_first() {
    let sim = start(SimOptions::default()).await;
    let mut client = Client::to(&sim).await;
    let batch = json!([{ "externalId": "b-1" }, { "externalId": "b-2" }]);
    client.call("POST", "/rest/batch/people", batch).await;
    let batch = json!([
        { "externalId": "b-3" }, { "externalId": "b-1" }, { "externalId": "b-4" },
        { "externalId": "b-2", "jobTitle": "x" },
    ]);
    let answer = client
        .call("POST", "/rest/batch/people?upsert=true", batch)
        .await;
    assert_eq!(names(&answer, "createPeople"), ["b-1", "b-2", "b-3", "b-4"]);
    let rows = answer.json()["data"]["createPeople"].clone();
    assert_ne!(rows[0]["createdAt"], rows[0]["updatedAt"]);
    assert_eq!(rows[2]["createdAt"], rows[2]["updatedAt"]);
}

#[tokio::test]
async fn one_bad_row_refuses_the_whole_batch() {
    let sim = start(SimOptions::default()).await;
    let mut client = Client::to(&sim).await;
    create(
        &mut client,
        json!({ "externalId": "old", "jobTitle": "before" }),
    )
    .await;
    for bad in [
        json!({ "externalId": "new" }),
        json!({ "name": "x" }),
        json!({ "plan": "x" }),
    ] {
        let batch =
            json!([{ "externalId": "old", "jobTitle": "after" }, { "externalId": "new" }, bad]);
        let answer = client
            .call("POST", "/rest/batch/people?upsert=true", batch)
            .await;
        assert_eq!(answer.status, 400);
        assert_eq!(sim.state().count("people"), 1);
        assert_eq!(sim.state().records("people")[0]["jobTitle"], "before");
    }
}

#[tokio::test]
async fn pages_ordered_by_id_or_date_are_complete_and_by_a_nullable_field_are_not() {
    let sim = start(SimOptions::default()).await;
    let mut client = Client::to(&sim).await;
    let rows: Vec<Value> = (0..130)
        .map(|n| json!({ "totalSubmissions": if n < 5 { json!(n) } else { Value::Null } }))
        .collect();
    client.call("POST", "/rest/batch/people", json!(rows)).await;
    for (order, expected) in [
        ("", 130),
        ("&order_by=updatedAt", 130),
        ("&order_by=createdAt%5BDescNullsLast%5D", 130),
        ("&order_by=totalSubmissions%5BDescNullsLast%5D", 60),
    ] {
        let mut seen = std::collections::HashSet::new();
        let mut after = String::new();
        loop {
            let page = client
                .get(&format!("/rest/people?limit=60{order}{after}"))
                .await
                .json();
            for row in page["data"]["people"].as_array().unwrap() {
                assert!(seen.insert(row["id"].as_str().unwrap().to_owned()));
            }
            if page["pageInfo"]["hasNextPage"] != json!(true) {
                break;
            }
            let cursor = page["pageInfo"]["endCursor"]
                .as_str()
                .unwrap()
                .replace('=', "%3D");
            after = format!("&starting_after={cursor}");
        }
        assert_eq!(seen.len(), expected, "{order}");
    }
}

#[tokio::test]
async fn deleting_a_company_lets_its_people_go() {
    let sim = start(SimOptions::default()).await;
    let mut client = Client::to(&sim).await;
    let company = client
        .call("POST", "/rest/companies", json!({ "externalId": "c" }))
        .await
        .json();
    let id = company["data"]["createCompany"]["id"]
        .as_str()
        .unwrap()
        .to_owned();
    let connect = json!({ "company": { "connect": { "where": { "externalId": "c" } } } });
    let person = create(&mut client, connect).await;
    assert_eq!(person["companyId"], id.as_str());
    let path = format!("/rest/people/{}?depth=1", person["id"].as_str().unwrap());
    assert_eq!(
        client.get(&path).await.json()["data"]["person"]["company"]["externalId"],
        "c"
    );
    let gone = client
        .call("DELETE", &format!("/rest/companies/{id}"), json!({}))
        .await;
    assert_eq!(
        gone.json(),
        json!({ "data": { "deleteCompany": { "id": id } } })
    );
    let person = client.get(&path).await.json()["data"]["person"].clone();
    assert_eq!(
        (person["companyId"].clone(), person["company"].clone()),
        (Value::Null, Value::Null)
    );
}

#[tokio::test]
async fn upserts_of_one_new_key_race() {
    let options = SimOptions {
        service_times: ServiceTimes {
            insert_us: 300_000,
            ..ServiceTimes::default()
        },
        upsert_race_probability: 0.5,
        ..SimOptions::default()
    };
    let sim = start(options).await;
    let mut calls = Vec::new();
    for n in 0..8 {
        let mut client = Client::to(&sim).await;
        calls.push(tokio::spawn(async move {
            let body = json!({ "externalId": "race", "jobTitle": n.to_string() });
            client.call("POST", "/rest/people?upsert=true", body).await
        }));
    }
    let mut lost = 0;
    for call in calls {
        let answer = call.await.unwrap();
        if answer.status == 400 {
            assert_eq!(answer.message(), "A duplicate entry was detected");
            lost += 1;
        }
    }
    assert_eq!(sim.state().count("people"), 1);
    assert!((1..8).contains(&lost), "{lost} lost");
    let mut client = Client::to(&sim).await;
    let again = client
        .call(
            "POST",
            "/rest/people?upsert=true",
            json!({ "externalId": "race" }),
        )
        .await;
    assert_eq!(again.status, 201);
}

fn limited(flavour: Flavour) -> SimOptions {
    let long = Some(Limit::of(2, 60_000));
    let rate_limits = RateLimits { short: None, long };
    SimOptions {
        rate_limits,
        flavour,
        ..SimOptions::default()
    }
}

#[tokio::test]
async fn tokens_are_taken_after_the_path_and_before_the_body() {
    let sim = start(limited(Flavour::V2_21)).await;
    let mut client = Client::to(&sim).await;
    for path in ["/rest/nopes", "/rest/people?limit=x", "/rest/people/123"] {
        assert_eq!(client.get(path).await.status, 400);
    }
    assert_eq!(
        client
            .call("POST", "/rest/people", json!({ "nope": 1 }))
            .await
            .status,
        400
    );
    assert_eq!(client.get("/rest/people").await.status, 200);
    let refused = client.get("/rest/people").await;
    assert_eq!(refused.message(), "Limit reached (2 tokens per 60000 ms)");
    assert!(!refused.headers.contains_key("retry-after"));
    assert_eq!(client.get("/rest/nopes").await.status, 400);
    assert_eq!(client.get("/rest/metadata/objects").await.status, 200);
    client
        .call("POST", "/__sim/clock", json!({ "advanceMs": 30_000 }))
        .await;
    assert_eq!(client.get("/rest/people").await.status, 200);
    assert_eq!(client.get("/rest/people").await.status, 429);
}

#[tokio::test]
async fn later_servers_say_when_to_come_back_and_store_bare_hosts() {
    let sim = start(limited(Flavour::V2_47)).await;
    let mut client = Client::to(&sim).await;
    let company = json!({ "domainName": { "primaryLinkUrl": "https://www.Acme.com/x" } });
    let company = client.call("POST", "/rest/companies", company).await.json();
    assert_eq!(
        company["data"]["createCompany"]["domainName"]["primaryLinkUrl"],
        "acme.com"
    );
    client.get("/rest/people").await;
    let refused = client.get("/rest/people").await;
    assert_eq!(refused.status, 429);
    assert_eq!(refused.json()["error"], "RATE_LIMITED");
    assert_eq!(
        refused.headers["retry-after"],
        refused.json()["retryAfterSeconds"].to_string()
    );
    let options = json!({ "rateLimits": {}, "recordLimit": 1 });
    client.call("POST", "/__sim/options", options).await;
    let full = client.call("POST", "/rest/people", json!({})).await;
    assert_eq!(
        (full.status, full.json()["error"].clone()),
        (409, json!("QUOTA_EXHAUSTED"))
    );
}

#[tokio::test]
async fn the_dev_preset_has_rows_and_reset_brings_them_back() {
    let sim = start(SimOptions {
        preset: Preset::Dev,
        ..SimOptions::default()
    })
    .await;
    let mut client = Client::to(&sim).await;
    assert_eq!(
        client.get("/rest/people?limit=0").await.json()["totalCount"],
        1200
    );
    let filter = "filter=name.firstName%5Beq%5D:Ada";
    client
        .call("DELETE", &format!("/rest/people?{filter}"), json!({}))
        .await;
    assert_eq!(sim.state().count("people"), 1140);
    client.call("POST", "/__sim/reset", json!({})).await;
    assert_eq!(sim.state().count("people"), 1200);
}

#[tokio::test]
async fn seeded_rows_are_found_like_written_ones() {
    let sim = start(SimOptions::default()).await;
    let mut client = Client::to(&sim).await;
    let rows = json!({ "people": [{ "externalId": "s-1", "jobTitle": "" }] });
    assert_eq!(
        client.call("POST", "/__sim/seed", rows).await.json()["seeded"],
        1
    );
    let list = client.get("/rest/people?filter=and(externalId%5Beq%5D:s-1,jobTitle%5Bis%5D:NULL)");
    assert_eq!(list.await.json()["totalCount"], 1);
    let again = client
        .call("POST", "/rest/people", json!({ "externalId": "s-1" }))
        .await;
    assert_eq!(again.status, 400);
}
