//! The key is shown nowhere, whatever the server, the network or the caller does with it.

use proptest::prelude::*;

use super::*;

/// Texts that contain the key, whole, among others.
fn leaky() -> impl Strategy<Value = String> {
    ("[ -~]{0,20}", "[ -~]{0,20}", 0usize..600)
        .prop_map(|(before, after, filler)| format!("{before}{}{KEY}{after}", "x".repeat(filler)))
}

fn step() -> impl Strategy<Value = Step> {
    let code = prop_oneof![
        Just(200u16),
        Just(204),
        300u16..=308,
        400u16..=431,
        500u16..=530
    ];
    prop_oneof![
        (code, leaky(), 0..5).prop_map(|(code, text, shape)| {
            let text = serde_json::Value::from(text);
            let body = match shape {
                0 => format!(r#"{{"statusCode":{code},"error":{text},"messages":[{text}],"code":{text}}}"#),
                1 => format!(r#"{{"message":{text}}}"#),
                2 => text.to_string(),
                3 => format!(r#"{{"data":null,"errors":[{{"message":{text},"extensions":{{"code":{text}}}}}]}}"#),
                _ => format!("<html>{text}"),
            };
            let location = format!("https://{KEY}.example/{KEY}?k={KEY}");
            Step::Answer(code, vec![("location", location)], body)
        }),
        leaky().prop_map(Step::FailWith),
        Just(Step::Hang(true)),
    ]
}

fn request() -> impl Strategy<Value = Request> {
    let path = prop_oneof![
        Just("/rest/people".to_owned()),
        Just("/graphql".to_owned()),
        leaky().prop_map(|text| format!("/rest/{text}")),
        Just(format!("https://evil.example/{KEY}")),
    ];
    (path, 0..3, any::<bool>()).prop_map(|(path, kind, in_header)| {
        let mut request = match kind {
            0 => Request::get(path),
            1 => Request::post(path, "{}"),
            _ => Request::patch(path, "{}"),
        };
        if in_header {
            request.headers = vec![(format!("X-{KEY}\n"), KEY.into())];
        }
        request
    })
}

proptest! {
    #![proptest_config(ProptestConfig { failure_persistence: None, ..ProptestConfig::with_cases(512) })]

    #[test]
    fn no_error_holds_the_key(steps in proptest::collection::vec(step(), 1..4), request in request()) {
        let runtime = tokio::runtime::Builder::new_current_thread()
            .enable_time()
            .start_paused(true)
            .build()
            .expect("a runtime");
        let script = Script::new(steps);
        let client = client(&script);
        let shown = format!("{client:?}");
        prop_assert!(!shown.contains(KEY));
        if let Err(error) = runtime.block_on(client.call(request)) {
            let texts = [error.to_json(), error.to_string(), format!("{error:?}")];
            for text in texts {
                prop_assert!(!text.contains(KEY), "{text}");
                // Nor a part of it, which a shortened text could end with.
                prop_assert!(!text.contains(&KEY[..12]), "{text}");
            }
        }
    }
}

#[test]
fn debug_output_does_not_show_the_key() {
    let script = Script::new([ok()]);
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_time()
        .build()
        .expect("a runtime");
    let client = client(&script);
    runtime.block_on(client.call(create())).expect("an answer");
    let key = ApiKey::new(KEY).expect("a key");
    for text in [
        format!("{:?}", script.requests()),
        format!("{client:?}"),
        format!("{key:?}"),
        format!("{:?}", client.config()),
    ] {
        assert!(!text.contains(KEY), "{text}");
    }
}
