//! The unique value of a record besides its external id: an e-mail or a domain, compared in all spellings.

use std::borrow::Cow;

use serde_json::{Map, Value};

use super::ids::ObjectKind;
use super::{domain, email};

/// The normalised form of a person's e-mail or a company's domain. All spellings have the same one.
pub fn identity(kind: ObjectKind, held: &str) -> Cow<'_, str> {
    match kind {
        ObjectKind::Person => email::canonical(held),
        ObjectKind::Company => domain::canonical(held),
    }
}

/// The e-mail or domain link of a row; `None` if it is blank.
pub fn held_by(kind: ObjectKind, row: &Map<String, Value>) -> Option<&str> {
    let parts = row.get(kind.unique_field())?;
    let held = parts.get(kind.unique_subfield())?.as_str()?;
    Some(held).filter(|held| !held.is_empty())
}

/// The normalised e-mail or domain of a row.
pub fn identity_of(kind: ObjectKind, row: &Map<String, Value>) -> Option<Cow<'_, str>> {
    held_by(kind, row).map(|held| identity(kind, held))
}
