//! Look-ups, deletions, the reading of the data model, and webhooks, one of whose answers or events is the input.

use http::Method;
use serde_json::json;
use twenty_crm_native::core::http::{TransportRequest, TransportResponse};
use twenty_crm_native::core::sync::delete::DeleteMode;
use twenty_crm_native::core::sync::provisioning;
use twenty_crm_native::core::twenty::fields::FieldNames;
use twenty_crm_native::core::twenty::ids::ObjectKind;

use super::engine::{assert_error, given, serve, service};
use super::exchange::{self, answer, client};
use super::source::Source;

/// A server that has one person, `cli_1`.
fn serve_one(request: &TransportRequest) -> TransportResponse {
    const ID: &str = "79556f2c-ef9b-5e49-8f28-cc5878491298";
    match request.url.path() {
        "/graphql" => {
            let page = json!({"hasNextPage": false, "endCursor": null});
            let node = json!({"id": ID, "externalId": "cli_1", "deletedAt": null});
            let people = json!({"pageInfo": page, "edges": [{"node": node}]});
            let companies = json!({"pageInfo": page, "edges": []});
            let data = json!({"data": {"people": people, "companies": companies}});
            answer(200, data.to_string())
        }
        _ if request.method == Method::DELETE => answer(
            200,
            json!({"data": {"deletePerson": {"id": ID}}}).to_string(),
        ),
        _ => serve(request),
    }
}

/// The same, but for one part, whose answer is given.
fn serve_one_but(
    kind: u8,
    given: TransportResponse,
) -> impl Fn(&TransportRequest) -> TransportResponse + Send + Sync + 'static {
    const PARTS: [&str; 3] = ["/rest/metadata", "/graphql", "/rest/people"];
    let part = PARTS[usize::from(kind) % PARTS.len()];
    move |request| match request.url.path().starts_with(part) {
        true => given.clone(),
        false => serve_one(request),
    }
}

/// A look-up finds a record, or none, or ends with an error of ours.
pub fn find_answers(bytes: &[u8]) {
    let (kind, given) = given(&mut Source::new(bytes));
    let (outcome, _) = exchange::run(async {
        let service = service(serve_one_but(kind, given));
        service.find(ObjectKind::Person, "cli_1", false).await
    });
    if let Err(error) = outcome {
        assert_error(&error);
    }
}

/// A deletion names what it deleted, or says why it deleted nothing, or ends with an error of ours.
pub fn delete_answers(bytes: &[u8]) {
    let mut source = Source::new(bytes);
    let mode = source.pick(&[DeleteMode::Soft, DeleteMode::Destroy]);
    let (kind, given) = given(&mut source);
    let (outcome, _) = exchange::run(async {
        let service = service(serve_one_but(kind, given));
        let id = "cli_1".to_owned();
        service.delete(ObjectKind::Person, id, mode, None).await
    });
    match outcome {
        Ok((deleted, _)) => assert_eq!(deleted.deleted, deleted.reason.is_none()),
        Err(error) => assert_error(&error),
    }
}

/// Whatever a workspace says of its data model, there is a plan for it, or an error of ours.
pub fn plan_answers(bytes: &[u8]) {
    let (_, given) = given(&mut Source::new(bytes));
    let (outcome, _) = exchange::run(async {
        let http = client("https://crm.example", move |_| given.clone());
        provisioning::plan(&http, &FieldNames::default()).await
    });
    if let Err(error) = outcome {
        assert_error(&error);
    }
}

/// An event is refused by its field, or taken in, twice the same.
pub fn webhook_events(bytes: &[u8]) {
    let text = String::from_utf8_lossy(bytes);
    exchange::run(async {
        let service = service(serve_one);
        for _ in 0..2 {
            match service.read_webhook(&text) {
                Ok(event) => {
                    let applied = service.apply_webhook(event).await;
                    let (applied, _) = applied.expect("no store can fail here");
                    assert!(!applied.crm_id.is_empty());
                }
                Err(error) => assert_error(&error),
            }
        }
    });
}
