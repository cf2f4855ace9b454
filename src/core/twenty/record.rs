//! What mapping people and companies has in common: the context, the result, and how one value fits one field.

use std::borrow::Cow;

use serde_json::{Map, Value, json};
use uuid::Uuid;

use super::company_key::{CompanyKey, CompanyOf};
use super::composite::holds_field;
use super::domain::DomainForm;
use super::email_policy::EmailPolicy;
pub use super::fields::ExternalIdField;
use super::fields::FieldNames;
use super::input::{Forms, Patch};
use super::phone::Country;
use super::schema::{FieldKind, ObjectSchema, SelectOption};
use super::warning::{SyncWarning, reason};
use super::{ids, link, several};

#[cfg(test)]
mod tests;

/// Everything that a translation depends on beside the record.
#[derive(Clone, Copy, Debug)]
pub struct MapContext<'a> {
    /// The object's fields in this workspace.
    pub schema: &'a ObjectSchema,
    /// What the custom fields are called.
    pub field_names: &'a FieldNames,
    /// For national phone numbers.
    pub default_country: Option<Country>,
    /// What an e-mail that is none does, and none at all.
    pub emails: EmailPolicy,
    /// What a person's company is known by.
    pub company_key: CompanyKey,
    /// Keeps several sites apart in one workspace.
    pub namespace: Option<&'a str>,
    /// How the workspace stores domains.
    pub domain_form: DomainForm,
}

/// One record as Twenty takes it.
#[derive(Clone, Debug, PartialEq)]
pub struct MappedRecord {
    /// The id that it is created with.
    pub id: Uuid,
    /// As the caller gave it.
    pub external_id: String,
    /// As the CRM's external id field holds it.
    pub stored_external_id: String,
    /// Whether the CRM can hold it.
    pub external_id_field: ExternalIdField,
    /// The camelCase payload, without id, external id and companyId.
    pub fields: Map<String, Value>,
    /// A person's name, where it was given in one text: its parts are a guess, and a row that holds the same name keeps
    /// its own.
    pub flat_name: Option<String>,
    /// The value that the CRM keeps unique, if the record has one.
    pub unique_value: Option<UniqueValue>,
    /// The company that a person names; of companies, `Unsaid`.
    pub company: CompanyOf,
    /// What was left out.
    pub warnings: Vec<SyncWarning>,
}

/// An e-mail or a domain: what the CRM keeps unique beside the external id.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct UniqueValue {
    /// `emails` or `domainName`: the key in the payload.
    pub field: &'static str,
    /// `email` or `domain_name`: the key in the input.
    pub input_field: &'static str,
    /// What is written.
    pub value: String,
    /// The form that all spellings share: equal identities collide.
    pub identity: String,
    /// Every way in which a row may hold it, the written one among them.
    pub spellings: Vec<String>,
}

impl MappedRecord {
    /// Takes the unique value out of the payload, for a record that must be written without it.
    pub fn drop_unique_value(&mut self) -> Option<UniqueValue> {
        let unique = self.unique_value.take()?;
        self.fields.remove(unique.field);
        Some(unique)
    }
}

/// Collects one record's payload and warnings.
pub(super) struct Mapper<'a> {
    pub(super) context: &'a MapContext<'a>,
    external_id: &'a str,
    pub(super) fields: Map<String, Value>,
    pub(super) company: CompanyOf,
    pub(super) warnings: Vec<SyncWarning>,
    pub(super) flat_name: Option<String>,
}

impl<'a> Mapper<'a> {
    pub(super) fn new(context: &'a MapContext<'a>, external_id: &'a str) -> Self {
        Self {
            context,
            external_id,
            fields: Map::new(),
            company: CompanyOf::Unsaid,
            warnings: Vec::new(),
            flat_name: None,
        }
    }

    pub(super) fn warn(&mut self, field: &str, reason: &'static str, message: String) {
        self.warnings
            .push(SyncWarning::new(field, reason, self.external_id, message));
    }

    /// For a cell of which only the first value was written.
    pub(super) fn warn_of_further(&mut self, input_field: &str) {
        self.warn(
            input_field,
            reason::FIRST_OF_SEVERAL,
            format!("{input_field} holds several values: the first was written. Give one value"),
        );
    }

