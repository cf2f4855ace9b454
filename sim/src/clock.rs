//! The server's clock: real time plus an offset, or a fixed time, both set by tests.

use std::sync::atomic::{AtomicI64, Ordering};
use std::sync::{Mutex, PoisonError};
use std::time::{SystemTime, UNIX_EPOCH};

use chrono::DateTime;

/// A wall clock that tests can advance.
#[derive(Debug, Default)]
pub struct Clock {
    offset_ms: AtomicI64,
    fixed_ms: Mutex<Option<i64>>,
}

impl Clock {
    /// Milliseconds since 1970.
    pub fn now_ms(&self) -> i64 {
        let fixed = *self.fixed_ms.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(fixed) = fixed {
            return fixed;
        }
        let real = SystemTime::now()
            .duration_since(UNIX_EPOCH)
            .unwrap_or_default();
        i64::try_from(real.as_millis()).unwrap_or(i64::MAX) + self.offset_ms.load(Ordering::Relaxed)
    }

    /// Moves the clock by that many milliseconds.
    pub fn advance_ms(&self, ms: i64) {
        self.offset_ms.fetch_add(ms, Ordering::Relaxed);
    }

    /// Sets the clock to that many milliseconds since 1970; real time then stands still, for tests with their own
    /// clock.
    pub fn fix_at_ms(&self, ms: i64) {
        *self.fixed_ms.lock().unwrap_or_else(PoisonError::into_inner) = Some(ms);
    }

    /// Removes the offset, and follows real time again.
    pub fn reset(&self) {
        self.offset_ms.store(0, Ordering::Relaxed);
        *self.fixed_ms.lock().unwrap_or_else(PoisonError::into_inner) = None;
    }
}

/// `2026-01-02T03:04:05.000Z`, the only form in which the server prints an instant.
pub fn iso(ms: i64) -> String {
    DateTime::from_timestamp_millis(ms)
        .unwrap_or_default()
        .format("%Y-%m-%dT%H:%M:%S%.3fZ")
        .to_string()
}

/// Parses the output of [`iso`].
pub fn parse_iso(text: &str) -> Option<i64> {
    DateTime::parse_from_rfc3339(text)
        .ok()
        .map(|t| t.timestamp_millis())
}

/// Characters of an instant down to its milliseconds.
const MS_CHARACTERS: usize = 23;

/// An instant in two parts: down to its milliseconds, and the microseconds that the database keeps (none in the
/// server's own format). Any other text is not split.
pub fn split_ms(text: &str) -> (&str, &str) {
    let is_instant = matches!(text.len(), 24 | 27)
        && text.ends_with('Z')
        && text.as_bytes().get(10) == Some(&b'T')
        && text.is_char_boundary(MS_CHARACTERS);
    if !is_instant {
        return (text, "");
    }
    let (ms, rest) = text.split_at(MS_CHARACTERS);
    (ms, rest.trim_end_matches('Z'))
}

/// A stored text as answers show it: an instant without its microseconds.
pub fn shown_ms(text: &str) -> Option<String> {
    match split_ms(text) {
        (_, "") => None,
        (ms, _) => Some(format!("{ms}Z")),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_fixed_clock_stands_still_until_it_is_reset() {
        let clock = Clock::default();
        for ms in [7, 5] {
            clock.fix_at_ms(ms);
            clock.advance_ms(100);
            assert_eq!(clock.now_ms(), ms);
        }
        clock.reset();
        assert!(clock.now_ms() > 1_700_000_000_000);
    }

    #[test]
    fn instants_print_with_milliseconds_and_zulu() {
        assert_eq!(iso(1_767_323_045_007), "2026-01-02T03:04:05.007Z");
        assert_eq!(
            parse_iso("2026-01-02T03:04:05.007Z"),
            Some(1_767_323_045_007)
        );
    }
}
