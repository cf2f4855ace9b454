//! The names of the custom fields, and which of them the workspace has.

use serde::Deserialize;

use super::ids::ObjectKind;
use super::schema::{FieldInfo, FieldKind, ObjectSchema, Uniqueness};
use crate::core::error::CrmError;

/// API names of the custom fields. Defaults: `docs/twenty/mapping.md#person`.
#[derive(Clone, Debug, PartialEq, Eq, Hash, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub struct FieldNames {
    /// The caller's id; default `externalId`.
    pub external_id: String,
    /// Default `accountType`.
    pub account_type: String,
    /// The first of these that the workspace has is used; default `plan`, `planCustom`, `subscriptionPlan`. A single
    /// name may be given as a string.
    #[serde(deserialize_with = "one_or_more")]
    pub plan: Vec<String>,
    /// Default `totalSubmissions`.
    pub total_submissions: String,
    /// For people and companies; default `website`.
    pub website: String,
    /// Default `city`.
    pub city: String,
    /// For companies; default `status`.
    pub status: String,
}

impl Default for FieldNames {
    fn default() -> Self {
        Self {
            external_id: "externalId".into(),
            account_type: "accountType".into(),
            plan: ["plan", "planCustom", "subscriptionPlan"]
                .map(String::from)
                .into(),
            total_submissions: "totalSubmissions".into(),
            website: "website".into(),
            city: "city".into(),
            status: "status".into(),
        }
    }
}

impl FieldNames {
    /// All names, each with its option.
    fn by_option(&self) -> impl Iterator<Item = (&'static str, &str)> {
        let single = [
            ("externalId", &self.external_id),
            ("accountType", &self.account_type),
            ("totalSubmissions", &self.total_submissions),
            ("website", &self.website),
            ("city", &self.city),
            ("status", &self.status),
        ];
        let plans = self.plan.iter().map(|name| ("plan", name));
        single
            .into_iter()
            .chain(plans)
            .map(|(option, name)| (option, name.as_str()))
    }

    /// All names, for people and companies.
    pub fn all(&self) -> impl Iterator<Item = &str> {
        self.by_option().map(|(_, name)| name)
    }

    /// Checks that every name is a valid API name: camelCase letters and digits. Names are inserted into GraphQL text,
    /// so nothing else may pass.
    pub fn check(&self) -> Result<(), CrmError> {
        for (option, name) in self.by_option() {
            if !is_field_name(name) {
                return Err(CrmError::validation(
                    option,
                    format!(
                        "The field name for {option} must be camelCase letters and digits, as Twenty's API names are"
                    ),
                ));
            }
        }
        Ok(())
    }

    /// The field for `plan`: the first of its names that the workspace has, preferably one that accepts text. If it has
    /// none, the first name that can be created, for warnings.
    pub fn plan_in<'a>(&'a self, schema: &ObjectSchema) -> &'a str {
        let takes_text =
            |field: &FieldInfo| matches!(field.kind, FieldKind::Text | FieldKind::Select { .. });
        let usable = self
            .plan
            .iter()
            .find(|name| schema.active(name).is_some_and(takes_text));
        let present = || self.plan.iter().find(|name| schema.active(name).is_some());
        usable
            .or_else(present)
            .or_else(|| self.plan.iter().find(|name| can_be_made(schema, name)))
            .or(self.plan.first())
            .map_or("plan", String::as_str)
    }

    /// The CRM's fields that our records are written to.
    pub fn written(&self, kind: ObjectKind) -> Vec<&str> {
        let (own, custom): (&[&str], &[&String]) = match kind {
            ObjectKind::Person => (
                &["name", "emails", "phones", "jobTitle", "company"],
                &[
                    &self.website,
                    &self.city,
                    &self.account_type,
                    &self.total_submissions,
                ],
            ),
            ObjectKind::Company => (&["name", "domainName"], &[&self.website, &self.status]),
        };
        let plan = self.plan.iter().filter(|_| kind == ObjectKind::Person);
        own.iter()
            .copied()
            .chain(["deletedAt", self.external_id.as_str()])
            .chain(custom.iter().map(|name| name.as_str()))
            .chain(plan.map(String::as_str))
            .collect()
    }

    /// The state of the workspace's external id field.
    pub fn external_id_in(&self, schema: &ObjectSchema) -> ExternalIdField {
        match schema.active(&self.external_id) {
            Some(FieldInfo {
                kind: FieldKind::Text,
                uniqueness,
                name,
                ..
            }) => match uniqueness {
                Uniqueness::Yes => ExternalIdField::Unique(name.clone()),
                Uniqueness::Unproven => ExternalIdField::Unproven(name.clone()),
                Uniqueness::No => ExternalIdField::Missing,
            },
            _ => ExternalIdField::Missing,
        }
    }
}

/// Whether the CRM can store external ids. A field that is missing, not unique or of another type cannot be used.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum ExternalIdField {
    /// There is no usable field: only the record's id identifies it.
    Missing,
    /// There is a TEXT field, but the key cannot see whether it is unique.
    Unproven(String),
    /// There is a unique TEXT field.
    Unique(String),
}

impl ExternalIdField {
    /// The field's API name, if there is a field to write to.
    pub fn name(&self) -> Option<&str> {
        match self {
            Self::Missing => None,
            Self::Unproven(name) | Self::Unique(name) => Some(name),
        }
    }
}

fn one_or_more<'de, D: serde::Deserializer<'de>>(deserializer: D) -> Result<Vec<String>, D::Error> {
    #[derive(Deserialize)]
    #[serde(untagged)]
    enum Names {
        One(String),
        More(Vec<String>),
    }
    Ok(match Names::deserialize(deserializer)? {
        Names::One(name) => vec![name],
        Names::More(names) => names,
    })
}

fn is_field_name(name: &str) -> bool {
    name.len() <= 63
        && name.starts_with(|c: char| c.is_ascii_alphabetic())
        && name.bytes().all(|b| b.is_ascii_alphanumeric())
}

/// Whether a field with this name can be created: Twenty reserves some names (`plan`), and an inactive field keeps its
/// name.
pub fn can_be_made(object: &ObjectSchema, name: &str) -> bool {
    const RESERVED: [&str; 1] = ["plan"];
    !RESERVED.contains(&name) && !object.fields.contains_key(name)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn overrides_are_read_over_the_defaults() {
        let text = r#"{"plan":"tariff","externalId":"siteId","unknown":1}"#;
        let names: FieldNames = serde_json::from_str(text).expect("names");
        assert_eq!(names.plan, ["tariff"]);
        assert_eq!(names.external_id, "siteId");
        assert_eq!(names.city, "city");
        assert!(names.check().is_ok());
        let names: FieldNames = serde_json::from_str(r#"{"plan":["a","b"]}"#).expect("names");
        assert_eq!(names.plan, ["a", "b"]);
    }

    #[test]
    fn names_that_could_leave_the_query_text_are_refused() {
        for bad in ["", "1a", "a b", "a{b}", "external_id", "é", &"x".repeat(64)] {
            let names = FieldNames {
                plan: vec!["plan".into(), bad.into()],
                ..FieldNames::default()
            };
            let error = names.check().expect_err(bad);
            assert_eq!(error.details["field"], "plan");
        }
    }
}
