//! Bulk writes, restore, merge, duplicates and groups (`docs/twenty/protocol.md#records`).
mod client;

use client::{Client, start};
use serde_json::{Value, json};
use twenty_sim::{Sim, SimOptions};

const NAMED: &str = "filter=name.firstName%5Beq%5D:Ada";

/// A server with people of these names and keys.
async fn with(people: Value) -> (Sim, Client, Vec<String>) {
    let sim = start(SimOptions::default()).await;
    let mut client = Client::to(&sim).await;
    let answer = client.call("POST", "/rest/batch/people", people).await;
    let rows = answer.json()["data"]["createPeople"].clone();
    let ids = rows.as_array().unwrap().iter();
    let ids = ids
        .map(|row| row["id"].as_str().unwrap().to_owned())
        .collect();
    (sim, client, ids)
}

fn ada(key: &str) -> Value {
    json!({ "externalId": key, "name": { "firstName": "Ada" } })
}

#[tokio::test]
async fn a_filter_that_is_not_understood_updates_every_row() {
    let (_sim, mut client, _) = with(json!([ada("a"), { "externalId": "b" }])).await;
    let change = json!({ "jobTitle": "hit" });
    let path = "/rest/people?filter%5BexternalId%5D%5Beq%5D=a";
    let answer = client.call("PATCH", path, change.clone()).await;
    assert_eq!(
        answer.json()["data"]["updatePeople"]
            .as_array()
            .unwrap()
            .len(),
        2
    );
    let answer = client
        .call("PATCH", &format!("/rest/people?{NAMED}"), change)
        .await;
    assert_eq!(
        answer.json()["data"]["updatePeople"]
            .as_array()
            .unwrap()
            .len(),
        1
    );
}

#[tokio::test]
async fn bulk_updates_stop_at_two_hundred_rows_and_deletes_need_a_filter() {
    let people: Vec<Value> = (0..150).map(|n| ada(&n.to_string())).collect();
    let (sim, mut client, _) = with(json!(people)).await;
    let more: Vec<Value> = (150..201).map(|n| ada(&n.to_string())).collect();
    client.call("POST", "/rest/batch/people", json!(more)).await;
    let answer = client
        .call("PATCH", &format!("/rest/people?{NAMED}"), json!({}))
        .await;
    assert_eq!(answer.json()["code"], "TOO_MANY_RECORDS_TO_UPDATE");
    let answer = client.call("DELETE", "/rest/people", json!({})).await;
    assert!(
        answer
            .message()
            .starts_with("Filters are mandatory for bulk destroy operations.")
    );
    assert_eq!(sim.state().count("people"), 201);
    let path = format!("/rest/people?{NAMED}&soft_delete=true");
    client.call("DELETE", &path, json!({})).await;
    assert_eq!(sim.state().count("people"), 0);
    let restored = client
        .call("PATCH", &format!("/rest/restore/people?{NAMED}"), json!({}))
        .await;
    assert_eq!(
        restored.json()["data"]["restorePeople"]
            .as_array()
            .unwrap()
            .len(),
        201
    );
    assert_eq!(sim.state().count("people"), 201);
}

#[tokio::test]
async fn a_hard_bulk_delete_takes_soft_deleted_rows_along() {
    let (sim, mut client, ids) = with(json!([ada("a"), ada("b")])).await;
    client
        .call(
            "DELETE",
            &format!("/rest/people/{}?soft_delete=true", ids[0]),
            json!({}),
        )
        .await;
    let gone = client
        .call("DELETE", &format!("/rest/people?{NAMED}"), json!({}))
        .await;
    assert_eq!(
        gone.json()["data"]["deletePeople"],
        json!([{ "id": ids[0] }, { "id": ids[1] }])
    );
    assert!(sim.state().records("people").is_empty());
}

