//! Concurrent single calls, in paused time.

use super::*;

fn upsert(
    service: &SyncService,
    record: &Value,
) -> tokio::task::JoinHandle<Result<Upserted, CrmError>> {
    let input = PersonInput::parse(&record.to_string()).expect("a person");
    tokio::spawn(service.upsert(Input::Person(input), CallOptions::default(), None))
}

async fn all(
    calls: Vec<tokio::task::JoinHandle<Result<Upserted, CrmError>>>,
) -> Vec<Result<Upserted, CrmError>> {
    let mut results = Vec::with_capacity(calls.len());
    for call in calls {
        results.push(call.await.expect("no panic"));
    }
    results
}

fn of_companies(range: Range<usize>, companies: usize) -> Vec<Value> {
    range
        .map(|number| {
            let mut record = person(number);
            record["company_external_id"] = json!(format!("org {}", number % companies));
            record["company_name"] = json!(format!("Org {}", number % companies));
            record
        })
        .collect()
}

#[tokio::test(start_paused = true)]
async fn two_hundred_calls_with_new_companies_take_a_dozen_tokens() {
    let network = Arc::new(Network::new(SimOptions {
        rate_limits: RateLimits::server_default(),
        ..SimOptions::default()
    }));
    let service = service(&network, |_| {});
    let calls = of_companies(0..200, 20)
        .iter()
        .map(|record| upsert(&service, record))
        .collect();
    let results = all(calls).await;
    assert!(
        results
            .iter()
            .all(|result| result.as_ref().is_ok_and(|done| done.created))
    );
    assert_eq!(network.state.count("people"), 200);
    assert_eq!(network.state.count("companies"), 20);
    let tokens = network.state.report().tokens;
    assert!(tokens <= 12, "{tokens}");
    assert_eq!(network.refusal_events(), 0);
}

#[tokio::test(start_paused = true)]
async fn a_call_without_others_sends_what_it_always_sent() {
    let network = Arc::new(Network::new(SimOptions::default()));
    let service = service(&network, |_| {});
    for number in 0..3 {
        let created = upsert(&service, &person(number)).await.expect("no panic");
        assert!(created.expect("stored").created);
    }
    let paths: Vec<_> = network
        .exchanges()
        .into_iter()
        .map(|each| each.path)
        .collect();
    let records: Vec<_> = paths
        .iter()
        .filter(|path| !path.contains("metadata"))
        .collect();
    // The first new person makes the service read the index of additional e-mails once.
    assert_eq!(records[0], "/graphql");
    assert_eq!(records[1..], ["/rest/people"; 3]);
}

#[tokio::test(start_paused = true)]
async fn one_value_that_the_server_refuses_fails_one_call() {
    let network = Arc::new(Network::new(SimOptions {
        rate_limits: RateLimits::server_default(),
        ..SimOptions::default()
    }));
    let service = service(&network, |_| {});
    let mut records: Vec<Value> = (0..200).map(person).collect();
    records[77]["job_title"] = json!("x".repeat(11 * 1024 * 1024));
    let calls = records
        .iter()
        .map(|record| upsert(&service, record))
        .collect();
    let results = all(calls).await;
    for (number, result) in results.iter().enumerate() {
        assert_eq!(result.is_err(), number == 77, "{number}: {result:?}");
    }
    let error = results[77].as_ref().expect_err("too large");
    assert_eq!(error.details["externalId"], "p-77");
    let tokens = network.state.report().tokens;
    assert!(tokens <= 25, "{tokens}");
}

#[tokio::test(start_paused = true)]
async fn who_leaves_while_waiting_is_not_written_and_a_shared_request_goes_on() {
    let network = Arc::new(Network::new(SimOptions::default()));
    let service = service(&network, |_| {});
    // The schema is known from here on.
    let first = upsert(&service, &person(1_000)).await.expect("no panic");
    assert!(first.expect("stored").created);
    let mut calls: Vec<_> = (0..10)
        .map(|number| upsert(&service, &person(number)))
        .collect();
    // Two are in flight, the others wait.
    sleep(LATENCY / 2).await;
    calls[9].abort();
    // The others are looked up together.
    sleep(LATENCY * 3).await;
    calls[8].abort();
    calls.truncate(8);
    let results = all(calls).await;
    assert!(results.iter().all(Result::is_ok), "{results:?}");
    assert_eq!(network.state.count("people"), 1 + 9);
}

