//! Options of a service and of a call. Everything is checked once, here.

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
    /// Set its external id, fill only its blank fields, and warn which fields were kept. The default, because an e-mail
    /// typed on a public site is not verified.
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
    /// The row becomes ours; if we have a row already, the other row loses the value.
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
    /// Do not write it, and warn.
    Skip,
    /// Fail the record.
    Report,
}

/// What happens when our own row no longer exists (destroyed, or lost in a merge).
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum OwnGone {
    /// Create it again. The default.
    #[default]
    Create,
    /// Do not create it, and warn.
    Skip,
    /// Fail the record.
    Report,
}

/// The policy for each kind of collision (`docs/twenty/mapping.md#collisions`).
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash, Deserialize)]
#[serde(rename_all = "camelCase", default, deny_unknown_fields)]
pub struct Collisions {
    /// A row with our e-mail or domain and no external id.
    pub unclaimed_match: UnclaimedMatch,
    /// A row with our e-mail or domain that carries another external id.
    pub claimed_match: ClaimedMatch,
    /// A soft-deleted row with our e-mail or domain.
    pub deleted_match: DeletedMatch,
    /// Our own row, soft-deleted.
    pub own_deleted: OwnDeleted,
    /// Our own row, which no longer exists.
    pub own_gone: OwnGone,
}

impl Collisions {
    /// The policies for a company that a person names: a person's data never overwrites the company, and takes no value
    /// from another row.
    #[must_use]
    pub fn of_named_company(mut self) -> Self {
        self.claimed_match = ClaimedMatch::LeaveOut;
        if self.unclaimed_match == UnclaimedMatch::Adopt {
            self.unclaimed_match = UnclaimedMatch::Link;
        }
        self
    }
}

/// A service's options.
#[derive(Clone, Debug)]
pub struct ServiceOptions {
    /// How long a cached id is used, in milliseconds.
    pub cache_ttl_ms: u64,
    /// How long the hash of the last write is trusted, in milliseconds: the row may be changed in the CRM.
    pub hash_ttl_ms: u64,
    /// The country of national phone numbers. `None`: such numbers are left out with a warning.
    pub default_country: Option<Country>,
    /// The collision policies.
    pub collisions: Collisions,
    /// Separates several sites in one workspace.
    pub namespace: Option<String>,
    /// Who owns which field of an existing record.
    pub ownership: Ownership,
    /// Names of the custom fields.
    pub field_names: FieldNames,
    /// What happens with an invalid or missing e-mail.
    pub emails: EmailPolicy,
    /// What identifies a person's company.
    pub company_key: CompanyKey,
    /// Whether concurrent single calls may share requests.
    pub batching: bool,
}

impl ServiceOptions {
    /// The settings of a translation, for an object of the schema and the workspace's form of domains.
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

    /// Parses the options of `createTwentyCrmSyncService`, given as JSON text.
    ///
    /// # Errors
    /// VALIDATION_ERROR that names the option.
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

/// Options of one call (`UpsertOptions` of the public types).
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct CallOptions {
    /// Whether remembered ids are used. `false` bypasses the cache and the store.
    pub use_cache: bool,
    /// Send nothing if the last write of the record had the same values.
    pub skip_unchanged: bool,
    /// Always send, even if the last write had the same values.
    pub force: bool,
    /// How often to retry after a lost race.
    pub max_conflict_retries: u32,
    /// How long to wait before that, in milliseconds.
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
    /// Parses `UpsertOptions` from JSON text.
    ///
    /// # Errors
    /// VALIDATION_ERROR that names the option.
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

/// One of two texts; the first is the default.
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

/// An option of type `T`; absent and null both mean "not given". The error has serde's text, which names the key and
/// the expected value.
fn read<T: DeserializeOwned>(options: &Options, name: &str) -> Result<Option<T>, CrmError> {
    match options.get(name) {
        None | Some(Value::Null) => Ok(None),
        Some(value) => T::deserialize(value)
            .map(Some)
            .map_err(|error| CrmError::validation(name, format!("{name}: {error}"))),
    }
}

/// Like [`read`], for a type with its own check.
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
