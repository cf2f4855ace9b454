//! Identity: the UUID that a record gets before any request, and the external id as the CRM stores it.
//!
//! The rule is in `docs/twenty/mapping.md#identity`. Nothing here may change, because that would give every record of
//! every installation a new id. So the test vectors below must never be edited.

use std::fmt;

use serde::{Serialize, Serializer};
use uuid::Uuid;

use crate::core::error::CrmError;

/// The namespace of every UUIDv5 of this package. It was chosen at random and never changes.
const NAMESPACE: Uuid = Uuid::from_u128(0x764b_588a_538e_41c3_b307_09ba_7922_14ea);

/// Longest namespace option, in bytes.
const MAX_NAMESPACE_BYTES: usize = 64;

/// The two Twenty objects that this package writes.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum ObjectKind {
    /// A contact: Twenty's `person`.
    Person,
    /// An organisation: Twenty's `company`.
    Company,
}

impl ObjectKind {
    /// `person` or `company`: the metadata's `nameSingular`, also the object type in mapping stores.
    pub const fn singular(self) -> &'static str {
        match self {
            Self::Person => "person",
            Self::Company => "company",
        }
    }

    /// `people` or `companies`: the REST path and the GraphQL root field.
    pub const fn plural(self) -> &'static str {
        match self {
            Self::Person => "people",
            Self::Company => "companies",
        }
    }

    /// The key of the record in the answer to a single create (`docs/twenty/protocol.md#records`).
    pub const fn create_key(self) -> &'static str {
        match self {
            Self::Person => "createPerson",
            Self::Company => "createCompany",
        }
    }

    /// The key of the records in the answer to a batch create.
    pub const fn create_many_key(self) -> &'static str {
        match self {
            Self::Person => "createPeople",
            Self::Company => "createCompanies",
        }
    }

    /// The key of the record in the answer to a PATCH by id.
    pub const fn update_key(self) -> &'static str {
        match self {
            Self::Person => "updatePerson",
            Self::Company => "updateCompany",
        }
    }

    /// The key of the records in the answer to a conditional update.
    pub const fn update_many_key(self) -> &'static str {
        match self {
            Self::Person => "updatePeople",
            Self::Company => "updateCompanies",
        }
    }

    /// The key of the record in the answer to a DELETE by id.
    pub const fn delete_key(self) -> &'static str {
        match self {
            Self::Person => "deletePerson",
            Self::Company => "deleteCompany",
        }
    }

    /// The GraphQL input type of the object's filters.
    pub const fn filter_type(self) -> &'static str {
        match self {
            Self::Person => "PersonFilterInput",
            Self::Company => "CompanyFilterInput",
        }
    }

    /// The GraphQL input type of the object's updates.
    pub const fn update_type(self) -> &'static str {
        match self {
            Self::Person => "PersonUpdateInput",
            Self::Company => "CompanyUpdateInput",
        }
    }

    /// The composite field whose value the CRM keeps unique (besides id and external id).
    pub const fn unique_field(self) -> &'static str {
        match self {
            Self::Person => "emails",
            Self::Company => "domainName",
        }
    }

    /// The subfield of [`Self::unique_field`] that is compared.
    pub const fn unique_subfield(self) -> &'static str {
        match self {
            Self::Person => "primaryEmail",
            Self::Company => "primaryLinkUrl",
        }
    }
}

/// The id of a CRM record. Its text form has hyphens.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct CrmId(Uuid);

impl CrmId {
    /// Parses any text form of a UUID; `None` for other texts, which cannot be a record's id.
    pub fn parse(text: &str) -> Option<Self> {
        Uuid::parse_str(text).ok().map(Self)
    }

    /// As a UUID.
    pub const fn uuid(self) -> Uuid {
        self.0
    }
}

impl From<Uuid> for CrmId {
    fn from(id: Uuid) -> Self {
        Self(id)
    }
}

impl fmt::Display for CrmId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(&self.0, f)
    }
}

impl Serialize for CrmId {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}

/// The id that a record is created with: UUIDv5 over `person:` or `company:` and the external id's UTF-8 bytes.
///
/// A namespace is inserted between them, enclosed in NUL bytes, which external ids cannot contain. So records of two
/// namespaces, or with and without one, never share an id. An empty namespace counts as none.
pub fn record_id(kind: ObjectKind, namespace: Option<&str>, external_id: &str) -> Uuid {
    let mut name = Vec::with_capacity(16 + external_id.len());
    name.extend_from_slice(kind.singular().as_bytes());
    name.push(b':');
    if let Some(namespace) = namespace.filter(|namespace| !namespace.is_empty()) {
        name.push(0);
        name.extend_from_slice(namespace.as_bytes());
        name.push(0);
    }
    name.extend_from_slice(external_id.as_bytes());
    Uuid::new_v5(&NAMESPACE, &name)
}

