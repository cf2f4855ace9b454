//! The requests that upserts are made of, and the records that come back.

use bytes::Bytes;
use serde::Deserialize;
use serde_json::{Map, Value};

use crate::core::error::{CrmError, ErrorCode};
use crate::core::http::{HttpClient, Request};
use crate::core::twenty::ids::ObjectKind;
use crate::core::twenty::lookup::{self, LookupQuery};
use crate::core::twenty::timestamp::parse_millis;

/// A record as Twenty sends it.
pub type Record = Map<String, Value>;

/// More pages than the rows that a few keys can match: a cursor that goes round in circles must end.
const MAX_LOOKUP_PAGES: usize = 50;

#[derive(Deserialize)]
struct Envelope {
    data: Map<String, Value>,
}

fn record_of(body: &[u8], key: &str) -> Result<Record, CrmError> {
    let unreadable = |what: &str| {
        CrmError::new(
            ErrorCode::Unknown,
            format!("the server accepted the record, but its answer {what}: check that the base URL is a Twenty API"),
        )
        .with_detail("reason", "NOT_TWENTY")
    };
    let mut envelope: Envelope =
        serde_json::from_slice(body).map_err(|_| unreadable("is not a Twenty envelope"))?;
    match envelope.data.remove(key) {
        Some(Value::Object(record)) if record.get("id").is_some_and(Value::is_string) => Ok(record),
        _ => Err(unreadable(&format!("carries no data.{key}"))),
    }
}

fn body_of(payload: &Record) -> Result<Bytes, CrmError> {
    serde_json::to_vec(payload)
        .map(Bytes::from)
        .map_err(|error| {
            CrmError::new(
                ErrorCode::OperationFailed,
                format!("the record could not be written as JSON: {error}"),
            )
        })
}

/// The record's own id.
pub fn id_of(record: &Record) -> &str {
    text_of(record, "id")
}

/// A text of the record; `""` where it is unset.
pub fn text_of<'a>(record: &'a Record, field: &str) -> &'a str {
    record.get(field).and_then(Value::as_str).unwrap_or("")
}

/// When the record was last changed, in milliseconds since the epoch: every write moves it on (WIRE.md section 11).
pub fn version_of(record: &Record) -> Option<u64> {
    parse_millis(text_of(record, "updatedAt"))
}

/// Whether the record is soft-deleted.
pub fn is_deleted(record: &Record) -> bool {
    record.get("deletedAt").is_some_and(|at| !at.is_null())
}

/// Creates by plain POST, which never lands on another row (MAPPING.md, "Writing never takes a row over").
/// The chosen id makes the repeat after a lost answer safe.
///
/// # Errors
/// VALIDATION_ERROR with reason DUPLICATE when a row with one of the unique values exists, and all that calls end with.
pub async fn create(
    http: &HttpClient,
    kind: ObjectKind,
    payload: &Record,
) -> Result<Record, CrmError> {
    let request =
        Request::post(format!("/rest/{}", kind.plural()), body_of(payload)?).repeatable(true);
    let response = http.call(request).await?;
    record_of(&response.body, kind.create_key())
}

/// Writes a row by its id. A PATCH merges: what is not sent stays.
///
/// # Errors
/// NOT_FOUND when the row is gone, DUPLICATE when another row holds one of the unique values.
pub async fn patch(
    http: &HttpClient,
    kind: ObjectKind,
    id: &str,
    payload: &Record,
) -> Result<Record, CrmError> {
    let request = Request::patch(format!("/rest/{}/{id}", kind.plural()), body_of(payload)?);
    let response = http.call(request).await?;
    record_of(&response.body, kind.update_key())
}

/// One look without repeats, for when repeats have just failed. First page only: it asks for one record.
///
/// # Errors
/// As `look_up`.
pub async fn look_up_once(http: &HttpClient, query: LookupQuery) -> Result<Vec<Record>, CrmError> {
    let queries = [query];
    let mut request = Request::post("/graphql", lookup::build(&queries)?);
    request.skip_retry = true;
    let response = http.call(request).await?;
    let answer = lookup::parse(&response.body, &queries)?;
    let rows = answer.pages.into_iter().flat_map(|page| page.rows);
    Ok(rows.map(|row| row.record).collect())
}

/// Asks which rows there are, deleted ones included; all pages are read. The rows of each query, in the queries' order.
///
/// # Errors
/// Any answer that is not a complete one: a failed look-up is never "no such row".
pub async fn look_up(
    http: &HttpClient,
    queries: Vec<LookupQuery>,
) -> Result<Vec<Vec<Record>>, CrmError> {
    let mut rows: Vec<Vec<Record>> = queries.iter().map(|_| Vec::new()).collect();
    // Only queries that have a further page are asked again.
    let mut places: Vec<usize> = (0..queries.len()).collect();
    let mut asked = queries;
    for _ in 0..MAX_LOOKUP_PAGES {
        let mut request = Request::post("/graphql", lookup::build(&asked)?).repeatable(true);
        request.cost = asked.len() as u32;
        let response = http.call(request).await?;
        let answer = lookup::parse(&response.body, &asked)?;
        let mut further = Vec::new();
        for ((at, mut query), page) in places.into_iter().zip(asked).zip(answer.pages) {
            rows[at].extend(page.rows.into_iter().map(|row| row.record));
            if page.next.is_some() {
                query.after = page.next;
                further.push((at, query));
            }
        }
        if further.is_empty() {
            return Ok(rows);
        }
        (places, asked) = further.into_iter().unzip();
    }
    Err(CrmError::new(
        ErrorCode::ServerError,
        "the look-up did not end: the server keeps sending further pages",
    ))
}
