//! Injected faults: what proxies, networks and broken servers do to a client.

use std::sync::{Mutex, MutexGuard, PoisonError};

use serde::{Deserialize, Serialize};
use serde_json::Value;

/// What happens to a request that a rule matches.
#[derive(Debug, Clone, PartialEq, Deserialize, Serialize)]
#[serde(
    tag = "type",
    rename_all = "camelCase",
    rename_all_fields = "camelCase"
)]
pub enum FaultAction {
    /// TCP reset once the head is read; nothing is processed.
    ResetBefore,
    /// The request is processed, then the connection is reset: the answer is lost.
    ResetAfter,
    /// Processed, headers and half of the body are sent, then a reset.
    ResetMidBody,
    /// Processed, but no byte is sent for `ms` (forever without it).
    StallHeaders {
        /// Milliseconds; `None` waits until the client gives up.
        ms: Option<u64>,
    },
    /// Processed; headers and half of the body are sent, then nothing for `ms` (forever without it).
    StallBody {
        /// Milliseconds; `None` waits until the client gives up.
        ms: Option<u64>,
    },
    /// Processed; Content-Length is larger than the body that is sent, then a regular close.
    TruncateBody,
    /// An invented answer.
    Status {
        /// HTTP status.
        status: u16,
        /// JSON value, or a string that is sent unchanged with `content_type`.
        #[serde(default)]
        body: Value,
        /// Default `application/json; charset=utf-8`, `text/html` for a string body.
        #[serde(default)]
        content_type: Option<String>,
        /// Additional headers.
        #[serde(default)]
        headers: Vec<(String, String)>,
        /// Whether the request is processed first (its effects stay).
        #[serde(default)]
        process: bool,
    },
    /// The database is down: 400 `connect ECONNREFUSED` on core REST, 500 bare on metadata.
    DatabaseDown,
    /// The server loses its database during a write: 400, and it is unknown whether the rows were stored.
    ConnectionCut {
        /// Whether they were.
        #[serde(default)]
        process: bool,
    },
    /// 200 with the web app's HTML page, as for a wrong base URL.
    Html,
    /// 429 with the server's text.
    RateLimited {
        /// Value of Retry-After (seconds or an HTTP date); no header without.
        #[serde(default)]
        retry_after: Option<String>,
        /// Retry-After as an HTTP date that many milliseconds from the server's now.
        #[serde(default)]
        retry_after_date_ms: Option<i64>,
        /// Window in the message; default 60000.
        #[serde(default)]
        ttl_ms: Option<u64>,
    },
    /// A redirect.
    Redirect {
        /// 301, 302, 307 or 308.
        status: u16,
        /// Value of Location.
        location: String,
    },
    /// Processed and answered in small pieces.
    SlowBody {
        /// Bytes per piece.
        chunk_bytes: usize,
        /// Milliseconds between pieces.
        interval_ms: u64,
    },
    /// Processed and answered later.
    Delay {
        /// Milliseconds.
        ms: u64,
    },
    /// Processed and answered, then the connection is closed without `Connection: close`.
    CloseAfter,
}

/// A rule: which requests, how often, and what happens to them.
#[derive(Debug, Clone, PartialEq, Deserialize, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct FaultRule {
    /// Upper-case method; default any.
    #[serde(default)]
    pub method: Option<String>,
    /// Prefix of the path; default any.
    #[serde(default)]
    pub path: Option<String>,
    /// Text that the body must contain; default any.
    #[serde(default)]
    pub body_contains: Option<String>,
    /// Only the nth matching request, counted from 1.
    #[serde(default)]
    pub nth: Option<u64>,
    /// How many times the rule fires; without limit by default, once with `nth`.
    #[serde(default)]
    pub times: Option<u64>,
    /// Chance that a matching request is hit, 0 to 1; default 1.
    #[serde(default)]
    pub probability: Option<f64>,
    /// What happens.
    pub action: FaultAction,
}

impl FaultRule {
    /// A rule for every request that fires `times` times.
    pub fn times(times: u64, action: FaultAction) -> Self {
        Self {
            method: None,
            path: None,
            body_contains: None,
            nth: None,
            times: Some(times),
            probability: None,
            action,
        }
    }

    /// Restricts the rule to a method and a path prefix.
    #[must_use]
    pub fn on(mut self, method: &str, path: &str) -> Self {
        self.method = Some(method.to_owned());
        self.path = Some(path.to_owned());
        self
    }
}

