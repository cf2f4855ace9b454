//! The CRM configuration of an installation: one row in an SQLite file, with the API key encrypted if the caller has a
//! secret. This store only checks types; the repository above it checks the URL and the key.

use rusqlite::{Connection, OptionalExtension, Row, params};
use secrecy::{ExposeSecret, SecretString};
use serde_json::{Value, json};
use uuid::Uuid;

use crate::core::config::Options;
use crate::core::error::{CrmError, ErrorCode};
use crate::core::error_reason;
use crate::core::quoted::Quoted;

use super::seal::{Purpose, Secrets};
use super::sqlite_db::{Access, DatabaseUser};
use super::sqlite_error::store_error;

const SELECT: &str = "SELECT id, base_url, api_key, sealed_api_key, enabled, sync_mode,
    created_by, updated_by, created_at, updated_at FROM crm_config";

const INSERT: &str = "INSERT INTO crm_config (singleton, id, base_url, api_key, sealed_api_key,
    enabled, sync_mode, created_by, updated_by, created_at, updated_at)
    VALUES (1, ?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10)";

const UPDATE: &str = "UPDATE crm_config SET base_url = ?2, api_key = ?3, sealed_api_key = ?4,
    enabled = ?5, sync_mode = ?6, updated_by = ?7, updated_at = ?8 WHERE id = ?1";

/// The public `TwentyCrmConfig`. No `Debug`: it holds the key.
#[derive(Clone)]
pub struct StoredConfig {
    id: String,
    base_url: String,
    api_key: SecretString,
    enabled: bool,
    sync_mode: String,
    created_by: Option<String>,
    updated_by: Option<String>,
    created_at_ms: i64,
    updated_at_ms: i64,
}

impl StoredConfig {
    /// JSON text with the key in plain text, for the caller's own process; times in milliseconds since the epoch.
    pub fn to_json(&self) -> String {
        json!({
            "id": self.id,
            "baseUrl": self.base_url,
            "apiKey": self.api_key.expose_secret(),
            "enabled": self.enabled,
            "syncMode": self.sync_mode,
            "createdBy": self.created_by,
            "updatedBy": self.updated_by,
            "createdAt": self.created_at_ms,
            "updatedAt": self.updated_at_ms,
        })
        .to_string()
    }
}

/// The fields to change; `None` keeps a field.
#[derive(Clone, Default)]
pub struct ConfigChange {
    base_url: Option<String>,
    api_key: Option<SecretString>,
    enabled: Option<bool>,
    sync_mode: Option<String>,
}

impl ConfigChange {
    /// Parses an `UpdateTwentyCrmConfigRequest`, or a part of it, from JSON text.
    ///
    /// # Errors
    /// VALIDATION_ERROR that names the field.
    pub fn from_json(json: &str) -> Result<Self, CrmError> {
        let data = Options::parse(json, "data")?;
        let text = |name: &str| match data.get(name) {
            None => Ok(None),
            Some(Value::String(text)) => Ok(Some(text.clone())),
            Some(_) => Err(CrmError::validation(
                name,
                format!("{name} must be a string"),
            )),
        };
        let sync_mode = text("syncMode")?;
        if let Some(mode) = &sync_mode
            && !["disabled", "platform", "direct_crm"].contains(&mode.as_str())
        {
            return Err(CrmError::validation(
                "syncMode",
                "syncMode must be \"disabled\", \"platform\" or \"direct_crm\"",
            ));
        }
        Ok(Self {
            base_url: text("baseUrl")?,
            api_key: text("apiKey")?.map(SecretString::from),
            enabled: match data.get("enabled") {
                None => None,
                Some(_) => Some(data.flag("enabled")?),
            },
            sync_mode,
        })
    }

    fn applied_to(self, config: &mut StoredConfig) {
        if let Some(base_url) = self.base_url {
            config.base_url = base_url;
        }
        if let Some(api_key) = self.api_key {
            config.api_key = api_key;
        }
        if let Some(enabled) = self.enabled {
            config.enabled = enabled;
        }
        if let Some(sync_mode) = self.sync_mode {
            config.sync_mode = sync_mode;
        }
    }
}

/// The configuration of one file.
pub struct SqliteConfigStore {
    database: DatabaseUser,
    secrets: std::sync::Arc<Secrets>,
}

/// A row with its key as stored in the file.
struct RawRow {
    config: StoredConfig,
    sealed: Option<Vec<u8>>,
}