    /// A text value for the field of that API name, whatever type the workspace gave it. Blank text clears, as `null`.
    pub(super) fn text(&mut self, input_field: &str, name: &str, value: &Patch<String>) {
        let given = match value {
            Patch::Absent => return,
            Patch::Null => None,
            Patch::Value(text) => Some(text.trim()).filter(|text| !text.is_empty()),
        };
        let Some(field) = self.context.schema.active(name) else {
            if given.is_some() {
                self.missing(input_field, name);
            }
            return;
        };
        let encoded = match given {
            Some(text) => encode_text(&field.kind, text),
            None => encode_cleared(&field.kind),
        };
        match encoded {
            Ok(value) => {
                let is_link = matches!(field.kind, FieldKind::Links);
                if is_link && given.is_some_and(|text| several::first_link(text).1) {
                    self.warn_of_further(input_field);
                }
                self.fields.insert(name.to_owned(), value);
            }
            Err(_) if given.is_none() => {}
            Err(reason) => {
                let message = refusal(input_field, name, reason, &field.kind);
                self.warn(input_field, reason, message);
            }
        }
    }

    /// A number for the field of that API name.
    pub(super) fn number(&mut self, input_field: &str, name: &str, value: &Patch<f64>) {
        if value.is_absent() {
            return;
        }
        let given = value.value().copied();
        let Some(field) = self.context.schema.active(name) else {
            if given.is_some() {
                self.missing(input_field, name);
            }
            return;
        };
        let encoded = match (&field.kind, given) {
            (FieldKind::Number, Some(value)) => number(value),
            (FieldKind::Text, Some(value)) => number(value).to_string().into(),
            (FieldKind::Number | FieldKind::Text, None) => Value::Null,
            (_, None) => return,
            (kind, Some(_)) => {
                let message = refusal(input_field, name, reason::UNSUPPORTED_TYPE, kind);
                return self.warn(input_field, reason::UNSUPPORTED_TYPE, message);
            }
        };
        self.fields.insert(name.to_owned(), encoded);
    }

    pub(super) fn finish(self, kind: ids::ObjectKind, unique: Option<UniqueValue>) -> MappedRecord {
        let namespace = self.context.namespace;
        MappedRecord {
            id: ids::record_id(kind, namespace, self.external_id),
            external_id: self.external_id.to_owned(),
            stored_external_id: ids::stored_external_id(namespace, self.external_id),
            external_id_field: self.context.field_names.external_id_in(self.context.schema),
            fields: self.fields,
            flat_name: self.flat_name,
            unique_value: unique,
            company: self.company,
            warnings: self.warnings,
        }
    }

    /// Tells of what was given in Twenty's own nested form and has no place in the flat record.
    pub(super) fn without_place(&mut self, forms: &Forms) {
        for (field, parts) in forms.without_place() {
            let what = parts.join(" and ");
            self.warn(
                field,
                reason::NO_PLACE,
                format!("{field} was written without {what}: there is no place for it in a record. Keep it by hand in Twenty"),
            );
        }
    }

    pub(super) fn missing(&mut self, input_field: &str, name: &str) {
        self.warn(
            input_field,
            reason::MISSING_FIELD,
            format!(
                "{input_field} was left out: the workspace has no field \"{name}\". Create it, or name the field to use"
            ),
        );
    }
}

/// A finite number as JSON, whole ones without a fraction (5, not 5.0).
pub fn number(value: f64) -> Value {
    /// Beyond 2^53 a double no longer tells whole numbers apart.
    const EXACT: f64 = 9_007_199_254_740_992.0;
    if value.fract() == 0.0 && value.abs() <= EXACT {
        // In range by the line above, so nothing is cut off.
        #[allow(clippy::cast_possible_truncation)]
        return json!(value as i64);
    }
    json!(value)
}

/// Whether a record's field counts as not filled: `""`, `null`, an empty list, or a composite of such. Unset TEXT
/// reads `""`.
pub fn is_blank(value: &Value) -> bool {
    match value {
        Value::Null => true,
        Value::Bool(_) | Value::Number(_) => false,
        Value::String(text) => text.trim().is_empty(),
        Value::Array(items) => items.is_empty(),
        Value::Object(parts) => parts.values().all(is_blank),
    }
}

/// The part of a payload that fills only fields that the row leaves blank, and the names of those that it keeps because
/// they hold something else. A field that the row does not show is taken to be filled.
pub fn only_blank(
    fields: &Map<String, Value>,
    row: &Map<String, Value>,
) -> (Map<String, Value>, Vec<String>) {
    let mut filling = Map::new();
    let mut kept = Vec::new();
    for (name, value) in fields {
        match row.get(name) {
            Some(held) if is_blank(held) => drop(filling.insert(name.clone(), value.clone())),
            Some(held) if holds(name, held, value) => {}
            _ => kept.push(name.clone()),
        }
    }
    (filling, kept)
}