#[derive(Debug)]
struct Active {
    rule: FaultRule,
    matched: u64,
    fired: u64,
}

/// The rules in force; the first one that hits a request wins.
#[derive(Debug, Default)]
pub struct FaultList(Mutex<Vec<Active>>);

impl FaultList {
    fn rules(&self) -> MutexGuard<'_, Vec<Active>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Adds rules behind those in force.
    pub fn add(&self, rules: impl IntoIterator<Item = FaultRule>) {
        let active = rules.into_iter().map(|rule| Active {
            rule,
            matched: 0,
            fired: 0,
        });
        self.rules().extend(active);
    }

    /// Drops all rules.
    pub fn clear(&self) {
        self.rules().clear();
    }

    /// How often the rules have fired, in their order.
    pub fn fired(&self) -> Vec<u64> {
        self.rules().iter().map(|a| a.fired).collect()
    }

    /// The fault that hits this request: of the rules that look into bodies once the body is there, of the others before
    /// it is read (`body` is `None`). Every rule that matches counts the request, so that
    /// `nth` means the nth request of that kind whatever the other rules do.
    pub fn hit(
        &self,
        method: &str,
        path: &str,
        body: Option<&[u8]>,
        mut chance: impl FnMut(f64) -> bool,
    ) -> Option<FaultAction> {
        let mut hit = None;
        for active in self.rules().iter_mut() {
            let rule = &active.rule;
            let matches = rule
                .method
                .as_deref()
                .is_none_or(|m| m.eq_ignore_ascii_case(method))
                && rule.path.as_deref().is_none_or(|p| path.starts_with(p))
                && match (&rule.body_contains, body) {
                    (None, None) => true,
                    (Some(text), Some(body)) => holds(body, text.as_bytes()),
                    _ => false,
                };
            if !matches {
                continue;
            }
            active.matched += 1;
            let due = match (rule.nth, rule.times) {
                (Some(nth), times) => {
                    active.matched >= nth && active.matched < nth + times.unwrap_or(1)
                }
                (None, Some(times)) => active.fired < times,
                (None, None) => true,
            };
            if hit.is_none() && due && rule.probability.is_none_or(&mut chance) {
                active.fired += 1;
                hit = Some(rule.action.clone());
            }
        }
        hit
    }
}

fn holds(body: &[u8], text: &[u8]) -> bool {
    text.is_empty() || body.windows(text.len()).any(|window| window == text)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn rules_count_match_and_expire() {
        let list = FaultList::default();
        list.add([
            FaultRule::times(1, FaultAction::Html).on("GET", "/rest/people"),
            FaultRule {
                nth: Some(3),
                ..FaultRule::times(1, FaultAction::ResetAfter).on("GET", "/rest")
            },
        ]);
        let hit = |method, path| list.hit(method, path, None, |_| true);
        assert_eq!(hit("POST", "/rest/people"), None);
        assert_eq!(hit("GET", "/rest/people"), Some(FaultAction::Html));
        assert_eq!(hit("GET", "/rest/people"), None);
        assert_eq!(hit("GET", "/rest/companies"), Some(FaultAction::ResetAfter));
        assert_eq!(hit("GET", "/rest/companies"), None);
        assert_eq!(list.fired(), [1, 1]);
    }

    #[test]
    fn rules_look_into_bodies() {
        let list = FaultList::default();
        list.add([FaultRule {
            body_contains: Some("b-7".to_owned()),
            ..FaultRule::times(9, FaultAction::Html)
        }]);
        let hit = |body: &[u8]| list.hit("POST", "/rest/batch/people", Some(body), |_| true);
        assert_eq!(hit(b"[{\"externalId\":\"b-6\"}]"), None);
        assert!(hit(b"[{\"externalId\":\"b-7\"}]").is_some());
    }

    #[test]
    fn rules_read_from_json() {
        let rule: FaultRule = serde_json::from_str(
            r#"{"method":"POST","path":"/rest/batch","times":2,
                "action":{"type":"rateLimited","retryAfter":"1"}}"#,
        )
        .unwrap();
        let FaultAction::RateLimited { retry_after, .. } = rule.action else {
            panic!()
        };
        assert_eq!(retry_after.as_deref(), Some("1"));
    }
}
