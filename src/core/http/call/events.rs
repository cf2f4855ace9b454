//! Reports a call: events for listeners, and the final error.

use std::time::Duration;

use super::Call;
use crate::core::error::CrmError;
use crate::core::error_reason;
use crate::core::http::attempt_span::Start;
use crate::core::http::observer::{Event, EventKind, Origin};
use crate::core::http::path_template;

/// Longest path that an error shows, in characters.
const SHOWN_PATH: usize = 200;

impl Call<'_> {
    pub(super) fn tell_waited(&self, cause: &'static str, waited: Duration) {
        if waited < Duration::from_millis(1) {
            return;
        }
        self.owner
            .count(|metrics| metrics.throttle_wait.add_time(waited));
        self.tell(EventKind::Throttle, |event| Event {
            attempt: event.attempt + 1,
            cause: Some(cause),
            wait_ms: Some(waited.as_secs_f64() * 1e3),
            ..event
        });
    }

    /// Passes an event to the listeners. Without listeners this costs an atomic load.
    pub(super) fn tell<'e>(&self, kind: EventKind, fill: impl FnOnce(Event<'e>) -> Event<'e>)
    where
        Self: 'e,
    {
        if self.owner.wants(kind) {
            let path = self.event_path();
            let event = Event::new(kind, Origin::of(self.operation), self.attempts);
            self.owner.notify(&Event {
                method: self.request.method.as_str(),
                path: &path,
                ..fill(event)
            });
        }
    }

    fn event_path(&self) -> String {
        path_template::of(&self.request.path, &self.client.redactor)
    }

    /// The data that every event of this attempt needs.
    pub(super) fn start(&self) -> Start {
        Start {
            method: self.request.method.clone(),
            path: self.event_path(),
            origin: Origin::of(self.operation),
            attempt: self.attempts,
            bytes_sent: self.request.body.as_ref().map_or(0, bytes::Bytes::len),
            at: self.client.parts.clock.now(),
        }
    }

    pub(super) fn tell_retry(&self, error: &CrmError, wait: Duration) {
        self.tell(EventKind::Retry, |event| Event {
            delay_ms: Some(wait.as_secs_f64() * 1e3),
            retries_left: Some(self.client.config.max_retries.saturating_sub(self.repeats)),
            ..self.failure(event, error)
        });
    }

    /// Adds the parts of an error that may be shown to an event.
    pub(super) fn failure<'e>(&self, event: Event<'e>, error: &'e CrmError) -> Event<'e> {
        Event {
            status: error.status,
            code: Some(error.code.as_str()),
            reason: path_template::reason(error.reason(), &self.client.redactor),
            ..event
        }
    }

    /// The error for the caller: with what was tried, and whether the outcome is unknown.
    pub(super) fn finish(&self, mut error: CrmError) -> CrmError {
        self.tell(EventKind::Failure, |event| self.failure(event, &error));
        if !error.details.contains_key("originalError") {
            let message = error.message.clone();
            error = error.with_detail("originalError", message);
        }
        if self.ambiguous {
            error = error.with_detail("outcomeUnknown", true);
            if error.retryable && error.reason().is_none() {
                error.message.push_str(
                    " The server may have carried it out: check before you send it again.",
                );
                error = error.with_detail("reason", error_reason::OUTCOME_UNKNOWN);
            }
        }
        error
            .with_detail("method", self.request.method.as_str())
            .with_detail("path", self.redacted_path())
            .with_detail("attempt", self.attempts)
            .with_detail("maxRetries", self.client.config.max_retries)
    }

    /// The request, named for messages.
    pub(super) fn name(&self) -> String {
        format!("{} {}", self.request.method, self.redacted_path())
    }

    /// The path without the key, shortened.
    pub(super) fn redacted_path(&self) -> String {
        let clean = self.client.redactor.clean(&self.request.path);
        match clean.char_indices().nth(SHOWN_PATH) {
            Some((end, _)) => format!("{}…", &clean[..end]),
            None => clean.into_owned(),
        }
    }
}
