//! The rate limit within a call.

use super::*;

/// The interval of 100 tokens per 60,000 ms with its margin.
const INTERVAL_MS: u128 = 613;

#[tokio::test(start_paused = true)]
async fn waiting_for_the_limit_does_not_use_up_retries() {
    let steps = std::iter::repeat_n(limited(), 6).chain([ok()]);
    let script = Script::new(steps);
    let mut setup = Setup::default();
    setup.config.max_retries = 0;
    let answer = setup
        .client(&script)
        .call(create())
        .await
        .expect("an answer");
    assert_eq!(answer.attempts, 7);
    assert_eq!(script.times_ms()[1], INTERVAL_MS);
}

#[tokio::test(start_paused = true)]
async fn the_whole_workspace_waits() {
    let setup = Setup::default();
    let limited_script = Script::new([limited(), ok()]);
    let other_script = Script::new([ok()]);
    let client = setup.client(&limited_script);
    let other = setup.client(&other_script);
    let start = Instant::now();
    let mut request = people();
    request.skip_retry = true;
    client.call(request).await.expect_err("the limit");
    other.call(people()).await.expect("an answer");
    assert_eq!((Instant::now() - start).as_millis(), INTERVAL_MS);

    let stranger = Script::new([ok()]);
    Setup::default()
        .client(&stranger)
        .call(people())
        .await
        .expect("an answer");
    assert_eq!((Instant::now() - start).as_millis(), INTERVAL_MS);
}

#[tokio::test(start_paused = true)]
async fn calls_go_at_the_pace_that_the_server_said() {
    let setup = Setup::default();
    let script = Script::new([limited(), ok()]);
    let client = setup.client(&script);
    let calls: Vec<_> = (0..4)
        .map(|_| {
            let client = client.clone();
            tokio::spawn(async move { client.call(people()).await.expect("an answer") })
        })
        .collect();
    for call in calls {
        call.await.expect("no panic");
    }
    // The first is refused; it and those behind it go one by one.
    let paced = [0, 1, 2, 3, 4].map(|permit| permit * INTERVAL_MS);
    assert_eq!(script.times_ms(), paced);
}

#[tokio::test(start_paused = true)]
async fn a_hint_in_header_or_body_pauses_all_calls() {
    let in_body = r#"{"error":"RATE_LIMITED","messages":["Too many"],"retryAfterSeconds":4}"#;
    for (step, waited_ms) in [
        (with_header(429, "retry-after", "9"), 9_000),
        (Step::Answer(429, vec![], in_body.into()), 4_000),
        (with_header(429, "retry-after", "86400"), 120_000),
    ] {
        let script = Script::new([step, ok()]);
        client(&script).call(people()).await.expect("an answer");
        assert_eq!(script.times_ms(), [0, waited_ms]);
    }
}

/// Answers of newer servers: in REST with 429 and headers, in GraphQL with 200 and in milliseconds.
#[tokio::test(start_paused = true)]
async fn a_limit_in_keys_paces_what_follows() {
    let rest = r#"{"statusCode":429,"error":"RATE_LIMITED","messages":["Rate limit exceeded for apiKey: 100 requests per 60s."],
        "limitKind":"speed","exhaustedKind":"limit","limit":500,"remaining":0,"periodCount":60,"periodUnit":"second",
        "retryAfterSeconds":1}"#;
    let headers = vec![
        ("retry-after", "1".to_owned()),
        ("x-ratelimit-limit", "100".to_owned()),
        ("x-ratelimit-remaining", "0".to_owned()),
        ("x-ratelimit-reset", "1795435201".to_owned()),
    ];
    let graphql = r#"{"data":{"people":null},"errors":[{"message":"Slow down","extensions":{"code":"RATE_LIMITED",
        "limitKind":"speed","exhaustedKind":"limit","limit":100,"remaining":0,"periodCount":1,"periodUnit":"minute",
        "retryAfterMs":1000}}]}"#;
    for refusal in [
        Step::Answer(429, headers, rest.into()),
        Step::Answer(200, vec![], graphql.into()),
    ] {
        let script = Script::new([refusal, ok()]);
        let client = client(&script);
        for _ in 0..3 {
            let request = Request::post("/graphql", r#"{"query":"{ people { id } }"}"#);
            client.call(request).await.expect("an answer");
        }
        let second = 1_000 + INTERVAL_MS;
        assert_eq!(script.times_ms(), [0, 1_000, second, second + INTERVAL_MS]);
    }
}