/// Whether a row's value of that name already says what a payload's value would write (only the subfields that the
/// payload has), in whatever form the server stores it.
pub fn holds(name: &str, held: &Value, written: &Value) -> bool {
    match (held, written) {
        (Value::Object(held), Value::Object(written)) => holds_field(name, held, written),
        (Value::Number(held), Value::Number(written)) => held.as_f64() == written.as_f64(),
        _ => held == written || (is_blank(held) && is_blank(written)),
    }
}

/// As [`holds`], for a whole row and a whole payload.
pub fn holds_all(held: &Map<String, Value>, written: &Map<String, Value>) -> bool {
    written.iter().all(|(key, value)| {
        held.get(key)
            .map_or_else(|| is_blank(value), |held| holds(key, held, value))
    })
}

/// How an entity shows one of a record's fields: text, or null where it is blank. SELECT values are lower-cased, which is
/// how entities write them.
pub(super) fn read_text<'r>(
    record: &'r Map<String, Value>,
    schema: &ObjectSchema,
    name: &str,
) -> Option<Cow<'r, str>> {
    let text: Cow<'r, str> = match record.get(name)? {
        Value::String(text) => text.into(),
        Value::Object(parts) => part(parts, "primaryLinkUrl").into(),
        Value::Number(number) => number.to_string().into(),
        _ => return None,
    };
    let select = matches!(
        schema.fields.get(name).map(|field| &field.kind),
        Some(FieldKind::Select { .. })
    );
    match text.is_empty() {
        true => None,
        false if select => Some(text.to_lowercase().into()),
        false => Some(text),
    }
}

/// How an entity shows a number.
pub(super) fn read_number(record: &Map<String, Value>, name: &str) -> Value {
    match record.get(name) {
        Some(Value::Number(value)) => value.as_f64().map_or(Value::Null, number),
        Some(Value::String(text)) => text
            .parse::<f64>()
            .ok()
            .filter(|n| n.is_finite())
            .map_or(Value::Null, number),
        _ => Value::Null,
    }
}

/// A composite's text subfield, `""` where it is missing.
pub fn part<'a>(parts: &'a Map<String, Value>, key: &str) -> &'a str {
    parts.get(key).and_then(Value::as_str).unwrap_or("")
}

fn encode_text(kind: &FieldKind, text: &str) -> Result<Value, &'static str> {
    match kind {
        FieldKind::Text => Ok(text.into()),
        FieldKind::Select { options } => select(options, text).ok_or(reason::UNKNOWN_OPTION),
        FieldKind::Links => match link::normalize(text) {
            Some(link) => Ok(json!({"primaryLinkUrl": link})),
            None => Err(reason::INVALID_URL),
        },
        _ => Err(reason::UNSUPPORTED_TYPE),
    }
}

fn encode_cleared(kind: &FieldKind) -> Result<Value, &'static str> {
    match kind {
        FieldKind::Text | FieldKind::Select { .. } => Ok(Value::Null),
        // The composite as `null` is ignored by the server (`docs/twenty/protocol.md#values`).
        FieldKind::Links => Ok(json!({"primaryLinkUrl": null})),
        _ => Err(reason::UNSUPPORTED_TYPE),
    }
}

/// The option whose value or label is the text, without regard to case and to what separates words.
fn select(options: &[SelectOption], text: &str) -> Option<Value> {
    // Two options in one value are not the one whose name has both words.
    if several::is_folded(text) {
        return None;
    }
    let wanted = option_key(text);
    let by_value = options
        .iter()
        .find(|option| option_key(&option.value) == wanted);
    let by_label = || {
        options.iter().find(|option| {
            option
                .label
                .as_deref()
                .is_some_and(|label| option_key(label) == wanted)
        })
    };
    by_value
        .or_else(by_label)
        .map(|option| option.value.clone().into())
}

fn option_key(text: &str) -> String {
    let blank = |c: char| c.is_whitespace() || matches!(c, '_' | '-');
    text.split(blank)
        .filter(|word| !word.is_empty())
        .collect::<Vec<_>>()
        .join("_")
        .to_lowercase()
}

fn refusal(input_field: &str, name: &str, why: &'static str, kind: &FieldKind) -> String {
    let because = match (why, kind) {
        (reason::UNKNOWN_OPTION, FieldKind::Select { options }) => {
            let values: Vec<&str> = options.iter().map(|option| option.value.as_str()).collect();
            format!(
                "\"{name}\" has no such option; it has {}",
                values.join(", ")
            )
        }
        (reason::INVALID_URL, _) => "it is not a web address".to_owned(),
        _ => format!("\"{name}\" has a type in this workspace that it cannot be written to"),
    };
    format!("{input_field} was left out: {because}")
}
