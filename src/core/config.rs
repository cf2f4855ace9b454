//! Every default and every bound in one place, and the client's configuration checked once.

use std::time::Duration;

use serde_json::{Map, Value};

use crate::core::error::CrmError;
use crate::core::http::{ApiKey, BaseUrl, CaCertificates};

/// Time for one attempt, over connect, headers and body, in milliseconds.
pub const TIMEOUT_MS: u64 = 10_000;
/// Repeats after the first attempt.
pub const MAX_RETRIES: u32 = 3;
/// Ceiling of the first wait, in milliseconds.
pub const INITIAL_BACKOFF_MS: u64 = 200;
/// Ceiling of every later wait, in milliseconds.
pub const MAX_BACKOFF_MS: u64 = 5_000;
/// How long remembered ids are used, in milliseconds.
pub const CACHE_TTL_MS: u64 = 300_000;
/// How long the hash of what was written is believed, in milliseconds.
pub const HASH_TTL_MS: u64 = 86_400_000;
/// Repeats of an upsert that lost a race.
pub const MAX_CONFLICT_RETRIES: u32 = 3;
/// Wait before such a repeat, in milliseconds.
pub const CONFLICT_RETRY_DELAY_MS: u64 = 100;
/// Longest wait that a server's `Retry-After` can bring about; longer ones are cut to this.
pub const RETRY_AFTER_MAX: Duration = Duration::from_secs(120);
/// How long one call may wait for the rate limit in all, in milliseconds. Five minutes let 500 calls queue up behind
/// Twenty's default limit of 100 a minute (`docs/twenty/protocol.md#rate-limits`).
pub const MAX_THROTTLE_WAIT_MS: u64 = 300_000;
/// Tokens that a workspace's retry budget holds when full (figure of the AWS SDKs' standard strategy).
pub const RETRY_BUDGET_CAPACITY: u32 = 500;
/// Tokens that a repeat takes out; a success after it puts them back.
pub const RETRY_BUDGET_COST: u32 = 5;
/// Tokens that a repeat after a timeout takes out.
pub const RETRY_BUDGET_TIMEOUT_COST: u32 = 10;
/// Tokens that a success at the first attempt puts back.
pub const RETRY_BUDGET_REFILL: u32 = 1;
/// Largest answer that is read, in bytes: a hundred times what Twenty's largest page or schema takes.
pub const MAX_RESPONSE_BYTES: u64 = 67_108_864;
/// Smallest bound that can be asked for: an error body fits.
pub const MAX_RESPONSE_BYTES_FLOOR: u64 = 1_024;
/// Largest bound that can be asked for: about the longest string that JavaScript can hold.
pub const MAX_RESPONSE_BYTES_LIMIT: u64 = 536_870_888;
/// Redirects that a read follows.
pub const MAX_REDIRECTS: u32 = 5;
/// How long a mapping store may take for one answer, in milliseconds; then the work goes on without it.
pub const MAPPING_STORE_TIMEOUT_MS: u64 = 5_000;
/// How long a mapping store that did not answer is left alone, in milliseconds: a store that hangs must not cost every
/// record its whole time.
pub const MAPPING_STORE_PAUSE_MS: u64 = 30_000;
/// How long one process waits for another's lock on an SQLite file, in milliseconds; less than the bound above, so that
/// it is the reason that is heard.
pub const SQLITE_BUSY_TIMEOUT_MS: u64 = 4_000;
/// Single calls of one workspace and object that may be in flight alone; those that come meanwhile gather.
pub const LONE_DEPARTURES: usize = 2;
/// Most departures of gathered calls that may be in flight at once; fewer while the server shows that it has enough.
pub const MAX_DEPARTURES: usize = 4;
/// Longest time that any option can name, in milliseconds: what fits a JavaScript timer (about 24 days).
pub const MAX_OPTION_MS: u64 = 2_147_483_647;
/// Largest cap of requests per minute that can be asked for: each request of the last minute is remembered.
pub const MAX_REQUESTS_PER_MINUTE_LIMIT: u64 = 100_000;
/// Most repeats that can be asked for.
pub const MAX_RETRIES_LIMIT: u64 = 100;

/// A client's configuration, checked.
#[derive(Clone, Debug)]
pub struct ClientConfig {
    /// Where Twenty is.
    pub base_url: BaseUrl,
    /// The key.
    pub api_key: ApiKey,
    /// Per attempt; default [`TIMEOUT_MS`].
    pub timeout_ms: u64,
    /// Default [`MAX_RETRIES`].
    pub max_retries: u32,
    /// Default [`INITIAL_BACKOFF_MS`].
    pub initial_backoff_ms: u64,
    /// Default [`MAX_BACKOFF_MS`].
    pub max_backoff_ms: u64,
    /// For a whole call with all its waiting; none by default.
    pub deadline_ms: Option<u64>,
    /// Default [`MAX_THROTTLE_WAIT_MS`].
    pub max_throttle_wait_ms: u64,
    /// The caller's own cap on what is sent in any minute, repeats included; none by default.
    pub max_requests_per_minute: Option<u32>,
    /// Longest body that is read. Default [`MAX_RESPONSE_BYTES`].
    pub max_response_bytes: usize,
    /// Authorities that are trusted beside the system's; none by default.
    pub ca: Option<CaCertificates>,
}

