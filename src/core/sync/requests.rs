//! The requests of upserts, and the rows that they return.

use bytes::Bytes;
use serde::Deserialize;
use serde_json::{Map, Value};

use crate::core::error::{CrmError, ErrorCode};
use crate::core::error_reason;
use crate::core::http::{HttpClient, Request};
use crate::core::twenty::composite::emptied;
use crate::core::twenty::ids::ObjectKind;
use crate::core::twenty::lookup::{
    self, Answered, LookupAnswer, LookupQuery, build_conditional, parse_conditional,
};

use super::record::row::with_sent;
pub use super::record::row::{Row, id_of, is_deleted, text_of, version_of};

/// Retries of a look-up whose answer does not match.
const MAX_UNFIT_ANSWERS: u32 = 2;

/// How much of an id from the server an error shows, in characters: a real one has 36.
const MAX_SHOWN_ID: usize = 40;

/// More pages than a few keys can match: a cursor that loops must end.
const MAX_LOOKUP_PAGES: usize = 50;

#[derive(Deserialize)]
struct Envelope {
    data: Map<String, Value>,
}

fn record_of(body: &[u8], key: &str, id: &str) -> Result<Row, CrmError> {
    let mut envelope: Envelope =
        serde_json::from_slice(body).map_err(|error| unreadable("record", &error))?;
    match envelope.data.remove(key) {
        Some(Value::Object(record)) if id_of(&record) == id => Ok(record),
        Some(Value::Object(record)) if !id_of(&record).is_empty() => Err(lost(
            ErrorCode::NetworkError,
            format!(
                "row {id} was written, but the answer describes row {}: a proxy or load balancer mixes up answers",
                id_of(&record).chars().take(MAX_SHOWN_ID).collect::<String>()
            ),
        )
        .with_detail("reason", error_reason::WRONG_ANSWER)),
        _ => Err(not_twenty(&format!("record, but its answer carries no data.{key}"))),
    }
}

/// The error of a write that succeeded but whose answer cannot be read.
pub(super) fn unreadable(what: &str, error: &serde_json::Error) -> CrmError {
    match error.is_eof() {
        true => lost(
            ErrorCode::NetworkError,
            format!("the server accepted the {what}, but its answer is incomplete"),
        ),
        false => not_twenty(&format!("{what}, but its answer is not a Twenty envelope")),
    }
}

/// See [`unreadable`].
pub(super) fn not_twenty(what: &str) -> CrmError {
    lost(
        ErrorCode::Unknown,
        format!("the server accepted the {what}: check that the base URL is a Twenty API"),
    )
    .with_detail("reason", error_reason::NOT_TWENTY)
}

/// The write was carried out, but its result is unknown; a look-up shows it.
fn lost(code: ErrorCode, message: String) -> CrmError {
    CrmError::new(code, message).with_detail("outcomeUnknown", true)
}

/// A key in the text of a JSON object.
pub(super) fn json_key(name: &str) -> String {
    format!("\"{name}\"")
}

fn body_of(payload: &Row) -> Result<Bytes, CrmError> {
    serde_json::to_vec(payload)
        .map(Bytes::from)
        .map_err(|error| {
            CrmError::new(
                ErrorCode::OperationFailed,
                format!("the record could not be written as JSON: {error}"),
            )
        })
}

/// Creates a row by plain POST, which never changes an existing row (`docs/twenty/mapping.md#writes`). The record's id
/// is in the request, so it is safe to repeat after a lost answer.
///
/// # Errors
/// VALIDATION_ERROR with reason DUPLICATE if another row has one of the unique values, and all errors of requests.
pub async fn create(http: &HttpClient, kind: ObjectKind, payload: &Row) -> Result<Row, CrmError> {
    let request =
        Request::post(format!("/rest/{}", kind.plural()), body_of(payload)?).repeatable(true);
    let id = id_of(payload);
    let request = request.expects([json_key(kind.create_key()), id.to_owned()]);
    let response = http.call(request).await?;
    let record = record_of(&response.body, kind.create_key(), id)?;
    Ok(with_sent(record, payload))
}

