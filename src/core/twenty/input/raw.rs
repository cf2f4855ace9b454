//! Parses JSON text into checked values. Each error names its field.

use std::borrow::Cow;
use std::fmt;

use serde::de::{Deserialize, Deserializer, MapAccess, Visitor};
use serde_json::value::RawValue;

use crate::core::error::CrmError;
use crate::core::twenty::patch::Patch;

/// A JSON object with unparsed values, so that an error can name the key of a bad one.
pub(super) struct RawObject<'a>(Vec<(Cow<'a, str>, &'a RawValue)>);

impl<'a> RawObject<'a> {
    pub(super) fn parse(json: &'a str, what: &str) -> Result<Self, CrmError> {
        serde_json::from_str(json).map_err(|error| {
            let message = if error.is_data() {
                format!("The {what} must be an object, got {}", kind_of(json))
            } else {
                format!(
                    "The {what} is not well-formed JSON (column {})",
                    error.column()
                )
            };
            CrmError::validation("input", message)
        })
    }

    /// The raw value. Of a repeated key the last one counts, as in JavaScript.
    pub(super) fn entry(&self, field: &str) -> Option<&'a RawValue> {
        let found = self.0.iter().rev().find(|(key, _)| key == field);
        found.map(|(_, value)| *value)
    }

    /// Its text.
    pub(super) fn get(&self, field: &str) -> Option<&'a str> {
        self.entry(field).map(|value| value.get().trim())
    }

    pub(super) fn keys(&self) -> impl Iterator<Item = &str> {
        self.0.iter().map(|(key, _)| key.as_ref())
    }

    /// Replaces a field's value, or removes the field.
    pub(super) fn replace(&mut self, field: &'static str, value: Option<&'a RawValue>) {
        self.0.retain(|(key, _)| key != field);
        self.0.extend(value.map(|value| (field.into(), value)));
    }

    pub(super) fn string(&self, field: &str) -> Result<String, CrmError> {
        match self.text(field)? {
            Patch::Value(text) => Ok(text),
            Patch::Absent | Patch::Null => Err(CrmError::validation(
                field,
                format!("{field} is required and must be a string"),
            )),
        }
    }

    pub(super) fn required(&self, field: &str) -> Result<String, CrmError> {
        let text = self.string(field)?;
        if text.trim().is_empty() {
            return Err(blank(field));
        }
        Ok(text)
    }

    pub(super) fn text(&self, field: &str) -> Result<Patch<String>, CrmError> {
        let Some(raw) = self.get(field) else {
            return Ok(Patch::Absent);
        };
        if raw == "null" {
            return Ok(Patch::Null);
        }
        if !raw.starts_with('"') {
            let kind = kind_of(raw);
            let is_id = matches!(field, "external_id" | "company_external_id");
            let advice = match kind {
                // Many databases have ids as numbers.
                A_NUMBER if is_id => ": pass String(id)",
                _ => "",
            };
            return Err(CrmError::validation(
                field,
                format!("{field} must be a string, got {kind}{advice}"),
            ));
        }
        let text: String = serde_json::from_str(raw).map_err(|_| {
            CrmError::validation(
                field,
                format!("{field} contains half of a surrogate pair, which is not valid text"),
            )
        })?;
        if text.contains('\0') {
            return Err(nul(field));
        }
        Ok(Patch::Value(text))
    }

    pub(super) fn number(&self, field: &str) -> Result<Patch<f64>, CrmError> {
        let Some(raw) = self.get(field) else {
            return Ok(Patch::Absent);
        };
        if raw == "null" {
            return Ok(Patch::Null);
        }
        if !raw.starts_with(|c: char| c == '-' || c.is_ascii_digit()) {
            return Err(CrmError::validation(
                field,
                format!("{field} must be a number, got {}", kind_of(raw)),
            ));
        }
        match serde_json::from_str::<f64>(raw) {
            Ok(number) if number.is_finite() => Ok(Patch::Value(number)),
            _ => Err(CrmError::validation(
                field,
                format!("{field} must be a finite number"),
            )),
        }
    }
}

impl<'de: 'a, 'a> Deserialize<'de> for RawObject<'a> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct Entries;
        impl<'de> Visitor<'de> for Entries {
            type Value = Vec<(Cow<'de, str>, &'de RawValue)>;

            fn expecting(&self, f: &mut fmt::Formatter) -> fmt::Result {
                f.write_str("an object")
            }

            fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Self::Value, A::Error> {
                let mut entries = Vec::with_capacity(12);
                while let Some(key) = map.next_key::<Key<'de>>()? {
                    entries.push((key.0, map.next_value()?));
                }
                Ok(entries)
            }
        }
        deserializer.deserialize_map(Entries).map(RawObject)
    }
}

/// A key, borrowed if it has no escapes.
struct Key<'a>(Cow<'a, str>);

impl<'de: 'a, 'a> Deserialize<'de> for Key<'a> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct Text;
        impl<'de> Visitor<'de> for Text {
            type Value = Cow<'de, str>;

            fn expecting(&self, f: &mut fmt::Formatter) -> fmt::Result {
                f.write_str("a key")
            }

            fn visit_borrowed_str<E>(self, key: &'de str) -> Result<Self::Value, E> {
                Ok(Cow::Borrowed(key))
            }

            fn visit_str<E>(self, key: &str) -> Result<Self::Value, E> {
                Ok(Cow::Owned(key.to_owned()))
            }
        }
        deserializer.deserialize_str(Text).map(Key)
    }
}

pub(super) fn blank(field: &str) -> CrmError {
    CrmError::validation(field, format!("{field} must not be blank"))
}

pub(super) fn nul(field: &str) -> CrmError {
    CrmError::validation(
        field,
        format!("{field} holds a NUL character, which the CRM cannot store"),
    )
}

const A_NUMBER: &str = "a number";

fn kind_of(json: &str) -> &'static str {
    match json.trim_start().as_bytes().first() {
        Some(b'"') => "a string",
        Some(b'{') => "an object",
        Some(b'[') => "an array",
        Some(b't' | b'f') => "a boolean",
        Some(b'n') => "null",
        Some(b'-' | b'0'..=b'9') => A_NUMBER,
        _ => "nothing",
    }
}
