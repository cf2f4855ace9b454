//! Warnings: what a write left out or did differently. The caller gets them with the result.

use serde::Serialize;

/// Values of `SyncWarning::reason`. They are snake case and stable.
pub mod reason {
    /// The workspace has no such custom field, or it is inactive.
    pub const MISSING_FIELD: &str = "missing_field";
    /// The workspace's field has a type that cannot hold this value.
    pub const UNSUPPORTED_TYPE: &str = "unsupported_type";
    /// The workspace's SELECT field has no such option.
    pub const UNKNOWN_OPTION: &str = "unknown_option";
    /// Not an e-mail address (a warning only if the option says to leave it out).
    pub const INVALID_EMAIL: &str = "invalid_email";
    /// Not a phone number that the server accepts.
    pub const INVALID_PHONE: &str = "invalid_phone";
    /// A phone number with an extension, for which the CRM has no place: the number is written without it.
    pub const PHONE_EXTENSION: &str = "phone_extension";
    /// A cell with several numbers or links: the first is written.
    pub const FIRST_OF_SEVERAL: &str = "first_of_several";
    /// A national phone number, but no default country to read it with.
    pub const NO_DEFAULT_COUNTRY: &str = "no_default_country";
    /// A phone number in nested form whose number, calling code and country do not match.
    pub const PHONE_CONFLICT: &str = "phone_conflict";
    /// Parts of a nested form that flat records have no place for: additional numbers, addresses and links, and a
    /// link's label.
    pub const NO_PLACE: &str = "no_place";
    /// Not a link that the server accepts.
    pub const INVALID_URL: &str = "invalid_url";
    /// Not a domain name.
    pub const INVALID_DOMAIN: &str = "invalid_domain";
    /// A domain that many organisations share, so it does not identify one.
    pub const SHARED_DOMAIN: &str = "shared_domain";
    /// A company's name without a key: a name alone does not identify a company.
    pub const COMPANY_WITHOUT_ID: &str = "company_without_id";
    /// A domain with a path, a port or the like: it identifies a page, not an organisation.
    pub const DOMAIN_WITH_PATH: &str = "domain_with_path";
}

/// One thing that a write left out or did differently (`docs/errors.md#reasons-of-warnings`).
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct SyncWarning {
    /// The input field, in snake case as the caller wrote it.
    pub field: String,
    /// One of [`reason`], or of the sync layer's own reasons.
    pub reason: &'static str,
    /// For people: what happened and what to do.
    pub message: String,
    /// The record's external id, as given.
    pub external_id: String,
    /// The other record's external id, if two collide.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub other_external_id: Option<String>,
    /// The CRM record in question, if there is one.
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

    /// Adds the other record's external id.
    #[must_use]
    pub fn with_other_external_id(mut self, other: impl Into<String>) -> Self {
        self.other_external_id = Some(other.into());
        self
    }

    /// Adds the CRM record's id.
    #[must_use]
    pub fn with_crm_id(mut self, crm_id: impl Into<String>) -> Self {
        self.crm_id = Some(crm_id.into());
        self
    }
}
