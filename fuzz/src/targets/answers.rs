//! What servers answer: bodies, headers, redirects, and the key sent back.

use std::sync::{Arc, Mutex};
use std::time::Duration;

use bytes::Bytes;
use http::Method;
use serde_json::Value;
use twenty_crm_native::core::config::{MAX_BACKOFF_MS, RETRY_AFTER_MAX};
use twenty_crm_native::core::error::CrmError;
use twenty_crm_native::core::http::{BaseUrl, Request, RequestOptions};
use twenty_crm_native::core::twenty::company::company_to_entity;
use twenty_crm_native::core::twenty::domain::DomainForm;
use twenty_crm_native::core::twenty::error_body::{self, ErrorBody};
use twenty_crm_native::core::twenty::fields::FieldNames;
use twenty_crm_native::core::twenty::ids::{ObjectKind, record_id};
use twenty_crm_native::core::twenty::lookup::{self, LookupQuery};
use twenty_crm_native::core::twenty::person::person_to_entity;
use twenty_crm_native::core::twenty::record::MapContext;
use twenty_crm_native::core::twenty::schema::{WorkspaceSchema, next_metadata_cursor};
use url::Url;

use super::exchange::{self, KEY, add_header, answer, client, schema};
use super::source::Source;

const STATUSES: [u16; 24] = [
    200, 201, 204, 206, 304, 400, 401, 402, 403, 404, 405, 409, 413, 418, 422, 429, 431, 500, 502,
    503, 504, 521, 599, 999,
];
const PATHS: [&str; 6] = [
    "/rest/people",
    "/rest/batch/people",
    "/graphql",
    "/metadata",
    "/rest/metadata/objects",
    "/healthz",
];

/// One short line, and nothing of the key.
fn assert_error(error: &CrmError) {
    let json = error.to_json();
    assert!(!json.contains(KEY), "{json}");
    assert!(error.message.chars().count() < 3_000, "{json}");
    assert!(serde_json::from_str::<Value>(&json).is_ok());
}

/// The server's own words: short, one line, the same for the same body.
pub fn error_bodies(bytes: &[u8]) {
    let body = ErrorBody::parse(bytes);
    assert_eq!(body, ErrorBody::parse(bytes));
    for body in error_body::graphql_errors(bytes)
        .into_iter()
        .flatten()
        .chain([body])
    {
        assert!(body.message.chars().count() <= 501);
        assert!(!body.message.contains(char::is_control));
        assert!(body.known || body.message.is_empty());
    }
}

/// Any answer to any call is a success or an error of ours.
pub fn rest_answers(bytes: &[u8]) {
    let mut source = Source::new(bytes);
    let status = source.pick(&STATUSES);
    let method = source.pick(&["GET", "POST", "PUT", "PATCH", "DELETE"]);
    let path = source.pick(&PATHS);
    let mut response = answer(status, Bytes::new());
    if source.byte().is_multiple_of(4) {
        add_header(&mut response, "content-type", source.bytes());
    }
    response.body = Bytes::copy_from_slice(source.rest());
    let client = client("https://crm.example", move |_| response.clone());
    let method = method.parse::<Method>().expect("a method");
    let body = (method != Method::GET).then(|| Bytes::from_static(b"{}"));
    let (outcome, _) = exchange::run(client.call(Request::new(method, path, body)));
    match outcome {
        Ok(response) => assert!(response.status < 400),
        Err(error) => assert_error(&error),
    }
}

/// Whatever a server says about waiting, nobody waits longer than was allowed.
pub fn rate_headers(bytes: &[u8]) {
    let mut source = Source::new(bytes);
    let mut response = answer(source.pick(&[429, 503, 500, 200, 400]), Bytes::new());
    for name in [
        "retry-after",
        "date",
        "x-ratelimit-remaining",
        "x-ratelimit-reset",
    ] {
        add_header(&mut response, name, source.bytes());
    }
    response.body = Bytes::copy_from_slice(source.rest());
    let client = client("https://crm.example", move |_| response.clone());
    let (outcome, waited) = exchange::run(client.call(Request::get("/rest/people")));
    let each = RETRY_AFTER_MAX + Duration::from_millis(MAX_BACKOFF_MS);
    let allowed = Duration::from_millis(exchange::MAX_THROTTLE_WAIT_MS)
        + each * exchange::MAX_RETRIES
        + Duration::from_secs(1);
    assert!(waited <= allowed, "waited {waited:?}");
    if let Err(error) = outcome {
        assert_error(&error);
    }
}

