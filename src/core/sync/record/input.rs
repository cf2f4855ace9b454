//! The input of an upsert and its result.

use std::sync::Arc;

use serde_json::Value;
use serde_json::value::RawValue;

use crate::core::error::CrmError;
use crate::core::twenty::ids::ObjectKind;
use crate::core::twenty::input::{CompanyInput, PersonInput};
use crate::core::twenty::warning::SyncWarning;

/// The record to write.
#[derive(Clone, Debug)]
pub enum Input {
    /// A person.
    Person(PersonInput),
    /// A company.
    Company(CompanyInput),
    /// A company that a person names. It is created if it is missing, otherwise not written.
    CompanyStub(CompanyInput),
}

impl Input {
    /// Person or company.
    pub fn kind(&self) -> ObjectKind {
        match self {
            Self::Person(_) => ObjectKind::Person,
            Self::Company(_) | Self::CompanyStub(_) => ObjectKind::Company,
        }
    }

    /// The caller's external id.
    pub fn external_id(&self) -> &str {
        match self {
            Self::Person(input) => &input.external_id,
            Self::Company(input) | Self::CompanyStub(input) => &input.external_id,
        }
    }

    /// Whether it is only a company that a person names.
    pub fn is_stub(&self) -> bool {
        matches!(self, Self::CompanyStub(_))
    }

    /// Merges two inputs of one key, as if they were written one after the other: a key that is absent from `later`
    /// keeps its value.
    pub fn merge(&mut self, later: Self) {
        match (self, later) {
            (Self::Person(earlier), Self::Person(later)) => earlier.merge(later),
            (Self::Company(earlier), Self::Company(later)) => earlier.merge(later),
            // The fields of a stub never replace those of a company.
            (Self::Company(_) | Self::CompanyStub(_), Self::CompanyStub(_)) => {}
            (earlier, later) => *earlier = later,
        }
    }

    /// The flat entity of the input alone.
    pub fn to_entity(&self) -> Value {
        match self {
            Self::Person(input) => input.to_entity(),
            Self::Company(input) | Self::CompanyStub(input) => input.to_flat().into(),
        }
    }
}

/// A record's kind and external id. Upserts with the same key take turns.
pub type RecordKey = (ObjectKind, String);

/// The result of an upsert, shared by all callers that wait for it.
pub type Outcome = Result<Arc<Upserted>, CrmError>;

/// The result of an upsert.
#[derive(Clone, Debug)]
pub struct Upserted {
    /// The record's id in the CRM.
    pub id: String,
    /// The caller's external id.
    pub external_id: String,
    /// True only if the server inserted the record.
    pub created: bool,
    /// True if the record was created or updated; false if a policy prevented the write.
    pub updated: bool,
    /// The flat entity of the server's row as JSON text; `None` if the caller does not want it.
    pub data: Option<Box<RawValue>>,
    /// What was left out, kept or decided.
    pub warnings: Vec<SyncWarning>,
}
