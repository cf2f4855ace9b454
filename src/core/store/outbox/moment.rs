//! The time by which leases and delays are judged.

use std::time::Instant;

use serde::Deserialize;

/// The caller's clock as it was when something was asked.
#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Stamp {
    /// What it showed, in milliseconds.
    now_ms: i64,
    /// Which run of the clock it is: another one after the machine was started anew. None: nobody knows.
    #[serde(default)]
    epoch: Option<String>,
    /// Whether it goes on by itself; a test's clock stands.
    #[serde(default)]
    runs: bool,
    #[serde(skip, default = "Instant::now")]
    read_at: Instant,
}

/// A moment within a transaction.
pub(super) struct Moment<'a> {
    pub(super) now_ms: i64,
    pub(super) epoch: Option<&'a str>,
}

impl Stamp {
    /// What the clock shows now. To be asked for once the lock is held: who waited for it has to see what was written
    /// meanwhile as written before. Where the process stood still before the stamp arrived here, it is late, never
    /// early, and takes a lease that has just ended for one that lasts.
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
    fn what_was_waited_for_has_passed() {
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
