//! The whole engine against a server one of whose answers is the input, and single upserts against bulk ones.

use std::sync::{Arc, Mutex};

use bytes::Bytes;
use http::Method;
use serde_json::value::RawValue;
use serde_json::{Value, json};
use twenty_crm_native::core::error::CrmError;
use twenty_crm_native::core::http::{TransportRequest, TransportResponse};
use twenty_crm_native::core::sync::options::{CallOptions, ServiceOptions};
use twenty_crm_native::core::sync::record::input::Input;
use twenty_crm_native::core::sync::record::result::Status;
use twenty_crm_native::core::sync::run::BulkOptions;
use twenty_crm_native::core::sync::sync_service::SyncService;
use twenty_crm_native::core::twenty::ids::ObjectKind;
use twenty_crm_native::core::twenty::input::PersonInput;

use super::exchange::{self, KEY, METADATA, answer, client};
use super::source::Source;

const PEOPLE: &str = r#"[{"external_id":"cli_1","name":"Jane Doe","email":"jane@acme.example"},
    {"external_id":"cli_2","name":"Joan Clarke","email":"joan@acme.example","phone":"+33612345678"}]"#;

pub(super) fn service(
    network: impl Fn(&TransportRequest) -> TransportResponse + Send + Sync + 'static,
) -> SyncService {
    let http = client("https://crm.example", network);
    SyncService::new(
        http,
        ServiceOptions::from_json("{}").expect("no options"),
        None,
    )
}

/// A server without rows, which takes everything.
pub(super) fn serve(request: &TransportRequest) -> TransportResponse {
    let path = request.url.path();
    let body = || -> Value {
        let body = request.body.as_deref().unwrap_or(b"null");
        serde_json::from_slice(body).expect("JSON was sent")
    };
    let wrapped = |key: &str, value: Value| answer(201, json!({"data": {key: value}}).to_string());
    match path {
        "/rest/metadata/objects" => answer(200, METADATA.clone()),
        "/graphql" => {
            let none = json!({"pageInfo": {"hasNextPage": false, "endCursor": null}, "edges": []});
            answer(
                200,
                json!({"data": {"people": none, "companies": none}}).to_string(),
            )
        }
        "/rest/people" => wrapped("createPerson", body()),
        "/rest/companies" => wrapped("createCompany", body()),
        "/rest/batch/people" => wrapped("createPeople", body()),
        "/rest/batch/companies" => wrapped("createCompanies", body()),
        _ if request.method == Method::PATCH => wrapped("updatePerson", body()),
        _ => answer(404, "{}"),
    }
}

/// The same, but for one kind of request, whose answer is given.
fn serve_but(
    kind: u8,
    given: TransportResponse,
) -> impl Fn(&TransportRequest) -> TransportResponse + Send + Sync + 'static {
    const PARTS: [&str; 4] = ["/rest/metadata", "/graphql", "/rest/people", "/rest/batch"];
    let part = PARTS[usize::from(kind) % PARTS.len()];
    move |request| match request.url.path().starts_with(part) {
        true => given.clone(),
        false => serve(request),
    }
}

pub(super) fn assert_error(error: &CrmError) {
    let json = error.to_json();
    assert!(!json.contains(KEY), "{json}");
    assert!(error.message.chars().count() < 3_000, "{json}");
}

pub(super) fn given(source: &mut Source) -> (u8, TransportResponse) {
    let kind = source.byte();
    let status = source.pick(&[200, 201, 400, 403, 404, 409, 429, 500]);
    (kind, answer(status, Bytes::copy_from_slice(source.rest())))
}

