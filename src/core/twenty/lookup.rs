//! Which rows the CRM already has: one GraphQL request for people and companies by id, external id and e-mail or domain.
//!
//! GraphQL because its variables take any value, which the REST filter grammar does not (MAPPING.md "Identity"). An answer
//! that cannot be trusted in full is an error, never "not found": treating it as absent makes doubles.

use std::collections::{BTreeMap, HashSet};
use std::fmt::Write;

use bytes::Bytes;
use serde::ser::SerializeSeq as _;
use serde::{Deserialize, Serialize, Serializer};
use serde_json::{Map, Value, json};
use uuid::Uuid;

use super::fields::FieldNames;
use super::ids::ObjectKind;
use super::record::{MappedRecord, part};
use super::schema::{FieldKind, ObjectSchema};
use super::unique;
use crate::core::error::{CrmError, ErrorCode};

#[cfg(test)]
mod tests;

/// Rows a page; the server's maximum for GraphQL.
pub const PAGE_SIZE: usize = 200;

/// `details.reason` of every failed look-up.
pub const LOOKUP_FAILED: &str = "LOOKUP_FAILED";

/// What is asked of one object.
#[derive(Clone, Debug)]
pub struct LookupQuery {
    /// The object.
    pub kind: ObjectKind,
    /// Record ids.
    pub ids: Vec<Uuid>,
    /// External ids as stored; left out of the request where the workspace has no field for them.
    pub external_ids: Vec<String>,
    /// Every spelling of e-mails or domains.
    pub unique_values: Vec<String>,
    /// The cursor that [`LookupPage::next`] gave; none for the first page.
    pub after: Option<String>,
    /// What the spellings stand for.
    identities: HashSet<String>,
    /// Records that were added.
    records: usize,
    external_id_field: Option<String>,
    selection: String,
}

impl LookupQuery {
    /// An empty query: nothing is asked until keys are added. `company_name` also asks for the linked company's name.
    pub fn new(
        kind: ObjectKind,
        schema: &ObjectSchema,
        names: &FieldNames,
        company_name: bool,
    ) -> Self {
        let external_id_field = names.external_id_in(schema).name().map(str::to_owned);
        Self {
            kind,
            ids: Vec::new(),
            external_ids: Vec::new(),
            unique_values: Vec::new(),
            identities: HashSet::new(),
            records: 0,
            after: None,
            selection: selection(
                kind,
                schema,
                names,
                external_id_field.as_deref(),
                company_name,
            ),
            external_id_field,
        }
    }

    /// Asks for every row that this record could be, or could collide with.
    pub fn add(&mut self, record: &MappedRecord) {
        self.ids.push(record.id);
        self.external_ids.push(record.stored_external_id.clone());
        self.records += 1;
        if let Some(unique) = &record.unique_value {
            self.unique_values.extend(unique.spellings.iter().cloned());
            self.identities.insert(unique.identity.clone());
        }
    }

    /// Whether it asks for nothing. Such a query must not be sent.
    pub fn is_empty(&self) -> bool {
        self.ids.is_empty() && self.asked_external_ids().is_empty() && self.unique_values.is_empty()
    }

    /// How many rows of an answer may fit nothing. A server may hold an e-mail or a domain in a form that nobody here
    /// knows of, and one such row must not fail all the others; a filter that was dropped brings many (transcript 478).
    fn tolerated_strangers(&self) -> usize {
        match self.records {
            0 | 1 => 0,
            records => (records / 10).max(1),
        }
    }

    fn asked_external_ids(&self) -> &[String] {
        match self.external_id_field {
            Some(_) => &self.external_ids,
            None => &[],
        }
    }

    fn filter(&self) -> Filter<'_> {
        let mut any = Vec::with_capacity(3);
        if !self.ids.is_empty() {
            any.push(AnyOf::Ids(&self.ids));
        }
        if let (Some(field), false) = (&self.external_id_field, self.external_ids.is_empty()) {
            any.push(AnyOf::Texts(field, &self.external_ids));
        }
        if !self.unique_values.is_empty() {
            any.push(AnyOf::Unique(self.kind, &self.unique_values));
        }
        // Soft-deleted rows still hold their unique values, and are hidden unless the filter names deletedAt (471, 472).
        let deleted_or_not =
            json!({"or": [{"deletedAt": {"is": "NULL"}}, {"deletedAt": {"is": "NOT_NULL"}}]});
        One("and", (One("or", any), deleted_or_not))
    }
}

