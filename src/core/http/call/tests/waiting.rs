//! Backoff, Retry-After, deadline, retry budget, and cancelling.

use super::*;

#[tokio::test(start_paused = true)]
async fn waits_double_with_jitter() {
    let script = Script::new([status(503)]);
    fails(&script, people()).await;
    assert_eq!(script.times_ms(), [0, 200, 600, 1_400]);

    let script = Script::new([status(503)]);
    let mut setup = Setup {
        jitter: 0.5,
        ..Setup::default()
    };
    setup.config.max_backoff_ms = 300;
    setup
        .client(&script)
        .call(people())
        .await
        .expect_err("a failure");
    assert_eq!(script.times_ms(), [0, 100, 250, 400]);

    let script = Script::new([status(503)]);
    setup.jitter = 0.0;
    setup
        .client(&script)
        .call(people())
        .await
        .expect_err("a failure");
    assert_eq!(script.times_ms(), [0, 0, 0, 0]);
}

#[tokio::test(start_paused = true)]
async fn retry_after_is_obeyed_in_every_form_up_to_the_bound() {
    for (value, waited_ms) in [
        ("7", 7_000),
        ("Mon, 23 Nov 2026 12:00:09 GMT", 9_000),
        ("Mon, 23 Nov 2026 11:00:00 GMT", 200),
        ("0", 200),
        ("nonsense", 200),
        ("86400", 120_000),
        ("Tue, 24 Nov 2026 12:00:00 GMT", 120_000),
    ] {
        let script = Script::new([with_header(503, "retry-after", value), ok()]);
        client(&script).call(people()).await.expect("an answer");
        assert_eq!(script.times_ms(), [0, waited_ms], "{value}");
    }
}

#[tokio::test(start_paused = true)]
async fn an_attempt_has_its_timeout_and_the_next_one_too() {
    let script = Script::new([Step::Hang(true)]);
    let mut request = people();
    request.timeout_ms = Some(1_000);
    let start = Instant::now();
    let error = fails(&script, request).await;
    assert_eq!(error.code, ErrorCode::Timeout);
    assert_eq!(error.details["timeoutMs"], 1_000);
    assert_eq!(script.times_ms(), [0, 1_200, 2_600, 4_400]);
    assert_eq!((Instant::now() - start).as_millis(), 5_400);
}

#[tokio::test(start_paused = true)]
async fn no_sleep_passes_the_deadline() {
    let script = Script::new([with_header(503, "retry-after", "2")]);
    let mut request = people();
    request.deadline_ms = Some(1_000);
    let start = Instant::now();
    let error = fails(&script, request).await;
    assert_eq!(Instant::now(), start, "the sleep was not started");
    assert_eq!(error.code, ErrorCode::ServerError);
    assert_eq!(error.details["deadlineExceeded"], true);
    assert_eq!(error.details["retryAfterMs"], 2_000);
}

#[tokio::test(start_paused = true)]
async fn the_deadline_bounds_attempts_too() {
    let script = Script::new([status(503), Step::Hang(true)]);
    let mut setup = Setup::default();
    setup.config.deadline_ms = Some(500);
    let start = Instant::now();
    let error = setup
        .client(&script)
        .call(people())
        .await
        .expect_err("a failure");
    assert_eq!((Instant::now() - start).as_millis(), 500);
    assert_eq!(error.code, ErrorCode::Timeout);
    assert_eq!(script.times_ms(), [0, 200]);
    assert_eq!(script.requests()[1].timeout, Duration::from_millis(300));
}

#[tokio::test(start_paused = true)]
async fn an_outage_uses_the_budget_up_and_success_refills_it() {
    let script = Script::new([status(503)]);
    let setup = Setup::default();
    let client = setup.client(&script);
    for _ in 0..50 {
        client.call(people()).await.expect_err("an outage");
    }
    let error = client.call(people()).await.expect_err("an outage");
    assert_eq!(error.details["retryBudgetExhausted"], true);
    assert_eq!(error.details["attempt"], 1);
    // 50 calls, 100 retries at 5 tokens each, and the last call.
    assert_eq!(script.count(), 151);

    let other = Script::new([ok()]);
    let same_workspace = setup.client(&other);
    for _ in 0..5 {
        same_workspace.call(people()).await.expect("an answer");
    }
    client.call(people()).await.expect_err("an outage");
    assert_eq!(script.count(), 153, "one repeat again");
}

#[tokio::test(start_paused = true)]
async fn a_call_dropped_while_it_sleeps_sends_nothing_more() {
    let script = Script::new([status(503)]);
    let client = client(&script);
    tokio::select! {
        biased;
        _ = client.call(people()) => panic!("the call cannot end"),
        () = tokio::time::sleep(Duration::from_millis(100)) => {}
    }
    tokio::time::sleep(Duration::from_secs(600)).await;
    assert_eq!(script.count(), 1);
}