impl ClientConfig {
    /// The defaults for a server and a key.
    pub fn new(base_url: &str, api_key: &str) -> Result<Self, CrmError> {
        Ok(Self {
            base_url: BaseUrl::parse(base_url)?,
            api_key: ApiKey::new(api_key)?,
            timeout_ms: TIMEOUT_MS,
            max_retries: MAX_RETRIES,
            initial_backoff_ms: INITIAL_BACKOFF_MS,
            max_backoff_ms: MAX_BACKOFF_MS,
            deadline_ms: None,
            max_throttle_wait_ms: MAX_THROTTLE_WAIT_MS,
            max_requests_per_minute: None,
            max_response_bytes: to_usize(MAX_RESPONSE_BYTES),
            ca: None,
        })
    }

    /// From the caller's options as JSON text:
    /// `{baseUrl, apiKey, timeout?, maxRetries?, initialBackoffMs?, maxBackoffMs?, deadlineMs?, maxThrottleWaitMs?,
    /// maxRequestsPerMinute?, maxResponseBytes?, ca?}`.
    /// Unknown options are ignored; a bad one is named.
    pub fn from_json(json: &str) -> Result<Self, CrmError> {
        let options = Options::parse(json, "config")?;
        let mut config = Self::new(options.text("baseUrl")?, options.text("apiKey")?)?;
        if let Some(timeout) = options.millis("timeout", 1)? {
            config.timeout_ms = timeout;
        }
        if let Some(retries) = options.integer("maxRetries", 0, MAX_RETRIES_LIMIT)? {
            config.max_retries = u32::try_from(retries).unwrap_or(MAX_RETRIES);
        }
        if let Some(backoff) = options.millis("initialBackoffMs", 0)? {
            config.initial_backoff_ms = backoff;
        }
        if let Some(backoff) = options.millis("maxBackoffMs", 0)? {
            config.max_backoff_ms = backoff;
        }
        config.deadline_ms = options.millis("deadlineMs", 1)?;
        if let Some(wait) = options.millis("maxThrottleWaitMs", 0)? {
            config.max_throttle_wait_ms = wait;
        }
        config.max_requests_per_minute = options
            .integer("maxRequestsPerMinute", 1, MAX_REQUESTS_PER_MINUTE_LIMIT)?
            .and_then(|cap| u32::try_from(cap).ok());
        let (floor, limit) = (MAX_RESPONSE_BYTES_FLOOR, MAX_RESPONSE_BYTES_LIMIT);
        if let Some(bytes) = options.integer("maxResponseBytes", floor, limit)? {
            config.max_response_bytes = to_usize(bytes);
        }
        config.ca = options.ca()?;
        Ok(config)
    }
}

/// A JSON object of options, read with checks that name the option.
pub(crate) struct Options(Map<String, Value>);

impl Options {
    /// Parses `json`, which must be an object; `what` names it in errors.
    pub(crate) fn parse(json: &str, what: &str) -> Result<Self, CrmError> {
        match serde_json::from_str(json) {
            Ok(Value::Object(map)) => Ok(Self(map)),
            _ => Err(CrmError::validation(
                what,
                format!("{what} must be an object"),
            )),
        }
    }

    /// An option as it came.
    pub(crate) fn get(&self, name: &str) -> Option<&Value> {
        self.0.get(name)
    }

    /// A text that must be there.
    fn text(&self, name: &str) -> Result<&str, CrmError> {
        match self.0.get(name) {
            Some(Value::String(text)) => Ok(text),
            None | Some(Value::Null) => {
                Err(CrmError::validation(name, format!("{name} is missing")))
            }
            Some(_) => Err(CrmError::validation(
                name,
                format!("{name} must be a string"),
            )),
        }
    }

    /// A time in whole milliseconds, from `min` to [`MAX_OPTION_MS`].
    pub(crate) fn millis(&self, name: &str, min: u64) -> Result<Option<u64>, CrmError> {
        self.integer(name, min, MAX_OPTION_MS)
    }

    /// A whole number from `min` to `max`. `null` is refused: it is what JSON makes of NaN and Infinity.
    pub(crate) fn integer(&self, name: &str, min: u64, max: u64) -> Result<Option<u64>, CrmError> {
        let refuse = |found: &str| {
            Err(CrmError::validation(
                name,
                format!("{name} must be a whole number from {min} to {max}, not {found}"),
            ))
        };
        match self.0.get(name) {
            None => Ok(None),
            Some(Value::Number(number)) => {
                // JavaScript writes 1e21 and 5.0 its own way; what counts is the value.
                let whole = number.as_u64().or_else(|| whole_number(number.as_f64()?));
                match whole {
                    Some(value) if (min..=max).contains(&value) => Ok(Some(value)),
                    _ => refuse(&number.to_string()),
                }
            }
            Some(Value::Null) => refuse("null, NaN or Infinity"),
            Some(Value::String(_)) => refuse("a string"),
            Some(_) => refuse("something else"),
        }
    }

