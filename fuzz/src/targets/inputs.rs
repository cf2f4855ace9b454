//! What callers give: records and options, as JSON text.

use serde_json::Value;
use twenty_crm_native::core::error::CrmError;
use twenty_crm_native::core::http::{ClientConfig, RequestOptions};
use twenty_crm_native::core::sync::options::{CallOptions, ServiceOptions};
use twenty_crm_native::core::sync::run::BulkOptions;
use twenty_crm_native::core::twenty::company::map_company;
use twenty_crm_native::core::twenty::company_key::CompanyKey;
use twenty_crm_native::core::twenty::comparison::holds_all;
use twenty_crm_native::core::twenty::email_policy::{EmailPolicy, InvalidEmail, MissingEmail};
use twenty_crm_native::core::twenty::fields::FieldNames;
use twenty_crm_native::core::twenty::input::{CompanyInput, PersonInput, external_id_from_json};
use twenty_crm_native::core::twenty::person::map_person;
use twenty_crm_native::core::twenty::record::{MapContext, MappedRecord};
use twenty_crm_native::core::twenty::schema::WorkspaceSchema;

use super::exchange::{KEY, schema};
use super::source::Source;

/// A refusal names a field, is final, and is short.
fn assert_refusal(error: &CrmError) {
    assert_eq!(error.code.as_str(), "VALIDATION_ERROR");
    assert!(!error.retryable);
    assert!(error.details["field"].is_string());
    assert!(error.message.chars().count() < 1000, "{}", error.message);
}

/// Handed on as a flat entity, it is read as the same; merged with itself, it is the same.
pub fn person_input(bytes: &[u8]) {
    let text = String::from_utf8_lossy(bytes);
    let _ = external_id_from_json(&text);
    match PersonInput::parse(&text) {
        Err(error) => assert_refusal(&error),
        Ok(input) => {
            let again = PersonInput::parse(&input.to_value().to_string());
            assert_eq!(
                again.ok().map(|again| again.to_value()),
                Some(input.to_value())
            );
            let mut merged = input.clone();
            merged.merge(input.clone());
            assert_eq!(merged, input);
            assert!(!input.external_id.trim().is_empty() && !input.external_id.contains('\0'));
        }
    }
}

/// As people.
pub fn company_input(bytes: &[u8]) {
    let text = String::from_utf8_lossy(bytes);
    match CompanyInput::parse(&text) {
        Err(error) => assert_refusal(&error),
        Ok(input) => {
            let again = CompanyInput::parse(&input.to_value().to_string());
            assert_eq!(
                again.ok().map(|again| again.to_value()),
                Some(input.to_value())
            );
            let mut merged = input.clone();
            merged.merge(input.clone());
            assert_eq!(merged, input);
        }
    }
}

fn context<'a>(schema: &'a WorkspaceSchema, names: &'a FieldNames, person: bool) -> MapContext<'a> {
    MapContext {
        schema: if person {
            &schema.person
        } else {
            &schema.company
        },
        field_names: names,
        default_country: None,
        emails: EmailPolicy {
            invalid: InvalidEmail::LeaveOut,
            missing: MissingEmail::Allow,
        },
        company_key: CompanyKey::EmailDomain,
        namespace: None,
        domain_form: Default::default(),
    }
}

/// The same input gives the same payload; a row that was written so holds it; nothing but fields of the schema is sent.
fn assert_mapped(mapped: &MappedRecord, again: &MappedRecord, context: &MapContext) {
    assert_eq!(mapped, again);
    assert!(
        holds_all(&mapped.fields, &mapped.fields),
        "{:?}",
        mapped.fields
    );
    for name in mapped.fields.keys() {
        let always = matches!(
            &**name,
            "name" | "emails" | "phones" | "domainName" | "jobTitle"
        );
        assert!(always || context.schema.active(name).is_some(), "{name}");
    }
    for warning in &mapped.warnings {
        assert!(!warning.message.is_empty());
    }
    let text = Value::Object(mapped.fields.clone()).to_string();
    assert!(serde_json::from_str::<Value>(&text).is_ok());
}

/// From a person to its payload.
pub fn person_mapping(bytes: &[u8]) {
    let text = String::from_utf8_lossy(bytes);
    let Ok(input) = PersonInput::parse(&text) else {
        return;
    };
    let (schema, names) = (schema(), FieldNames::default());
    let context = context(schema, &names, true);
    let map = || map_person(&input, &context).expect("an address that is none is left out");
    assert_mapped(&map(), &map(), &context);
}

/// From a company to its payload.
pub fn company_mapping(bytes: &[u8]) {
    let text = String::from_utf8_lossy(bytes);
    let Ok(input) = CompanyInput::parse(&text) else {
        return;
    };
    let (schema, names) = (schema(), FieldNames::default());
    let context = context(schema, &names, false);
    let map = || map_company(&input, &context).expect("companies are always mapped");
    assert_mapped(&map(), &map(), &context);
}

/// A configuration never shows its key, taken or refused.
pub fn configs(bytes: &[u8]) {
    let text = String::from_utf8_lossy(bytes);
    match ClientConfig::from_json(&text) {
        Err(error) => {
            assert_refusal(&error);
            if !text.contains(&format!("\"{KEY}\":")) {
                assert!(!error.to_json().contains(KEY), "{error:?}");
            }
        }
        Ok(config) => {
            assert!(config.timeout_ms > 0 && config.max_response_bytes >= 1024);
            // In the base URL it would be the caller's own path.
            let only_key = !config.base_url.as_str().contains(KEY);
            assert!(!only_key || !format!("{config:?}").contains(KEY));
        }
    }
}

/// Options of services, runs and calls.
pub fn service_options(bytes: &[u8]) {
    let text = String::from_utf8_lossy(bytes);
    let refusals = [
        ServiceOptions::from_json(&text).err(),
        CallOptions::from_json(&text).err(),
        BulkOptions::from_json(&text).err(),
    ];
    for error in refusals.iter().flatten() {
        assert_refusal(error);
    }
}

/// Options of one request.
pub fn request_options(bytes: &[u8]) {
    let mut source = Source::new(bytes);
    let text = source.text();
    if let Err(error) = RequestOptions::from_json(&text) {
        assert_refusal(&error);
    }
}
