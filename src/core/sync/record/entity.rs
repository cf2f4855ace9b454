//! The flat entity of a row, as the caller gets it.

use serde::Serialize;
use serde_json::Value;
use serde_json::value::{RawValue, to_raw_value};

use crate::core::twenty::company::{CompanyEntity, company_to_entity};
use crate::core::twenty::ids::ObjectKind;
use crate::core::twenty::person::{PersonEntity, person_to_entity};
use crate::core::twenty::record::MapContext;

use super::row::Row;

/// A flat entity.
#[derive(Serialize)]
#[serde(untagged)]
pub enum Entity<'r> {
    /// Of a person.
    Person(PersonEntity<'r>),
    /// Of a company.
    Company(CompanyEntity<'r>),
}

impl<'r> Entity<'r> {
    /// From a row, or some of its fields.
    pub fn of(
        kind: ObjectKind,
        row: &'r Row,
        context: &MapContext<'_>,
        external_id: &'r str,
    ) -> Self {
        match kind {
            ObjectKind::Person => Self::Person(person_to_entity(row, context, external_id)),
            ObjectKind::Company => Self::Company(company_to_entity(row, context, external_id)),
        }
    }

    /// Texts and numbers under text keys always have a JSON form, so the null never occurs.
    pub fn to_value(&self) -> Value {
        serde_json::to_value(self).unwrap_or(Value::Null)
    }

    /// Its JSON text.
    pub fn to_json(&self) -> Option<Box<RawValue>> {
        to_raw_value(self).ok()
    }
}
