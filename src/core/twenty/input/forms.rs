//! Values in Twenty's nested form: a name in two parts, a phone number with its calling code, an address or a link with
//! additional ones.

use std::collections::BTreeMap;

use serde_json::{Map, Value};

use super::raw::{RawObject, nul};
use crate::core::error::CrmError;
use crate::core::quoted::Quoted;
use crate::core::twenty::name;

/// The parts of one nested form.
pub(super) struct Form {
    /// The input field that accepts this form.
    field: &'static str,
    /// The part with the field's value.
    primary: &'static str,
    /// Other parts that affect how the value is read.
    beside: &'static [&'static str],
    /// Parts that flat records have no place for.
    no_place: &'static [&'static str],
}

const PHONE: Form = Form {
    field: "phone",
    primary: "primaryPhoneNumber",
    beside: &[CALLING_CODE, COUNTRY],
    no_place: &["additionalPhones"],
};
const EMAIL: Form = Form {
    field: "email",
    primary: "primaryEmail",
    beside: &[],
    no_place: &["additionalEmails"],
};
const WEBSITE: Form = Form {
    field: "website",
    primary: "primaryLinkUrl",
    beside: &[],
    no_place: &["primaryLinkLabel", "secondaryLinks"],
};
const DOMAIN: Form = Form {
    field: "domain_name",
    ..WEBSITE
};

/// The nested forms of a person.
pub(super) const PERSON: &[Form] = &[PHONE, EMAIL, WEBSITE];
/// The nested forms of a company.
pub(super) const COMPANY: &[Form] = &[DOMAIN, WEBSITE];

const CALLING_CODE: &str = "primaryPhoneCallingCode";
const COUNTRY: &str = "primaryPhoneCountryCode";
const NAME: &str = "name";
const FIRST: &str = "firstName";
const LAST: &str = "lastName";

/// The other parts of an input's nested values, by field; most inputs have none. The value itself is in the field, as
/// one text. A name's parts are here.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Forms(BTreeMap<&'static str, Map<String, Value>>);

impl Forms {
    /// First and last name, if the name was given in parts.
    pub fn name_parts(&self) -> Option<(String, String)> {
        let parts = self.0.get(NAME)?;
        let part = |key| name::collapse(parts.get(key).and_then(Value::as_str).unwrap_or(""));
        Some((part(FIRST), part(LAST)))
    }

    /// Calling code and country of the phone number, if given; empty if missing.
    pub fn phone_codes(&self) -> Option<(&str, &str)> {
        let parts = self.0.get(PHONE.field)?;
        let part = |key| {
            let text = parts.get(key).and_then(Value::as_str);
            text.unwrap_or("").trim()
        };
        Some((part(CALLING_CODE), part(COUNTRY)))
    }

    /// Given parts that have no place: the input field and the names of the parts.
    pub fn without_place(&self) -> impl Iterator<Item = (&'static str, Vec<&str>)> {
        self.0.iter().filter_map(|(field, parts)| {
            let given = |key: &&String| is_without_place(field, key) && !is_nothing(&parts[*key]);
            let names: Vec<&str> = parts.keys().filter(given).map(String::as_str).collect();
            (!names.is_empty()).then_some((*field, names))
        })
    }

    /// Merges the forms of a later input. Fields in `kept` are missing in it; for these only the parts without a place
    /// are added, for their warning.
    pub(super) fn merge(&mut self, later: Self, kept: &[&str]) {
        self.0
            .retain(|field, _| kept.contains(field) || later.0.contains_key(field));
        for (field, parts) in later.0 {
            if !kept.contains(&field) {
                self.0.insert(field, parts);
                continue;
            }
            let mut further = parts.into_iter();
            let held = self.0.entry(field).or_default();
            held.extend(
                further
                    .by_ref()
                    .filter(|(key, _)| is_without_place(field, key)),
            );
        }
    }

    /// Replaces the texts by their nested forms. A field without a value stays absent: an empty form would replace
    /// earlier values.
    pub(super) fn write_into(&self, object: &mut Map<String, Value>) {
        for (field, parts) in &self.0 {
            let Some(given) = object.get_mut(*field) else {
                continue;
            };
            let mut whole = Map::new();
            if let Some(form) = form_of(field) {
                whole.insert(form.primary.to_owned(), given.take());
            }
            whole.extend(parts.clone());
            *given = Value::Object(whole);
        }
    }
}