/// The external id as the CRM's `externalId` field stores it: with the prefix `namespace:` if there is a namespace.
pub fn stored_external_id(namespace: Option<&str>, external_id: &str) -> String {
    match namespace.filter(|namespace| !namespace.is_empty()) {
        Some(namespace) => format!("{namespace}:{external_id}"),
        None => external_id.to_owned(),
    }
}

/// The caller's part of a stored external id; `None` if it belongs to another namespace.
pub fn caller_external_id<'a>(namespace: Option<&str>, stored: &'a str) -> Option<&'a str> {
    match namespace.filter(|namespace| !namespace.is_empty()) {
        Some(namespace) => stored.strip_prefix(namespace)?.strip_prefix(':'),
        None => Some(stored),
    }
}

/// Checks the `namespace` option: 1 to 64 visible ASCII characters without a colon (the colon ends the stored prefix).
pub fn check_namespace(namespace: &str) -> Result<(), CrmError> {
    let fits = !namespace.is_empty() && namespace.len() <= MAX_NAMESPACE_BYTES;
    if fits && namespace.bytes().all(|b| b.is_ascii_graphic() && b != b':') {
        return Ok(());
    }
    Err(CrmError::validation(
        "namespace",
        format!(
            "namespace must be 1 to {MAX_NAMESPACE_BYTES} visible ASCII characters without a colon"
        ),
    ))
}

#[cfg(test)]
mod tests {
    use super::ObjectKind::{Company, Person};
    use super::*;
    use proptest::prelude::*;

    /// Computed by another implementation of UUIDv5. Never edit these: see the top of the file.
    #[test]
    fn vectors_never_change() {
        let vectors = [
            (Person, None, "1", "e74c847f-a885-5c25-aded-8a71e3f3849a"),
            (Company, None, "1", "e7307a91-5403-5c3f-9330-bb5541fe40c7"),
            (
                Person,
                None,
                "client-profile-uuid",
                "67abc1de-3704-529d-a7df-24d74601f6b4",
            ),
            (
                Company,
                None,
                "Zoë & Söhne 💥",
                "327d52fb-a397-5f69-b47f-c42576d82501",
            ),
            (
                Person,
                Some("site-a"),
                "1",
                "5f5b8708-259f-5e39-ab5e-e057d12721ce",
            ),
            (
                Company,
                Some("site-a"),
                "1",
                "89e81da3-b855-5e47-8fd5-c476b3baea56",
            ),
            (
                Person,
                None,
                "site-a:1",
                "ad1b7a71-965d-53d9-b22e-b30b41e4220e",
            ),
            (
                Person,
                None,
                " lead",
                "717695c4-1e04-5989-ae87-a3b9ebf70424",
            ),
        ];
        for (kind, namespace, external_id, expected) in vectors {
            let id = record_id(kind, namespace, external_id);
            assert_eq!(
                id.to_string(),
                expected,
                "{kind:?} {namespace:?} {external_id}"
            );
            assert_eq!(id.get_version_num(), 5);
        }
    }

    #[test]
    fn an_empty_namespace_counts_as_none() {
        assert_eq!(
            record_id(Person, Some(""), "1"),
            record_id(Person, None, "1")
        );
        assert_eq!(stored_external_id(Some(""), "1"), "1");
    }

    #[test]
    fn namespaces_that_would_be_ambiguous_are_refused() {
        for bad in ["", "a:b", "a b", "a\0", "é", &"x".repeat(65)] {
            let error = check_namespace(bad).expect_err(bad);
            assert_eq!(error.details["field"], "namespace");
        }
        assert!(check_namespace("shop-1.example").is_ok());
    }

    proptest! {
        #[test]
        fn stored_ids_come_back(namespace in "[!-9;-~]{1,20}", id in any::<String>()) {
            prop_assert!(check_namespace(&namespace).is_ok());
            for namespace in [None, Some(namespace.as_str())] {
                let stored = stored_external_id(namespace, &id);
                prop_assert_eq!(caller_external_id(namespace, &stored), Some(id.as_str()));
            }
        }

        #[test]
        fn no_two_sites_share_an_id(a in "[!-9;-~]{0,5}", b in "[!-9;-~]{0,5}", x in "[^\u{0}]{1,5}", y in "[^\u{0}]{1,5}") {
            let same = record_id(Person, Some(&a), &x) == record_id(Person, Some(&b), &y);
            prop_assert_eq!(same, (a, x) == (b, y));
        }
    }
}
