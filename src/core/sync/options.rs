//! How a service and a call want their upserts done. Everything is checked once, here.

use serde::Deserialize;
use serde::de::DeserializeOwned;
use serde_json::Value;

use crate::core::config::{self, Options};
use crate::core::error::CrmError;
use crate::core::twenty::company_key::CompanyKey;
use crate::core::twenty::domain::DomainForm;
use crate::core::twenty::email_policy::{EmailPolicy, InvalidEmail, MissingEmail};
use crate::core::twenty::fields::FieldNames;
use crate::core::twenty::ids::check_namespace;
use crate::core::twenty::phone::Country;
use crate::core::twenty::record::MapContext;
use crate::core::twenty::schema::ObjectSchema;

use super::record::ownership::Ownership;

/// What happens when a row with our e-mail or domain has no external id (`docs/twenty/mapping.md#collisions`).
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum UnclaimedMatch {
    /// Set its external id, fill only its blank fields, warn with the fields that were kept. The default: an e-mail
    /// typed on a public site is unverified.
    #[default]
    Link,
    /// Set its external id and write everything.
    Adopt,
    /// Fail the record.
    Report,
}

/// What happens when the row with our e-mail or domain belongs to another external id.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum ClaimedMatch {
    /// Write the record without the value, and warn with both ids. The default.
    #[default]
    LeaveOut,
    /// Fail the record.
    Report,
    /// The row becomes ours; where we have a row already, the other row loses the value.
    TakeOver,
}

/// What happens when the row with our e-mail or domain is soft-deleted and not ours.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum DeletedMatch {
    /// Write the record without the value, and warn. The default.
    #[default]
    LeaveOut,
    /// Fail the record.
    Report,
}

/// What happens when our own row is soft-deleted.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum OwnDeleted {
    /// Restore it in the same request that writes it. The default.
    #[default]
    Revive,
    /// Leave it as it is, with a warning.
    Skip,
    /// Fail the record.
    Report,
}

/// What happens when our own row is gone (destroyed, or lost in a merge).
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum OwnGone {
    /// Create it again. The default.
    #[default]
    Create,
    /// Leave it gone, with a warning.
    Skip,
    /// Fail the record.
    Report,
}

/// What each kind of collision gets (`docs/twenty/mapping.md#collisions`).
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash, Deserialize)]
#[serde(rename_all = "camelCase", default, deny_unknown_fields)]
pub struct Collisions {
    /// A row with our e-mail or domain that nobody claimed.
    pub unclaimed_match: UnclaimedMatch,
    /// A row with our e-mail or domain that carries another external id.
    pub claimed_match: ClaimedMatch,
    /// A soft-deleted row with our e-mail or domain.
    pub deleted_match: DeletedMatch,
    /// Our own row, soft-deleted.
    pub own_deleted: OwnDeleted,
    /// Our own row, gone.
    pub own_gone: OwnGone,
}

impl Collisions {
    /// For a company that a person names: what a person says of it never writes over it, nor takes anything from another.
    #[must_use]
    pub fn of_named_company(mut self) -> Self {
        self.claimed_match = ClaimedMatch::LeaveOut;
        if self.unclaimed_match == UnclaimedMatch::Adopt {
            self.unclaimed_match = UnclaimedMatch::Link;
        }
        self
    }
}

/// A service's settings.
#[derive(Clone, Debug)]
pub struct ServiceOptions {
    /// How long a remembered id is believed, in milliseconds.
    pub cache_ttl_ms: u64,
    /// How long the hash of what was written is believed, in milliseconds: a row may be changed over there.
    pub hash_ttl_ms: u64,
    /// The country whose national phone numbers are understood; none: they are left out with a warning.
    pub default_country: Option<Country>,
    /// The collision table.
    pub collisions: Collisions,
    /// Keeps two sites in one workspace apart.
    pub namespace: Option<String>,
    /// Who owns which field of an existing record.
    pub ownership: Ownership,
    /// Names of the custom fields.
    pub field_names: FieldNames,
    /// What an invalid e-mail does, and none at all.
    pub emails: EmailPolicy,
    /// What a person's company is known by.
    pub company_key: CompanyKey,
    /// Whether single calls that are under way at once may share requests.
    pub batching: bool,
}

