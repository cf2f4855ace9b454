//! Batches are as large as the server accepts.

use super::*;

/// Time per new record on the slow server: 200 of them exceed the timeout of 10 s.
const SLOW_US: u64 = 60_000;

fn network(insert_us: u64) -> Network {
    Network::new(SimOptions {
        service_times: ServiceTimes {
            insert_us,
            ..ServiceTimes::default()
        },
        ..SimOptions::default()
    })
}

#[tokio::test(start_paused = true)]
async fn a_batch_that_times_out_is_halved_and_the_next_ones_are_smaller() {
    let network = Arc::new(network(SLOW_US));
    let service = service(&network, |_| {});
    let results = sync(&service, people(0..1_600)).await;
    assert!(
        results.iter().all(is_created),
        "even those whose answer was lost"
    );
    assert_eq!(network.state.count("people"), 1_600);
    let late: Vec<_> = network.writes(|write| write.status == 0);
    assert_eq!(late, [200; 4], "those that were under way at first");
    let stored: Vec<_> = network.writes(|write| write.status == 201);
    assert_eq!(stored, [100; 8]);

    // The server recovers.
    network
        .state
        .change_settings(|settings| settings.service_times.insert_us = 1_000);
    let results = sync(&service, people(1_600..5_600)).await;
    assert!(results.iter().all(is_created));
    let stored: Vec<_> = network.writes(|write| write.status == 201);
    assert_eq!(stored.last(), Some(&200));
    assert!(stored.iter().filter(|records| **records == 200).count() >= 10);
}

#[tokio::test(start_paused = true)]
async fn a_batch_that_is_too_large_is_halved_and_the_next_ones_are_smaller() {
    let mut network = network(0);
    // A proxy's limit: about 80 records.
    network.max_body_bytes = 100_000;
    let network = Arc::new(network);
    let mut people = people(0..2_000);
    for person in &mut people {
        person["job_title"] = "x".repeat(1_000).into();
    }
    let results = sync(&service(&network, |_| {}), people).await;
    assert!(results.iter().all(is_created));
    let refused = network.writes(|write| write.status == 413).len();
    assert!(refused <= 10, "{refused}");
    let stored = network.writes(|write| write.status == 201);
    assert_eq!(stored.iter().sum::<usize>(), 2_000);
}

#[tokio::test(start_paused = true)]
async fn one_record_that_is_too_large_does_not_make_the_others_small() {
    let mut network = network(0);
    network.max_body_bytes = 50_000;
    let network = Arc::new(network);
    let service = service(&network, |_| {});
    let mut people = people(0..200);
    people[70]["job_title"] = "x".repeat(60_000).into();
    let run = service.bulk(ObjectKind::Person, BulkOptions::default());
    let text = Value::Array(people).to_string();
    let results = run.chunk(0, &text).await.expect("an array");
    let failed: Vec<_> = results
        .iter()
        .filter(|result| !is_created(result))
        .collect();
    assert_eq!(failed.len(), 1);
    assert_eq!(failed[0].external_id, "p-70");
    let error = failed[0].error.as_ref().expect("why");
    assert_eq!(error.reason(), Some("TOO_LARGE"));
    sync(&service, super::people(200..400)).await;
    let stored = network.writes(|write| write.status == 201);
    assert_eq!(stored.last(), Some(&200));
}

#[tokio::test(start_paused = true)]
async fn a_server_that_does_not_answer_at_all_is_not_asked_for_ever() {
    let mut network = network(0);
    network.hangs = true;
    let network = Arc::new(network);
    let service = service(&network, |_| {});
    let results = sync(&service, people(0..200)).await;
    assert!(results.iter().all(|result| result.error.is_some()));
    // 200, 100, 50, and 25 with its three retries; then the records that may have arrived are looked up, and 25 are
    // tried once more.
    let writes = network.writes(|_| true);
    assert_eq!(writes, [200, 100, 50, 25, 25, 25, 25, 25, 25, 25, 25]);
}