#[tokio::test]
async fn soft_deleted_rows_hold_their_keys_until_an_upsert_revives_them() {
    let (_sim, mut client, ids) = with(json!([ada("a")])).await;
    let path = format!("/rest/people/{}", ids[0]);
    client
        .call("DELETE", &format!("{path}?soft_delete=true"), json!({}))
        .await;
    assert_eq!(client.get(&path).await.status, 404);
    assert_eq!(
        client
            .call("POST", "/rest/people", json!({ "externalId": "a" }))
            .await
            .status,
        400
    );
    assert_eq!(
        client
            .call("PATCH", &path, json!({ "jobTitle": "x" }))
            .await
            .status,
        200
    );
    assert_eq!(client.get(&path).await.status, 404);
    let list = client
        .get("/rest/people?filter=not(deletedAt%5Bis%5D:NULL)")
        .await;
    assert_eq!(list.json()["totalCount"], 1);
    let revived = client
        .call(
            "POST",
            "/rest/people?upsert=true",
            json!({ "externalId": "a" }),
        )
        .await;
    let revived = revived.json()["data"]["createPerson"].clone();
    assert_eq!(
        (&revived["id"], &revived["deletedAt"]),
        (&json!(ids[0]), &Value::Null)
    );
    assert_eq!(revived["jobTitle"], "x");
}

#[tokio::test]
async fn a_merge_fills_blanks_and_destroys_the_loser() {
    let second = json!({ "name": { "firstName": "Bea" }, "jobTitle": "Dev" });
    let (sim, mut client, ids) = with(json!([ada("a"), second])).await;
    let mut order = json!({ "ids": ids, "conflictPriorityIndex": 0, "dryRun": true });
    let dry = client
        .call("PATCH", "/rest/people/merge", order.clone())
        .await
        .json();
    let dry = dry["data"]["mergePerson"].clone();
    assert!(!ids.contains(&dry["id"].as_str().unwrap().to_owned()));
    assert_eq!(sim.state().count("people"), 2);
    order["dryRun"] = json!(false);
    let merged = client
        .call("PATCH", "/rest/people/merge", order)
        .await
        .json();
    let merged = merged["data"]["mergePerson"].clone();
    assert_eq!(merged["id"], ids[0].as_str());
    assert_eq!(
        (&merged["name"]["firstName"], &merged["jobTitle"]),
        (&json!("Ada"), &json!("Dev"))
    );
    assert_eq!(
        client.get(&format!("/rest/people/{}", ids[1])).await.status,
        404
    );
}

#[tokio::test]
async fn duplicates_share_a_full_name_a_link_or_an_address() {
    let twin = || json!({ "name": { "firstName": "Ada", "lastName": "L" } });
    let (_sim, mut client, ids) = with(json!([twin(), twin(), ada("half")])).await;
    let answer = client
        .call(
            "POST",
            "/rest/people/duplicates",
            json!({ "ids": [ids[0]] }),
        )
        .await;
    let found = answer.json()["data"][0].clone();
    assert_eq!(found["totalCount"], 1);
    assert_eq!(found["personDuplicates"][0]["id"], ids[1].as_str());
    let half = json!({ "data": [{ "name": { "firstName": "Ada", "lastName": "" } }] });
    let answer = client.call("POST", "/rest/people/duplicates", half).await;
    assert_eq!(answer.json()["data"][0]["totalCount"], 0);
    assert_eq!(
        client
            .call("POST", "/rest/people/duplicates", json!({}))
            .await
            .status,
        400
    );
}

#[tokio::test]
async fn groups_are_the_distinct_values() {
    let (_sim, mut client, _) = with(json!([ada("a"), ada("b"), { "externalId": "c" }])).await;
    let by = "group_by=%5B%7B%22name%22%3A%7B%22firstName%22%3Atrue%7D%7D%5D";
    let groups = client
        .get(&format!("/rest/people/groupBy?{by}"))
        .await
        .json();
    let mut groups: Vec<String> = groups
        .as_array()
        .unwrap()
        .iter()
        .map(|g| g["groupByDimensionValues"][0].to_string())
        .collect();
    groups.sort();
    assert_eq!(groups.len(), 2);
    assert_eq!(groups[0], "\"Ada\"");
}
