//! The queries of look-ups: filters over keys, and the fields to return.

use std::collections::{BTreeMap, HashSet};
use std::fmt::Write;

use bytes::Bytes;
use serde::ser::SerializeSeq as _;
use serde::{Serialize, Serializer};
use serde_json::{Value, json};
use uuid::Uuid;

use super::{PAGE_SIZE, failed};
use crate::core::error::CrmError;
use crate::core::twenty::fields::FieldNames;
use crate::core::twenty::ids::ObjectKind;
use crate::core::twenty::record::MappedRecord;
use crate::core::twenty::schema::{FieldKind, ObjectSchema};

/// Rows that an answer usually has per record: its own, and one with its e-mail or domain.
const ROWS_FOR_EACH: usize = 2;

/// The query for one object.
#[derive(Clone, Debug)]
pub struct LookupQuery {
    /// The object.
    pub kind: ObjectKind,
    /// Record ids.
    pub ids: Vec<Uuid>,
    /// External ids as stored; not sent if the workspace has no field for them.
    pub external_ids: Vec<String>,
    /// All spellings of e-mails or domains.
    pub unique_values: Vec<String>,
    /// The cursor from [`LookupPage::next`](super::LookupPage::next); `None` for the first page.
    pub after: Option<String>,
    /// The normalised forms of the spellings.
    pub(super) identities: HashSet<String>,
    /// Number of records that were added.
    pub(super) records: usize,
    pub(super) external_id_field: Option<String>,
    pub(super) selection: String,
}

impl LookupQuery {
    /// An empty query, to which keys are added. `company_name` requests the linked company's name instead of its id,
    /// for rows that are shown to users and not decided on.
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

    /// Adds all rows that this record could be, or could collide with.
    pub fn add(&mut self, record: &MappedRecord) {
        self.ids.push(record.id);
        self.external_ids.push(record.stored_external_id.clone());
        self.records += 1;
        if let Some(unique) = &record.unique_value {
            self.unique_values.extend(unique.spellings.iter().cloned());
            self.identities.insert(unique.identity.clone());
        }
    }

    /// Adds the keys of `other`, a query for the same object.
    pub fn join(&mut self, other: Self) {
        self.ids.extend(other.ids);
        self.external_ids.extend(other.external_ids);
        self.unique_values.extend(other.unique_values);
        self.identities.extend(other.identities);
        self.records += other.records;
    }

    /// The field for external ids, if the workspace has one.
    pub fn external_id_field(&self) -> Option<&str> {
        self.external_id_field.as_deref()
    }

    /// Largest number of rows in an answer: more than that many records can have.
    fn page_size(&self) -> usize {
        PAGE_SIZE.max(self.ids.len() * ROWS_FOR_EACH)
    }

    /// Whether there are no keys. Such a query must not be sent.
    pub fn is_empty(&self) -> bool {
        self.ids.is_empty() && self.asked_external_ids().is_empty() && self.unique_values.is_empty()
    }

    /// How many rows of an answer may match nothing. A server may store an e-mail or a domain in an unknown form, and
    /// one such row must not fail all other records. A dropped filter returns many such rows.
    pub(super) fn tolerated_strangers(&self) -> usize {
        match self.records {
            0 | 1 => 0,
            records => (records / 10).max(1),
        }
    }

    pub(super) fn asked_external_ids(&self) -> &[String] {
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
        // Soft-deleted rows keep their unique values. They are hidden unless the filter names deletedAt.
        let deleted_or_not =
            json!({"or": [{"deletedAt": {"is": "NULL"}}, {"deletedAt": {"is": "NOT_NULL"}}]});
        One("and", (One("or", any), deleted_or_not))
    }
}

/// The variables of a look-up, serialised directly from the keys.
type Filter<'a> = One<'a, (One<'a, Vec<AnyOf<'a>>>, Value)>;

/// An object with one member.
struct One<'a, T>(&'a str, T);

impl<T: Serialize> Serialize for One<'_, T> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_map([(self.0, &self.1)])
    }
}

/// A condition on one of several keys.
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

/// The body of `POST /graphql`. At most one query per object (the server refuses the same root twice), and none of them
/// empty (an empty filter returns the whole table).
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
            " {root}(filter: ${root}, first: {}{after}) {{ pageInfo {{ hasNextPage endCursor }} \
             edges {{ node {{ {} }} }} }}",
            query.page_size(),
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

/// All subfields of a link, because a write must repeat them: the server clears those that are not sent
/// (`composite.rs`).
const LINKS: &str = " { primaryLinkUrl primaryLinkLabel secondaryLinks }";

/// As [`LINKS`].
const PHONES: &str =
    " { primaryPhoneNumber primaryPhoneCountryCode primaryPhoneCallingCode additionalPhones }";

/// The fields to return: identity, and every field that the mapping writes, so that blank ones can be recognised.
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
            parts.push(
                "emails { primaryEmail additionalEmails } name { firstName lastName }".into(),
            );
            // Never both: if the company is requested and soft-deleted, the server returns its id as null, as if the
            // person had no company.
            parts.push(match company_name {
                true => "company { name }".into(),
                false => "companyId".into(),
            });
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
            parts.push(format!("domainName{LINKS} name"));
            &[&names.website, &names.status]
        }
    };
    for name in mapped {
        let Some(field) = schema.active(name) else {
            continue;
        };
        let subfields = match field.kind {
            FieldKind::Links => LINKS,
            FieldKind::Phones => PHONES,
            FieldKind::Text | FieldKind::Number | FieldKind::Boolean | FieldKind::Select { .. } => {
                ""
            }
            _ => continue,
        };
        parts.push(format!("{name}{subfields}"));
    }
    parts.join(" ")
}
