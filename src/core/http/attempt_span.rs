//! One attempt in flight: counted while it lasts, and reported at its start and end.

use std::time::{SystemTime, UNIX_EPOCH};

use tokio::time::Instant;

use super::observer::{Event, EventKind, Origin, Owner, next_request_id};
use super::redact::Redactor;
use super::{Method, path_template};
use crate::core::error::CrmError;

/// The data of an attempt's events, collected only if somebody listens.
pub(super) struct Start {
    pub(super) method: Method,
    pub(super) path: String,
    pub(super) origin: Origin,
    pub(super) attempt: u32,
    pub(super) bytes_sent: usize,
    pub(super) at: SystemTime,
}

/// One attempt in flight. If it is dropped before its end, the caller cancelled it.
pub(super) struct AttemptSpan<'a> {
    owner: &'a Owner,
    start: Instant,
    watched: Option<Box<(Start, u64)>>,
    /// Status and size of the answer.
    answer: Option<(u16, usize)>,
    ended: bool,
}

impl<'a> AttemptSpan<'a> {
    pub(super) fn begin(owner: &'a Owner, start: impl FnOnce() -> Start) -> Self {
        owner.count(|metrics| metrics.in_flight.add(1));
        let tells_start = owner.wants(EventKind::RequestStart);
        let watched = (tells_start || owner.wants(EventKind::RequestEnd))
            .then(|| Box::new((start(), next_request_id())));
        let span = Self {
            owner,
            start: Instant::now(),
            watched,
            answer: None,
            ended: false,
        };
        if tells_start {
            span.tell(EventKind::RequestStart, |event| event);
        }
        span
    }

    /// The complete answer has arrived.
    pub(super) fn answered(&mut self, status: u16, bytes: usize) {
        self.answer = Some((status, bytes));
        let bytes = bytes as u64;
        self.owner
            .count(|metrics| metrics.bytes_received.add(bytes));
    }

    /// The attempt has ended, with an error or without one.
    pub(super) fn end(mut self, error: Option<&CrmError>, redactor: &Redactor) {
        self.ended = true;
        let took = self.start.elapsed();
        self.owner.count(|metrics| {
            metrics.in_flight.take_back();
            metrics.latency.record(took);
        });
        self.tell_end(|event| Event {
            code: error.map(|error| error.code.as_str()),
            reason: error.and_then(|error| path_template::reason(error.reason(), redactor)),
            ..event
        });
    }

    fn tell_end<'e>(&self, fill: impl FnOnce(Event<'e>) -> Event<'e>)
    where
        Self: 'e,
    {
        if self.watched.is_some() && self.owner.wants(EventKind::RequestEnd) {
            let duration_ms = self.start.elapsed().as_secs_f64() * 1e3;
            let (status, bytes_received) = self.answer.unzip();
            self.tell(EventKind::RequestEnd, |event| {
                fill(Event {
                    duration_ms: Some(duration_ms),
                    status,
                    bytes_received,
                    ..event
                })
            });
        }
    }

    fn tell<'e>(&self, kind: EventKind, fill: impl FnOnce(Event<'e>) -> Event<'e>)
    where
        Self: 'e,
    {
        let Some((start, request_id)) = self.watched.as_deref() else {
            return;
        };
        let since = start.at.duration_since(UNIX_EPOCH).unwrap_or_default();
        let event = fill(Event::new(kind, start.origin, start.attempt));
        self.owner.notify(&Event {
            method: start.method.as_str(),
            path: &start.path,
            request_id: Some(*request_id),
            start_time_ms: Some(since.as_secs_f64() * 1e3),
            bytes_sent: Some(start.bytes_sent),
            ..event
        });
    }
}

impl Drop for AttemptSpan<'_> {
    fn drop(&mut self) {
        if !self.ended {
            self.owner.count(|metrics| {
                metrics.in_flight.take_back();
                metrics.aborted.add(1);
            });
            self.tell_end(|event| Event {
                aborted: true,
                ..event
            });
        }
    }
}
