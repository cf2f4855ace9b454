//! The time that leases and delays are compared with.

use std::time::Instant;

use serde::Deserialize;

/// The caller's clock at the time of a request.
#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Stamp {
    /// The time in milliseconds.
    now_ms: i64,
    /// The run (boot) of the clock, which changes when the machine restarts. `None`: unknown.
    #[serde(default)]
    epoch: Option<String>,
    /// Whether the clock goes on; a test's clock stands still.
    #[serde(default)]
    runs: bool,
    #[serde(skip, default = "Instant::now")]
    read_at: Instant,
}

/// A point in time within a transaction.
pub(super) struct Moment<'a> {
    pub(super) now_ms: i64,
    pub(super) epoch: Option<&'a str>,
}

impl Stamp {
    /// The current time by the caller's clock. Call it after taking the lock: everything that was written while waiting
    /// must lie in the past. If the process was suspended before the stamp arrived, this time is late, never early;
    /// then a lease that has just ended may still count.
    pub(super) fn moment(&self) -> Moment<'_> {
        let since = if self.runs {
            i64::try_from(self.read_at.elapsed().as_millis()).unwrap_or(i64::MAX)
        } else {
            0
        };
        Moment {
            now_ms: self.now_ms.saturating_add(since),
            epoch: self.epoch.as_deref(),
        }
    }
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::*;

    #[test]
    fn the_moment_includes_time_spent_waiting() {
        let stamp = |runs| Stamp {
            now_ms: 1_000,
            epoch: Some("a".to_owned()),
            runs,
            read_at: Instant::now()
                .checked_sub(Duration::from_secs(4))
                .expect("a machine that runs for some seconds"),
        };
        assert!(stamp(true).moment().now_ms >= 5_000);
        assert_eq!(stamp(false).moment().now_ms, 1_000);
        assert_eq!(stamp(true).moment().epoch, Some("a"));
    }
}
