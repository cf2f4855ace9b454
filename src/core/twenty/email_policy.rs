//! What happens with a person's e-mail if it is valid, missing or invalid.

use super::email;
use super::patch::Patch;
use crate::core::error::CrmError;

/// What happens to a record with an invalid e-mail (option `invalidEmail`).
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub enum InvalidEmail {
    /// The record fails with VALIDATION_ERROR.
    #[default]
    Refuse,
    /// The record is written without it, with a warning.
    LeaveOut,
}

/// What happens to a person without an e-mail address (option `missingEmail`).
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub enum MissingEmail {
    /// The record fails with VALIDATION_ERROR.
    #[default]
    Refuse,
    /// The record is written without it: `null` clears the CRM's address, absent and blank keep it.
    Allow,
}

/// The two options together.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub struct EmailPolicy {
    /// What an invalid address causes.
    pub invalid: InvalidEmail,
    /// What a missing address causes.
    pub missing: MissingEmail,
}

/// The meaning of a person's `email`.
#[derive(Clone, Debug)]
pub enum GivenEmail {
    /// Not given: the CRM's address stays.
    Kept,
    /// Cleared.
    Cleared,
    /// A normalised address.
    Address(String),
    /// Left out because it is invalid, for this reason.
    LeftOut(CrmError),
}

impl EmailPolicy {
    /// Reads `email`.
    ///
    /// # Errors
    /// VALIDATION_ERROR if it is invalid or missing and the options do not allow that.
    pub fn read(self, email: &Patch<String>) -> Result<GivenEmail, CrmError> {
        let address = match (email, self.missing) {
            (Patch::Value(text), _) => email::normalize(text),
            (Patch::Absent, MissingEmail::Allow) => return Ok(GivenEmail::Kept),
            (Patch::Null, MissingEmail::Allow) => return Ok(GivenEmail::Cleared),
            (Patch::Absent | Patch::Null, MissingEmail::Refuse) => {
                return Err(CrmError::validation(
                    "email",
                    "email is required and must be a string; set missingEmail: 'allow' for people who have none",
                ));
            }
        };
        if address.is_empty() && self.missing == MissingEmail::Allow {
            return Ok(GivenEmail::Kept);
        }
        if email::is_valid(&address) {
            return Ok(GivenEmail::Address(address));
        }
        let refused = email::invalid(&address);
        match self.invalid {
            InvalidEmail::Refuse => Err(refused),
            InvalidEmail::LeaveOut => Ok(GivenEmail::LeftOut(refused)),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The result as a keyword, the address, or the reason of a refusal.
    fn read(policy: EmailPolicy, email: &Patch<String>) -> String {
        match policy.read(email) {
            Ok(GivenEmail::Kept) => "kept".to_owned(),
            Ok(GivenEmail::Cleared) => "cleared".to_owned(),
            Ok(GivenEmail::Address(address)) => address,
            Ok(GivenEmail::LeftOut(error)) => format!("left out: {}", error.message),
            Err(error) => {
                assert_eq!(error.details["field"], "email");
                format!("refused: {}", error.message)
            }
        }
    }

    #[test]
    fn missing_and_invalid_emails_have_separate_options() {
        let value = |text: &str| Patch::Value(text.to_owned());
        let policy = |invalid, missing| EmailPolicy { invalid, missing };
        let strict = policy(InvalidEmail::Refuse, MissingEmail::Refuse);
        let lax = policy(InvalidEmail::LeaveOut, MissingEmail::Refuse);
        let allow = policy(InvalidEmail::Refuse, MissingEmail::Allow);
        let both = policy(InvalidEmail::LeaveOut, MissingEmail::Allow);
        assert_eq!(EmailPolicy::default(), strict);
        for policy in [strict, lax, allow, both] {
            let address = read(policy, &value(" Jane@Example.COM "));
            assert_eq!(address, "jane@example.com");
        }
        for policy in [strict, lax] {
            for none in [Patch::Absent, Patch::Null] {
                let refused = read(policy, &none);
                assert!(refused.starts_with("refused: email is required"));
                assert!(refused.contains("missingEmail"), "{refused}");
            }
        }
        for policy in [allow, both] {
            assert_eq!(read(policy, &Patch::Absent), "kept");
            assert_eq!(read(policy, &Patch::Null), "cleared");
            for blank in ["", "  ", "\t\n", "\u{a0}"] {
                assert_eq!(read(policy, &value(blank)), "kept");
            }
        }
        for (policy, text, how) in [
            (strict, "", "refused"),
            (strict, "nope", "refused"),
            (allow, "nope", "refused"),
            (lax, "", "left out"),
            (lax, "nope", "left out"),
            (both, "nope", "left out"),
        ] {
            let expected = format!("{how}: {}", email::invalid(text).message);
            assert_eq!(read(policy, &value(text)), expected);
        }
    }
}