/// A single upsert ends with a record or with an error of ours.
pub fn single_answers(bytes: &[u8]) {
    let (kind, given) = given(&mut Source::new(bytes));
    let input = PersonInput::parse(
        r#"{"external_id":"cli_1","name":"Jane Doe","email":"jane@acme.example","company_external_id":"org_1","company_name":"Acme"}"#,
    );
    let input = input.expect("a person");
    let (outcome, _) = exchange::run(async {
        let service = service(serve_but(kind, given));
        service
            .upsert(Input::Person(input), CallOptions::default(), None)
            .await
    });
    match outcome {
        Ok(upserted) => assert!(upserted.external_id == "cli_1" && !upserted.id.is_empty()),
        Err(error) => assert_error(&error),
    }
}

/// A bulk run has one result for each record, in order, and none without an error that has no id.
pub fn bulk_answers(bytes: &[u8]) {
    let (kind, given) = given(&mut Source::new(bytes));
    let (results, _) = exchange::run(async {
        let service = service(serve_but(kind, given));
        let run = service.bulk(ObjectKind::Person, BulkOptions::default());
        run.chunk(0, PEOPLE).await
    });
    let results = results.expect("an array");
    let ids: Vec<_> = results.iter().map(|result| &*result.external_id).collect();
    assert_eq!(ids, ["cli_1", "cli_2"]);
    for result in &results {
        assert_eq!(result.status == Status::Failed, result.error.is_some());
        match &result.error {
            Some(error) => assert_error(error),
            None => assert!(result.id.as_ref().is_some_and(|id| !id.is_empty())),
        }
    }
}

/// Whatever a person is, alone and in a batch it is written the same, and refused the same.
pub fn same_payload(bytes: &[u8]) {
    let text = String::from_utf8_lossy(bytes);
    let Ok(input) = PersonInput::parse(&text) else {
        return;
    };
    let single = writes(|service| async move {
        let upsert = service.upsert(Input::Person(input), CallOptions::default(), None);
        upsert
            .await
            .map(|upserted| (upserted.id, entity(upserted.data)))
    });
    let records = format!("[{text}]");
    let bulk = writes(|service| async move {
        let run = service.bulk(ObjectKind::Person, BulkOptions::default());
        let mut results = run.chunk(0, &records).await.expect("an array");
        let result = results.pop().expect("one result");
        match result.error {
            Some(error) => Err(error),
            None => Ok((result.id.unwrap_or_default(), entity(result.data))),
        }
    });
    assert_eq!(single.1, bulk.1, "the same was written");
    match (single.0, bulk.0) {
        (Ok(single), Ok(bulk)) => assert_eq!(single, bulk),
        (Err(single), Err(bulk)) => {
            assert_eq!((single.code, &single.message), (bulk.code, &bulk.message));
        }
        (single, bulk) => panic!("{single:?} alone, {bulk:?} in a batch"),
    }
}

type Outcome = Result<(String, Value), CrmError>;

/// The entity that a result carries.
fn entity(data: Option<Box<RawValue>>) -> Value {
    let data = data.expect("the entity was asked for");
    serde_json::from_str(data.get()).expect("JSON")
}

/// What comes of `work`, and every record that it writes, by object.
fn writes<F: Future<Output = Outcome>>(
    work: impl FnOnce(SyncService) -> F,
) -> (Outcome, Vec<(bool, Value)>) {
    let written: Arc<Mutex<Vec<(bool, Value)>>> = Arc::default();
    let noted = Arc::clone(&written);
    let (outcome, _) = exchange::run(async move {
        let service = service(move |request| {
            let path = request.url.path();
            let is_person = path.ends_with("/people");
            if request.method == Method::POST && path.starts_with("/rest/") {
                let body = request.body.as_deref().unwrap_or_default();
                let records = match serde_json::from_slice(body).expect("JSON was sent") {
                    Value::Array(records) => records,
                    record => vec![record],
                };
                let mut noted = noted.lock().expect("one thread");
                noted.extend(records.into_iter().map(|record| (is_person, record)));
            }
            serve(request)
        });
        work(service).await
    });
    let mut written = std::mem::take(&mut *written.lock().expect("one thread"));
    written.sort_by_key(|(is_person, _)| *is_person);
    (outcome, written)
}
