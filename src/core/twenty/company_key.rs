//! Which company a person belongs to: the one with the given external id, or, with the option `companyKey`, the one
//! with the domain of the person's e-mail address.

use super::domain::Domain;

/// What identifies a person's company (option `companyKey`).
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub enum CompanyKey {
    /// Only `company_external_id`.
    #[default]
    ExternalId,
    /// If that is missing, the domain of the e-mail address.
    EmailDomain,
}

/// The company that a person names.
#[derive(Clone, Debug, Default, PartialEq)]
pub enum CompanyOf {
    /// None: the CRM's link stays.
    #[default]
    Unsaid,
    /// None: the link is cleared.
    Nobody,
    /// This company.
    One(CompanyRef),
}

impl CompanyOf {
    /// The company, if one is named.
    pub fn one(&self) -> Option<&CompanyRef> {
        match self {
            Self::One(company) => Some(company),
            Self::Unsaid | Self::Nobody => None,
        }
    }
}

/// A named company.
#[derive(Clone, Debug, PartialEq)]
pub struct CompanyRef {
    /// Its external id: the given one, or the domain. Like the ids derived from it, this must never change.
    pub external_id: String,
    /// The domain, if that identifies the company.
    pub domain: Option<Domain>,
    /// The name that the person's input gives it; never blank.
    pub name: Option<String>,
}

impl CompanyRef {
    /// The name to create it with; `None` if no name is given.
    pub fn name_to_make(&self) -> Option<&str> {
        let by_domain = || self.domain.as_ref().map(Domain::host);
        self.name.as_deref().or_else(by_domain)
    }
}
