//! Which company a person belongs to: the one with the external id that is given, or, where the option `companyKey` says
//! so, the one whose domain the person's e-mail address has.

use super::domain::Domain;
use super::input::{Patch, PersonInput};
use super::public_suffix;
use super::record::Mapper;
use super::warning::reason;

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

/// Reads the company out of the input, with the address that is written. A name that leads to no company is told.
pub(super) fn map_company_of(
    input: &PersonInput,
    address: Option<&str>,
    mapper: &mut Mapper,
) -> CompanyOf {
    let given = input.company_name.value().map(|name| name.trim());
    let name = given.filter(|name| !name.is_empty()).map(str::to_owned);
    let by_domain = mapper.context.company_key == CompanyKey::EmailDomain;
    let why = match (&input.company_external_id, by_domain) {
        (Patch::Value(external_id), _) => {
            return CompanyOf::One(CompanyRef {
                external_id: external_id.clone(),
                domain: None,
                name,
            });
        }
        (Patch::Absent, true) => match address.map(organisation) {
            Some(Ok(domain)) => {
                return CompanyOf::One(CompanyRef {
                    external_id: domain.host().to_owned(),
                    domain: Some(domain),
                    name,
                });
            }
            Some(Err(reason::SHARED_DOMAIN)) => {
                "many people share the host of the e-mail address. Give company_external_id"
            }
            Some(Err(_)) => {
                "the host of the e-mail address is no organisation's domain. Give company_external_id"
            }
            None => "there is no e-mail address to know the company by. Give company_external_id",
        },
        (Patch::Null, true) => "company_external_id is null or blank, which unlinks the person",
        (Patch::Null | Patch::Absent, false) => {
            "a name alone does not say which company it is. Give company_external_id, or set companyKey: 'email_domain'"
        }
    };
    if name.is_some() {
        mapper.warn(
            "company_name",
            reason::COMPANY_WITHOUT_ID,
            format!("company_name was not used: {why}"),
        );
    }
    match input.company_external_id {
        Patch::Null => CompanyOf::Nobody,
        _ => CompanyOf::Unsaid,
    }
}

/// The domain that an organisation has registered, out of one of its e-mail addresses: of `jane@eu.acme.example`,
/// `acme.example`. The error is one of `Domain::parse`.
fn organisation(address: &str) -> Result<Domain, &'static str> {
    let host = address.rsplit_once('@').map_or("", |(_, host)| host);
    let whole = Domain::parse(host)?;
    let host = whole.host();
    let suffix = public_suffix::suffix(host).text;
    let below = host.strip_suffix(suffix).unwrap_or("");
    let label = below.trim_end_matches('.').rsplit('.').next();
    Domain::parse(&format!("{}.{suffix}", label.unwrap_or("")))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::core::twenty::ids::{ObjectKind, record_id};

    #[test]
    fn an_address_belongs_to_whoever_registered_its_domain() {
        for (address, expected) in [
            ("jane@acme.example", "acme.example"),
            ("jane@mail.eu.acme.example", "acme.example"),
            ("jane@www.acme.co.uk", "acme.co.uk"),
            ("jane@dept.acme.com.br", "acme.com.br"),
            ("jane@b\u{fc}cher.de", "xn--bcher-kva.de"),
            ("jane@post.xn--bcher-kva.de", "xn--bcher-kva.de"),
            ("o'neil+tag@acme.io", "acme.io"),
        ] {
            let domain = organisation(address).expect(address);
            assert_eq!(domain.host(), expected, "{address}");
        }
        for shared in [
            "jane@gmail.com",
            "jane@yahoo.co.uk",
            "jane@vip.163.com",
            "jane@acme.github.io",
            "jane@acme.wordpress.com",
            "jane@privaterelay.appleid.com",
        ] {
            assert_eq!(organisation(shared), Err(reason::SHARED_DOMAIN), "{shared}");
        }
        for none in ["jane@co.uk", "jane@localhost", "jane@127.0.0.1", "jane"] {
            assert_eq!(organisation(none), Err(reason::INVALID_DOMAIN), "{none}");
        }
    }

    /// Frozen: another form would make every such company a second time.
    #[test]
    fn the_external_id_is_the_domain_itself() {
        let domain = organisation("Jane@Mail.Acme.Example").expect("a domain");
        let id = record_id(ObjectKind::Company, None, domain.host());
        assert_eq!(domain.host(), "acme.example");
        assert_eq!(id.to_string(), "ed7b728e-4b41-5d71-89c7-c00e8ee309c0");
    }
}