#[tokio::test(start_paused = true)]
async fn a_used_up_quota_is_not_waited_for() {
    let body = r#"{"statusCode":409,"error":"QUOTA_EXHAUSTED","messages":["person limit reached for this workspace"],"limitKind":"stock"}"#;
    let script = Script::new([Step::Answer(409, vec![], body.into()), ok()]);
    let error = fails(&script, create()).await;
    assert_eq!(error.code, ErrorCode::OperationFailed);
    assert_eq!(error.reason(), Some("QUOTA"));
    assert!(!error.retryable);
    assert_eq!(script.count(), 1);
}

#[tokio::test(start_paused = true)]
async fn graphql_says_it_with_200() {
    let body = r#"{"data":{"people":null},"errors":[{"message":"Limit reached (3 tokens per 2000 ms)","extensions":{"subCode":"LIMIT_REACHED","code":"BAD_USER_INPUT"}}]}"#;
    let script = Script::new([Step::Answer(200, vec![], body.into()), ok()]);
    let request = Request::post("/graphql", r#"{"query":"{ people { id } }"}"#);
    client(&script).call(request).await.expect("an answer");
    assert_eq!(script.count(), 2);
    assert!(script.times_ms()[1] >= 667);
}

#[tokio::test(start_paused = true)]
async fn without_a_hint_it_is_a_failure_like_others() {
    let script = Script::new([status(429)]);
    let error = fails(&script, people()).await;
    assert_eq!(error.code, ErrorCode::RateLimit);
    assert!(error.retryable);
    assert_eq!(script.count(), 4);
}

#[tokio::test(start_paused = true)]
async fn waiting_is_bounded_by_what_the_caller_allows() {
    let script = Script::new([limited()]);
    let mut setup = Setup::default();
    setup.config.max_throttle_wait_ms = 5_000;
    let start = Instant::now();
    let error = setup
        .client(&script)
        .call(people())
        .await
        .expect_err("the limit");
    assert_eq!(error.code, ErrorCode::RateLimit);
    assert_eq!(error.status, Some(429));
    assert!((Instant::now() - start).as_millis() <= 5_000);
    assert!(script.count() > 1);

    setup.config.max_throttle_wait_ms = 0;
    let start = Instant::now();
    let error = setup
        .client(&script)
        .call(people())
        .await
        .expect_err("the limit");
    assert_eq!(error.code, ErrorCode::RateLimit);
    assert_eq!(Instant::now(), start);
}

#[tokio::test(start_paused = true)]
async fn waiting_is_bounded_by_the_deadline() {
    let script = Script::new([with_header(429, "retry-after", "9")]);
    let mut request = people();
    request.deadline_ms = Some(8_000);
    let start = Instant::now();
    let error = fails(&script, request).await;
    assert_eq!(error.code, ErrorCode::RateLimit);
    assert_eq!(Instant::now(), start, "the wait was not started");
}

#[tokio::test(start_paused = true)]
async fn skip_retry_gets_the_error_at_once_and_asks_the_server_itself() {
    let setup = Setup::default();
    let script = Script::new([limited()]);
    let client = setup.client(&script);
    let start = Instant::now();
    for _ in 0..3 {
        let mut request = people();
        request.skip_retry = true;
        let error = client.call(request).await.expect_err("the limit");
        assert_eq!(error.code, ErrorCode::RateLimit);
        assert_eq!(error.details["attempt"], 1);
    }
    assert_eq!(Instant::now(), start);
    assert_eq!(script.count(), 3);
}

#[tokio::test(start_paused = true)]
async fn a_call_dropped_while_it_waits_for_its_turn_sends_nothing() {
    let setup = Setup::default();
    let script = Script::new([limited(), ok()]);
    let client = setup.client(&script);
    tokio::select! {
        biased;
        _ = client.call(people()) => panic!("the call cannot end"),
        () = tokio::time::sleep(Duration::from_millis(100)) => {}
    }
    assert_eq!(script.count(), 1);
    client
        .call(people())
        .await
        .expect("the permit is free for others");
    assert_eq!(script.times_ms(), [0, INTERVAL_MS]);
}

#[tokio::test(start_paused = true)]
async fn the_callers_quota_limits_requests_per_minute() {
    let mut setup = Setup::default();
    setup.config.max_requests_per_minute = Some(3);
    let script = Script::new([status(503), ok()]);
    // One client per call, as some applications create them; retries and calls with `skipRetry` count, too.
    for _ in 0..5 {
        let mut request = people();
        request.skip_retry = script.count() > 1;
        setup.jitter = 0.0;
        let answer = setup.client(&script).call(request).await;
        answer.expect("an answer");
    }
    assert_eq!(script.times_ms(), [0, 0, 0, 60_000, 60_000, 60_000]);

    setup.config.max_requests_per_minute = None;
    let start = Instant::now();
    let uncapped = setup.client(&script).call(people()).await;
    uncapped.expect("an answer");
    assert_eq!(Instant::now(), start);
}

#[tokio::test(start_paused = true)]
async fn waiting_for_the_quota_is_limited_and_named() {
    let mut setup = Setup::default();
    setup.config.max_requests_per_minute = Some(1);
    setup.config.max_throttle_wait_ms = 5_000;
    let script = Script::new([ok()]);
    let client = setup.client(&script);
    client.call(people()).await.expect("an answer");
    let start = Instant::now();
    let error = client.call(people()).await.expect_err("the cap");
    assert_eq!(Instant::now(), start);
    assert_eq!(error.code, ErrorCode::RateLimit);
    assert!(
        error.message.contains("maxRequestsPerMinute (1)"),
        "{}",
        error.message
    );
    assert_eq!(error.details["waitMs"], 60_000);
    assert_eq!(script.count(), 1);
}

#[tokio::test(start_paused = true)]
async fn rate_limit_headers_set_the_wait_and_prevent_refusals() {
    let answer = |code, remaining: &str, reset: &str, body: &str| {
        let pairs = vec![
            ("x-ratelimit-remaining", remaining.to_owned()),
            ("x-ratelimit-reset", reset.to_owned()),
        ];
        Step::Answer(code, pairs, body.to_owned())
    };
    let script = Script::new([
        answer(429, "0", "7", ""),
        answer(200, "2", "60", OK_BODY),
        answer(200, "1", "60", OK_BODY),
        answer(200, "0", "30", OK_BODY),
        ok(),
    ]);
    let client = client(&script);
    for _ in 0..4 {
        client.call(people()).await.expect("an answer");
    }
    assert_eq!(script.times_ms(), [0, 7_000, 7_000, 7_000, 37_000]);
    assert_eq!(client.stats().throttled, 1);
}

#[tokio::test(start_paused = true)]
async fn rate_limit_headers_of_proxies_do_not_slow_calls() {
    let pairs = vec![
        ("x-ratelimit-remaining", "0".to_owned()),
        ("x-ratelimit-reset", "60".to_owned()),
    ];
    let script = Script::new([Step::Answer(200, pairs, OK_BODY.to_owned())]);
    let client = client(&script);
    for _ in 0..3 {
        client.call(people()).await.expect("an answer");
    }
    assert_eq!(script.times_ms(), [0, 0, 0]);
}
