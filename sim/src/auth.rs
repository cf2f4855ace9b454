//! API keys and the authentication middleware (`docs/twenty/protocol.md#keys`).

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use serde::Serialize;
use serde_json::json;

use crate::errors::ApiError;
use crate::workspace::WORKSPACE_ID;

/// Whether a key is valid.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum KeyStatus {
    /// Valid.
    Active,
    /// 403 "This API Key is revoked".
    Revoked,
    /// 401 "Token has expired."
    Expired,
}

/// A key the server knows.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ApiKey {
    /// The bearer token, shaped like a JWT.
    pub token: String,
    /// Shown in `createdBy.name` of what the key writes.
    pub name: String,
    /// Whether the key is valid.
    pub status: KeyStatus,
    /// May create, change and delete records.
    pub may_write: bool,
    /// May use the metadata and webhook routes.
    pub may_administer: bool,
    /// A user's access token instead of an API key.
    pub is_session: bool,
}

/// The tokens of all keys, by permissions.
#[derive(Debug, Clone, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Tokens {
    /// All permissions.
    pub full: String,
    /// Reads records only.
    pub read_only: String,
    /// Reads and writes records, no metadata.
    pub no_metadata: String,
    /// Revoked.
    pub revoked: String,
    /// Expired.
    pub expired: String,
    /// Access token of a user with all permissions.
    pub admin_token: String,
    /// Access token of a user who may not change settings.
    pub member_token: String,
}

/// All keys of the workspace.
#[derive(Debug, Clone)]
pub struct KeyRing {
    keys: Vec<ApiKey>,
}

/// Expiry of valid keys: the year 2100, in seconds.
const FAR_FUTURE_S: i64 = 4_102_444_800;

impl KeyRing {
    /// Makes the keys from the random generator.
    pub fn new(rng: &mut fastrand::Rng, now_ms: i64) -> Self {
        let now = now_ms / 1000;
        let mut key = |name: &str, status, may_write, may_administer| {
            let expires = if status == KeyStatus::Expired {
                now - 3600
            } else {
                FAR_FUTURE_S
            };
            ApiKey {
                token: token(rng, expires),
                name: name.to_owned(),
                status,
                may_write,
                may_administer,
                is_session: false,
            }
        };
        let person = |key: ApiKey| ApiKey {
            is_session: true,
            ..key
        };
        Self {
            keys: vec![
                key("My api key", KeyStatus::Active, true, true),
                key("Read only", KeyStatus::Active, false, false),
                key("Records only", KeyStatus::Active, true, false),
                key("Revoked", KeyStatus::Revoked, true, true),
                key("Expired", KeyStatus::Expired, true, true),
                person(key("An admin", KeyStatus::Active, true, true)),
                person(key("A member", KeyStatus::Active, true, false)),
            ],
        }
    }

    /// The tokens by purpose.
    pub fn tokens(&self) -> Tokens {
        let token = |n: usize| {
            self.keys
                .get(n)
                .map(|k| k.token.clone())
                .unwrap_or_default()
        };
        Tokens {
            full: token(0),
            read_only: token(1),
            no_metadata: token(2),
            revoked: token(3),
            expired: token(4),
            admin_token: token(5),
            member_token: token(6),
        }
    }

    /// Finds the key of an `Authorization` header.
    ///
    /// # Errors
    /// Shape 5, with the middleware's text.
    pub fn authenticate(&self, authorization: Option<&str>) -> Result<ApiKey, ApiError> {
        let refused = |status, message: &str, error| ApiError::Auth {
            status,
            message: message.to_owned(),
            error,
        };
        let Some(token) = authorization.and_then(bearer) else {
            return Err(refused(
                403,
                "Missing authentication token",
                "FORBIDDEN_EXCEPTION",
            ));
        };
        match self.keys.iter().find(|k| k.token == token) {
            None if self.is_cut_short(token) => {
                Err(refused(400, "Unknown token error.", "INVALID_INPUT"))
            }
            None => Err(refused(401, "Token invalid.", "UNAUTHENTICATED")),
            Some(k) if k.status == KeyStatus::Revoked => Err(refused(
                403,
                "This API Key is revoked",
                "FORBIDDEN_EXCEPTION",
            )),
            Some(k) if k.status == KeyStatus::Expired => {
                Err(refused(401, "Token has expired.", "UNAUTHENTICATED"))
            }
            Some(k) => Ok(k.clone()),
        }
    }
}

impl KeyRing {
    /// Whether the end of a token's signature is missing.
    fn is_cut_short(&self, token: &str) -> bool {
        let has_signature = token.split('.').count() == 3;
        has_signature && self.keys.iter().any(|key| key.token.starts_with(token))
    }
}

fn bearer(header: &str) -> Option<&str> {
    let (scheme, token) = header.split_once(' ')?;
    let token = token.trim();
    (scheme.eq_ignore_ascii_case("bearer") && !token.is_empty()).then_some(token)
}

fn token(rng: &mut fastrand::Rng, expires_s: i64) -> String {
    let uuid = |rng: &mut fastrand::Rng| {
        uuid::Builder::from_random_bytes(rng.u128(..).to_be_bytes()).into_uuid()
    };
    let header = json!({ "alg": "HS256", "typ": "JWT" });
    let payload = json!({
        "sub": WORKSPACE_ID,
        "type": "API_KEY",
        "workspaceId": WORKSPACE_ID,
        "iat": 1_700_000_000,
        "exp": expires_s,
        "jti": uuid(rng),
    });
    let signature: Vec<u8> = (0..32).map(|_| rng.u8(..)).collect();
    let encode = |bytes: &[u8]| URL_SAFE_NO_PAD.encode(bytes);
    format!(
        "{}.{}.{}",
        encode(header.to_string().as_bytes()),
        encode(payload.to_string().as_bytes()),
        encode(&signature)
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    fn ask(authorization: Option<&str>) -> (u16, String) {
        let ring = KeyRing::new(&mut fastrand::Rng::with_seed(1), 0);
        let tokens = ring.tokens();
        let authorization = authorization.map(|value| {
            value
                .replace("{full}", &tokens.full)
                .replace("{revoked}", &tokens.revoked)
                .replace("{expired}", &tokens.expired)
        });
        match ring.authenticate(authorization.as_deref()) {
            Ok(key) => (200, key.name),
            Err(error) => (error.status(), error.message()),
        }
    }

    #[test]
    fn every_kind_of_token_gets_its_answer() {
        assert_eq!(ask(None).0, 403);
        assert_eq!(ask(Some("Basic abc")).0, 403);
        assert_eq!(ask(Some("Bearer garbage")), (401, "Token invalid.".into()));
        assert_eq!(
            ask(Some("Bearer {expired}")),
            (401, "Token has expired.".into())
        );
        assert_eq!(
            ask(Some("Bearer {revoked}")),
            (403, "This API Key is revoked".into())
        );
        assert_eq!(ask(Some("bearer {full}")), (200, "My api key".into()));
        let whole = KeyRing::new(&mut fastrand::Rng::with_seed(1), 0)
            .tokens()
            .full;
        let cut = format!("Bearer {}", &whole[..whole.len() - 8]);
        assert_eq!(ask(Some(&cut)), (400, "Unknown token error.".into()));
    }
}
