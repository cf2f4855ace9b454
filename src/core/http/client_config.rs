use super::{ApiKey, BaseUrl, CaCertificates};
use crate::core::config::{
    INITIAL_BACKOFF_MS, MAX_BACKOFF_MS, MAX_REQUESTS_PER_MINUTE_LIMIT, MAX_RESPONSE_BYTES,
    MAX_RESPONSE_BYTES_FLOOR, MAX_RESPONSE_BYTES_LIMIT, MAX_RETRIES, MAX_RETRIES_LIMIT,
    MAX_THROTTLE_WAIT_MS, Options, TIMEOUT_MS,
};
use crate::core::error::CrmError;

/// A client's configuration, already checked.
#[derive(Clone, Debug)]
pub struct ClientConfig {
    /// The server's address.
    pub base_url: BaseUrl,
    /// The key.
    pub api_key: ApiKey,
    /// Timeout of one attempt; default [`TIMEOUT_MS`].
    pub timeout_ms: u64,
    /// Default [`MAX_RETRIES`].
    pub max_retries: u32,
    /// Default [`INITIAL_BACKOFF_MS`].
    pub initial_backoff_ms: u64,
    /// Default [`MAX_BACKOFF_MS`].
    pub max_backoff_ms: u64,
    /// Timeout of a whole call, waits included; none by default.
    pub deadline_ms: Option<u64>,
    /// Default [`MAX_THROTTLE_WAIT_MS`].
    pub max_throttle_wait_ms: u64,
    /// The caller's own limit on requests per minute, retries included; none by default.
    pub max_requests_per_minute: Option<u32>,
    /// Largest body that is read, in bytes; default [`MAX_RESPONSE_BYTES`].
    pub max_response_bytes: usize,
    /// CA certificates that are trusted in addition to the system's; none by default.
    pub ca: Option<CaCertificates>,
}

impl ClientConfig {
    /// A configuration with defaults for everything but server and key.
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

    /// From the caller's options as JSON text: `{baseUrl, apiKey, timeout?, maxRetries?, initialBackoffMs?,
    /// maxBackoffMs?, deadlineMs?, maxThrottleWaitMs?, maxRequestsPerMinute?, maxResponseBytes?, ca?}`. Unknown options
    /// are ignored; an error names an invalid one.
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
        config.ca = CaCertificates::from_options(&options)?;
        Ok(config)
    }
}

/// On machines that cannot address that many bytes, the limit is the address space.
fn to_usize(bytes: u64) -> usize {
    usize::try_from(bytes).unwrap_or(usize::MAX)
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
