//! How large a batch may be: as large as what the server took lately, and never larger than its own maximum.

use std::sync::{Mutex, MutexGuard, PoisonError};

use crate::core::http::Workspace;

/// Records of one batch: the server's own maximum (`docs/twenty/protocol.md#batches`).
pub const MAX_BATCH_RECORDS: usize = 200;

/// Bytes of one batch, a little below the server's limit of 10 MB. A proxy may take less.
const MAX_BATCH_BYTES: usize = 10_000_000 - 64 * 1024;

/// A batch of so few records is not made smaller because it took too long: then it is not its size.
pub const SMALLEST_SPLIT: usize = 25;

/// Batches that must get through at one size before the next ones are larger. Doubled each time that was too early.
const SUCCESSES_BEFORE_GROWTH: u32 = 4;
const MAX_SUCCESSES_BEFORE_GROWTH: u32 = 64;

/// The size of one workspace's batches, shared by its runs.
#[derive(Debug)]
pub struct BatchSize {
    state: Mutex<State>,
}

#[derive(Debug)]
struct State {
    records: Bound,
    bytes: Bound,
}

#[derive(Debug)]
struct Bound {
    current: usize,
    max: usize,
    successes: u32,
    patience: u32,
}

impl Default for BatchSize {
    fn default() -> Self {
        let state = State {
            records: Bound::new(MAX_BATCH_RECORDS),
            bytes: Bound::new(MAX_BATCH_BYTES),
        };
        Self {
            state: Mutex::new(state),
        }
    }
}

impl BatchSize {
    /// Records and bytes of the next batch, at most.
    pub fn limits(&self) -> (usize, usize) {
        let state = self.state();
        (state.records.current, state.bytes.current)
    }

    /// A batch of so many records got no answer in time.
    pub fn timed_out(&self, records: usize) {
        self.state().records.refused(records);
    }

    /// A batch of so many bytes was too large.
    pub fn too_large(&self, bytes: usize) {
        self.state().bytes.refused(bytes);
    }

    /// A batch was answered in time.
    pub fn succeeded(&self, records: usize, bytes: usize) {
        let mut state = self.state();
        state.records.succeeded(records);
        state.bytes.succeeded(bytes);
    }

    fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Bound {
    fn new(max: usize) -> Self {
        Self {
            current: max,
            max,
            successes: 0,
            patience: SUCCESSES_BEFORE_GROWTH,
        }
    }

    fn refused(&mut self, size: usize) {
        let half = (size / 2).max(1);
        // Those that were under way at the old size say nothing new.
        if half < self.current {
            self.current = half;
            self.successes = 0;
            self.patience = (self.patience * 2).min(MAX_SUCCESSES_BEFORE_GROWTH);
        }
    }

    fn succeeded(&mut self, size: usize) {
        // A batch that leaves half of it unused says nothing about what is beyond.
        if self.current == self.max || size * 2 < self.current {
            return;
        }
        self.successes += 1;
        if self.successes >= self.patience {
            self.successes = 0;
            self.current = (self.current * 2).min(self.max);
        }
    }
}

/// Records of the next batch of a workspace, at most.
pub fn batch_records(workspace: &Workspace) -> usize {
    workspace.extension(BatchSize::default).limits().0
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn it_shrinks_once_for_all_that_were_under_way_and_grows_back() {
        let size = BatchSize::default();
        for _ in 0..4 {
            size.timed_out(200);
        }
        assert_eq!(size.limits(), (100, MAX_BATCH_BYTES));
        for _ in 0..SUCCESSES_BEFORE_GROWTH * 2 {
            assert_eq!(size.limits().0, 100);
            size.succeeded(10, 1_000);
            size.succeeded(100, 10_000);
        }
        assert_eq!(size.limits(), (200, MAX_BATCH_BYTES));
    }

    #[test]
    fn growing_too_early_takes_longer_each_time_and_never_goes_beyond_the_maximum() {
        let size = BatchSize::default();
        let mut batches = Vec::new();
        for _ in 0..8 {
            size.too_large(MAX_BATCH_BYTES);
            let mut successes = 0;
            while size.limits().1 < MAX_BATCH_BYTES {
                size.succeeded(1, size.limits().1);
                successes += 1;
            }
            batches.push(successes);
        }
        assert_eq!(batches, [8, 16, 32, 64, 64, 64, 64, 64]);
        assert_eq!(size.limits(), (MAX_BATCH_RECORDS, MAX_BATCH_BYTES));
    }

    #[test]
    fn one_record_is_the_least() {
        let size = BatchSize::default();
        for _ in 0..20 {
            size.timed_out(size.limits().0);
        }
        assert_eq!(size.limits().0, 1);
    }
}
