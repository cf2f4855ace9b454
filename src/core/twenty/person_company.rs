//! The company that a person's input names.

use super::company_key::{CompanyKey, CompanyOf, CompanyRef};
use super::domain::Domain;
use super::input::PersonInput;
use super::mapper::Mapper;
use super::patch::Patch;
use super::public_suffix;
use super::warning::reason;

/// Reads the company from the input; `address` is the e-mail that is written. A company name without a company causes a
/// warning.
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

/// The registered domain of an organisation, from one of its e-mail addresses: `acme.example` from
/// `jane@eu.acme.example`. The error is one of `Domain::parse`.
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

    /// This must never change: another form would create every such company a second time.
    #[test]
    fn the_external_id_is_the_domain_itself() {
        let domain = organisation("Jane@Mail.Acme.Example").expect("a domain");
        let id = record_id(ObjectKind::Company, None, domain.host());
        assert_eq!(domain.host(), "acme.example");
        assert_eq!(id.to_string(), "ed7b728e-4b41-5d71-89c7-c00e8ee309c0");
    }
}
