//! Shared parts of the mapping of people and companies: how one value is fitted to one field.

use serde_json::{Map, Value, json};

use super::company_key::CompanyOf;
use super::input::Forms;
use super::patch::Patch;
use super::record::{MapContext, MappedRecord, UniqueValue};
use super::schema::{FieldKind, SelectOption};
use super::values::number;
use super::warning::{SyncWarning, reason};
use super::{ids, link, multi_value};

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

    /// Warns that only the first value of a cell was written.
    pub(super) fn warn_of_further(&mut self, input_field: &str) {
        self.warn(
            input_field,
            reason::FIRST_OF_SEVERAL,
            format!("{input_field} holds several values: the first was written. Give one value"),
        );
    }

    /// Sets a text for the field with that API name, whatever its type in the workspace. Blank text clears, as `null`
    /// does.
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
                if is_link && given.is_some_and(|text| multi_value::first_link(text).1) {
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

    /// Sets a number for the field with that API name.
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

    /// Warns of parts of a nested form that have no place in the flat record.
    pub(super) fn without_place(&mut self, forms: &Forms) {
        for (field, parts) in forms.without_place() {
            let what = parts.join(" and ");
            self.warn(
                field,
                reason::NO_PLACE,
                format!("{field} was written without {what}: records have no place for it. Enter it in Twenty by \
                hand"),
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
        // The server ignores a composite that is `null` (`docs/twenty/protocol.md#values`).
        FieldKind::Links => Ok(json!({"primaryLinkUrl": null})),
        _ => Err(reason::UNSUPPORTED_TYPE),
    }
}

/// The option whose value or label equals the text, ignoring case and word separators.
fn select(options: &[SelectOption], text: &str) -> Option<Value> {
    // Two values in one text must not match an option whose name has both words.
    if multi_value::is_folded(text) {
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
        _ => format!(
            "\"{name}\" has another type in this workspace, so the value cannot be written to it"
        ),
    };
    format!("{input_field} was left out: {because}")
}

#[cfg(test)]
mod tests;