/// The key goes to the server and to nobody else; writes go nowhere else at all.
pub fn redirects(bytes: &[u8]) {
    let mut source = Source::new(bytes);
    let status = source.pick(&[301, 302, 303, 307, 308, 300, 304]);
    let is_read = !source.byte().is_multiple_of(4);
    let base_url = source.pick(&[
        "https://crm.example/t",
        "http://crm.example",
        "http://crm.example:3000",
    ]);
    let mut response = answer(status, Bytes::new());
    add_header(&mut response, "location", source.bytes());
    let seen: Arc<Mutex<Vec<Url>>> = Arc::default();
    let noted = Arc::clone(&seen);
    let client = client(base_url, move |request| {
        noted.lock().expect("one thread").push(request.url.clone());
        response.clone()
    });
    let request = match is_read {
        true => Request::get("/rest/people"),
        false => Request::post("/rest/people", "{}"),
    };
    if let (Err(error), _) = exchange::run(client.call(request)) {
        assert_error(&error);
    }
    let seen = seen.lock().expect("one thread");
    assert!(is_read || seen.len() == 1);
    assert!(seen.len() <= 6);
    let base = BaseUrl::parse(base_url).expect("a base URL");
    for url in seen.iter() {
        let upgraded = url.scheme() == "https"
            && url.host_str() == Some("crm.example")
            && url.port().is_none()
            && base_url == "http://crm.example";
        assert!(base.is_same_origin(url) || upgraded, "{url}");
        assert!(
            url.username().is_empty() && url.password().is_none(),
            "{url}"
        );
    }
}

/// Longest piece of the key that may be left of it.
const PIECE: usize = 12;

