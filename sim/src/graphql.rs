//! GraphQL on `/graphql`: the list fields of every object, as far as they were recorded
//! (`docs/twenty/protocol.md#graphql`), and the errors of `/metadata`.

mod answer;
mod ast;
mod exec;
mod lex;
mod mutate;
mod parse;
mod select;

use std::sync::Arc;

use serde_json::{Map, Value, json};

use crate::http::{Request, Response};
use crate::state::State;
use ast::{Operation, OperationKind};

/// Answers a POST (or the query in a GET); errors come with status 200.
pub fn handle(state: &Arc<State>, request: &Request) -> Response {
    let key = match state.authenticate(request) {
        Ok(key) => key,
        Err(error) => return answer::not_authenticated(&error),
    };
    if request.path == "/metadata" {
        return answer::of_metadata(key.may_administer);
    }
    let body = request.json.as_ref().and_then(Value::as_object);
    let Some(source) = body
        .and_then(|body| body.get("query"))
        .and_then(Value::as_str)
    else {
        let error = json!({ "message": "Must provide query string." });
        return answer::refused(400, &error);
    };
    let document = match parse::parse(source) {
        Ok(document) => document,
        Err(error) => {
            let place = json!({ "line": error.line, "column": error.column });
            let error = json!({ "message": error.message, "locations": [place] });
            return answer::refused(200, &error);
        }
    };
    let name = body
        .and_then(|body| body.get("operationName"))
        .and_then(Value::as_str);
    let operation = document
        .operations
        .iter()
        .find(|operation| name.is_none() || operation.name.as_deref() == name);
    let Some(operation) = operation else {
        let message = match name {
            Some(name) => format!("Unknown operation named \"{name}\"."),
            None => "Must provide an operation.".to_owned(),
        };
        return answer::refused(400, &json!({ "message": message }));
    };
    if operation.kind == OperationKind::Subscription {
        let message = "The simulator answers no GraphQL subscriptions.";
        return answer::refused(200, &json!({ "message": message }));
    }
    let given = body
        .and_then(|body| body.get("variables"))
        .and_then(Value::as_object);
    exec::run(
        state,
        &key,
        operation,
        &document.fragments,
        &variables(operation, given),
    )
}

/// The given variables, on top of the declared defaults.
fn variables(operation: &Operation, given: Option<&Map<String, Value>>) -> Map<String, Value> {
    let none = Map::new();
    let mut variables: Map<String, Value> = operation
        .variables
        .iter()
        .filter_map(|(name, default)| Some((name.clone(), default.as_ref()?.resolve(&none)?)))
        .collect();
    variables.extend(
        given
            .into_iter()
            .flatten()
            .map(|(name, value)| (name.clone(), value.clone())),
    );
    variables
}