impl<'a> RawObject<'a> {
    /// Replaces nested forms by their values, each under the field's own name, and returns the other parts.
    pub(super) fn take_forms(&mut self, known: &'static [Form]) -> Result<Forms, CrmError> {
        let mut forms = Forms::default();
        for form in known {
            let Some(raw) = self.get(form.field).filter(|raw| raw.starts_with('{')) else {
                continue;
            };
            let parts = RawObject::parse(raw, form.field)?;
            parts.only(
                form.field,
                &[&[form.primary], form.beside, form.no_place].concat(),
            )?;
            for key in form.beside {
                parts.text(key).map_err(|error| under(form.field, &error))?;
            }
            self.replace(form.field, parts.entry(form.primary));
            let mut beside = object_of(form.field, raw)?;
            beside.shift_remove(form.primary);
            if !beside.is_empty() {
                forms.0.insert(form.field, beside);
            }
        }
        Ok(forms)
    }

    /// The name as one text, never blank; if it was given in parts, these go into `forms`.
    pub(super) fn person_name(&self, forms: &mut Forms) -> Result<String, CrmError> {
        let Some(raw) = self.get(NAME).filter(|raw| raw.starts_with('{')) else {
            return self.required(NAME);
        };
        let parts = RawObject::parse(raw, NAME)?;
        parts.only(NAME, &[FIRST, LAST])?;
        let part = |key| {
            let text = parts.text(key).map_err(|error| under(NAME, &error))?;
            Ok::<_, CrmError>(text.value().cloned().unwrap_or_default())
        };
        let (first, last) = (part(FIRST)?, part(LAST)?);
        let whole = name::join(&first, &last);
        if whole.is_empty() {
            return Err(CrmError::validation(
                NAME,
                "name must not be blank: give firstName, lastName or both",
            ));
        }
        let mut given = Map::new();
        given.insert(FIRST.to_owned(), first.into());
        given.insert(LAST.to_owned(), last.into());
        forms.0.insert(NAME, given);
        Ok(whole)
    }

    /// Refuses an empty object and unknown parts, which would otherwise be dropped silently.
    fn only(&self, field: &str, known: &[&str]) -> Result<(), CrmError> {
        let refused = match self.keys().find(|key| !known.contains(key)) {
            Some(other) => format!("{field} has no property {}", Quoted(other)),
            None if self.keys().next().is_none() => format!("{field} is an empty object"),
            None => return Ok(()),
        };
        let parts = known.join(", ");
        Err(CrmError::validation(
            field,
            format!("{refused}; it must be a string, or an object with {parts}"),
        ))
    }
}

fn form_of(field: &str) -> Option<&'static Form> {
    let mut forms = PERSON.iter().chain(COMPANY);
    forms.find(|form| form.field == field)
}

fn is_without_place(field: &str, part: &str) -> bool {
    form_of(field).is_some_and(|form| form.no_place.contains(&part))
}

/// Whether a part is empty: exports also write empty lists as text.
fn is_nothing(value: &Value) -> bool {
    match value {
        Value::Null => true,
        Value::String(text) => matches!(text.trim(), "" | "[]" | "null"),
        Value::Array(items) => items.is_empty(),
        Value::Object(parts) => parts.is_empty(),
        Value::Bool(_) | Value::Number(_) => false,
    }
}

/// The same error, for a part of `field`.
fn under(field: &str, error: &CrmError) -> CrmError {
    CrmError::validation(field, format!("{field}.{}", error.message))
}

fn object_of(field: &str, raw: &str) -> Result<Map<String, Value>, CrmError> {
    let parts: Map<String, Value> = serde_json::from_str(raw).map_err(|_| {
        CrmError::validation(
            field,
            format!("{field} contains half of a surrogate pair, which is not valid text"),
        )
    })?;
    match parts.iter().any(|(_, value)| has_nul(value)) {
        true => Err(nul(field)),
        false => Ok(parts),
    }
}

fn has_nul(value: &Value) -> bool {
    match value {
        Value::String(text) => text.contains('\0'),
        Value::Array(items) => items.iter().any(has_nul),
        Value::Object(parts) => parts
            .iter()
            .any(|(key, value)| key.contains('\0') || has_nul(value)),
        Value::Null | Value::Bool(_) | Value::Number(_) => false,
    }
}
