//! Encrypts a short text for storage, with a secret of the caller.
//!
//! Envelope, version 1: one byte `1`, 16 bytes of salt, 12 bytes of nonce, ciphertext, 16 bytes of tag. The cipher is
//! AES-256-GCM; its key is HKDF-SHA256 of the caller's secret and the salt. Salt and nonce are random and new for every
//! encryption. The id of the row is authenticated as well, so an encrypted text cannot be moved to another row.

use ring::aead::{AES_256_GCM, Aad, LessSafeKey, NONCE_LEN, Nonce, UnboundKey};
use ring::hkdf::{HKDF_SHA256, Salt};
use ring::rand::{SecureRandom, SystemRandom};
use secrecy::{ExposeSecret, SecretString};
use serde_json::Value;

use crate::core::error::CrmError;
use crate::core::error_reason;

use super::sqlite_error::store_error;

/// Shortest secret, in bytes. It must not be a password: HKDF spreads a secret's strength but adds none.
const MIN_SECRET_BYTES: usize = 32;

const VERSION: u8 = 1;
const SALT_LEN: usize = 16;
const HEADER_LEN: usize = 1 + SALT_LEN + NONCE_LEN;
/// What is encrypted. A text that was encrypted for one purpose cannot be decrypted for the other.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Purpose {
    /// The API key of a stored configuration.
    ApiKey,
    /// A change that waits in an outbox.
    Change,
}

impl Purpose {
    const fn label(self) -> &'static [u8] {
        match self {
            Self::ApiKey => b"twenty-crm-native/api-key/v1",
            Self::Change => b"twenty-crm-native/outbox/v1",
        }
    }

    const fn noun(self) -> &'static str {
        match self {
            Self::ApiKey => "API key",
            Self::Change => "change",
        }
    }

    const fn remedy(self) -> &'static str {
        match self {
            Self::ApiKey => "or save the key again",
            Self::Change => "or pass the secret that it was written with",
        }
    }
}

/// The caller's secrets: the first encrypts, all of them decrypt.
pub struct Secrets {
    secrets: Vec<SecretString>,
    purpose: Purpose,
}

/// A decrypted text.
pub struct Opened {
    /// The text.
    pub text: SecretString,
    /// Whether it was encrypted with the first secret.
    pub is_current: bool,
}

impl Secrets {
    /// From an array of texts (`secrets`; if it is empty, nothing is encrypted), or from one text (`secret`).
    ///
    /// # Errors
    /// VALIDATION_ERROR that names `secrets` or `secret`, without showing any of them.
    pub fn from_json(json: &str, purpose: Purpose) -> Result<Self, CrmError> {
        let (field, items) = match serde_json::from_str(json) {
            Ok(Value::Array(items)) => ("secrets", items),
            Ok(one) => ("secret", vec![one]),
            Err(_) => {
                let message = "secrets must be an array of strings";
                return Err(CrmError::validation("secrets", message));
            }
        };
        let mut secrets = Vec::with_capacity(items.len());
        for item in items {
            match item {
                Value::String(text) if text.len() >= MIN_SECRET_BYTES => {
                    secrets.push(SecretString::from(text));
                }
                _ => {
                    let message = format!(
                        "a secret must be a random text of at least {MIN_SECRET_BYTES} bytes, \
                         for example what `openssl rand -base64 32` prints"
                    );
                    return Err(CrmError::validation(field, message));
                }
            }
        }
        Ok(Self { secrets, purpose })
    }

    /// Whether texts are encrypted at all.
    pub fn seals(&self) -> bool {
        !self.secrets.is_empty()
    }

    /// Encrypts `text` for row `id` with the first secret.
    ///
    /// # Errors
    /// OPERATION_FAILED if there is no secret, or the operating system provides no random numbers.
    pub fn seal(&self, text: &SecretString, id: &str) -> Result<Vec<u8>, CrmError> {
        let failed = || {
            let noun = self.purpose.noun();
            store_error(format!("the {noun} could not be encrypted"))
        };
        let secret = self.secrets.first().ok_or_else(failed)?;
        let mut envelope = vec![0; HEADER_LEN];
        envelope[0] = VERSION;
        SystemRandom::new()
            .fill(&mut envelope[1..])
            .map_err(|_| failed())?;
        let (salt, nonce) = envelope[1..].split_at(SALT_LEN);
        let nonce = Nonce::try_assume_unique_for_key(nonce).map_err(|_| failed())?;
        let key = key(secret, salt, self.purpose).ok_or_else(failed)?;
        let mut sealed = text.expose_secret().as_bytes().to_vec();
        key.seal_in_place_append_tag(nonce, aad(id), &mut sealed)
            .map_err(|_| failed())?;
        envelope.extend(sealed);
        Ok(envelope)
    }

