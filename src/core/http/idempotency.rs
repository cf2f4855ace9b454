//! May a request be sent again if we do not know whether the server carried it out?

use http::Method;
use serde::Deserialize;

use super::Request;

/// Reads may be repeated, and so may writes that name their record. A POST may be repeated if the caller set an
/// idempotency key, if its body contains the record's id (the repeat then reports a duplicate), or if it is a GraphQL
/// query. Any other POST may not: Twenty ignores idempotency keys, so a repeat would create a second record.
pub(super) fn is_repeatable(request: &Request) -> bool {
    if let Some(decided) = request.repeatable {
        return decided;
    }
    if request.method != Method::POST {
        return request.method.is_idempotent() || request.method == Method::PATCH;
    }
    let body = request.body.as_deref().unwrap_or_default();
    has_callers_key(request) || has_id(body) || is_graphql_query(&request.path, body)
}

fn has_callers_key(request: &Request) -> bool {
    request.idempotency_key.is_some()
        || request
            .headers
            .iter()
            .any(|(name, _)| name.eq_ignore_ascii_case("idempotency-key"))
}

fn has_id(body: &[u8]) -> bool {
    #[derive(Deserialize)]
    struct Record<'a> {
        #[serde(borrow)]
        id: Option<&'a serde_json::value::RawValue>,
    }
    serde_json::from_slice::<Record>(body)
        .ok()
        .and_then(|record| record.id)
        .is_some_and(|id| id.get().len() > 2 && id.get().starts_with('"'))
}

fn is_graphql_query(path: &str, body: &[u8]) -> bool {
    #[derive(Deserialize)]
    struct Document {
        query: String,
    }
    let path = path.split('?').next().unwrap_or(path);
    let path = path.trim_matches('/');
    matches!(path, "graphql" | "metadata")
        && serde_json::from_slice::<Document>(body).is_ok_and(|document| {
            // This errs on the safe side: the word anywhere makes it a mutation.
            !document.query.contains("mutation") && !document.query.contains("subscription")
        })
}

/// Whether the server cannot have changed anything: a read, or a GraphQL query (which is sent as a POST).
pub(super) fn changes_nothing(request: &Request) -> bool {
    let body = request.body.as_deref().unwrap_or_default();
    is_read(&request.method)
        || request.method == Method::POST && is_graphql_query(&request.path, body)
}

/// Whether requests with this method change nothing, so that they may follow a redirect.
pub(super) fn is_read(method: &Method) -> bool {
    *method == Method::GET || *method == Method::HEAD
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn requests_that_name_their_record_may_be_repeated() {
        for request in [
            Request::get("/rest/people"),
            Request::put("/rest/people/1", "{}"),
            Request::patch("/rest/people/1", "{}"),
            Request::delete("/rest/people/1"),
            Request::post("/rest/people", r#"{"name":{},"id":"a-b"}"#),
            Request::post("/graphql", r#"{"query":"query { people { id } }"}"#),
            Request::post("graphql?x=1", r#"{"query":"{ people { id } }"}"#),
            Request::post("/rest/people", "{}").repeatable(true),
        ] {
            assert!(is_repeatable(&request), "{request:?}");
        }
        let mut keyed = Request::post("/rest/people", "{}");
        keyed.idempotency_key = Some("k".into());
        assert!(is_repeatable(&keyed));
    }

    #[test]
    fn queries_have_no_unknown_outcome() {
        for request in [
            Request::get("/rest/people"),
            Request::post("/graphql", r#"{"query":"query { people { id } }"}"#),
        ] {
            assert!(changes_nothing(&request), "{request:?}");
        }
        for request in [
            Request::post("/rest/people", r#"{"id":"a-b"}"#),
            Request::patch("/rest/people/1", "{}"),
            Request::delete("/rest/people/1"),
            Request::post(
                "/graphql",
                r#"{"query":"mutation { createPerson { id } }"}"#,
            ),
        ] {
            assert!(!changes_nothing(&request), "{request:?}");
        }
    }

    #[test]
    fn requests_that_could_create_a_duplicate_may_not() {
        for request in [
            Request::post("/rest/people", "{}"),
            Request::post("/rest/people", r#"{"id":null}"#),
            Request::post("/rest/people", r#"{"id":""}"#),
            Request::post("/rest/people", r#"{"company":{"id":"x"}}"#),
            Request::post("/rest/people", "not json"),
            Request::new(Method::POST, "/rest/people", None),
            Request::post("/rest/batch/people", r#"[{"id":"x"}]"#),
            Request::post(
                "/graphql",
                r#"{"query":"mutation { createPerson { id } }"}"#,
            ),
            Request::post("/rest/people", r#"{"query":"query { people { id } }"}"#),
            Request::get("/rest/people").repeatable(false),
        ] {
            assert!(!is_repeatable(&request), "{request:?}");
        }
    }
}
