//! What is to be written, and what a call gets back.

use std::sync::Arc;

use serde_json::Value;
use serde_json::value::RawValue;

use crate::core::error::CrmError;
use crate::core::twenty::ids::ObjectKind;
use crate::core::twenty::input::{CompanyInput, PersonInput};
use crate::core::twenty::warning::SyncWarning;

/// What is to be written.
#[derive(Clone, Debug)]
pub enum Input {
    /// A person.
    Person(PersonInput),
    /// A company.
    Company(CompanyInput),
    /// A company that a person names: made when it is missing, otherwise left alone.
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

    /// Whether it only names a company.
    pub fn is_stub(&self) -> bool {
        matches!(self, Self::CompanyStub(_))
    }

    /// Joins two inputs of one key as if written one after the other: an absent key keeps.
    pub fn merge(&mut self, later: Self) {
        match (self, later) {
            (Self::Person(earlier), Self::Person(later)) => earlier.merge(later),
            (Self::Company(earlier), Self::Company(later)) => earlier.merge(later),
            // A stub says nothing that a company would not know better.
            (Self::Company(_) | Self::CompanyStub(_), Self::CompanyStub(_)) => {}
            (earlier, later) => *earlier = later,
        }
    }

    /// The flat entity that the input itself makes.
    pub fn to_entity(&self) -> Value {
        match self {
            Self::Person(input) => input.to_entity(),
            Self::Company(input) | Self::CompanyStub(input) => input.to_flat().into(),
        }
    }
}

/// A record's kind and external id: what upserts take turns by.
pub type RecordKey = (ObjectKind, String);

/// What an upsert ends with, shared by all who wait for it.
pub type Outcome = Result<Arc<Upserted>, CrmError>;

/// The result of an upsert, and what the caller is told beside it.
#[derive(Clone, Debug)]
pub struct Upserted {
    /// The record's id in the CRM.
    pub id: String,
    /// The caller's external id.
    pub external_id: String,
    /// True exactly when the server inserted the record.
    pub created: bool,
    /// True for creates and updates; false when a policy left the record alone.
    pub updated: bool,
    /// The flat entity as the server has it, as JSON text; none where nobody wants it.
    pub data: Option<Box<RawValue>>,
    /// What was left out, kept or decided.
    pub warnings: Vec<SyncWarning>,
}