impl ServiceOptions {
    /// What a translation depends on, for an object of the schema and the form in which the workspace stores domains.
    pub fn map_context<'a>(
        &'a self,
        schema: &'a ObjectSchema,
        domain_form: DomainForm,
    ) -> MapContext<'a> {
        MapContext {
            schema,
            field_names: &self.field_names,
            default_country: self.default_country,
            emails: self.emails,
            company_key: self.company_key,
            namespace: self.namespace.as_deref(),
            domain_form,
        }
    }

    /// Reads the options object that `createTwentyCrmSyncService` takes, as JSON text.
    ///
    /// # Errors
    /// VALIDATION_ERROR naming the option.
    pub fn from_json(text: &str) -> Result<Self, CrmError> {
        let options = Options::parse(text, "options")?;
        Ok(Self {
            cache_ttl_ms: options
                .millis("cacheTtlMs", 0)?
                .unwrap_or(config::CACHE_TTL_MS),
            hash_ttl_ms: options
                .millis("hashTtlMs", 0)?
                .unwrap_or(config::HASH_TTL_MS),
            default_country: read::<String>(&options, "defaultCountry")?
                .map(|code| Country::parse(&code))
                .transpose()?,
            collisions: read(&options, "collisions")?.unwrap_or_default(),
            namespace: read_checked(&options, "namespace", |text: &String| check_namespace(text))?,
            ownership: read_checked(&options, "fieldOwnership", Ownership::check)?
                .unwrap_or_default(),
            field_names: read_checked(&options, "fieldNames", FieldNames::check)?
                .unwrap_or_default(),
            company_key: choice(
                &options,
                "companyKey",
                [
                    ("external_id", CompanyKey::ExternalId),
                    ("email_domain", CompanyKey::EmailDomain),
                ],
            )?,
            emails: email_policy(&options)?,
            batching: match options.get("batching") {
                None => true,
                Some(_) => options.flag("batching")?,
            },
        })
    }
}

fn email_policy(options: &Options) -> Result<EmailPolicy, CrmError> {
    Ok(EmailPolicy {
        invalid: choice(
            options,
            "invalidEmail",
            [
                ("refuse", InvalidEmail::Refuse),
                ("leave_out", InvalidEmail::LeaveOut),
            ],
        )?,
        missing: choice(
            options,
            "missingEmail",
            [
                ("refuse", MissingEmail::Refuse),
                ("allow", MissingEmail::Allow),
            ],
        )?,
    })
}

/// One call's settings (`UpsertOptions` of the public types).
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct CallOptions {
    /// Whether remembered ids are used. `false` bypasses everything remembered: ids and stores.
    pub use_cache: bool,
    /// Send nothing when the record was written last as it would be written now.
    pub skip_unchanged: bool,
    /// Send in any case: what was written last is not looked at.
    pub force: bool,
    /// How often a lost race is tried again.
    pub max_conflict_retries: u32,
    /// The wait before a lost race is tried again, in milliseconds.
    pub conflict_retry_delay_ms: u64,
}

impl Default for CallOptions {
    fn default() -> Self {
        Self {
            use_cache: true,
            skip_unchanged: false,
            force: false,
            max_conflict_retries: config::MAX_CONFLICT_RETRIES,
            conflict_retry_delay_ms: config::CONFLICT_RETRY_DELAY_MS,
        }
    }
}

