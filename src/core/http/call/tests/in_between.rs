//! Answers of intermediaries between client and server.

use super::*;

fn answer(code: u16, pairs: Vec<(&'static str, String)>, body: &str) -> Step {
    Step::Answer(code, pairs, body.to_owned())
}

#[tokio::test(start_paused = true)]
async fn every_request_asks_for_identity_encoding() {
    let script = Script::new([ok()]);
    client(&script).call(people()).await.expect("an answer");
    let sent = &script.requests()[0].headers;
    assert_eq!(sent[header::ACCEPT_ENCODING], "identity");
}

#[tokio::test(start_paused = true)]
async fn an_unrequested_304_is_a_caches() {
    let script = Script::new([answer(304, vec![], "")]);
    for request in [people(), create()] {
        let is_write = request.method == Method::POST;
        let error = fails(&script, request).await;
        assert_eq!(error.code, ErrorCode::OperationFailed);
        assert_eq!(error.reason(), Some("GATEWAY"));
        assert_eq!(error.status, Some(304));
        assert!(!error.retryable && error.message.contains("cache"));
        assert_eq!(error.details.contains_key("outcomeUnknown"), is_write);
    }
    assert_eq!(script.count(), 2, "a cache says the same again");

    let mut asked = people();
    asked.headers = vec![("If-None-Match".into(), "W/\"1\"".into())];
    let answer = client(&script).call(asked).await.expect("an answer");
    assert_eq!(answer.status, 304);
}

#[tokio::test(start_paused = true)]
async fn a_proxy_that_wants_a_password_is_told_by_its_variable() {
    let pairs = vec![("proxy-authenticate", "Basic realm=\"x\"".to_owned())];
    let script = Script::new([answer(407, pairs, "<html>")]);
    for (base_url, variable) in [
        ("http://crm.example", "HTTP_PROXY"),
        ("https://crm.example", "HTTPS_PROXY"),
    ] {
        let setup = Setup {
            config: ClientConfig::new(base_url, KEY).expect("a configuration"),
            ..Setup::default()
        };
        let call = setup.client(&script).call(people()).await;
        let error = call.expect_err("a proxy");
        assert_eq!(error.code, ErrorCode::NetworkError);
        assert_eq!(error.reason(), Some("PROXY_AUTH"));
        assert_eq!(error.status, Some(407));
        assert!(error.message.contains(variable), "{}", error.message);
        assert!(!error.message.contains("key"), "{}", error.message);
        assert!(error.retryable, "later, when the variable has been mended");
    }
    assert_eq!(script.count(), 2, "the same password is not tried again");
}

#[tokio::test(start_paused = true)]
async fn an_encoded_answer_to_a_write_leaves_its_outcome_unknown() {
    let pairs = || vec![("content-encoding", "br".to_owned())];
    let script = Script::new([answer(201, pairs(), "\u{b}x")]);
    let error = fails(&script, create()).await;
    assert_eq!(error.reason(), Some("CODING"));
    assert_eq!(error.details["outcomeUnknown"], true);
    let read = fails(&script, people()).await;
    assert!(!read.details.contains_key("outcomeUnknown"));
    assert_eq!(script.count(), 2);
}

#[tokio::test(start_paused = true)]
async fn refusals_by_intermediaries_are_not_retried() {
    let script = Script::new([answer(403, vec![("cf-ray", "1".to_owned())], "<html>")]);
    let error = fails(&script, create()).await;
    assert_eq!(error.code, ErrorCode::AuthError);
    assert_eq!(error.reason(), Some("GATEWAY"));
    assert_eq!(script.count(), 1);
}
