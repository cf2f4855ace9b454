//! What is known of a record before anybody is asked: its input checked and normalised, and the id that it would get.
//! `platform` mode hands this on instead of writing it.

use serde_json::Value;
use uuid::Uuid;

use crate::core::error::CrmError;
use crate::core::twenty::email;
use crate::core::twenty::ids::{ObjectKind, record_id};
use crate::core::twenty::input::{CompanyInput, PersonInput};
use crate::core::twenty::record::InvalidEmail;

use super::options::ServiceOptions;

/// A record that could be written as it is.
#[derive(Clone, Debug, PartialEq)]
pub struct Normalised {
    /// The id of a record that Twenty does not have yet.
    pub id: Uuid,
    /// The flat entity; absent fields stay absent.
    pub data: Value,
}

/// Checks all that an upsert checks before its first request, so that what is handed on is not refused later for a
/// reason that could have been told at once.
///
/// # Errors
/// VALIDATION_ERROR naming the field.
pub fn normalise(
    kind: ObjectKind,
    json: &str,
    options: &ServiceOptions,
) -> Result<Normalised, CrmError> {
    let (external_id, data) = match kind {
        ObjectKind::Person => {
            let input = PersonInput::parse(json)?;
            if options.invalid_email == InvalidEmail::Refuse && !email::is_valid(&input.email) {
                return Err(email::invalid(&input.email));
            }
            let data = input.to_value();
            (input.external_id, data)
        }
        ObjectKind::Company => {
            let input = CompanyInput::parse(json)?;
            let data = input.to_value();
            (input.external_id, data)
        }
    };
    Ok(Normalised {
        id: record_id(kind, options.namespace.as_deref(), &external_id),
        data,
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    fn options(json: &str) -> ServiceOptions {
        ServiceOptions::from_json(json).expect("good options")
    }

    #[test]
    fn a_person_is_normalised_and_gets_the_id_of_a_write() {
        let json =
            r#"{"external_id":" 1","name":"Jane","email":" Jane@Example.COM ","phone":null,"x":1}"#;
        let normalised = normalise(ObjectKind::Person, json, &options("{}")).expect("good");
        assert_eq!(
            normalised.data,
            json!({"external_id": " 1", "name": "Jane", "email": "jane@example.com", "phone": null})
        );
        assert_eq!(normalised.id, record_id(ObjectKind::Person, None, " 1"));
    }

    #[test]
    fn the_namespace_goes_into_the_id() {
        let json = r#"{"external_id":"1","name":"Acme"}"#;
        let options = options(r#"{"namespace":"site-a"}"#);
        let normalised = normalise(ObjectKind::Company, json, &options).expect("good");
        let id = record_id(ObjectKind::Company, Some("site-a"), "1");
        assert_eq!(normalised.id, id);
    }

    #[test]
    fn an_address_that_is_none_is_refused_as_the_options_say() {
        let json = r#"{"external_id":"1","name":"Jane","email":"nope"}"#;
        let refused = normalise(ObjectKind::Person, json, &options("{}")).expect_err("bad");
        assert_eq!(refused.details["field"], "email");
        let options = options(r#"{"invalidEmail":"leave_out"}"#);
        normalise(ObjectKind::Person, json, &options).expect("left to the one who writes it");
    }

    #[test]
    fn what_no_upsert_takes_is_refused() {
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
            let error = normalise(kind, json, &options("{}")).expect_err(json);
            assert_eq!(error.details["field"], field, "{json}");
        }
    }
}