impl SqliteConfigStore {
    /// Opens the file at `path`, which a mapping store may use too. `secrets` is a JSON array: the first encrypts the
    /// API key, all of them decrypt it; without secrets the key is stored in plain text.
    ///
    /// # Errors
    /// VALIDATION_ERROR that names `path` or `secrets`.
    pub fn new(path: &str, secrets: &str) -> Result<Self, CrmError> {
        Ok(Self {
            secrets: Secrets::from_json(secrets, Purpose::ApiKey)?.into(),
            database: DatabaseUser::join(path)?,
        })
    }

    /// The configuration, if there is one.
    ///
    /// # Errors
    /// OPERATION_FAILED, with `details.reason` `SECRET` if the key cannot be decrypted.
    pub async fn get(&self) -> Result<Option<StoredConfig>, CrmError> {
        let row = self.database.run(Access::Read, read).await?;
        row.map(|row| opened(row, &self.secrets)).transpose()
    }

    /// Creates the configuration; `user` is its author.
    ///
    /// # Errors
    /// VALIDATION_ERROR that names the missing field; OPERATION_FAILED with `details.reason` `EXISTS` if there is one
    /// already.
    pub async fn create(
        &self,
        data: ConfigChange,
        user: Option<String>,
    ) -> Result<StoredConfig, CrmError> {
        let missing = |name: &str| CrmError::validation(name, format!("{name} is missing"));
        let now_ms = i64::try_from(self.database.now_ms()).unwrap_or(i64::MAX);
        let config = StoredConfig {
            id: Uuid::new_v4().to_string(),
            base_url: data.base_url.ok_or_else(|| missing("baseUrl"))?,
            api_key: data.api_key.ok_or_else(|| missing("apiKey"))?,
            enabled: data.enabled.ok_or_else(|| missing("enabled"))?,
            sync_mode: data.sync_mode.ok_or_else(|| missing("syncMode"))?,
            created_by: user.clone(),
            updated_by: user,
            created_at_ms: now_ms,
            updated_at_ms: now_ms,
        };
        let (plain, sealed) = self.key_columns(&config)?;
        let row = config.clone();
        let is_new = self
            .database
            .run(Access::Write, move |connection| {
                if read(connection)?.is_some() {
                    return Ok(false);
                }
                connection.prepare_cached(INSERT)?.execute(params![
                    row.id,
                    row.base_url,
                    plain.as_ref().map(ExposeSecret::expose_secret),
                    sealed,
                    row.enabled,
                    row.sync_mode,
                    row.created_by,
                    row.updated_by,
                    row.created_at_ms,
                    row.updated_at_ms,
                ])?;
                Ok(true)
            })
            .await?;
        if !is_new {
            return Err(
                store_error("a configuration already exists: update it instead")
                    .with_detail("reason", error_reason::EXISTS),
            );
        }
        Ok(config)
    }

    /// Changes the configuration; fields that `data` lacks keep their values. Setting a new key does not require the
    /// old secret.
    ///
    /// # Errors
    /// NOT_FOUND if no configuration has this id; otherwise as [`Self::get`].
    pub async fn update(
        &self,
        id: String,
        data: ConfigChange,
        user: Option<String>,
    ) -> Result<StoredConfig, CrmError> {
        let now_ms = i64::try_from(self.database.now_ms()).unwrap_or(i64::MAX);
        let secrets = std::sync::Arc::clone(&self.secrets);
        self.database
            .run(Access::Write, move |connection| {
                let Some(mut row) = read(connection)?.filter(|row| row.config.id == id) else {
                    return Ok(Err(CrmError::new(
                        ErrorCode::NotFound,
                        format!("no configuration has the id {}", Quoted(&id)),
                    )));
                };
                if data.api_key.is_some() {
                    row.sealed = None;
                }
                let mut config = match opened(row, &secrets) {
                    Ok(config) => config,
                    Err(error) => return Ok(Err(error)),
                };
                data.applied_to(&mut config);
                config.updated_by = user;
                config.updated_at_ms = now_ms.max(config.created_at_ms);
                let (plain, sealed) = match key_columns(&secrets, &config) {
                    Ok(columns) => columns,
                    Err(error) => return Ok(Err(error)),
                };
                write(connection, &config, plain.as_ref(), sealed)?;
                Ok(Ok(config))
            })
            .await?
    }

