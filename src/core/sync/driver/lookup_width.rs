//! How many records one look-up may be for, learnt from its answers: real servers give as many rows as are asked for,
//! and others cut the answer or take long for it.

use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;

use crate::core::http::Workspace;
use crate::core::sync::requests::LookedUp;

use super::batch_size::MAX_BATCH_RECORDS;

/// Records of the first wide look-up.
const START: usize = 1_000;

/// Records of one look-up, at most.
const MAX: usize = 2_000;

/// A larger answer is asked for in parts.
const MAX_ANSWER_BYTES: usize = 4_000_000;

/// So is one that takes longer.
const MAX_TIME: Duration = Duration::from_secs(3);

/// The width of one workspace's look-ups.
#[derive(Debug)]
pub struct LookupWidth(AtomicUsize);

impl Default for LookupWidth {
    fn default() -> Self {
        Self(AtomicUsize::new(START))
    }
}

impl LookupWidth {
    /// Records of the next look-up, at most.
    pub fn records(&self) -> usize {
        self.0.load(Ordering::Relaxed)
    }

    /// A look-up for so many records was answered.
    pub fn succeeded(&self, records: usize, answer: &LookedUp, took: Duration) {
        if answer.pages > 1 {
            // The server cuts what it gives: a page for each chunk costs the same, and is there sooner.
            self.0.store(MAX_BATCH_RECORDS, Ordering::Relaxed);
        } else if answer.bytes > MAX_ANSWER_BYTES || took > MAX_TIME {
            self.failed(records);
        } else if records * 2 > self.records() {
            self.0
                .fetch_max((self.records() * 2).min(MAX), Ordering::Relaxed);
        }
    }

    /// A look-up for so many records was too much.
    pub fn failed(&self, records: usize) {
        let half = (records / 2).max(MAX_BATCH_RECORDS);
        self.0.fetch_min(half, Ordering::Relaxed);
    }
}

/// Records of the next look-up of a workspace's runs, at most.
pub fn look_up_records(workspace: &Workspace) -> usize {
    workspace.extension(LookupWidth::default).records()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn answer(pages: usize, bytes: usize) -> LookedUp {
        LookedUp {
            rows: Vec::new(),
            pages,
            bytes,
        }
    }

    #[test]
    fn it_grows_to_its_maximum_while_all_goes_well() {
        let width = LookupWidth::default();
        let fast = Duration::from_millis(300);
        width.succeeded(200, &answer(1, 60_000), fast);
        assert_eq!(width.records(), START, "one chunk says nothing of more");
        width.succeeded(1_000, &answer(1, 300_000), fast);
        width.succeeded(2_000, &answer(1, 600_000), fast);
        assert_eq!(width.records(), MAX);
    }

    #[test]
    fn it_narrows_where_an_answer_is_cut_slow_or_large_and_never_below_a_chunk() {
        let fast = Duration::from_millis(300);
        let cut = LookupWidth::default();
        cut.succeeded(1_000, &answer(5, 300_000), fast);
        assert_eq!(cut.records(), MAX_BATCH_RECORDS);
        for (bytes, took) in [(5_000_000, fast), (1, Duration::from_secs(4))] {
            let width = LookupWidth::default();
            width.succeeded(1_000, &answer(1, bytes), took);
            assert_eq!(width.records(), 500);
            width.succeeded(500, &answer(1, bytes), took);
            width.succeeded(250, &answer(1, bytes), took);
            assert_eq!(width.records(), MAX_BATCH_RECORDS);
        }
    }
}