/// Updates a row by its id. Fields that are not sent keep their values.
///
/// # Errors
/// NOT_FOUND if the row does not exist, DUPLICATE if another row has one of the unique values.
pub async fn patch(
    http: &HttpClient,
    kind: ObjectKind,
    id: &str,
    payload: &Row,
) -> Result<Row, CrmError> {
    let request = Request::patch(format!("/rest/{}/{id}", kind.plural()), body_of(payload)?)
        .expects([json_key(kind.update_key()), id.to_owned()]);
    let response = http.call(request).await?;
    let record = record_of(&response.body, kind.update_key(), id)?;
    Ok(with_sent(record, payload))
}

/// Updates a row by its id if it is not deleted. `None`: there is no such row, and nothing was written.
///
/// It uses GraphQL, whose filter is in the body. With REST the filter is in the URL; if a proxy stripped it, the
/// request would write all rows of a small workspace (`docs/decisions/conditional-writes.md`). If GraphQL refuses, the
/// REST route is asked: its errors are known, and it never restores a row. `query` names the object and the fields to
/// return.
///
/// # Errors
/// As [`patch`].
pub async fn patch_live(
    http: &HttpClient,
    query: &LookupQuery,
    id: &str,
    payload: &Row,
) -> Result<Option<Row>, CrmError> {
    let kind = query.kind;
    // Like a PATCH, it may be repeated: setting values twice changes nothing.
    let mut request =
        Request::post("/graphql", build_conditional(query, id, payload)?).repeatable(true);
    request.expects = vec![json_key(kind.update_many_key())];
    let response = match http.call(request).await {
        Err(error) if error.code == ErrorCode::ValidationError => {
            return patch(http, kind, id, payload).await.map(Some);
        }
        answer => answer?,
    };
    match parse_conditional(&response.body, query, id) {
        Answered::Written(record) => Ok(Some(with_sent(record, payload))),
        Answered::Unmatched => Ok(None),
        Answered::Unclear => Err(lost(
            ErrorCode::NetworkError,
            format!("row {id} was written, but the answer does not contain its result"),
        )),
    }
}

/// Restores a soft-deleted row, and changes nothing else.
///
/// # Errors
/// As [`patch`].
pub async fn revive(http: &HttpClient, kind: ObjectKind, id: &str) -> Result<Row, CrmError> {
    let mut payload = Map::new();
    payload.insert("deletedAt".to_owned(), Value::Null);
    patch(http, kind, id, &payload).await
}

/// Clears the e-mail or domain of a row, so that another row can have it.
///
/// # Errors
/// As [`patch`].
pub async fn take_value(http: &HttpClient, kind: ObjectKind, row: &Row) -> Result<(), CrmError> {
    let payload = emptied(row, kind.unique_field(), kind.unique_subfield());
    patch(http, kind, id_of(row), &payload).await.map(drop)
}

/// One look-up without retries, for use after retries have failed. It asks for one record, so one page is enough.
///
/// # Errors
/// As `look_up`.
pub async fn look_up_once(http: &HttpClient, query: LookupQuery) -> Result<Vec<Row>, CrmError> {
    let queries = [query];
    let mut request = Request::post("/graphql", lookup::build(&queries)?);
    request.skip_retry = true;
    let response = http.call(request).await?;
    let answer = lookup::parse(&response.body, &queries)?;
    let rows = answer.pages.into_iter().flat_map(|page| page.rows);
    Ok(rows.map(|row| row.record).collect())
}

/// Reads one page of each query. An answer that does not match is requested again on another connection: it may have
/// been another request's, or incomplete.
async fn ask(http: &HttpClient, asked: &[LookupQuery]) -> Result<(LookupAnswer, usize), CrmError> {
    let mut request = Request::post("/graphql", lookup::build(asked)?).repeatable(true);
    request.cost = asked.len() as u32;
    request.expects = asked
        .iter()
        .map(|query| json_key(query.kind.plural()))
        .collect();
    let mut repeats = http.config().max_retries.min(MAX_UNFIT_ANSWERS);
    let mut refused: Option<String> = None;
    loop {
        let answer = match http.call(request.clone()).await {
            Ok(response) => {
                let read = match repeats > 0 {
                    true => lookup::parse(&response.body, asked),
                    false => lookup::parse_tolerantly(&response.body, asked),
                };
                read.map(|answer| (answer, response.body.len()))
            }
            // A look-up creates no row, so a refusal as duplicate belongs to another request.
            Err(error) if error.reason() == Some(error_reason::DUPLICATE) => Err(another_answer()),
            // The same text twice comes from the server itself.
            Err(error) if is_strange(&error) => match refused.replace(error.message.clone()) {
                Some(before) if before == error.message => return Err(error),
                Some(_) => Err(another_answer()),
                None => Err(error),
            },
            Err(error) => return Err(error),
        };
        match answer {
            Err(_) if repeats > 0 => {
                repeats -= 1;
                request.last_on_connection = true;
            }
            answer => return answer,
        }
    }
}

