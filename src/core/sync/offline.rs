//! Works without Twenty: checks and normalises a record, computes the id that it would get, and asks the mapping store
//! for the id that it has. In `platform` mode, this result is passed on instead of being written.

use std::sync::Arc;

use serde_json::Value;
use uuid::Uuid;

use crate::core::error::CrmError;
use crate::core::store::{BoundedStore, MappingStore};
use crate::core::twenty::email_policy::GivenEmail;
use crate::core::twenty::ids::{ObjectKind, record_id};
use crate::core::twenty::input::{CompanyInput, PersonInput};
use crate::core::twenty::patch::Patch;
use crate::core::twenty::warning::SyncWarning;

use super::options::ServiceOptions;
use super::record::notices::store_failed;

/// A valid record, ready to be written.
#[derive(Clone, Debug, PartialEq)]
pub struct Normalised {
    /// The id that the record gets if Twenty does not have it yet.
    pub id: Uuid,
    /// The input as given; absent fields stay absent.
    pub data: Value,
    /// The flat entity, if it differs from `data`.
    pub flat: Option<Value>,
}

/// The part of a sync service that sends nothing. Cloning is cheap.
#[derive(Clone)]
pub struct OfflineService {
    options: Arc<ServiceOptions>,
    store: Option<Arc<dyn MappingStore>>,
}

impl OfflineService {
    /// With the same options and store as a service that sends.
    pub fn new(options: ServiceOptions, store: Option<Arc<dyn MappingStore>>) -> Self {
        let namespace = options.namespace.clone();
        Self {
            options: Arc::new(options),
            store: store.map(|store| Arc::new(BoundedStore::new(store, namespace)) as _),
        }
    }

    /// Checks everything that an upsert checks before its first request, so that the record is not refused later for a
    /// reason that is known now.
    ///
    /// # Errors
    /// VALIDATION_ERROR that names the field.
    pub fn normalise(&self, kind: ObjectKind, json: &str) -> Result<Normalised, CrmError> {
        let (external_id, data, entity) = match kind {
            ObjectKind::Person => {
                let mut input = PersonInput::parse(json)?;
                if let GivenEmail::Kept = self.options.emails.read(&input.email)? {
                    // The e-mail is blank: a later merge must not take it for a value.
                    input.email = Patch::Absent;
                }
                let entity = input.to_entity();
                (input.external_id.clone(), input.to_value(), entity)
            }
            ObjectKind::Company => {
                let input = CompanyInput::parse(json)?;
                let entity = input.to_flat().into();
                (input.external_id.clone(), input.to_value(), entity)
            }
        };
        Ok(Normalised {
            id: record_id(kind, self.options.namespace.as_deref(), &external_id),
            flat: (entity != data).then_some(entity),
            data,
        })
    }

    /// The record's id in Twenty, if the store knows it. If the store fails, the result has a warning.
    pub async fn mapped_id(
        &self,
        kind: ObjectKind,
        external_id: &str,
    ) -> Result<Option<String>, SyncWarning> {
        match &self.store {
            None => Ok(None),
            Some(store) => store
                .find_by_ever_id(external_id, kind)
                .await
                .map_err(|message| store_failed(external_id, &message)),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    fn service(options: &str) -> OfflineService {
        OfflineService::new(ServiceOptions::from_json(options).expect("good"), None)
    }

    #[test]
    fn a_person_is_normalised_and_gets_the_id_of_a_write() {
        let json =
            r#"{"external_id":" 1","name":"Jane","email":" Jane@Example.COM ","phone":null,"x":1}"#;
        let normalised = service("{}")
            .normalise(ObjectKind::Person, json)
            .expect("good");
        assert_eq!(
            normalised.data,
            json!({"external_id": " 1", "name": "Jane", "email": "jane@example.com", "phone": null})
        );
        assert_eq!(normalised.id, record_id(ObjectKind::Person, None, " 1"));
    }

    #[test]
    fn nested_input_is_kept_and_has_a_flat_form() {
        let json = r#"{"external_id":"1","name":{"lastName":"Rahman","firstName":" Md "},"email":"m@example.com"}"#;
        let normalised = service("{}")
            .normalise(ObjectKind::Person, json)
            .expect("good");
        let name = json!({"firstName": " Md ", "lastName": "Rahman"});
        assert_eq!(normalised.data["name"], name);
        assert_eq!(
            normalised.flat,
            Some(json!({"external_id": "1", "name": "Md Rahman", "email": "m@example.com"}))
        );
    }

    #[test]
    fn the_namespace_goes_into_the_id() {
        let json = r#"{"external_id":"1","name":"Acme"}"#;
        let service = service(r#"{"namespace":"site-a"}"#);
        let normalised = service.normalise(ObjectKind::Company, json).expect("good");
        let id = record_id(ObjectKind::Company, Some("site-a"), "1");
        assert_eq!(normalised.id, id);
    }

    #[test]
    fn an_invalid_email_is_handled_as_the_options_say() {
        let json = r#"{"external_id":"1","name":"Jane","email":"nope"}"#;
        let refused = service("{}")
            .normalise(ObjectKind::Person, json)
            .expect_err("bad");
        assert_eq!(refused.details["field"], "email");
        let lax = service(r#"{"invalidEmail":"leave_out"}"#);
        lax.normalise(ObjectKind::Person, json)
            .expect("left to the one who writes it");
    }

    #[test]
    fn a_person_without_an_email_is_passed_on_unchanged() {
        let lax = service(r#"{"missingEmail":"allow"}"#);
        for (email, expected) in [
            ("", None),
            (r#","email":" ""#, None),
            (r#","email":null"#, Some(Value::Null)),
        ] {
            let json = format!(r#"{{"external_id":"1","name":"Jane"{email}}}"#);
            let data = lax.normalise(ObjectKind::Person, &json).expect("good").data;
            assert_eq!(data.get("email"), expected.as_ref(), "{email}");
            service("{}")
                .normalise(ObjectKind::Person, &json)
                .expect_err("refused");
        }
    }

    #[test]
    fn inputs_that_no_upsert_accepts_are_refused() {
        for (kind, json, field) in [
            (
                ObjectKind::Person,
                r#"{"external_id":"1","name":"Jane"}"#,
                "email",
            ),
            (
                ObjectKind::Company,
                r#"{"external_id":" ","name":"Acme"}"#,
                "external_id",
            ),
            (
                ObjectKind::Company,
                r#"{"external_id":"1","name":5}"#,
                "name",
            ),
            (ObjectKind::Company, "[]", "input"),
        ] {
            let error = service("{}").normalise(kind, json).expect_err(json);
            assert_eq!(error.details["field"], field, "{json}");
        }
    }
}
