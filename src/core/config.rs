//! Every default and every bound in one place, and the reader of options that names what is wrong.

use std::time::Duration;

use serde_json::{Map, Value};

use crate::core::error::CrmError;

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
/// An idle connection is kept so long: less than the 65 s after which Twenty closes it, so that no request is sent into
/// a connection that is just being closed.
pub const POOL_IDLE_TIMEOUT: Duration = Duration::from_secs(55);
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
/// Chunks of a workspace's runs that are written at once, until more has gone well.
pub const RUN_WRITERS: usize = 4;
/// The same, at most: the largest `maxConcurrency`.
pub const MAX_RUN_WRITERS: usize = 64;
/// Longest time that any option can name, in milliseconds: what fits a JavaScript timer (about 24 days).
pub const MAX_OPTION_MS: u64 = 2_147_483_647;
/// Largest cap of requests per minute that can be asked for: each request of the last minute is remembered.
pub const MAX_REQUESTS_PER_MINUTE_LIMIT: u64 = 100_000;
/// Most repeats that can be asked for.
pub const MAX_RETRIES_LIMIT: u64 = 100;

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

/// `value` if it is a whole number within what options allow.
#[allow(clippy::cast_possible_truncation, clippy::cast_sign_loss)]
fn whole_number(value: f64) -> Option<u64> {
    let in_range = (0.0..=9_007_199_254_740_991.0).contains(&value);
    (in_range && value.fract() == 0.0).then_some(value as u64)
}