/// Whether a look-up was refused in the way of REST routes: GraphQL's own refusals have status 200, so this one may
/// belong to another request.
fn is_strange(error: &CrmError) -> bool {
    matches!(error.code, ErrorCode::ValidationError | ErrorCode::NotFound)
        && error.status != Some(200)
        && error.reason() != Some(error_reason::TOO_LARGE)
}

fn another_answer() -> CrmError {
    CrmError::new(
        ErrorCode::NetworkError,
        "a look-up got the answer to another request: a proxy or load balancer in front of the server mixes up \
        answers",
    )
    .with_detail("reason", error_reason::WRONG_ANSWER)
}

/// The result of a look-up.
#[derive(Debug, Default)]
pub struct LookedUp {
    /// The rows of each query, in the queries' order.
    pub rows: Vec<Vec<Row>>,
    /// The number of pages.
    pub pages: usize,
    /// The size of all pages, in bytes.
    pub bytes: usize,
}

/// Looks up rows, including deleted ones, and reads all pages.
///
/// # Errors
/// Every incomplete answer is an error: a failed look-up never means "no such row".
pub async fn look_up(http: &HttpClient, queries: Vec<LookupQuery>) -> Result<LookedUp, CrmError> {
    let mut found = LookedUp {
        rows: queries.iter().map(|_| Vec::new()).collect(),
        ..LookedUp::default()
    };
    // Only queries with another page are sent again.
    let mut places: Vec<usize> = (0..queries.len()).collect();
    let mut asked = queries;
    while found.pages < MAX_LOOKUP_PAGES {
        let (answer, bytes) = ask(http, &asked).await?;
        found.pages += 1;
        found.bytes += bytes;
        let mut further = Vec::new();
        for ((at, mut query), page) in places.into_iter().zip(asked).zip(answer.pages) {
            found.rows[at].extend(page.rows.into_iter().map(|row| row.record));
            if page.next.is_some() {
                query.after = page.next;
                further.push((at, query));
            }
        }
        if further.is_empty() {
            return Ok(found);
        }
        (places, asked) = further.into_iter().unzip();
    }
    Err(CrmError::new(
        ErrorCode::ServerError,
        "the look-up did not end: the server keeps sending further pages",
    ))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_an_answer_with_the_rows_id_is_trusted() {
        let body = br#"{"data":{"updatePerson":{"id":"a","jobTitle":"x"}}}"#;
        let read = |id| record_of(body, "updatePerson", id);
        assert_eq!(id_of(&read("a").expect("our own")), "a");
        let error = read("b").expect_err("another's");
        assert_eq!(error.reason(), Some("WRONG_ANSWER"));
        assert_eq!(error.details["outcomeUnknown"], true);
        assert!(error.retryable);
    }

    #[test]
    fn an_incomplete_answer_leaves_the_outcome_unknown() {
        for (body, code) in [
            (
                r#"{"data":{"updatePerson":{"id":"a","name":{}"#,
                ErrorCode::NetworkError,
            ),
            ("", ErrorCode::NetworkError),
            (
                r#"{"data":{"updateCompany":{"id":"a"}}}"#,
                ErrorCode::Unknown,
            ),
            (r#"{"data":7}"#, ErrorCode::Unknown),
        ] {
            let error = record_of(body.as_bytes(), "updatePerson", "a").expect_err(body);
            assert_eq!(error.code, code, "{body}");
            assert_eq!(error.details["outcomeUnknown"], true, "{body}");
        }
    }
}
