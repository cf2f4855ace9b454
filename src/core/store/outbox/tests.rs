use super::*;

const SECRETS: &str = r#"["a secret of thirty-two bytes, at the least"]"#;

async fn ask(outbox: &SqliteOutbox, request: Value) -> Value {
    let request = serde_json::from_value(request).expect("a request");
    outbox.carry_out(request).await.expect("carried out")
}

fn change(entity: &str, external_id: &str, payload: &Value) -> Value {
    json!({"entity": entity, "externalId": external_id, "payload": payload.to_string()})
}

async fn enqueue_one(outbox: &SqliteOutbox, external_id: &str, payload: &Value) {
    let changes = [change("person", external_id, payload)];
    ask(outbox, json!({"enqueue": {"at": 1, "changes": changes}})).await;
}

async fn claim(outbox: &SqliteOutbox, token: &str, now: i64) -> Value {
    claim_by(outbox, token, &json!({"nowMs": now})).await
}

async fn claim_by(outbox: &SqliteOutbox, token: &str, clock: &Value) -> Value {
    let claim = json!({"token": token, "limit": 10, "leaseMs": 10, "clock": clock,
        "isProbe": false});
    ask(outbox, json!({"claim": claim})).await
}

async fn deliver(outbox: &SqliteOutbox, token: &str, record: &Value) -> Value {
    let ids: Vec<_> = record["changes"]
        .as_array()
        .expect("changes")
        .iter()
        .map(|c| &c["id"])
        .collect();
    let settlement = json!({"entity": record["entity"], "externalId": record["externalId"],
        "remove": ids, "rewrite": [], "lane": null});
    let settle = json!({"settle": {"token": token, "clock": {"nowMs": 5}, "at": 6, "records": [settlement]}});
    ask(outbox, settle).await
}

#[tokio::test]
async fn a_stale_worker_changes_nothing() {
    let outbox = SqliteOutbox::new(":memory:", "[]").expect("an outbox");
    enqueue_one(&outbox, "1", &json!({"plan": "free"})).await;
    let first = claim(&outbox, "a", 100).await;
    assert_eq!(claim(&outbox, "b", 105).await, json!([]), "the lease holds");
    enqueue_one(&outbox, "1", &json!({"plan": "premium"})).await;
    let second = claim(&outbox, "b", 111).await;
    assert_eq!(second[0]["changes"].as_array().map(Vec::len), Some(2));
    assert_eq!(deliver(&outbox, "a", &first[0]).await, json!([false]));
    assert_eq!(deliver(&outbox, "b", &second[0]).await, json!([true]));
    assert_eq!(claim(&outbox, "c", 1_000).await, json!([]));
}

