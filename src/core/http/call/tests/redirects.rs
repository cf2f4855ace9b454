//! Redirects within a call.

use super::*;

#[tokio::test(start_paused = true)]
async fn a_read_follows_on_its_own_origin_within_one_attempt() {
    let script = Script::new([
        with_header(301, "location", "/rest/people/"),
        with_header(308, "location", "https://crm.example/rest/people/"),
        ok(),
    ]);
    let answer = client(&script).call(people()).await.expect("an answer");
    assert_eq!(answer.attempts, 1);
    let urls: Vec<_> = script
        .requests()
        .iter()
        .map(|r| r.url.to_string())
        .collect();
    assert_eq!(
        urls,
        [
            "http://crm.example/rest/people",
            "http://crm.example/rest/people/",
            "https://crm.example/rest/people/",
        ]
    );
}

#[tokio::test(start_paused = true)]
async fn the_key_never_goes_to_another_origin() {
    for target in [
        "https://evil.example/rest/people",
        "//evil.example",
        "http://crm.example:81/",
    ] {
        let script = Script::new([with_header(302, "location", target), ok()]);
        let error = fails(&script, people()).await;
        assert_eq!(error.code, ErrorCode::OperationFailed);
        assert_eq!(error.reason(), Some("REDIRECT"));
        assert_eq!(script.count(), 1);
    }
}

#[tokio::test(start_paused = true)]
async fn a_write_never_follows() {
    for code in [301, 302, 303, 307, 308] {
        let target = "https://crm.example/rest/people";
        let script = Script::new([with_header(code, "location", target), ok()]);
        let error = fails(&script, create()).await;
        assert_eq!(error.code, ErrorCode::OperationFailed);
        assert!(!error.retryable);
        assert_eq!(error.status, Some(code));
        assert!(
            error
                .message
                .contains("set the base URL to https://crm.example")
        );
        assert_eq!(script.count(), 1);
    }
}

#[tokio::test(start_paused = true)]
async fn a_circle_ends() {
    let script = Script::new([with_header(302, "location", "/rest/people")]);
    let error = fails(&script, people()).await;
    assert_eq!(error.reason(), Some("REDIRECT"));
    assert_eq!(script.count(), 6);
}
