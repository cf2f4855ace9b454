//! The queue in front of a limit: first come, first served within a priority, single calls before bulk work.

use std::collections::VecDeque;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use tokio::sync::Notify;
use tokio::time::{Instant, timeout_at};

use crate::core::http::Priority;

/// So many single calls in a row may go before bulk work that waits; then one bulk call goes. A batch carries
/// 200 records, so a tenth of the permits keeps a run going, and lengthens the wait of single calls by a tenth at most.
pub(super) const SINGLES_BEFORE_BULK: u32 = 9;

/// Who waits, and who is next.
#[derive(Debug, Default)]
pub(super) struct FairQueue {
    lanes: Mutex<Lanes>,
}

#[derive(Debug, Default)]
struct Lanes {
    single: VecDeque<Waiter>,
    bulk: VecDeque<Waiter>,
    /// Single calls that went, in a row, while bulk work waited.
    overtaken: u32,
    last_number: u64,
}

#[derive(Debug)]
struct Waiter {
    number: u64,
    cost: u32,
    wake: Arc<Notify>,
}

/// A place in the queue, given up when it is dropped, however the waiting ends.
struct Place<'a> {
    queue: &'a FairQueue,
    priority: Priority,
    number: u64,
    wake: Arc<Notify>,
}

impl FairQueue {
    /// Waits in the queue, then until `grant` gives leave: it answers with what it grants, or with the time at which to ask
    /// again. Not beyond `limit`: a wait that would end later is not started, and `Err` says until when it would be.
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
            // Whoever leaves the queue wakes the next one; its wake-up is kept if it comes before this wait.
            if timeout_at(until, place.wake.notified()).await.is_err()
                && until == limit
                && !place.is_next()
            {
                return Err(limit);
            }
        }
    }

    /// Tokens that those want who would go before a newcomer of this priority.
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

    /// Has the next one ask again: things have changed.
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
