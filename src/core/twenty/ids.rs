//! Identity: the UUID that a record gets before any request, and the external id as it is stored in the CRM.
//!
//! The rule is MAPPING.md "Identity". Everything here is frozen: a change gives every record of every installation a new
//! id, so the test vectors below may never be edited.

use uuid::Uuid;

use crate::core::error::CrmError;

/// The namespace of every UUIDv5 that this project makes. Chosen once at random; never changes.
pub const NAMESPACE: Uuid = Uuid::from_u128(0x764b_588a_538e_41c3_b307_09ba_7922_14ea);

/// Longest namespace option, in bytes.
pub const MAX_NAMESPACE_BYTES: usize = 64;

/// The two Twenty objects that this project writes.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum ObjectKind {
    /// A contact: Twenty's `person`.
    Person,
    /// An organisation: Twenty's `company`.
    Company,
}

impl ObjectKind {
    /// `person` / `company`: the metadata's `nameSingular`, also what mappings are stored under.
    pub const fn singular(self) -> &'static str {
        match self {
            Self::Person => "person",
            Self::Company => "company",
        }
    }

    /// `people` / `companies`: the REST path and the GraphQL root field.
    pub const fn plural(self) -> &'static str {
        match self {
            Self::Person => "people",
            Self::Company => "companies",
        }
    }

    /// The key under which the answer to a single create has the record (WIRE.md section 4).
    pub const fn create_key(self) -> &'static str {
        match self {
            Self::Person => "createPerson",
            Self::Company => "createCompany",
        }
    }

    /// The key under which the answer to a batch create has the records (WIRE.md section 4).
    pub const fn create_many_key(self) -> &'static str {
        match self {
            Self::Person => "createPeople",
            Self::Company => "createCompanies",
        }
    }

    /// The key under which the answer to a PATCH by id has the record (WIRE.md section 4).
    pub const fn update_key(self) -> &'static str {
        match self {
            Self::Person => "updatePerson",
            Self::Company => "updateCompany",
        }
    }

    /// The key under which the answer to a DELETE by id has the record (WIRE.md section 4).
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

    /// The composite field of the object whose value the CRM keeps unique, beside id and external id.
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

/// The id that a record is created with: UUIDv5 over `person:` or `company:` and the external id's UTF-8 bytes.
///
/// A namespace comes in between, fenced by NUL bytes, which no external id can hold (input refuses them): records of two
/// namespaces, or of one and none, never share an id. An empty namespace is none.
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

/// The external id as the CRM's `externalId` field holds it: prefixed with `namespace:` where there is a namespace.
pub fn stored_external_id(namespace: Option<&str>, external_id: &str) -> String {
    match namespace.filter(|namespace| !namespace.is_empty()) {
        Some(namespace) => format!("{namespace}:{external_id}"),
        None => external_id.to_owned(),
    }
}

/// The caller's external id out of what the CRM holds; none where it belongs to another namespace.
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
