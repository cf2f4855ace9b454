//! Disturbances: what may happen to a request on its way, and what another client of the same server does.

use twenty_sim::http::{Request, Response};

use super::*;

/// What happens to a request that has arrived.
pub(super) enum Fate {
    /// The server carries it out, and its answer arrives.
    CarriedOut,
    /// The server carries it out, and its answer is lost.
    AnswerLost,
    /// The connection breaks before the server has read it.
    Lost,
    /// Something in front of the server answers.
    Answered(Response),
}

/// A request on arrival.
pub(super) struct Arriving<'a> {
    pub state: &'a Arc<State>,
    pub method: &'a str,
    /// Path with query.
    pub path: &'a str,
    pub body: &'a str,
    /// Its number among the requests that write records, from 1; 0 if it does not write.
    pub write: usize,
}

impl Arriving<'_> {
    /// Whether a request would change records.
    pub fn is_write(method: &str, path: &str, body: &str) -> bool {
        match path == "/graphql" {
            true => body.contains(MUTATION),
            false => {
                method != "GET" && path.starts_with("/rest/") && !path.starts_with("/rest/metadata")
            }
        }
    }

    /// Whether it would change existing rows.
    pub fn is_update(&self) -> bool {
        let is_in_place = self.method == "PATCH" || self.path == "/graphql";
        self.write > 0 && (is_in_place || self.path.contains("upsert=true"))
    }

    /// The server's answer to an invalid link.
    pub fn bad_link(&self) -> Response {
        let message = "The URL of the link is not valid";
        if self.path == "/graphql" {
            let extensions = json!({
                "subCode": "INVALID_URL",
                "userFriendlyMessage": "Invalid URL format.",
                "code": "BAD_USER_INPUT",
            });
            let error = json!({ "message": message, "extensions": extensions });
            return Response::json(
                200,
                &json!({ "data": { "updatePeople": null }, "errors": [error] }),
            );
        }
        let body = json!({
            "statusCode": 400,
            "error": "Error",
            "messages": [message],
            "code": "INVALID_URL",
        });
        Response::json(400, &body)
    }
}

/// How the text of a GraphQL mutation starts.
const MUTATION: &str = "\"mutation ";

/// Sees each request right before it is handled, and decides what happens to it.
pub(super) type Meddler = Box<dyn FnMut(&Arriving<'_>) -> Fate + Send>;

impl Network {
    /// Installs `meddler` for all requests from here on.
    pub(super) fn meddle(&self, meddler: impl FnMut(&Arriving<'_>) -> Fate + Send + 'static) {
        *self.meddler.lock().expect("no panic") = Some(Box::new(meddler));
    }

    /// Removes the meddler.
    pub(super) fn leave_alone(&self) {
        *self.meddler.lock().expect("no panic") = None;
    }
}

/// A request of another client; returns the answer's JSON.
pub(super) fn other_client(
    state: &Arc<State>,
    method: &str,
    path: &str,
    body: Option<&Value>,
) -> Value {
    let mut request = Request {
        method: method.to_owned(),
        body: body
            .map(|body| body.to_string().into_bytes())
            .unwrap_or_default(),
        ..Default::default()
    };
    request.set_target(path);
    let key = format!("Bearer {}", state.keys.tokens().full);
    request.headers.push(("authorization".to_owned(), key));
    let kind = ("content-type".to_owned(), "application/json".to_owned());
    request.headers.push(kind);
    let response = twenty_sim::router::handle(state, &mut request);
    assert!(
        response.status < 300,
        "{method} {path}: {}",
        String::from_utf8_lossy(&response.body)
    );
    serde_json::from_slice(&response.body).unwrap_or_default()
}

/// Another client soft-deletes a row.
pub(super) fn soft_delete(state: &Arc<State>, plural: &str, id: &str) {
    let path = format!("/rest/{plural}/{id}?soft_delete=true");
    other_client(state, "DELETE", &path, None);
}

/// Another client deletes a row permanently.
pub(super) fn destroy(state: &Arc<State>, plural: &str, id: &str) {
    other_client(state, "DELETE", &format!("/rest/{plural}/{id}"), None);
}

/// Another client creates a row.
pub(super) fn insert(state: &Arc<State>, plural: &str, row: &Value) {
    other_client(state, "POST", &format!("/rest/{plural}"), Some(row));
}

/// All rows, deleted ones included, by id.
pub(super) fn rows(state: &State, singular: &str) -> Vec<serde_json::Map<String, Value>> {
    let world = state.world();
    world
        .table(singular)
        .iter()
        .map(|(_, row)| row.clone())
        .collect()
}

/// The row's primary e-mail.
pub(super) fn email_of(row: &serde_json::Map<String, Value>) -> &str {
    let email = row.get("emails").map(|emails| &emails["primaryEmail"]);
    email.and_then(Value::as_str).unwrap_or_default()
}

/// The row with this external id.
pub(super) fn row_of(
    state: &State,
    singular: &str,
    external_id: &str,
) -> Option<serde_json::Map<String, Value>> {
    rows(state, singular)
        .into_iter()
        .find(|row| row.get("externalId").and_then(Value::as_str) == Some(external_id))
}
