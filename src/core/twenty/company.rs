//! Companies: from the flat entity to Twenty's record and back (`docs/twenty/mapping.md#company`).

use std::borrow::Cow;

use serde::Serialize;
use serde_json::{Map, Value, json};

use super::domain::{self, Domain};
use super::ids::ObjectKind;
use super::input::CompanyInput;
use super::mapper::Mapper;
use super::patch::Patch;
use super::record::{MapContext, MappedRecord, UniqueValue};
use super::values::{part, read_text};
use super::warning::reason;
use super::{multi_value, name};
use crate::core::error::CrmError;

/// Translates one company. It never fails; the return type is the same as for people.
pub fn map_company(input: &CompanyInput, context: &MapContext) -> Result<MappedRecord, CrmError> {
    let names = context.field_names;
    let mut mapper = Mapper::new(context, &input.external_id);
    mapper
        .fields
        .insert("name".into(), name::collapse(&input.name).into());
    let unique = map_domain(&input.domain_name, &mut mapper);
    mapper.text("website", &names.website, &input.website);
    mapper.text("status", &names.status, &input.status);
    mapper.without_place(&input.forms);
    Ok(mapper.finish(ObjectKind::Company, unique))
}

/// The flat entity `TwentyCompany`.
#[derive(Debug, Serialize)]
pub struct CompanyEntity<'r> {
    external_id: &'r str,
    name: &'r str,
    domain_name: Option<String>,
    website: Option<Cow<'r, str>>,
    status: Option<Cow<'r, str>>,
}

/// The flat entity of a server's record; fields that the record does not show are null.
pub fn company_to_entity<'r>(
    record: &'r Map<String, Value>,
    context: &MapContext,
    external_id: &'r str,
) -> CompanyEntity<'r> {
    let names = context.field_names;
    let link = record
        .get("domainName")
        .and_then(Value::as_object)
        .map(|parts| part(parts, "primaryLinkUrl"));
    CompanyEntity {
        external_id,
        name: part(record, "name"),
        domain_name: link.filter(|link| !link.is_empty()).map(domain::from_link),
        website: read_text(record, context.schema, &names.website),
        status: read_text(record, context.schema, &names.status),
    }
}

fn map_domain(value: &Patch<String>, mapper: &mut Mapper) -> Option<UniqueValue> {
    let text = match value {
        Patch::Absent => return None,
        Patch::Value(text) if !text.trim().is_empty() => text,
        Patch::Null | Patch::Value(_) => {
            mapper
                .fields
                .insert("domainName".into(), json!({"primaryLinkUrl": null}));
            return None;
        }
    };
    match Domain::parse(text) {
        Ok(domain) => {
            let link = domain.to_link(mapper.context.domain_form);
            mapper
                .fields
                .insert("domainName".into(), json!({"primaryLinkUrl": link}));
            Some(UniqueValue {
                field: ObjectKind::Company.unique_field(),
                input_field: "domain_name",
                value: link,
                identity: domain.host().to_owned(),
                spellings: domain.spellings(),
            })
        }
        Err(why) => {
            let because = match why {
                reason::SHARED_DOMAIN => {
                    "many organisations share this host, so it does not identify this one"
                }
                reason::DOMAIN_WITH_PATH => {
                    "an address with a path or a port identifies a page, not an organisation"
                }
                _ if multi_value::first_link(text).1 => "it looks like several domains. Give one",
                _ => "it is not a domain name",
            };
            mapper.warn(
                "domain_name",
                why,
                format!("domain_name was left out: {because}"),
            );
            None
        }
    }
}
