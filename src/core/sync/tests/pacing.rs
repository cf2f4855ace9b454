//! Twenty's default limits, 100 calls a second and 100 a minute, counted as the server does.

use super::*;

use crate::core::sync::options::CallOptions;

/// The time that a real server needs for a batch.
const SERVICE_TIMES: ServiceTimes = ServiceTimes {
    insert_us: 1_000,
    update_us: 2_500,
    lookup_us: 75,
};

fn limited(rate_limits: RateLimits) -> Arc<Network> {
    Arc::new(Network::new(SimOptions {
        rate_limits,
        service_times: SERVICE_TIMES,
        ..SimOptions::default()
    }))
}

/// The default pace with a fifth of the bucket: the pacing is the same, but fewer writes are needed before it starts.
fn small() -> RateLimits {
    let long = Some(Limit::of(20, 12_000));
    RateLimits { short: None, long }
}

/// A single upsert of a new person.
async fn upsert(service: &SyncService, number: usize) {
    let person = person(number).to_string();
    let input = Input::Person(PersonInput::parse(&person).expect("a person"));
    let upserted = service.upsert(input, CallOptions::default(), None).await;
    assert!(upserted.expect("stored").created);
}

#[tokio::test(start_paused = true)]
async fn twenty_thousand_new_people_take_some_115_tokens_and_run_into_the_limit_at_most_twice() {
    let network = limited(RateLimits::server_default());
    let service = service(&network, |_| {});
    // Takes some tokens, so that the bucket does not last for all records.
    for number in 0..10 {
        upsert(&service, 1_000_000 + number).await;
    }
    let before = network.state.report().tokens;
    let results = sync(&service, people(0..20_000)).await;
    assert!(results.iter().all(is_created));
    assert_eq!(network.state.count("people"), 20_010);
    let tokens = network.state.report().tokens - before;
    assert!((105..=120).contains(&tokens), "{tokens}");
    let events = network.refusal_events();
    assert!((1..=2).contains(&events), "{events}");
}

#[tokio::test(start_paused = true)]
async fn calls_beyond_the_full_bucket_are_paced() {
    let network = limited(small());
    let results = sync(&service(&network, |_| {}), people(0..10_000)).await;
    assert!(results.iter().all(is_created));
    let tokens = network.state.report().tokens;
    assert!((50..=62).contains(&tokens), "{tokens}");
    assert_eq!(network.refusal_events(), 1);
    let beyond = u32::try_from(tokens).expect("few") - 20;
    let best = Duration::from_millis(600) * beyond;
    let took = Instant::now() - network.start;
    assert!(took < best * 106 / 100 + Duration::from_secs(3), "{took:?}");
}

#[tokio::test(start_paused = true)]
async fn single_upserts_overtake_the_run() {
    let network = limited(small());
    let service = service(&network, |_| {});
    let run = tokio::spawn({
        let service = service.clone();
        async move { sync(&service, people(0..5_000)).await }
    });
    // By now the run waits for the limit.
    sleep(Duration::from_secs(5)).await;
    assert_eq!(network.refusal_events(), 1);
    for number in 0..5 {
        let start = Instant::now();
        upsert(&service, 1_000_000 + number).await;
        // A create is one call, so it waits for at most two intervals, one of them with a gap.
        assert!(Instant::now() - start < Duration::from_millis(1_600));
    }
    assert!(!run.is_finished());
    assert!(run.await.expect("no panic").iter().all(is_created));
}

#[tokio::test(start_paused = true)]
async fn the_callers_quota_keeps_a_run_below_the_server_limit() {
    let network = limited(small());
    let service = service(&network, |config| config.max_requests_per_minute = Some(12));
    let results = sync(&service, people(0..6_000)).await;
    assert!(results.iter().all(is_created));
    assert_eq!(network.refusal_events(), 0);
    let sent: Vec<Instant> = network.exchanges().iter().map(|each| each.sent).collect();
    assert!(sent.len() >= 30);
    for window in sent.windows(13) {
        assert!(window[12] - window[0] >= Duration::from_secs(60));
    }
}

#[tokio::test(start_paused = true)]
async fn without_a_limit_nothing_waits() {
    let network = limited(RateLimits::default());
    let results = sync(&service(&network, |_| {}), people(0..4_000)).await;
    assert!(results.iter().all(is_created));
    // 20 chunks, four at a time, each a look-up and an insert of 0.2 s.
    let took = Instant::now() - network.start;
    assert!(took < Duration::from_millis(250) * 6, "{took:?}");
}