#[tokio::test]
async fn an_edit_made_in_flight_stays() {
    let outbox = SqliteOutbox::new(":memory:", "[]").expect("an outbox");
    enqueue_one(&outbox, "1", &json!({"plan": "free"})).await;
    let first = claim(&outbox, "a", 100).await;
    enqueue_one(&outbox, "1", &json!({"plan": "premium"})).await;
    assert_eq!(deliver(&outbox, "a", &first[0]).await, json!([true]));
    let second = claim(&outbox, "a", 101).await;
    assert_eq!(second[0]["changes"][0]["payload"], r#"{"plan":"premium"}"#);
}

#[tokio::test]
async fn with_a_secret_payloads_and_reasons_are_encrypted() {
    let name = format!("twenty-crm-native-{}.db", uuid::Uuid::new_v4());
    let path = std::env::temp_dir().join(name);
    let outbox = SqliteOutbox::new(&path.display().to_string(), SECRETS).expect("an outbox");
    enqueue_one(&outbox, "1", &json!({"name": "Jane Austen"})).await;
    let claimed = claim(&outbox, "a", 100).await;
    let record = &claimed[0];
    assert_eq!(record["changes"][0]["payload"], r#"{"name":"Jane Austen"}"#);
    let rewrite = json!({"id": record["changes"][0]["id"], "payload": r#"{"name":"Jane Austen"}"#,
        "needs": null, "dead": {"message": "Jane Austen is refused"}});
    let settlement = json!({"entity": "person", "externalId": "1", "remove": [],
        "rewrite": [rewrite], "lane": null});
    let settle = json!({"settle": {"token": "a", "clock": {"nowMs": 105}, "at": 7, "records": [settlement]}});
    assert_eq!(ask(&outbox, settle).await, json!([true]));
    let dead = ask(
        &outbox,
        json!({"deadLetters": {"limit": 10, "after": null}}),
    )
    .await;
    assert_eq!(dead[0]["info"]["message"], "Jane Austen is refused");
    assert_eq!(dead[0]["deadAt"], 7);
    outbox.close().await;
    let bytes = std::fs::read(&path).expect("readable");
    assert!(!bytes.windows(6).any(|part| part == b"Austen"));

    let keyless = SqliteOutbox::new(&path.display().to_string(), "[]").expect("an outbox");
    let dead = ask(
        &keyless,
        json!({"deadLetters": {"limit": 10, "after": null}}),
    )
    .await;
    assert_eq!(dead[0]["error"]["details"]["reason"], "SECRET");
    keyless.close().await;
    for ending in ["", "-wal", "-shm"] {
        let _ = std::fs::remove_file(format!("{}{ending}", path.display()));
    }
}

fn count(claimed: &Value) -> usize {
    claimed.as_array().map_or(0, Vec::len)
}

#[tokio::test]
async fn leases_from_before_a_reboot_are_over() {
    let by = |now: i64, epoch: &str| json!({"nowMs": now, "epoch": epoch});
    let outbox = SqliteOutbox::new(":memory:", "[]").expect("an outbox");
    enqueue_one(&outbox, "1", &json!({})).await;
    // A lease of ten milliseconds, and its renewal.
    assert_eq!(count(&claim_by(&outbox, "a", &by(1_000, "x")).await), 1);
    assert_eq!(count(&claim_by(&outbox, "b", &by(1_005, "x")).await), 0);
    let renew = json!({"renew": {"token": "a", "clock": by(1_005, "x"), "leaseMs": 20}});
    assert_eq!(ask(&outbox, renew).await, json!(1));
    assert_eq!(count(&claim_by(&outbox, "b", &by(1_020, "x")).await), 0);
    // In the same run of the clock a lease lasts, even if the claim's time was read late.
    assert_eq!(count(&claim_by(&outbox, "b", &by(0, "x")).await), 0);
    assert_eq!(count(&claim_by(&outbox, "b", &by(1_020, "y")).await), 1);
    let settlement = json!({"entity": "person", "externalId": "1", "remove": [], "rewrite": [],
        "lane": {"attempts": 1, "delayMs": 50}});
    let settle = json!({"settle": {"token": "b", "clock": by(1_021, "y"), "at": 1,
        "records": [settlement]}});
    assert_eq!(ask(&outbox, settle).await, json!([true]));
    for (epoch, delayed) in [("y", 1), ("z", 0)] {
        let stats = ask(&outbox, json!({"stats": {"clock": by(1_030, epoch)}})).await;
        assert_eq!(
            (&stats["inFlight"], &stats["delayed"]),
            (&json!(0), &json!(delayed))
        );
    }
    assert_eq!(count(&claim_by(&outbox, "c", &by(1_070, "y")).await), 0);
    // A delay of an earlier run of the clock does not count in this run.
    assert_eq!(count(&claim_by(&outbox, "c", &by(3, "z")).await), 1);
    assert_eq!(count(&claim_by(&outbox, "d", &by(13, "z")).await), 1);
}

#[tokio::test]
async fn with_unknown_boots_only_leases_far_in_the_future_are_over() {
    const LONG: i64 = 600_000;
    for (taken, asked) in [(None, None), (Some("x"), None), (None, Some("x"))] {
        let by = |now: i64, epoch: Option<&str>| json!({"nowMs": now, "epoch": epoch});
        let outbox = SqliteOutbox::new(":memory:", "[]").expect("an outbox");
        enqueue_one(&outbox, "1", &json!({})).await;
        let at = 2 * LONG;
        assert_eq!(count(&claim_by(&outbox, "a", &by(at, taken)).await), 1);
        for late in [0, 1, 1_000, LONG] {
            let claimed = claim_by(&outbox, "b", &by(at - late, asked)).await;
            assert_eq!(count(&claimed), 0, "{late} ms");
        }
        let claimed = claim_by(&outbox, "b", &by(at - LONG - 1, asked)).await;
        assert_eq!(count(&claimed), 1);
    }
}
