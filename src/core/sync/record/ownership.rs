//! Who owns a field: the syncing site, or the people who work in the CRM
//! (`docs/twenty/mapping.md#absent-blank-and-null`).

use std::collections::BTreeMap;

use serde::Deserialize;
use serde_json::{Map, Value};

use crate::core::error::CrmError;
use crate::core::quoted::Quoted;
use crate::core::twenty::comparison::holds;
use crate::core::twenty::fields::FieldNames;
use crate::core::twenty::ids::ObjectKind;
use crate::core::twenty::schema::ObjectSchema;
use crate::core::twenty::values::is_blank;

use super::row::Row;

/// When a field of an existing record is written. New records get all fields.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Owner {
    /// Always: the site's value wins. The default.
    #[default]
    Always,
    /// Only while the CRM's value is empty. Each update with such a field costs a look-up.
    IfEmpty,
    /// Only when the record is created.
    CreateOnly,
}

impl Owner {
    fn lets_write(self, field: &str, row: Option<&Row>) -> bool {
        match self {
            Self::Always => true,
            Self::CreateOnly => false,
            Self::IfEmpty => row.is_some_and(|row| row.get(field).is_none_or(is_blank)),
        }
    }
}

/// The `fieldOwnership` option: input field to owner, per kind of record.
#[derive(Clone, Debug, Default, PartialEq, Eq, Hash, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Ownership {
    person: BTreeMap<String, Owner>,
    company: BTreeMap<String, Owner>,
}

const PERSON_FIELDS: [&str; 10] = [
    "name",
    "email",
    "phone",
    "job_title",
    "website",
    "city",
    "account_type",
    "plan",
    "total_submissions",
    "company_external_id",
];
const COMPANY_FIELDS: [&str; 4] = ["name", "domain_name", "website", "status"];

impl Ownership {
    /// Refuses names that are not input fields.
    ///
    /// # Errors
    /// VALIDATION_ERROR that names the option and the field.
    pub fn check(&self) -> Result<(), CrmError> {
        let kinds: [(&str, _, &[&str]); 2] = [
            ("person", &self.person, &PERSON_FIELDS),
            ("company", &self.company, &COMPANY_FIELDS),
        ];
        for (kind, owners, known) in kinds {
            if let Some(name) = owners.keys().find(|name| !known.contains(&name.as_str())) {
                return Err(CrmError::validation(
                    "fieldOwnership",
                    format!(
                        "fieldOwnership.{kind} has no field {}; it knows {}",
                        Quoted(name),
                        known.join(", ")
                    ),
                ));
            }
        }
        Ok(())
    }

    /// The owners other than `always`, by the field's name in the CRM.
    pub fn restricted(
        &self,
        kind: ObjectKind,
        names: &FieldNames,
        schema: &ObjectSchema,
    ) -> Vec<(String, Owner)> {
        let owners = match kind {
            ObjectKind::Person => &self.person,
            ObjectKind::Company => &self.company,
        };
        owners
            .iter()
            .filter(|(_, owner)| **owner != Owner::Always)
            .map(|(field, owner)| (crm_name(field, names, schema).to_owned(), *owner))
            .collect()
    }
}

fn crm_name<'a>(field: &'a str, names: &'a FieldNames, schema: &ObjectSchema) -> &'a str {
    match field {
        "email" => "emails",
        "phone" => "phones",
        "job_title" => "jobTitle",
        "company_external_id" => "companyId",
        "domain_name" => "domainName",
        "website" => &names.website,
        "city" => &names.city,
        "account_type" => &names.account_type,
        "plan" => names.plan_in(schema),
        "total_submissions" => &names.total_submissions,
        "status" => &names.status,
        other => other,
    }
}

/// Whether an update with `payload` must see the row first.
pub fn needs_row(restricted: &[(String, Owner)], payload: &Map<String, Value>) -> bool {
    restricted
        .iter()
        .any(|(name, owner)| *owner == Owner::IfEmpty && payload.contains_key(name))
}

/// Whether an update of `row` may write this field.
pub fn may_write(restricted: &[(String, Owner)], field: &str, row: &Row) -> bool {
    let mut owners = restricted.iter().filter(|(name, _)| name == field);
    owners.all(|(name, owner)| owner.lets_write(name, Some(row)))
}

/// Removes the fields that the CRM owns from an update of `row`. Without a row, all fields whose owner depends on it
/// are removed.
///
/// Returns whether the update is complete, that is, no removed field may be written later. An `if-empty` field that
/// holds another value may, once somebody clears it in the CRM; a `create-only` field never.
pub fn restrict(
    restricted: &[(String, Owner)],
    payload: &mut Map<String, Value>,
    row: Option<&Row>,
) -> bool {
    let mut is_whole = true;
    for (name, owner) in restricted {
        if owner.lets_write(name, row) {
            continue;
        }
        if let Some(value) = payload.shift_remove(name) {
            let held = row.and_then(|row| row.get(name));
            let is_held = held.is_some_and(|held| holds(name, held, &value));
            is_whole &= *owner == Owner::CreateOnly || is_held;
        }
    }
    is_whole
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn map(value: Value) -> Map<String, Value> {
        serde_json::from_value(value).expect("an object")
    }

    fn ownership(text: &str) -> Ownership {
        serde_json::from_str(text).expect("valid")
    }

    #[test]
    fn unknown_names_are_refused_by_name() {
        let error = ownership(r#"{"person":{"jobTitle":"always"}}"#)
            .check()
            .expect_err("no input field");
        assert!(error.message.contains("jobTitle"), "{}", error.message);
        assert_eq!(error.details["field"], "fieldOwnership");
        ownership(r#"{"company":{"status":"create-only"}}"#)
            .check()
            .expect("an input field");
    }

    #[test]
    fn fields_owned_by_the_crm_are_not_updated() {
        let restricted = ownership(
            r#"{"person":{"job_title":"if-empty","city":"if-empty","phone":"create-only","name":"always"}}"#,
        )
        .restricted(
            ObjectKind::Person,
            &FieldNames::default(),
            &ObjectSchema::default(),
        );
        let sent = map(json!({
            "name": {"firstName": "A"},
            "jobTitle": "Boss",
            "city": "Paris",
            "phones": {"primaryPhoneNumber": "1"}
        }));
        assert!(needs_row(&restricted, &sent));
        let row = map(json!({"jobTitle": "Clerk", "city": ""}));
        let mut payload = sent.clone();
        let is_whole = restrict(&restricted, &mut payload, Some(&row));
        assert!(!is_whole, "jobTitle may be written another time");
        assert_eq!(
            Value::Object(payload),
            json!({"name": {"firstName": "A"}, "city": "Paris"})
        );
        let mut payload = sent.clone();
        let blank = map(json!({"jobTitle": "", "city": null}));
        assert!(restrict(&restricted, &mut payload, Some(&blank)));
        assert!(!payload.contains_key("phones"), "it is never written again");
        assert!(!restrict(&restricted, &mut sent.clone(), None));
        assert!(!needs_row(&restricted, &map(json!({"name": {}}))));
    }
}
