//! The queue in front of a limit: first come, first served within a priority; single calls go before bulk work.

use std::collections::VecDeque;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use tokio::sync::Notify;
use tokio::time::{Instant, timeout_at};

use crate::core::http::Priority;

/// After this many single calls in a row, one waiting bulk call goes. A batch carries 200 records, so a tenth of the
/// permits keeps a run going and makes single calls wait at most a tenth longer.
pub(super) const SINGLES_BEFORE_BULK: u32 = 9;

/// The waiting calls, and which is next.
#[derive(Debug, Default)]
pub(super) struct FairQueue {
    lanes: Mutex<Lanes>,
}

#[derive(Debug, Default)]
struct Lanes {
    single: VecDeque<Waiter>,
    bulk: VecDeque<Waiter>,
    /// Single calls in a row that went while bulk work waited.
    overtaken: u32,
    last_number: u64,
}

#[derive(Debug)]
struct Waiter {
    number: u64,
    cost: u32,
    wake: Arc<Notify>,
}

/// A place in the queue. Dropping it leaves the queue, however the wait ends.
struct Place<'a> {
    queue: &'a FairQueue,
    priority: Priority,
    number: u64,
    wake: Arc<Notify>,
}

impl FairQueue {
    /// Waits in the queue until `grant` returns `Ok`; `Err` of it is the time to ask again. If the wait would last
    /// beyond `limit`, it does not start, and `Err` says until when it would last.
    pub(super) async fn pass<T>(
        &self,
        priority: Priority,
        cost: u32,
        limit: Instant,
        grant: impl Fn(Instant) -> Result<T, Instant>,
    ) -> Result<T, Instant> {
        let place = self.join(priority, cost);
        loop {
            let now = Instant::now();
            let mut until = limit;
            if place.is_next() {
                match grant(now) {
                    Ok(granted) => {
                        place.note_departure();
                        return Ok(granted);
                    }
                    Err(at) if at > limit => return Err(at),
                    Err(at) => until = at,
                }
            }
            // A call that leaves the queue wakes the next one. A wake-up that comes before this wait is kept.
            if timeout_at(until, place.wake.notified()).await.is_err()
                && until == limit
                && !place.is_next()
            {
                return Err(limit);
            }
        }
    }

    /// Tokens needed by the calls that would go before a newcomer of this priority.
    pub(super) fn ahead(&self, priority: Priority) -> u32 {
        let lanes = self.lanes();
        let single: u32 = lanes.single.iter().map(|waiter| waiter.cost).sum();
        match priority {
            Priority::Single => single,
            Priority::Bulk => lanes
                .bulk
                .iter()
                .fold(single, |sum, waiter| sum.saturating_add(waiter.cost)),
        }
    }

    /// Makes the next call ask again, because things have changed.
    pub(super) fn wake_next(&self) {
        self.lanes().wake_next();
    }

    fn join(&self, priority: Priority, cost: u32) -> Place<'_> {
        let mut lanes = self.lanes();
        lanes.last_number += 1;
        let number = lanes.last_number;
        let wake = Arc::new(Notify::new());
        let waiter = Waiter {
            number,
            cost,
            wake: Arc::clone(&wake),
        };
        lanes.lane(priority).push_back(waiter);
        Place {
            queue: self,
            priority,
            number,
            wake,
        }
    }

    fn lanes(&self) -> MutexGuard<'_, Lanes> {
        self.lanes.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Lanes {
    fn lane(&mut self, priority: Priority) -> &mut VecDeque<Waiter> {
        match priority {
            Priority::Single => &mut self.single,
            Priority::Bulk => &mut self.bulk,
        }
    }

    fn next(&self) -> Option<&Waiter> {
        match (self.single.front(), self.bulk.front()) {
            (Some(_), Some(bulk)) if self.overtaken >= SINGLES_BEFORE_BULK => Some(bulk),
            (Some(single), _) => Some(single),
            (None, bulk) => bulk,
        }
    }

    fn wake_next(&self) {
        if let Some(next) = self.next() {
            next.wake.notify_one();
        }
    }
}

impl Place<'_> {
    fn is_next(&self) -> bool {
        let lanes = self.queue.lanes();
        lanes.next().is_some_and(|next| next.number == self.number)
    }

    fn note_departure(&self) {
        let mut lanes = self.queue.lanes();
        lanes.overtaken = match self.priority {
            Priority::Single if !lanes.bulk.is_empty() => lanes.overtaken.saturating_add(1),
            Priority::Single | Priority::Bulk => 0,
        };
    }
}

impl Drop for Place<'_> {
    fn drop(&mut self) {
        let mut lanes = self.queue.lanes();
        let number = self.number;
        lanes
            .lane(self.priority)
            .retain(|waiter| waiter.number != number);
        lanes.wake_next();
    }
}

#[cfg(test)]
mod tests;
