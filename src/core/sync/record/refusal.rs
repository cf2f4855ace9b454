//! Values that pass our checks but not the server's: the record is written without them.

use serde_json::Value;

use crate::core::error::CrmError;
use crate::core::twenty::email_policy::InvalidEmail;
use crate::core::twenty::fields::FieldNames;
use crate::core::twenty::warning::{SyncWarning, reason};

use super::collision::reason::VALUE_REFUSED;
use super::errors::is_foreign_key;
use super::rules::Rules;
use super::upsert::Upsert;

/// A value that the server checks more strictly than we can predict.
#[derive(Clone, Debug, PartialEq, Eq)]
struct RefusedField {
    /// The field's name in the CRM.
    field: String,
    input_field: &'static str,
    reason: &'static str,
}

impl RefusedField {
    fn new(field: &str, input_field: &'static str) -> Self {
        Self {
            field: field.to_owned(),
            input_field,
            reason: match input_field {
                EMAIL => reason::INVALID_EMAIL,
                _ => VALUE_REFUSED,
            },
        }
    }

    /// The warning that the record was written without it.
    fn warning(&self, external_id: &str, error: &CrmError) -> SyncWarning {
        SyncWarning::new(
            self.input_field,
            self.reason,
            external_id,
            format!(
                "the server refused this value ({}): the record was written without it",
                error.message
            ),
        )
    }
}

const EMAIL: &str = "email";

/// The fields that a refusal may be about, by the server's codes and texts (`docs/twenty/protocol.md#values`), the
/// likeliest first. The server does not say which link is bad; of a phone, any of its three parts may be.
fn suspects(error: &CrmError, names: &FieldNames) -> Vec<RefusedField> {
    if is_refused_email(error) {
        return vec![RefusedField::new("emails", EMAIL)];
    }
    match error.details.get("serverCode").and_then(Value::as_str) {
        Some(code)
            if ["INVALID_PHONE", "CONFLICTING_PHONE"]
                .iter()
                .any(|start| code.starts_with(start)) =>
        {
            vec![RefusedField::new("phones", "phone")]
        }
        Some("INVALID_URL") => vec![
            RefusedField::new(&names.website, "website"),
            RefusedField::new("domainName", "domain_name"),
        ],
        _ => Vec::new(),
    }
}

/// Whether the server itself names a value or a link of a record as the cause.
pub fn is_about_one_record(error: &CrmError, names: &FieldNames) -> bool {
    is_foreign_key(error) || !suspects(error, names).is_empty()
}

/// The server has no code for it, only this text.
fn is_refused_email(error: &CrmError) -> bool {
    let said = error.details.get("originalError").and_then(Value::as_str);
    said.is_some_and(|said| {
        said.starts_with("Invalid string value ")
            && said.ends_with("for email field \"emails.primaryEmail\"")
    })
}

/// If the server refused the e-mail, the error gets the same `field` as our own check sets.
pub fn naming_email(error: CrmError) -> CrmError {
    match is_refused_email(&error) {
        true => error.with_detail("field", EMAIL),
        false => error,
    }
}

impl Upsert {
    /// The suspects that the record has and can be written without.
    fn suspects(&self, rules: &Rules, error: &CrmError) -> Vec<RefusedField> {
        let mut suspects = suspects(error, &rules.options.field_names);
        let may_go = rules.options.emails.invalid == InvalidEmail::LeaveOut;
        suspects.retain(|suspect| {
            self.mapped.fields.contains_key(&suspect.field)
                && (suspect.input_field != EMAIL || may_go)
        });
        suspects
    }

    /// Removes a refused value from the write. Of two suspects, each is removed alone before both are, so that a valid
    /// one is written. False if nothing is left to remove.
    pub(super) fn leave_out_refused(&mut self, rules: &Rules, error: &CrmError) -> bool {
        let suspects = self.suspects(rules, error);
        let is_out = |suspect: &RefusedField| self.refused_fields.contains(&suspect.field);
        let (leave_out, put_back) = match suspects.as_slice() {
            [one] if !is_out(one) => (one, None),
            [first, second] => match (is_out(first), is_out(second)) {
                (false, _) => (first, None),
                (true, false) => (second, Some(first)),
                (true, true) => return false,
            },
            _ => return false,
        };
        if let Some(good) = put_back {
            self.refused_fields.retain(|field| *field != good.field);
            self.left_out.retain(|warning| {
                warning.field != good.input_field || warning.reason != good.reason
            });
        }
        let warning = leave_out.warning(self.input.external_id(), error);
        self.left_out.push(warning);
        self.refused_fields.push(leave_out.field.clone());
        self.is_complete = false;
        true
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::core::error::ErrorCode;

    fn refusal(code: Option<&str>, said: &str) -> CrmError {
        let error =
            CrmError::new(ErrorCode::ValidationError, "refused").with_detail("originalError", said);
        match code {
            Some(code) => error.with_detail("serverCode", code),
            None => error,
        }
    }

    fn fields(error: &CrmError) -> Vec<&'static str> {
        let suspects = suspects(error, &FieldNames::default());
        suspects.iter().map(|suspect| suspect.input_field).collect()
    }

    #[test]
    fn every_code_about_phones_is_about_the_phone() {
        for code in [
            "INVALID_PHONE_NUMBER",
            "INVALID_PHONE_COUNTRY_CODE",
            "INVALID_PHONE_CALLING_CODE",
            "CONFLICTING_PHONE_COUNTRY_CODE",
            "CONFLICTING_PHONE_CALLING_CODE",
            "CONFLICTING_PHONE_CALLING_CODE_AND_COUNTRY_CODE",
        ] {
            assert_eq!(fields(&refusal(Some(code), "x")), ["phone"], "{code}");
        }
        assert!(fields(&refusal(Some("FIELD_NOT_FOUND"), "x")).is_empty());
        assert!(fields(&refusal(None, "x")).is_empty());
    }

    #[test]
    fn a_bad_link_may_be_the_website_or_the_domain() {
        assert_eq!(
            fields(&refusal(Some("INVALID_URL"), "x")),
            ["website", "domain_name"]
        );
    }

    #[test]
    fn a_refused_address_is_known_by_the_servers_words() {
        for said in [
            "Invalid string value 'not an email' for email field \"emails.primaryEmail\"",
            "Invalid string value \"o'neil@x\" for email field \"emails.primaryEmail\"",
        ] {
            let error = refusal(None, said);
            assert_eq!(fields(&error), ["email"], "{said}");
            assert_eq!(naming_email(error).details["field"], "email");
        }
        for said in [
            "Invalid string value 'x' for email field \"emails.additionalEmails\"",
            "Invalid string value 'for email field \"emails.primaryEmail\"' for field \"jobTitle\"",
        ] {
            assert!(fields(&refusal(None, said)).is_empty(), "{said}");
        }
    }
}