/// What a look-up's variables hold, written straight from the keys.
type Filter<'a> = One<'a, (One<'a, Vec<AnyOf<'a>>>, Value)>;

/// An object of one member.
struct One<'a, T>(&'a str, T);

impl<T: Serialize> Serialize for One<'_, T> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_map([(self.0, &self.1)])
    }
}

/// One of several keys.
enum AnyOf<'a> {
    Ids(&'a [Uuid]),
    Texts(&'a str, &'a [String]),
    Unique(ObjectKind, &'a [String]),
}

impl Serialize for AnyOf<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        match self {
            Self::Ids(ids) => One("id", One("in", Texts(ids))).serialize(serializer),
            Self::Texts(field, texts) => One(field, One("in", texts)).serialize(serializer),
            Self::Unique(kind, texts) => {
                let values = One(kind.unique_subfield(), One("in", texts));
                One(kind.unique_field(), values).serialize(serializer)
            }
        }
    }
}

/// Ids as texts.
struct Texts<'a>(&'a [Uuid]);

impl Serialize for Texts<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let mut texts = serializer.serialize_seq(Some(self.0.len()))?;
        for id in self.0 {
            texts.serialize_element(&*id.hyphenated().encode_lower(&mut Uuid::encode_buffer()))?;
        }
        texts.end()
    }
}

#[derive(Serialize)]
#[serde(untagged)]
enum Variable<'a> {
    Filter(Filter<'a>),
    Cursor(&'a str),
}

#[derive(Serialize)]
struct Body<'a> {
    query: String,
    variables: BTreeMap<String, Variable<'a>>,
}

/// One row that the CRM has.
#[derive(Clone, Debug, PartialEq)]
pub struct LookupRow {
    /// The object.
    pub kind: ObjectKind,
    /// The row's id.
    pub id: Uuid,
    /// The external id as stored; none where it is blank or the workspace has no field for it.
    pub external_id: Option<String>,
    /// The e-mail or domain link as stored; none where it is blank.
    pub unique_value: Option<String>,
    /// The linked company, for people.
    pub company_id: Option<Uuid>,
    /// Whether it is soft-deleted.
    pub deleted: bool,
    /// When it was made, as the server says it.
    pub created_at: Option<String>,
    /// When it was last changed, as the server says it.
    pub updated_at: Option<String>,
    /// Every field that was asked for.
    pub record: Map<String, Value>,
}

/// One object's part of an answer.
#[derive(Clone, Debug, PartialEq)]
pub struct LookupPage {
    /// The object.
    pub kind: ObjectKind,
    /// Its rows.
    pub rows: Vec<LookupRow>,
    /// The cursor to ask on with (`LookupQuery::after`), where there is more.
    pub next: Option<String>,
}

/// An answer, a page for each query in the queries' order.
#[derive(Clone, Debug, PartialEq)]
pub struct LookupAnswer {
    /// One for each query.
    pub pages: Vec<LookupPage>,
}

/// The body of `POST /graphql`. At most one query for each object (the same root twice is refused, transcript 501), none of
/// them empty (an empty filter returns the whole table).
pub fn build(queries: &[LookupQuery]) -> Result<Bytes, CrmError> {
    let mut kinds = HashSet::new();
    let sound = queries
        .iter()
        .all(|query| !query.is_empty() && kinds.insert(query.kind));
    if queries.is_empty() || !sound {
        return Err(failed(
            "A look-up needs one query for each object, each with something to look for",
        ));
    }
    let mut declared = Vec::with_capacity(queries.len() * 2);
    let mut roots = String::new();
    let mut variables = BTreeMap::new();
    for query in queries {
        let root = query.kind.plural();
        declared.push(format!("${root}: {}!", query.kind.filter_type()));
        variables.insert(root.to_owned(), Variable::Filter(query.filter()));
        let mut after = String::new();
        if let Some(cursor) = &query.after {
            declared.push(format!("${root}After: String!"));
            variables.insert(format!("{root}After"), Variable::Cursor(cursor));
            after = format!(", after: ${root}After");
        }
        // Writing to a String cannot fail.
        let _ = write!(
            roots,
            " {root}(filter: ${root}, first: {PAGE_SIZE}{after}) {{ pageInfo {{ hasNextPage endCursor }} \
             edges {{ node {{ {} }} }} }}",
            query.selection
        );
    }
    let text = format!("query Lookup({}) {{{roots} }}", declared.join(", "));
    let body = Body {
        query: text,
        variables,
    };
    let text = serde_json::to_vec(&body)
        .map_err(|error| failed(format!("The look-up could not be written as JSON: {error}")))?;
    Ok(Bytes::from(text))
}