#[tokio::test(start_paused = true)]
async fn of_those_that_leave_together_the_first_call_has_the_value_that_several_want() {
    let network = Arc::new(Network::new(SimOptions::default()));
    let service = service(&network, |_| {});
    let calls: Vec<_> = (0..12)
        .map(|number| {
            let mut record = person(number);
            if number >= 2 {
                record["email"] = json!("shared@example.com");
            }
            upsert(&service, &record)
        })
        .collect();
    let results = all(calls).await;
    let holders: Vec<_> = (2..12)
        .filter(|&number| {
            let done = results[number].as_ref().expect("stored");
            let data = done.data.as_ref().expect("an entity").get();
            data.contains("shared@example.com")
        })
        .collect();
    assert_eq!(holders, [2]);
}

#[tokio::test(start_paused = true)]
async fn a_request_that_nobody_waits_for_is_given_up() {
    let mut network = Network::new(SimOptions::default());
    network.hangs = true;
    let network = Arc::new(network);
    let service = service(&network, |_| {});
    let calls: Vec<_> = (0..10)
        .map(|number| upsert(&service, &person(number)))
        .collect();
    sleep(LATENCY * 20).await;
    for call in &calls {
        call.abort();
    }
    sleep(LATENCY).await;
    // No departure is in flight: the next call leaves at once.
    let next = upsert(&service, &person(99)).await.expect("no panic");
    assert!(next.expect("stored").created);
}

#[tokio::test(start_paused = true)]
async fn calls_of_different_options_leave_apart_and_all_of_them_do() {
    let network = Arc::new(Network::new(SimOptions::default()));
    let service = service(&network, |_| {});
    let calls = (0..300).map(|number| {
        let input = PersonInput::parse(&person(number).to_string()).expect("a person");
        let options = CallOptions {
            force: number % 3 == 0,
            skip_unchanged: number % 3 == 1,
            ..CallOptions::default()
        };
        tokio::spawn(service.upsert(Input::Person(input), options, None))
    });
    let results = all(calls.collect()).await;
    assert!(results.iter().all(Result::is_ok));
    assert_eq!(network.state.count("people"), 300);
    assert!(
        network.exchanges().len() < 20,
        "{}",
        network.exchanges().len()
    );
}

#[tokio::test(start_paused = true)]
async fn ten_a_second_for_ten_minutes_are_all_done_within_the_limit() {
    let network = Arc::new(Network::new(SimOptions {
        rate_limits: RateLimits::server_default(),
        ..SimOptions::default()
    }));
    let service = service(&network, |_| {});
    let mut calls = Vec::with_capacity(6_000);
    for number in 0..6_000 {
        let start = Instant::now();
        let call = upsert(&service, &person(number));
        calls.push(tokio::spawn(async move {
            call.await.expect("no panic").expect("stored");
            Instant::now() - start
        }));
        sleep(Duration::from_millis(100)).await;
    }
    let mut took = Vec::with_capacity(calls.len());
    for call in calls {
        took.push(call.await.expect("no panic"));
    }
    took.sort();
    let slowest = took[took.len() * 99 / 100];
    assert!(slowest <= Duration::from_secs(5), "{slowest:?}");
    assert_eq!(network.state.count("people"), 6_000);
}

#[tokio::test(start_paused = true)]
async fn a_server_without_routes_for_many_gets_single_requests() {
    let mut network = Network::new(SimOptions::default());
    network.single_only = true;
    let network = Arc::new(network);
    let service = service(&network, |_| {});
    let calls = (0..50)
        .map(|number| upsert(&service, &person(number)))
        .collect();
    let results = all(calls).await;
    assert!(results.iter().all(|result| result.is_ok()), "{results:?}");
    assert_eq!(network.state.count("people"), 50);
}
