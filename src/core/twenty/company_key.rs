//! Which company a person belongs to: the one with the external id that is given, or, where the option `companyKey` says
//! so, the one whose domain the person's e-mail address has.

use super::domain::Domain;

/// What a person's company is known by (option `companyKey`).
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub enum CompanyKey {
    /// `company_external_id` alone.
    #[default]
    ExternalId,
    /// Without one, the domain of the e-mail address.
    EmailDomain,
}

/// The company that a person names.
#[derive(Clone, Debug, Default, PartialEq)]
pub enum CompanyOf {
    /// None: the link that the CRM has stays.
    #[default]
    Unsaid,
    /// The link is cleared.
    Nobody,
    /// This one.
    One(CompanyRef),
}

impl CompanyOf {
    /// The company, where one is named.
    pub fn one(&self) -> Option<&CompanyRef> {
        match self {
            Self::One(company) => Some(company),
            Self::Unsaid | Self::Nobody => None,
        }
    }
}

/// A company that is named.
#[derive(Clone, Debug, PartialEq)]
pub struct CompanyRef {
    /// Its external id: the given one, or the domain itself. The latter is as frozen as the ids that are made of it.
    pub external_id: String,
    /// The domain, where it is named by that.
    pub domain: Option<Domain>,
    /// The name that the person gives it; never blank.
    pub name: Option<String>,
}

impl CompanyRef {
    /// What it is called where it has to be made; none where nobody gives it a name.
    pub fn name_to_make(&self) -> Option<&str> {
        let by_domain = || self.domain.as_ref().map(Domain::host);
        self.name.as_deref().or_else(by_domain)
    }
}