/// Reads the answer to [`build`] of the same queries. Anything less than a full and fitting answer is an error.
pub fn parse(body: &[u8], queries: &[LookupQuery]) -> Result<LookupAnswer, CrmError> {
    read(body, queries, false)
}

/// As [`parse`], for an answer that stays the same however often it is asked for: of many records, a few rows that fit
/// none are passed over.
pub fn parse_tolerantly(body: &[u8], queries: &[LookupQuery]) -> Result<LookupAnswer, CrmError> {
    read(body, queries, true)
}

fn read(body: &[u8], queries: &[LookupQuery], tolerant: bool) -> Result<LookupAnswer, CrmError> {
    let answer: Answer =
        serde_json::from_slice(body).map_err(|_| failed("The look-up's answer is not GraphQL"))?;
    if let Some(error) = answer.errors.as_ref().and_then(|errors| errors.first()) {
        return Err(refused(error));
    }
    let mut data = answer
        .data
        .ok_or_else(|| incomplete("The look-up's answer holds no data"))?;
    let pages = queries.iter().map(|query| {
        let root = query.kind.plural();
        let connection = data
            .remove(root)
            .flatten()
            .ok_or_else(|| incomplete(format!("The look-up's answer holds no {root}")))?;
        let tolerated = match tolerant {
            true => query.tolerated_strangers(),
            false => 0,
        };
        read_page(connection, query, tolerated)
    });
    Ok(LookupAnswer {
        pages: pages.collect::<Result<_, _>>()?,
    })
}

#[derive(Deserialize)]
struct Answer {
    data: Option<std::collections::HashMap<String, Option<Connection>>>,
    errors: Option<Vec<Value>>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Connection {
    page_info: PageInfo,
    edges: Vec<Edge>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct PageInfo {
    has_next_page: bool,
    end_cursor: Option<String>,
}

#[derive(Deserialize)]
struct Edge {
    node: Map<String, Value>,
}

fn read_page(
    connection: Connection,
    query: &LookupQuery,
    mut tolerated: usize,
) -> Result<LookupPage, CrmError> {
    let asked = Asked::of(query);
    let mut rows = Vec::with_capacity(connection.edges.len());
    for edge in connection.edges {
        let row = read_row(edge.node, query)?;
        if asked.fits(&row) {
            rows.push(row);
        } else if tolerated > 0 && row.unique_value.is_some() {
            tolerated -= 1;
        } else {
            return Err(failed(format!(
                "The look-up returned a {} that was not asked for ({}): its answer cannot be trusted",
                query.kind.singular(),
                row.id
            )));
        }
    }
    let page = connection.page_info;
    if page.has_next_page && page.end_cursor.is_none() {
        return Err(failed("The look-up says that there is more, but not where"));
    }
    Ok(LookupPage {
        kind: query.kind,
        rows,
        next: page.end_cursor.filter(|_| page.has_next_page),
    })
}

fn read_row(record: Map<String, Value>, query: &LookupQuery) -> Result<LookupRow, CrmError> {
    let text = |key: &str| Some(part(&record, key)).filter(|text| !text.is_empty());
    let id = text("id").and_then(|id| Uuid::parse_str(id).ok());
    Ok(LookupRow {
        kind: query.kind,
        id: id.ok_or_else(|| failed("The look-up returned a row without an id"))?,
        external_id: query
            .external_id_field
            .as_deref()
            .and_then(text)
            .map(str::to_owned),
        unique_value: unique::held_by(query.kind, &record).map(str::to_owned),
        company_id: text("companyId").and_then(|id| Uuid::parse_str(id).ok()),
        deleted: text("deletedAt").is_some(),
        created_at: text("createdAt").map(str::to_owned),
        updated_at: text("updatedAt").map(str::to_owned),
        record,
    })
}

/// The keys of a query, ready to be compared with rows: a variable that the server drops means no filter (transcript 478).
struct Asked<'a> {
    query: &'a LookupQuery,
    ids: HashSet<Uuid>,
    external_ids: HashSet<&'a str>,
    unique_values: HashSet<&'a str>,
}

impl<'a> Asked<'a> {
    fn of(query: &'a LookupQuery) -> Self {
        Self {
            query,
            ids: query.ids.iter().copied().collect(),
            external_ids: query
                .asked_external_ids()
                .iter()
                .map(String::as_str)
                .collect(),
            unique_values: query.unique_values.iter().map(String::as_str).collect(),
        }
    }

