//! Concurrent single calls, in paused time.

use twenty_sim::http::Response;

use super::meddling::{row_of, soft_delete};
use super::*;
use crate::core::sync::delete::DeleteMode;
use crate::core::sync::record::collision::reason;

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
async fn three_hundred_calls_of_different_options_take_a_few_requests() {
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

/// A further service on the client of `one`, with these options.
fn sibling(one: &SyncService, options: &Value) -> SyncService {
    let options = ServiceOptions::from_json(&options.to_string()).expect("options");
    SyncService::new(one.http().clone(), options, None)
}

/// Exchanges that are not for the schema.
fn of_records(network: &Network) -> usize {
    let exchanges = network.exchanges().into_iter();
    exchanges
        .filter(|exchange| !exchange.path.contains("metadata"))
        .count()
}

/// 200 new people at once with 20 companies; `options` of the service and of the call, by the person's number.
async fn requests_of_200(
    services: impl Fn(&SyncService) -> Vec<SyncService>,
    call: impl Fn(usize) -> CallOptions,
) -> usize {
    let network = Arc::new(Network::new(SimOptions::default()));
    let services = services(&service(&network, |_| {}));
    let calls = of_companies(0..200, 20);
    let calls = calls.iter().enumerate().map(|(number, record)| {
        let input = PersonInput::parse(&record.to_string()).expect("a person");
        // Each company is named by people of all services.
        let service = &services[number / 20 % services.len()];
        tokio::spawn(service.upsert(Input::Person(input), call(number), None))
    });
    let results = all(calls.collect()).await;
    assert!(results.iter().all(Result::is_ok), "{results:?}");
    assert_eq!(network.state.count("people"), 200);
    assert_eq!(network.state.count("companies"), 20);
    of_records(&network)
}

#[tokio::test(start_paused = true)]
async fn calls_and_services_of_different_options_share_their_requests() {
    let same = requests_of_200(|one| vec![one.clone()], |_| CallOptions::default()).await;
    let calls = requests_of_200(
        |one| vec![one.clone()],
        |number| CallOptions {
            use_cache: number % 2 == 0,
            force: number % 3 == 0,
            ..CallOptions::default()
        },
    );
    assert!(calls.await <= same);
    let services = requests_of_200(
        |one| {
            vec![
                one.clone(),
                sibling(
                    one,
                    &json!({"fieldOwnership": {"person": {"job_title": "create-only"}}}),
                ),
                sibling(one, &json!({"collisions": {"unclaimedMatch": "adopt"}})),
            ]
        },
        |_| CallOptions::default(),
    );
    assert!(services.await <= same);
}

#[tokio::test(start_paused = true)]
async fn each_record_of_a_departure_keeps_its_own_policy_and_memory() {
    let network = Arc::new(Network::new(SimOptions::default()));
    let revives = service(&network, |_| {});
    let skips = sibling(&revives, &json!({"collisions": {"ownDeleted": "skip"}}));
    let other = sibling(&revives, &json!({"namespace": "other"}));
    let made = sync(&revives, people(0..40)).await;
    let id = |number: usize| made[number].id.clone().expect("an id");
    for number in [10, 11] {
        soft_delete(&network.state, "people", &id(number));
    }
    let before = of_records(&network);
    let calls = (0..40).map(|number| {
        let mut record = person(number);
        record["job_title"] = json!("Captain");
        let service = match number {
            // One external id in two namespaces is two records.
            20..30 => {
                record["external_id"] = json!(format!("p-{}", number - 20));
                record["email"] = json!(format!("other-{number}@example.com"));
                &other
            }
            _ if number % 2 == 0 => &revives,
            _ => &skips,
        };
        let call = CallOptions {
            use_cache: false,
            ..CallOptions::default()
        };
        let input = PersonInput::parse(&record.to_string()).expect("a person");
        tokio::spawn(service.upsert(Input::Person(input), call, None))
    });
    let results: Vec<Upserted> = all(calls.collect())
        .await
        .into_iter()
        .map(|result| result.expect("an end"))
        .collect();
    let is_deleted = |number: usize| {
        let row = row_of(&network.state, "person", &format!("p-{number}")).expect("a row");
        !row["deletedAt"].is_null()
    };
    let is_told = |number: usize, why: &str| {
        let warnings = &results[number].warnings;
        assert!(warnings.iter().any(|it| it.reason == why), "{warnings:?}");
    };
    assert!(!is_deleted(10));
    is_told(10, reason::REVIVED);
    assert!(is_deleted(11));
    is_told(11, reason::OWN_ROW_DELETED);
    for (number, done) in results.iter().enumerate().take(30).skip(20) {
        assert!(done.created, "{number}");
        // Two services that know one external id know two rows.
        let external_id = format!("p-{}", number - 20);
        let known = |service: &SyncService| {
            let cache = &service.context().scope.cache;
            let known = cache.recall(ObjectKind::Person, &external_id);
            known.map(|known| known.crm_id.to_string())
        };
        assert_eq!(known(&other), Some(done.id.clone()));
        assert_eq!(known(&revives), Some(id(number - 20)));
    }
    // Records whose policy forbids the batch upsert take one request each.
    let taken = of_records(&network) - before;
    assert!(taken < 15 + 10, "{taken}");
}

#[tokio::test(start_paused = true)]
async fn two_hundred_at_once_are_found_and_deleted_by_a_handful_of_look_ups() {
    let network = Arc::new(Network::new(SimOptions::default()));
    let service = service(&network, |_| {});
    sync(&service, people(0..200)).await;
    service.clear_cache();
    let before = of_records(&network);
    let finds = (0..200).map(|number| {
        let service = service.clone();
        tokio::spawn(async move {
            let external_id = format!("p-{number}");
            service.find(ObjectKind::Person, &external_id, true).await
        })
    });
    for (number, find) in finds.collect::<Vec<_>>().into_iter().enumerate() {
        let found = find.await.expect("no panic").expect("an answer");
        let entity = found.entity.expect("a person");
        assert_eq!(entity["external_id"], format!("p-{number}"));
    }
    let finding = of_records(&network) - before;
    assert!(finding <= 5, "{finding}");
    let before = of_records(&network);
    let deletions = (0..200).map(|number| {
        let mode = DeleteMode::Soft;
        tokio::spawn(service.delete(ObjectKind::Person, format!("p-{number}"), mode, None))
    });
    for deletion in deletions.collect::<Vec<_>>() {
        let (deleted, _) = deletion.await.expect("no panic").expect("an answer");
        assert!(deleted.deleted && deleted.ids.len() == 1, "{deleted:?}");
    }
    let deleting = of_records(&network) - before;
    assert!(deleting <= 200 + 5, "{deleting}");
}

#[tokio::test(start_paused = true)]
async fn a_lone_find_leaves_at_once_and_one_that_is_given_up_is_not_sent() {
    let network = Arc::new(Network::new(SimOptions::default()));
    let service = service(&network, |_| {});
    let find = |number: usize| {
        let service = service.clone();
        tokio::spawn(async move {
            let external_id = format!("p-{number}");
            service.find(ObjectKind::Person, &external_id, true).await
        })
    };
    assert!(
        find(0)
            .await
            .expect("no panic")
            .expect("an answer")
            .entity
            .is_none()
    );
    let before = of_records(&network);
    assert_eq!(before, 1);
    let calls: Vec<_> = (0..5).map(find).collect();
    sleep(LATENCY / 2).await;
    for call in &calls[2..] {
        call.abort();
    }
    for call in calls.into_iter().take(2) {
        assert!(call.await.expect("no panic").is_ok());
    }
    sleep(LATENCY * 4).await;
    assert_eq!(of_records(&network) - before, 2);
}

#[tokio::test(start_paused = true)]
async fn a_record_that_a_run_sends_alone_waits_for_the_calls_of_its_key() {
    let network = Arc::new(Network::new(SimOptions::default()));
    let service = service(&network, |_| {});
    let context = service.context();
    let input = PersonInput::parse(&person(1).to_string()).expect("a person");
    let turn = context.take_turn(&Input::Person(input)).await;
    // The server refuses one of three: its batch is split, and then it goes on alone.
    let refused = Arc::new(AtomicUsize::new(0));
    let messages = ["A duplicate entry was detected"];
    let said = json!({ "statusCode": 400, "error": "BadRequestException", "messages": messages });
    network.meddle({
        let refused = Arc::clone(&refused);
        move |request| {
            let is_met = request.write > 0 && request.body.contains("\"p-1\"");
            match is_met && refused.fetch_add(1, Ordering::Relaxed) < 3 {
                true => Fate::Answered(Response::json(400, &said)),
                false => Fate::CarriedOut,
            }
        }
    });
    let options = BulkOptions {
        max_concurrency: 1,
        ..BulkOptions::default()
    };
    let running = tokio::spawn({
        let service = service.clone();
        async move { sync_with(&service, people(0..3), options).await }
    });
    sleep(Duration::from_secs(60)).await;
    assert!(!running.is_finished(), "it waits for its turn");
    let before = refused.load(Ordering::Relaxed);
    assert!(before > 0);
    // Another run of the same workspace, and calls of other keys, are not held up by it.
    let others = sync_with(&service, people(10..20), options).await;
    assert!(others.iter().all(is_created));
    drop(turn);
    let results = running.await.expect("no panic");
    assert!(
        results.iter().all(|result| result.error.is_none()),
        "{results:?}"
    );
    assert_eq!(network.state.count("people"), 13);
}
