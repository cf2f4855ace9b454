//! Lost answers: what may be retried, and what the caller is told.

use super::*;

fn lost() -> [Step; 6] {
    [
        Step::Hang(true),
        Step::Fail(TransportErrorKind::Reset, true),
        status(502),
        status(504),
        status(524),
        Step::Answer(
            400,
            vec![],
            r#"{"error":"Error","messages":["Query read timeout"]}"#.into(),
        ),
    ]
}

#[tokio::test(start_paused = true)]
async fn a_create_with_a_lost_answer_is_not_retried() {
    for step in lost() {
        let script = Script::new([step.clone(), ok()]);
        let error = fails(&script, create()).await;
        assert_eq!(script.count(), 1, "{step:?}");
        assert_eq!(error.reason(), Some("OUTCOME_UNKNOWN"), "{step:?}");
        assert_eq!(error.details["outcomeUnknown"], true);
        assert!(error.retryable);
        assert!(error.message.contains("may have carried it out"));
    }
}

#[tokio::test(start_paused = true)]
async fn a_misplaced_answer_is_requested_again_on_another_connection() {
    let answer = |id: &str| {
        let body = format!(r#"{{"data":{{"createPerson":{{"id":"{id}"}}}}}}"#);
        Step::Answer(201, vec![], body)
    };
    let script = Script::new([answer("id-of-another"), answer("id-of-mine")]);
    let request = create()
        .repeatable(true)
        .expects(["\"createPerson\"".to_owned(), "id-of-mine".to_owned()]);
    let response = client(&script)
        .call(request.clone())
        .await
        .expect("an answer");
    // The first attempt may have done the work, whatever its answer.
    assert_eq!((response.attempts, response.ambiguous), (2, true));
    let connections: Vec<_> = script
        .requests()
        .iter()
        .map(|request| request.headers.get(header::CONNECTION).cloned())
        .collect();
    assert_eq!(connections, [None, Some(HeaderValue::from_static("close"))]);

    let script = Script::new([answer("id-of-another")]);
    let error = fails(&script, request).await;
    assert_eq!(error.code, ErrorCode::NetworkError);
    assert_eq!(error.reason(), Some("WRONG_ANSWER"));
    assert_eq!(error.details["outcomeUnknown"], true);
    assert!(error.retryable);
}

#[tokio::test(start_paused = true)]
async fn a_server_that_fails_may_have_done_its_work() {
    for code in [500, 503] {
        let script = Script::new([status(code)]);
        let error = fails(&script, create().repeatable(true)).await;
        assert_eq!(error.code, ErrorCode::ServerError, "{code}");
        assert_eq!(error.reason(), Some("OUTCOME_UNKNOWN"), "{code}");
    }
}

#[tokio::test(start_paused = true)]
async fn a_write_that_names_its_record_is_sent_again_and_says_so() {
    let mut keyed = create();
    keyed.idempotency_key = Some("order-66".into());
    for request in [
        Request::post("/rest/people", r#"{"id":"a-b-c"}"#),
        keyed,
        create().repeatable(true),
        Request::patch("/rest/people/1", "{}"),
        Request::put("/rest/people/1", "{}"),
        Request::delete("/rest/people/1"),
    ] {
        for step in lost() {
            let script = Script::new([step.clone(), ok()]);
            let answer = client(&script)
                .call(request.clone())
                .await
                .expect("an answer");
            assert_eq!((answer.attempts, answer.ambiguous), (2, true), "{step:?}");
        }
    }
}

#[tokio::test(start_paused = true)]
async fn an_unsent_or_refused_create_is_retried() {
    for step in [
        Step::Hang(false),
        Step::Fail(TransportErrorKind::Connect, false),
        Step::Fail(TransportErrorKind::Dns, false),
        Step::Fail(TransportErrorKind::Tls, false),
        Step::Fail(TransportErrorKind::Reset, false),
        status(500),
        status(503),
        status(408),
        limited(),
        status(429),
        Step::Answer(
            400,
            vec![],
            r#"{"error":"Error","messages":["connect ECONNREFUSED 1"]}"#.into(),
        ),
    ] {
        let script = Script::new([step.clone(), ok()]);
        let answer = client(&script).call(create()).await.expect("an answer");
        assert_eq!((answer.attempts, answer.ambiguous), (2, false), "{step:?}");
    }
}

#[tokio::test(start_paused = true)]
async fn the_idempotency_key_stays_the_same_over_all_attempts() {
    let script = Script::new([status(503), status(503), limited(), ok()]);
    client(&script).call(create()).await.expect("an answer");
    let keys: Vec<_> = script
        .requests()
        .iter()
        .map(|request| request.headers["idempotency-key"].clone())
        .collect();
    assert_eq!(keys.len(), 4);
    assert!(keys.iter().all(|key| *key == keys[0]));

    client(&script).call(create()).await.expect("an answer");
    assert_ne!(script.requests()[4].headers["idempotency-key"], keys[0]);
}

#[tokio::test(start_paused = true)]
async fn a_refusal_after_a_lost_answer_keeps_its_own_reason() {
    let duplicate =
        r#"{"error":"BadRequestException","messages":["A duplicate entry was detected"]}"#;
    let script = Script::new([
        Step::Hang(true),
        Step::Answer(400, vec![], duplicate.into()),
    ]);
    let error = fails(&script, create().repeatable(true)).await;
    assert_eq!(error.reason(), Some("DUPLICATE"));
    assert_eq!(error.details["outcomeUnknown"], true);
    assert_eq!(error.details["attempt"], 2);
}

#[tokio::test(start_paused = true)]
async fn a_lost_read_has_no_unknown_outcome() {
    let script = Script::new([Step::Hang(true)]);
    let error = fails(&script, people()).await;
    assert!(!error.details.contains_key("outcomeUnknown"));
    assert_eq!(error.reason(), None);
}
