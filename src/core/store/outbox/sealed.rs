//! Changes as stored in the file: encrypted if there are secrets.

use secrecy::{ExposeSecret, SecretString};

use super::request::NewChange;
use crate::core::error::CrmError;
use crate::core::store::seal::Secrets;

/// The id that an encrypted payload is bound to, so that it cannot be moved to another record.
pub(super) fn seal_id(entity: &str, external_id: &str) -> String {
    format!("{entity}:{external_id}")
}

pub(super) fn locked(secrets: &Secrets, text: String, id: &str) -> Result<Vec<u8>, CrmError> {
    if secrets.seals() {
        secrets.seal(&SecretString::from(text), id)
    } else {
        Ok(text.into_bytes())
    }
}

/// Plain text is the JSON text of an object; an encrypted payload starts differently.
pub(super) fn unlocked(secrets: &Secrets, bytes: &[u8], id: &str) -> Result<String, CrmError> {
    if bytes.first() == Some(&b'{') {
        return Ok(String::from_utf8_lossy(bytes).into_owned());
    }
    let opened = secrets.open(bytes, id)?;
    Ok(opened.text.expose_secret().to_owned())
}

/// A change that is ready to be written.
pub(super) struct SealedChange {
    pub(super) entity: String,
    pub(super) external_id: String,
    pub(super) needs: Option<String>,
    pub(super) payload: Vec<u8>,
}

pub(super) fn sealed_change(
    secrets: &Secrets,
    change: NewChange,
) -> Result<SealedChange, CrmError> {
    let id = seal_id(&change.entity, &change.external_id);
    Ok(SealedChange {
        payload: locked(secrets, change.payload, &id)?,
        entity: change.entity,
        external_id: change.external_id,
        needs: change.needs,
    })
}