    /// Removes the configuration; false if none has this id.
    ///
    /// # Errors
    /// OPERATION_FAILED.
    pub async fn delete(&self, id: String) -> Result<bool, CrmError> {
        self.database
            .run(Access::Write, move |connection| {
                let gone = connection.execute("DELETE FROM crm_config WHERE id = ?1", [id])?;
                Ok(gone > 0)
            })
            .await
    }

    /// Encrypts the stored key with the first secret, if it is in plain text or encrypted with another one; false if
    /// nothing had to change. Overwritten bytes are wiped from the file.
    ///
    /// # Errors
    /// As [`Self::get`].
    pub async fn reseal(&self) -> Result<bool, CrmError> {
        let secrets = std::sync::Arc::clone(&self.secrets);
        let is_changed = self
            .database
            .run(Access::Write, move |connection| {
                let Some(row) = read(connection)?.filter(|_| secrets.seals()) else {
                    return Ok(Ok(false));
                };
                let is_current = match &row.sealed {
                    None => Ok(false),
                    Some(envelope) => secrets
                        .open(envelope, &row.config.id)
                        .map(|opened| opened.is_current),
                };
                let sealed = is_current.and_then(|is_current| {
                    if is_current {
                        return Ok(None);
                    }
                    let config = opened(row, &secrets)?;
                    let (_, sealed) = key_columns(&secrets, &config)?;
                    Ok(Some((config, sealed)))
                });
                match sealed {
                    Err(error) => Ok(Err(error)),
                    Ok(None) => Ok(Ok(false)),
                    Ok(Some((config, sealed))) => {
                        write(connection, &config, None, sealed)?;
                        Ok(Ok(true))
                    }
                }
            })
            .await??;
        if is_changed {
            // The write-ahead log still has the old page until a checkpoint. If another process prevents the checkpoint
            // now, that process's next one does it.
            let truncate = |connection: &Connection| {
                connection.execute_batch("PRAGMA wal_checkpoint(TRUNCATE)")
            };
            let _ = self.database.run(Access::Read, truncate).await;
        }
        Ok(is_changed)
    }

    /// Closes the store after all earlier calls; later calls fail.
    pub async fn close(&self) {
        self.database.close().await;
    }

    fn key_columns(&self, config: &StoredConfig) -> Result<KeyColumns, CrmError> {
        key_columns(&self.secrets, config)
    }
}

/// The key in plain text, or encrypted.
type KeyColumns = (Option<SecretString>, Option<Vec<u8>>);

fn key_columns(secrets: &Secrets, config: &StoredConfig) -> Result<KeyColumns, CrmError> {
    if secrets.seals() {
        let sealed = secrets.seal(&config.api_key, &config.id)?;
        Ok((None, Some(sealed)))
    } else {
        Ok((Some(config.api_key.clone()), None))
    }
}

fn opened(row: RawRow, secrets: &Secrets) -> Result<StoredConfig, CrmError> {
    let mut config = row.config;
    if let Some(envelope) = row.sealed {
        config.api_key = secrets.open(&envelope, &config.id)?.text;
    }
    Ok(config)
}

fn write(
    connection: &Connection,
    config: &StoredConfig,
    plain: Option<&SecretString>,
    sealed: Option<Vec<u8>>,
) -> rusqlite::Result<()> {
    connection.prepare_cached(UPDATE)?.execute(params![
        config.id,
        config.base_url,
        plain.map(ExposeSecret::expose_secret),
        sealed,
        config.enabled,
        config.sync_mode,
        config.updated_by,
        config.updated_at_ms,
    ])?;
    Ok(())
}

fn read(connection: &Connection) -> rusqlite::Result<Option<RawRow>> {
    connection
        .prepare_cached(SELECT)?
        .query_row([], raw_row)
        .optional()
}

fn raw_row(row: &Row<'_>) -> rusqlite::Result<RawRow> {
    let plain: Option<String> = row.get(2)?;
    Ok(RawRow {
        sealed: row.get(3)?,
        config: StoredConfig {
            id: row.get(0)?,
            base_url: row.get(1)?,
            api_key: SecretString::from(plain.unwrap_or_default()),
            enabled: row.get(4)?,
            sync_mode: row.get(5)?,
            created_by: row.get(6)?,
            updated_by: row.get(7)?,
            created_at_ms: row.get(8)?,
            updated_at_ms: row.get(9)?,
        },
    })
}