/// A server that sends the key back, however written and wherever the text is cut, gets it into no error.
pub fn secrets(bytes: &[u8]) {
    let mut source = Source::new(bytes);
    let status = source.pick(&STATUSES);
    let path = source.pick(&PATHS);
    let shape = source.byte();
    let spelling = source.byte();
    let padding = usize::from(source.byte()) * 3;
    let mask = u64::from_le_bytes(std::array::from_fn(|_| source.byte()));
    let (before, after) = (source.text(), source.text());
    // What JSON escapes is no more the key where a URL makes slashes of its backslashes.
    if shape >= 128 && spelling % 5 >= 3 {
        return;
    }
    let pieces = |text: &str| {
        KEY.as_bytes()
            .windows(6)
            .any(|piece| text.contains(std::str::from_utf8(piece).expect("ASCII")))
    };
    if pieces(&before) || pieces(&after) {
        return;
    }
    let written: String = KEY
        .bytes()
        .enumerate()
        .map(|(at, byte)| match (mask >> (at % 64) & 1, spelling % 5) {
            (0, _) | (_, 0) => char::from(byte).to_string(),
            (_, 1) => format!("%{byte:02x}"),
            (_, 2) => format!("%{byte:02X}"),
            (_, 3) => format!("\\u{byte:04x}"),
            _ => format!("\\u{byte:04X}"),
        })
        .collect();
    let quoted = |text: &str| {
        let text = Value::from(text).to_string();
        text[1..text.len() - 1].to_owned()
    };
    let text = format!(
        "{}{}{written}{}",
        quoted(&before),
        "x".repeat(padding),
        quoted(&after)
    );
    let body = match shape % 8 {
        0 => format!(
            r#"{{"statusCode":400,"error":"{text}","messages":["{text}"],"code":"{text}"}}"#
        ),
        1 => format!(r#"{{"message":"{text}","error":"Bad Request","statusCode":400}}"#),
        2 => format!(
            r#"{{"errors":[{{"message":"{text}","extensions":{{"code":"{text}","subCode":"{text}"}}}}]}}"#
        ),
        3 => format!(
            r#"{{"message":"m","errors":{{"fieldMetadata":[{{"errors":[{{"code":"{text}","message":"{text}"}}]}}]}}}}"#
        ),
        4 => format!("\"{text}\""),
        5 => format!("<html>{text}"),
        6 => format!(r#"{{"messages":["{text}"#),
        _ => format!(r#"{{"messages":["{text}","{text}","{text}"],"retryAfterSeconds":"{text}"}}"#),
    };
    let mut response = answer(status, body);
    if shape >= 128 {
        response.status = 302;
        add_header(
            &mut response,
            "location",
            format!("https://evil.example/{before}{written}").as_bytes(),
        );
    }
    let client = client("https://crm.example", move |_| response.clone());
    let (outcome, _) = exchange::run(client.call(Request::get(path)));
    if let Err(error) = outcome {
        let json = error.to_json();
        for piece in KEY.as_bytes().windows(PIECE) {
            let piece = std::str::from_utf8(piece).expect("ASCII");
            assert!(!json.contains(piece), "{json}");
        }
        for piece in written.as_bytes().windows(written.len().min(60)) {
            let piece = String::from_utf8_lossy(piece);
            assert!(!json.contains(&*piece), "{json}");
        }
    }
}

/// What a caller gives for a request is refused, or leaves as one request of one line a header, with our own key.
pub fn requests(bytes: &[u8]) {
    let mut source = Source::new(bytes);
    let path = source.text();
    let options = source.text();
    let body = source.bytes();
    let Ok(options) = RequestOptions::from_json(&options) else {
        return;
    };
    let client = client("https://crm.example/base", |request| {
        let key = request.headers.get_all("authorization");
        let keys: Vec<_> = key.iter().map(|value| value.as_bytes()).collect();
        assert_eq!(keys, [format!("Bearer {KEY}").as_bytes()]);
        assert!(
            request
                .url
                .as_str()
                .starts_with("https://crm.example/base/")
        );
        for value in request.headers.values() {
            assert!(
                !value
                    .as_bytes()
                    .iter()
                    .any(|byte| matches!(byte, b'\r' | b'\n' | 0))
            );
        }
        answer(200, "{}")
    });
    let request = Request::post(path, Bytes::copy_from_slice(body)).with_options(options);
    if let (Err(error), _) = exchange::run(client.call(request)) {
        assert_eq!(error.code.as_str(), "VALIDATION_ERROR");
        assert!(error.message.chars().count() < 1_000);
    }
}

fn queries(ids: &[&str], values: &[String]) -> Vec<LookupQuery> {
    let names = FieldNames::default();
    [ObjectKind::Person, ObjectKind::Company]
        .into_iter()
        .map(|kind| {
            let mut query = LookupQuery::new(kind, schema().object(kind), &names, true);
            for id in ids {
                query.ids.push(record_id(kind, None, id));
                query.external_ids.push((*id).to_owned());
            }
            query.unique_values.extend_from_slice(values);
            query
        })
        .collect()
}

/// A row that was not asked for is never believed.
pub fn lookup_answers(bytes: &[u8]) {
    let values = [
        "jane@acme.example".to_owned(),
        "https://acme.example".to_owned(),
    ];
    let queries = queries(&["cli_1", "org_1"], &values);
    match lookup::parse(bytes, &queries) {
        Err(error) => assert_error(&error),
        Ok(answer) => {
            assert_eq!(answer.pages.len(), queries.len());
            for (page, query) in answer.pages.iter().zip(&queries) {
                for row in &page.rows {
                    let has = |list: &[String], value: &Option<String>| {
                        value.as_ref().is_some_and(|value| list.contains(value))
                    };
                    assert!(
                        query.ids.contains(&row.id)
                            || has(&query.external_ids, &row.external_id)
                            || has(&query.unique_values, &row.unique_value)
                    );
                }
            }
        }
    }
}

/// Whatever is looked for travels as a variable, whole, and never as a part of the query.
pub fn lookup_queries(bytes: &[u8]) {
    let mut source = Source::new(bytes);
    let (id, value, cursor) = (source.text(), source.text(), source.text());
    let mut queries = queries(&[&id], std::slice::from_ref(&value));
    queries[0].after = Some(cursor.clone());
    let body = lookup::build(&queries).expect("something to look for");
    let body: Value = serde_json::from_slice(&body).expect("JSON");
    let plain = self::queries(&["x"], &["y".to_owned()]);
    let mut plain = plain;
    plain[0].after = Some("z".to_owned());
    let fixed: Value =
        serde_json::from_slice(&lookup::build(&plain).expect("a query")).expect("JSON");
    assert_eq!(
        body["query"], fixed["query"],
        "the query's text is the same for all values"
    );
    let any = &body["variables"]["people"]["and"][0]["or"];
    assert_eq!(any[1]["externalId"]["in"][0], id);
    assert_eq!(any[2]["emails"]["primaryEmail"]["in"][0], value);
    assert_eq!(body["variables"]["peopleAfter"], cursor);
}

/// The same pages give the same schema.
pub fn metadata(bytes: &[u8]) {
    let page = Bytes::copy_from_slice(bytes);
    let _ = next_metadata_cursor(&page);
    let read = || WorkspaceSchema::from_metadata_objects(std::slice::from_ref(&page));
    match read() {
        Err(error) => assert_error(&error),
        Ok(schema) => {
            let again = read().expect("as before");
            assert_eq!(
                (&schema.person, schema.revision),
                (&again.person, again.revision)
            );
            let twice = WorkspaceSchema::from_metadata_objects(&[page.clone(), page.clone()]);
            assert_eq!(twice.expect("as before").revision, schema.revision);
        }
    }
}

/// As metadata.
pub fn openapi(bytes: &[u8]) {
    match WorkspaceSchema::from_openapi(bytes) {
        Err(error) => assert_error(&error),
        Ok(schema) => {
            let again = WorkspaceSchema::from_openapi(bytes).expect("as before");
            assert_eq!(schema.revision, again.revision);
            for field in schema.person.fields.values() {
                assert!(field.active);
            }
        }
    }
}

/// Any record is shown as an entity with all its keys.
pub fn entities(bytes: &[u8]) {
    let Ok(Value::Object(record)) = serde_json::from_slice::<Value>(bytes) else {
        return;
    };
    let names = FieldNames::default();
    let context = |kind| MapContext {
        schema: schema().object(kind),
        field_names: &names,
        default_country: None,
        emails: Default::default(),
        company_key: Default::default(),
        namespace: None,
        domain_form: DomainForm::Https,
    };
    let (of_person, of_company) = (context(ObjectKind::Person), context(ObjectKind::Company));
    let person = serde_json::to_value(person_to_entity(&record, &of_person, "cli_1"));
    let company = serde_json::to_value(company_to_entity(&record, &of_company, "org_1"));
    let (person, company) = (person.expect("JSON"), company.expect("JSON"));
    assert!(person["name"].is_string() && person["email"].is_string());
    assert!(company["name"].is_string() && company["external_id"] == "org_1");
}
