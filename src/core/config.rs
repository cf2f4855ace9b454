//! All defaults and limits, and the reader of options, whose errors name the option.

use std::time::Duration;

use serde_json::{Map, Value};

use crate::core::error::CrmError;

/// Timeout of one attempt (connect, headers and body), in milliseconds.
pub const TIMEOUT_MS: u64 = 10_000;
/// Retries after the first attempt.
pub const MAX_RETRIES: u32 = 3;
/// Upper limit of the first backoff, in milliseconds.
pub const INITIAL_BACKOFF_MS: u64 = 200;
/// Upper limit of every later backoff, in milliseconds.
pub const MAX_BACKOFF_MS: u64 = 5_000;
/// How long cached ids are used, in milliseconds.
pub const CACHE_TTL_MS: u64 = 300_000;
/// How long the hash of the last write is trusted, in milliseconds.
pub const HASH_TTL_MS: u64 = 86_400_000;
/// Retries of an upsert that lost a race.
pub const MAX_CONFLICT_RETRIES: u32 = 3;
/// Wait before such a retry, in milliseconds.
pub const CONFLICT_RETRY_DELAY_MS: u64 = 100;
/// Longest wait that a server's `Retry-After` can cause; longer ones are shortened to this.
pub const RETRY_AFTER_MAX: Duration = Duration::from_secs(120);
/// How long one call may wait for the rate limit in total, in milliseconds. In five minutes, a queue of 500 calls
/// drains at Twenty's default limit of 100 a minute (`docs/twenty/protocol.md#rate-limits`).
pub const MAX_THROTTLE_WAIT_MS: u64 = 300_000;
/// Tokens in a full retry budget of a workspace (the value of the AWS SDKs' standard strategy).
pub const RETRY_BUDGET_CAPACITY: u32 = 500;
/// Tokens that a retry costs; a success after it puts them back.
pub const RETRY_BUDGET_COST: u32 = 5;
/// Tokens that a retry after a timeout costs.
pub const RETRY_BUDGET_TIMEOUT_COST: u32 = 10;
/// Tokens that a success at the first attempt puts back.
pub const RETRY_BUDGET_REFILL: u32 = 1;
/// Default of `maxResponseBytes`: a hundred times Twenty's largest page or schema.
pub const MAX_RESPONSE_BYTES: u64 = 67_108_864;
/// Smallest allowed `maxResponseBytes`: an error body fits.
pub const MAX_RESPONSE_BYTES_FLOOR: u64 = 1_024;
/// Largest allowed `maxResponseBytes`: about the longest string that JavaScript can hold.
pub const MAX_RESPONSE_BYTES_LIMIT: u64 = 536_870_888;
/// Redirects that a read follows.
pub const MAX_REDIRECTS: u32 = 5;
/// How long an idle connection is kept. Twenty closes it after 65 s; a shorter time avoids sending a request into a
/// connection that is being closed.
pub const POOL_IDLE_TIMEOUT: Duration = Duration::from_secs(55);
/// How long to wait for one answer of a mapping store, in milliseconds; then the sync goes on without it.
pub const MAPPING_STORE_TIMEOUT_MS: u64 = 5_000;
/// How long a mapping store is not asked after it did not answer in time, in milliseconds: a hanging store must not
/// cost every record the full timeout.
pub const MAPPING_STORE_PAUSE_MS: u64 = 30_000;
/// How long a process waits for another's lock on an SQLite file, in milliseconds. It is shorter than the store timeout
/// above, so that the error names the lock.
pub const SQLITE_BUSY_TIMEOUT_MS: u64 = 4_000;
/// How many single calls of one workspace and object may be in flight alone. Calls that arrive meanwhile are collected
/// into batches.
pub const LONE_DEPARTURES: usize = 2;
/// Most batches of collected calls in flight at once; fewer while the server shows that it is overloaded.
pub const MAX_DEPARTURES: usize = 4;
/// Chunks of a workspace's runs that are written at once at first; the number grows with successes.
pub const RUN_WRITERS: usize = 4;
/// Its maximum: the largest `maxConcurrency`.
pub const MAX_RUN_WRITERS: usize = 64;
/// Longest time of any option, in milliseconds: the limit of JavaScript timers (about 24 days).
pub const MAX_OPTION_MS: u64 = 2_147_483_647;
/// Largest allowed `maxRequestsPerMinute`: each request of the last minute is remembered.
pub const MAX_REQUESTS_PER_MINUTE_LIMIT: u64 = 100_000;
/// Largest allowed `maxRetries`.
pub const MAX_RETRIES_LIMIT: u64 = 100;

/// A JSON object of options. Reading one checks it, and errors name it.
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

    /// The option's raw value.
    pub(crate) fn get(&self, name: &str) -> Option<&Value> {
        self.0.get(name)
    }

    /// A required text.
    pub(crate) fn text(&self, name: &str) -> Result<&str, CrmError> {
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

    /// A whole number from `min` to `max`. `null` is refused, because JSON turns NaN and Infinity into it.
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
                // JavaScript may write 1e21 or 5.0: only the value matters.
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

/// `value`, if it is a whole number in the range of options.
#[allow(clippy::cast_possible_truncation, clippy::cast_sign_loss)]
fn whole_number(value: f64) -> Option<u64> {
    let in_range = (0.0..=9_007_199_254_740_991.0).contains(&value);
    (in_range && value.fract() == 0.0).then_some(value as u64)
}
