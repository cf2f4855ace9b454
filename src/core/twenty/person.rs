//! People: from the flat entity to Twenty's record and back (`docs/twenty/mapping.md#person`).

use std::borrow::Cow;

use serde::Serialize;
use serde_json::{Map, Value, json};

use super::email_policy::GivenEmail;
use super::ids::ObjectKind;
use super::input::PersonInput;
use super::mapper::Mapper;
use super::patch::Patch;
use super::person_company::map_company_of;
use super::phone::{self, Phone};
use super::record::{MapContext, MappedRecord, UniqueValue};
use super::values::{part, read_number, read_text};
use super::warning::reason;
use super::{email, name, phone_codes};
use crate::core::error::CrmError;

/// Translates one person. It only fails for an invalid or missing e-mail, if the options say so.
pub fn map_person(input: &PersonInput, context: &MapContext) -> Result<MappedRecord, CrmError> {
    let names = context.field_names;
    let mut mapper = Mapper::new(context, &input.external_id);
    let parts = input.forms.name_parts();
    mapper.flat_name = parts.is_none().then(|| name::collapse(&input.name));
    let (first, last) = parts.unwrap_or_else(|| name::split(&input.name));
    mapper
        .fields
        .insert("name".into(), json!({"firstName": first, "lastName": last}));
    let unique = map_email(input, &mut mapper)?;
    let address = unique.as_ref().map(|unique| unique.value.as_str());
    mapper.company = map_company_of(input, address, &mut mapper);
    map_phone(input, &mut mapper);
    mapper.text("job_title", "jobTitle", &input.job_title);
    mapper.text("website", &names.website, &input.website);
    mapper.text("city", &names.city, &input.city);
    mapper.text("account_type", &names.account_type, &input.account_type);
    mapper.text("plan", names.plan_in(context.schema), &input.plan);
    mapper.number(
        "total_submissions",
        &names.total_submissions,
        &input.total_submissions,
    );
    mapper.without_place(&input.forms);
    Ok(mapper.finish(ObjectKind::Person, unique))
}

/// The flat entity `TwentyPerson`.
#[derive(Debug, Serialize)]
pub struct PersonEntity<'r> {
    external_id: &'r str,
    name: String,
    email: &'r str,
    phone: Option<String>,
    job_title: Option<Cow<'r, str>>,
    company_name: Option<&'r str>,
    website: Option<Cow<'r, str>>,
    city: Option<Cow<'r, str>>,
    account_type: Option<Cow<'r, str>>,
    plan: Option<Cow<'r, str>>,
    total_submissions: Value,
}

/// The flat entity of a server's record; fields that the record does not show are null.
pub fn person_to_entity<'r>(
    record: &'r Map<String, Value>,
    context: &MapContext,
    external_id: &'r str,
) -> PersonEntity<'r> {
    let names = context.field_names;
    let text = |name: &str| read_text(record, context.schema, name);
    let composite = |name: &str| record.get(name).and_then(Value::as_object);
    let full_name = composite("name")
        .map(|parts| name::join(part(parts, "firstName"), part(parts, "lastName")));
    let company = composite("company")
        .map(|company| part(company, "name"))
        .filter(|name| !name.is_empty());
    PersonEntity {
        external_id,
        name: full_name.unwrap_or_default(),
        email: composite("emails").map_or("", |parts| part(parts, "primaryEmail")),
        phone: composite("phones").and_then(Phone::from_parts),
        job_title: text("jobTitle"),
        company_name: company,
        website: text(&names.website),
        city: text(&names.city),
        account_type: text(&names.account_type),
        plan: text(names.plan_in(context.schema)),
        total_submissions: read_number(record, &names.total_submissions),
    }
}

fn map_email(input: &PersonInput, mapper: &mut Mapper) -> Result<Option<UniqueValue>, CrmError> {
    let address = match mapper.context.emails.read(&input.email)? {
        GivenEmail::Kept => return Ok(None),
        GivenEmail::Cleared => {
            // The server ignores a composite that is `null`.
            mapper
                .fields
                .insert("emails".into(), json!({"primaryEmail": null}));
            return Ok(None);
        }
        GivenEmail::LeftOut(refused) => {
            // `emails` without an address would clear the address, so the whole composite is left out.
            mapper.warn(
                "email",
                reason::INVALID_EMAIL,
                format!("email was left out: {refused}"),
            );
            return Ok(None);
        }
        GivenEmail::Address(address) => address,
    };
    mapper
        .fields
        .insert("emails".into(), json!({"primaryEmail": address}));
    Ok(Some(UniqueValue {
        field: ObjectKind::Person.unique_field(),
        input_field: "email",
        identity: email::canonical(&address).into_owned(),
        spellings: email::spellings(&address),
        value: address,
    }))
}

fn map_phone(input: &PersonInput, mapper: &mut Mapper) {
    let text = match &input.phone {
        Patch::Absent => return,
        Patch::Value(text) if !text.trim().is_empty() => text,
        Patch::Null | Patch::Value(_) => {
            mapper.fields.insert("phones".into(), phone::cleared());
            return;
        }
    };
    let default_country = mapper.context.default_country;
    let read = match input.forms.phone_codes() {
        None => Phone::parse(text, default_country),
        Some(codes) => phone_codes::read(text, codes, default_country),
    };
    match read {
        Ok(phone) => {
            mapper.fields.insert("phones".into(), phone.to_fields());
            if phone.is_first_of_several {
                mapper.warn_of_further("phone");
            }
            if let Some(extension) = &phone.extension {
                mapper.warn(
                    "phone",
                    reason::PHONE_EXTENSION,
                    format!("phone was written without its extension {extension}: Twenty has no place for one"),
                );
            }
        }
        Err(why) => {
            let message = format!("phone was left out: {}", why.because());
            mapper.warn("phone", why.reason(), message);
        }
    }
}