    /// `ca`: PEM text, or a list of such.
    pub(crate) fn ca(&self) -> Result<Option<CaCertificates>, CrmError> {
        let refuse = || CrmError::validation("ca", "ca must be PEM text, or a list of PEM texts");
        let texts = match self.0.get("ca") {
            None | Some(Value::Null) => return Ok(None),
            Some(Value::Array(texts)) => &texts[..],
            Some(text) => std::slice::from_ref(text),
        };
        let texts = texts.iter().map(|text| text.as_str().ok_or_else(refuse));
        CaCertificates::parse(texts.collect::<Result<Vec<_>, _>>()?).map(Some)
    }

    /// True or false; `false` when absent.
    pub(crate) fn flag(&self, name: &str) -> Result<bool, CrmError> {
        match self.0.get(name) {
            None => Ok(false),
            Some(Value::Bool(flag)) => Ok(*flag),
            Some(_) => Err(CrmError::validation(
                name,
                format!("{name} must be true or false"),
            )),
        }
    }
}

/// Where memory is smaller than the number, its size is the bound.
fn to_usize(bytes: u64) -> usize {
    usize::try_from(bytes).unwrap_or(usize::MAX)
}

/// `value` if it is a whole number within what options allow.
#[allow(clippy::cast_possible_truncation, clippy::cast_sign_loss)]
fn whole_number(value: f64) -> Option<u64> {
    let in_range = (0.0..=9_007_199_254_740_991.0).contains(&value);
    (in_range && value.fract() == 0.0).then_some(value as u64)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn with(option: &str) -> Result<ClientConfig, CrmError> {
        ClientConfig::from_json(&format!(
            r#"{{"baseUrl":"https://crm.example.com/","apiKey":"secret-key-1"{option}}}"#
        ))
    }

    #[test]
    fn defaults_are_those_of_the_spec() {
        let config = with("").expect("good");
        assert_eq!(config.timeout_ms, 10_000);
        assert_eq!(config.max_retries, 3);
        assert_eq!(config.initial_backoff_ms, 200);
        assert_eq!(config.max_backoff_ms, 5_000);
        assert_eq!(config.deadline_ms, None);
        assert_eq!(config.max_requests_per_minute, None);
        assert_eq!(config.max_response_bytes, 64 * 1024 * 1024);
        assert_eq!(config.base_url.as_str(), "https://crm.example.com");
    }

    #[test]
    fn options_override_defaults() {
        let config = with(
            r#","timeout":5.0e3,"maxRetries":0,"initialBackoffMs":1,"maxBackoffMs":2,"deadlineMs":9,"maxThrottleWaitMs":0,"maxRequestsPerMinute":90,"maxResponseBytes":1024,"ca":null,"other":true"#,
        )
        .expect("good");
        assert_eq!(config.timeout_ms, 5_000);
        assert_eq!(config.max_retries, 0);
        assert_eq!((config.initial_backoff_ms, config.max_backoff_ms), (1, 2));
        assert_eq!(config.deadline_ms, Some(9));
        assert_eq!(config.max_throttle_wait_ms, 0);
        assert_eq!(config.max_requests_per_minute, Some(90));
        assert_eq!(config.max_response_bytes, 1024);
        assert!(config.ca.is_none());
    }

    #[test]
    fn bad_numbers_are_named() {
        for (name, value) in [
            ("timeout", "0"),
            ("timeout", "-5"),
            ("timeout", "1.5"),
            ("timeout", "null"),
            ("timeout", "\"5\""),
            ("timeout", "1e300"),
            ("timeout", "true"),
            ("maxRetries", "101"),
            ("maxRetries", "-1"),
            ("initialBackoffMs", "0.1"),
            ("maxBackoffMs", "[]"),
            ("deadlineMs", "0"),
            ("maxThrottleWaitMs", "9e15"),
            ("maxRequestsPerMinute", "0"),
            ("maxRequestsPerMinute", "100001"),
            ("maxRequestsPerMinute", "0.5"),
            ("maxResponseBytes", "1023"),
            ("maxResponseBytes", "536870889"),
            ("ca", "5"),
            ("ca", "[]"),
            ("ca", "[5]"),
            ("ca", "\"/etc/ssl/ca.pem\""),
        ] {
            let error = with(&format!(r#","{name}":{value}"#)).expect_err(name);
            assert_eq!(error.details["field"], name, "{value}");
            assert!(error.message.contains(name));
        }
    }

    #[test]
    fn missing_parts_are_named() {
        for (json, field) in [
            ("[]", "config"),
            ("nonsense", "config"),
            (r#"{"apiKey":"k"}"#, "baseUrl"),
            (r#"{"baseUrl":"https://x.example"}"#, "apiKey"),
            (r#"{"baseUrl":"https://x.example","apiKey":5}"#, "apiKey"),
        ] {
            let error = ClientConfig::from_json(json).expect_err(json);
            assert_eq!(error.details["field"], field);
        }
    }

    #[test]
    fn debug_shows_no_key() {
        assert!(!format!("{:?}", with("").expect("good")).contains("secret-key-1"));
    }
}