    fn fits(&self, row: &LookupRow) -> bool {
        let has = |set: &HashSet<&str>, value: &Option<String>| {
            value.as_deref().is_some_and(|value| set.contains(value))
        };
        self.ids.contains(&row.id)
            || has(&self.external_ids, &row.external_id)
            || has(&self.unique_values, &row.unique_value)
            || row.unique_value.as_deref().is_some_and(|held| {
                let identity = unique::identity(self.query.kind, held);
                self.query.identities.contains(identity.as_ref())
            })
    }
}

/// What is read of each row: identity, and every field that the mapping writes, so that blank ones can be told.
fn selection(
    kind: ObjectKind,
    schema: &ObjectSchema,
    names: &FieldNames,
    external_id_field: Option<&str>,
    company_name: bool,
) -> String {
    let mut parts: Vec<String> = ["id", "createdAt", "updatedAt", "deletedAt"]
        .map(String::from)
        .into();
    parts.extend(external_id_field.map(str::to_owned));
    let mapped: &[&str] = match kind {
        ObjectKind::Person => {
            parts.push("emails { primaryEmail } name { firstName lastName } companyId".into());
            if company_name {
                parts.push("company { name }".into());
            }
            &[
                "phones",
                "jobTitle",
                &names.website,
                &names.city,
                &names.account_type,
                names.plan_in(schema),
                &names.total_submissions,
            ]
        }
        ObjectKind::Company => {
            parts.push("domainName { primaryLinkUrl } name".into());
            &[&names.website, &names.status]
        }
    };
    for name in mapped {
        let Some(field) = schema.active(name) else {
            continue;
        };
        let subfields = match field.kind {
            FieldKind::Links => " { primaryLinkUrl }",
            FieldKind::Phones => {
                " { primaryPhoneNumber primaryPhoneCountryCode primaryPhoneCallingCode }"
            }
            FieldKind::Text | FieldKind::Number | FieldKind::Boolean | FieldKind::Select { .. } => {
                ""
            }
            _ => continue,
        };
        parts.push(format!("{name}{subfields}"));
    }
    parts.join(" ")
}

fn failed(message: impl Into<String>) -> CrmError {
    CrmError::new(ErrorCode::OperationFailed, message).with_detail("reason", LOOKUP_FAILED)
}

/// Null where data should be (DESIGN: error table): the server failed, whatever it says.
fn incomplete(message: impl Into<String>) -> CrmError {
    CrmError::new(ErrorCode::ServerError, message).with_detail("reason", LOOKUP_FAILED)
}

fn refused(error: &Value) -> CrmError {
    let message = error
        .get("message")
        .and_then(Value::as_str)
        .unwrap_or("no message");
    let shown: String = message.chars().take(500).collect();
    let code = match error.pointer("/extensions/code").and_then(Value::as_str) {
        Some("UNAUTHENTICATED" | "FORBIDDEN") => ErrorCode::AuthError,
        Some("LIMIT_REACHED" | "RATE_LIMITED") => ErrorCode::RateLimit,
        Some("BAD_USER_INPUT" | "GRAPHQL_VALIDATION_FAILED" | "GRAPHQL_PARSE_FAILED") => {
            ErrorCode::ValidationError
        }
        _ => ErrorCode::ServerError,
    };
    CrmError::new(code, format!("The look-up was refused: {shown}"))
        .with_detail("reason", LOOKUP_FAILED)
        .with_detail("originalError", shown)
}