    /// Decrypts a text that was encrypted for row `id` with any of the secrets.
    ///
    /// # Errors
    /// OPERATION_FAILED with `details.reason` `SECRET` if none of them fits.
    pub fn open(&self, envelope: &[u8], id: &str) -> Result<Opened, CrmError> {
        let (noun, remedy) = (self.purpose.noun(), self.purpose.remedy());
        if !self.seals() {
            return Err(wrong_secret(format!(
                "the stored {noun} is encrypted: pass the secret that it was saved with"
            )));
        }
        if envelope.len() < HEADER_LEN || envelope[0] != VERSION {
            return Err(wrong_secret(format!(
                "the stored {noun} was encrypted in a format that this version of twenty-crm-native does not know: \
                 update the package, {remedy}"
            )));
        }
        for (position, secret) in self.secrets.iter().enumerate() {
            if let Some(text) = open(secret, envelope, id, self.purpose) {
                return Ok(Opened {
                    text,
                    is_current: position == 0,
                });
            }
        }
        Err(wrong_secret(format!(
            "the stored {noun} cannot be decrypted with the given secret: pass the one that it was saved with \
             (after a change of secrets, secrets: [current, previous]), {remedy}"
        )))
    }
}

fn wrong_secret(message: String) -> CrmError {
    store_error(message).with_detail("reason", error_reason::SECRET)
}

fn key(secret: &SecretString, salt: &[u8], purpose: Purpose) -> Option<LessSafeKey> {
    let derived = Salt::new(HKDF_SHA256, salt).extract(secret.expose_secret().as_bytes());
    let label = [purpose.label()];
    let key = UnboundKey::from(derived.expand(&label, &AES_256_GCM).ok()?);
    Some(LessSafeKey::new(key))
}

fn aad(id: &str) -> Aad<Vec<u8>> {
    Aad::from([&[VERSION], id.as_bytes()].concat())
}

fn open(
    secret: &SecretString,
    envelope: &[u8],
    id: &str,
    purpose: Purpose,
) -> Option<SecretString> {
    let (salt, rest) = envelope.get(1..)?.split_at_checked(SALT_LEN)?;
    let (nonce, sealed) = rest.split_at_checked(NONCE_LEN)?;
    let nonce = Nonce::try_assume_unique_for_key(nonce).ok()?;
    let mut sealed = sealed.to_vec();
    let text = key(secret, salt, purpose)?
        .open_in_place(nonce, aad(id), &mut sealed)
        .ok()?;
    let text = String::from_utf8(text.to_vec()).ok()?;
    Some(SecretString::from(text))
}

#[cfg(test)]
mod tests {
    use super::*;

    const OLD: &str = "an old secret of thirty-two bytes, no less";
    const NEW: &str = "a new secret of thirty-two bytes, no less!";

    fn secrets(texts: &[&str]) -> Secrets {
        secrets_for(texts, Purpose::ApiKey)
    }

    fn secrets_for(texts: &[&str], purpose: Purpose) -> Secrets {
        Secrets::from_json(&serde_json::json!(texts).to_string(), purpose).expect("good secrets")
    }

    fn key_text() -> SecretString {
        SecretString::from("the-api-key")
    }

    #[test]
    fn decryption_needs_the_same_secret_and_row() {
        let envelope = secrets(&[OLD]).seal(&key_text(), "row-1").expect("sealed");
        let opened = secrets(&[OLD]).open(&envelope, "row-1").expect("opened");
        assert_eq!(opened.text.expose_secret(), "the-api-key");
        assert!(opened.is_current);
        assert!(secrets(&[OLD]).open(&envelope, "row-2").is_err());
        assert!(secrets(&[NEW]).open(&envelope, "row-1").is_err());
        assert!(secrets(&[]).open(&envelope, "row-1").is_err());
        let others = secrets_for(&[OLD], Purpose::Change);
        assert!(others.open(&envelope, "row-1").is_err());
    }

    #[test]
    fn a_previous_secret_decrypts_and_is_reported() {
        let envelope = secrets(&[OLD]).seal(&key_text(), "row").expect("sealed");
        let opened = secrets(&[NEW, OLD]).open(&envelope, "row").expect("opened");
        assert!(!opened.is_current);
    }

    #[test]
    fn every_encryption_differs_and_is_authenticated() {
        let secrets = secrets(&[OLD]);
        let one = secrets.seal(&key_text(), "row").expect("sealed");
        let other = secrets.seal(&key_text(), "row").expect("sealed");
        assert_ne!(one[1..], other[1..]);
        assert!(!one.windows(7).any(|part| part == b"api-key"));
        for byte in 0..one.len() {
            let mut changed = one.clone();
            changed[byte] ^= 1;
            assert!(secrets.open(&changed, "row").is_err(), "byte {byte}");
            assert!(secrets.open(&one[..byte], "row").is_err(), "cut at {byte}");
        }
    }

    #[test]
    fn errors_show_neither_key_nor_secret() {
        let envelope = secrets(&[OLD]).seal(&key_text(), "row").expect("sealed");
        let error = secrets(&[NEW]).open(&envelope, "row").err().expect("fails");
        assert_eq!(error.reason(), Some("SECRET"));
        let short = Secrets::from_json(r#"["hunter2"]"#, Purpose::ApiKey)
            .err()
            .expect("fails");
        for text in [error.to_json(), short.to_json()] {
            for hidden in ["the-api-key", OLD, NEW, "hunter2"] {
                assert!(!text.contains(hidden), "{text}");
            }
        }
    }
}
