//! What a write left out or did differently, told to the caller beside the result.

use serde::Serialize;

/// Why a warning was given; `SyncWarning::reason`. Snake case, stable.
pub mod reason {
    /// The workspace has no such custom field (or it is inactive).
    pub const MISSING_FIELD: &str = "missing_field";
    /// The workspace's field has a type that this value cannot be written to.
    pub const UNSUPPORTED_TYPE: &str = "unsupported_type";
    /// The workspace's SELECT field has no such option.
    pub const UNKNOWN_OPTION: &str = "unknown_option";
    /// Not an e-mail address (only where the option says to leave it out).
    pub const INVALID_EMAIL: &str = "invalid_email";
    /// Not a phone number that the server would take.
    pub const INVALID_PHONE: &str = "invalid_phone";
    /// A phone number with an extension, which the CRM has no place for: the number is written without it.
    pub const PHONE_EXTENSION: &str = "phone_extension";
    /// A cell with several numbers or links: the first is written.
    pub const FIRST_OF_SEVERAL: &str = "first_of_several";
    /// A national phone number, and no default country to read it with.
    pub const NO_DEFAULT_COUNTRY: &str = "no_default_country";
    /// A phone number in Twenty's own form whose number, calling code and country do not belong together.
    pub const PHONE_CONFLICT: &str = "phone_conflict";
    /// Parts of a value in Twenty's own form that a flat record has no place for: further numbers, addresses and links, and
    /// a link's label.
    pub const NO_PLACE: &str = "no_place";
    /// Not a link that the server would take.
    pub const INVALID_URL: &str = "invalid_url";
    /// Not a domain name.
    pub const INVALID_DOMAIN: &str = "invalid_domain";
    /// A domain that many organisations share, so it identifies none.
    pub const SHARED_DOMAIN: &str = "shared_domain";
    /// A company's name, and nothing that says which company it is: nothing is keyed by a name.
    pub const COMPANY_WITHOUT_ID: &str = "company_without_id";
    /// A domain with a path, a port or the like, so it identifies a page and not an organisation.
    pub const DOMAIN_WITH_PATH: &str = "domain_with_path";
}

/// One thing that a write left out or did differently (`docs/errors.md#reasons-of-warnings`).
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct SyncWarning {
    /// The input field that it is about, snake case as the caller wrote it.
    pub field: String,
    /// One of [`reason`] or of the sync layer's own.
    pub reason: &'static str,
    /// For people: what happened and what to do.
    pub message: String,
    /// The record's external id, as the caller gave it.
    pub external_id: String,
    /// The other record's external id, where two collide.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub other_external_id: Option<String>,
    /// The CRM record that it is about, where there is one.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub crm_id: Option<String>,
}

impl SyncWarning {
    /// A warning about one field of one record.
    pub fn new(
        field: &str,
        reason: &'static str,
        external_id: &str,
        message: impl Into<String>,
    ) -> Self {
        Self {
            field: field.to_owned(),
            reason,
            message: message.into(),
            external_id: external_id.to_owned(),
            other_external_id: None,
            crm_id: None,
        }
    }

    /// Names the other record's external id.
    #[must_use]
    pub fn with_other_external_id(mut self, other: impl Into<String>) -> Self {
        self.other_external_id = Some(other.into());
        self
    }

    /// Names the CRM record.
    #[must_use]
    pub fn with_crm_id(mut self, crm_id: impl Into<String>) -> Self {
        self.crm_id = Some(crm_id.into());
        self
    }
}