impl CallOptions {
    /// Reads `UpsertOptions` from JSON text.
    ///
    /// # Errors
    /// VALIDATION_ERROR naming the option.
    pub fn from_json(text: &str) -> Result<Self, CrmError> {
        let options = Options::parse(text, "options")?;
        let defaults = Self::default();
        let retries = options.integer("maxConflictRetries", 0, config::MAX_RETRIES_LIMIT)?;
        Ok(Self {
            use_cache: match options.get("useCache") {
                None => defaults.use_cache,
                Some(_) => options.flag("useCache")?,
            },
            skip_unchanged: options.flag("skipUnchanged")?,
            force: options.flag("force")?,
            max_conflict_retries: retries
                .and_then(|retries| u32::try_from(retries).ok())
                .unwrap_or(defaults.max_conflict_retries),
            conflict_retry_delay_ms: options
                .millis("conflictRetryDelay", 0)?
                .unwrap_or(defaults.conflict_retry_delay_ms),
        })
    }
}

/// One of two words; the first is the default.
fn choice<T: Copy>(options: &Options, name: &str, words: [(&str, T); 2]) -> Result<T, CrmError> {
    let [(first, default), (second, _)] = words;
    let Some(word) = read::<String>(options, name)? else {
        return Ok(default);
    };
    let found = words.into_iter().find(|(known, _)| *known == word);
    found.map(|(_, choice)| choice).ok_or_else(|| {
        CrmError::validation(name, format!("{name} must be \"{first}\" or \"{second}\""))
    })
}

/// An option of type `T`; absent and null are "not given". serde's own text names the key and what would be right.
fn read<T: DeserializeOwned>(options: &Options, name: &str) -> Result<Option<T>, CrmError> {
    match options.get(name) {
        None | Some(Value::Null) => Ok(None),
        Some(value) => T::deserialize(value)
            .map(Some)
            .map_err(|error| CrmError::validation(name, format!("{name}: {error}"))),
    }
}

/// As [`read`], for what has rules of its own.
fn read_checked<T: DeserializeOwned>(
    options: &Options,
    name: &str,
    check: impl Fn(&T) -> Result<(), CrmError>,
) -> Result<Option<T>, CrmError> {
    let value = read(options, name)?;
    if let Some(value) = &value {
        check(value)?;
    }
    Ok(value)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn nothing_given_means_the_defaults() {
        let options = ServiceOptions::from_json("{}").expect("valid");
        assert_eq!(options.cache_ttl_ms, config::CACHE_TTL_MS);
        assert_eq!(options.collisions, Collisions::default());
        assert_eq!(
            CallOptions::from_json("{}").expect("valid"),
            CallOptions::default()
        );
    }

    #[test]
    fn every_bad_option_is_named() {
        for (text, name) in [
            (r#"{"cacheTtlMs":-1}"#, "cacheTtlMs"),
            (r#"{"cacheTtlMs":"5"}"#, "cacheTtlMs"),
            (r#"{"defaultCountry":"Germany"}"#, "defaultCountry"),
            (r#"{"collisions":{"ownGone":"cry"}}"#, "collisions"),
            (r#"{"collisions":{"nope":"link"}}"#, "collisions"),
            (r#"{"namespace":""}"#, "namespace"),
            (r#"{"invalidEmail":"maybe"}"#, "invalidEmail"),
            (r#"{"missingEmail":"maybe"}"#, "missingEmail"),
            (r#"{"companyKey":"name"}"#, "companyKey"),
            (
                r#"{"fieldOwnership":{"person":{"name":"mine"}}}"#,
                "fieldOwnership",
            ),
        ] {
            let error = ServiceOptions::from_json(text).expect_err(text);
            assert_eq!(error.details["field"], name, "{text}");
            assert!(error.message.contains(name), "{}", error.message);
        }
        for (text, name) in [
            (r#"{"useCache":1}"#, "useCache"),
            (r#"{"maxConflictRetries":1.5}"#, "maxConflictRetries"),
            (r#"{"conflictRetryDelay":-5}"#, "conflictRetryDelay"),
        ] {
            let error = CallOptions::from_json(text).expect_err(text);
            assert_eq!(error.details["field"], name, "{text}");
        }
    }
}
