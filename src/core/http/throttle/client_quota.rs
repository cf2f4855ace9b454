//! The caller's own quota: at most this many requests in any minute.

use std::collections::{HashMap, VecDeque};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use tokio::time::Instant;

use super::fair_queue::FairQueue;
use super::permit::WaitTooLong;
use crate::core::http::Priority;

const MINUTE: Duration = Duration::from_secs(60);

/// The quotas of one workspace. Clients with the same quota share it, so creating one client per request does not allow
/// more calls. Different quotas are counted separately.
#[derive(Debug, Default)]
pub(in crate::core::http) struct ClientQuotas {
    by_limit: Mutex<HashMap<u32, Arc<ClientQuota>>>,
}

impl ClientQuotas {
    /// The quota of `per_minute` requests.
    pub(in crate::core::http) fn of(&self, per_minute: u32) -> Arc<ClientQuota> {
        let mut by_limit = self.by_limit.lock().unwrap_or_else(PoisonError::into_inner);
        if !by_limit.contains_key(&per_minute) {
            let now = Instant::now();
            by_limit.retain(|_, quota| Arc::strong_count(quota) > 1 || !quota.is_idle(now));
        }
        let quota = by_limit.entry(per_minute).or_insert_with(|| {
            Arc::new(ClientQuota {
                per_minute,
                sent: Mutex::default(),
                queue: FairQueue::default(),
            })
        });
        Arc::clone(quota)
    }
}

/// At most `per_minute` requests in any 60 seconds. They may go all at once: a quota is not a pace.
#[derive(Debug)]
pub(in crate::core::http) struct ClientQuota {
    per_minute: u32,
    /// When the requests of the last minute were sent, oldest first.
    sent: Mutex<VecDeque<Instant>>,
    queue: FairQueue,
}

impl ClientQuota {
    /// Waits until a request may be sent. If the wait would last beyond `limit`, it does not start.
    pub(in crate::core::http) async fn enter(
        &self,
        priority: Priority,
        limit: Instant,
    ) -> Result<(), WaitTooLong> {
        let start = Instant::now();
        let closed = |wait| WaitTooLong {
            wait,
            quota: Some(self.per_minute),
        };
        let free_at = self.free_at(self.queue.ahead(priority), start);
        if free_at > limit {
            return Err(closed(free_at - start));
        }
        self.queue
            .pass(priority, 1, limit, |now| self.grant(now))
            .await
            .map_err(|until| closed(until.saturating_duration_since(Instant::now())))
    }

    fn grant(&self, now: Instant) -> Result<(), Instant> {
        let mut sent = self.sent();
        forget_old(&mut sent, now);
        match sent.front() {
            Some(oldest) if sent.len() >= self.per_minute as usize => Err(*oldest + MINUTE),
            _ => {
                sent.push_back(now);
                Ok(())
            }
        }
    }

    /// When a request behind `ahead` others may be sent.
    fn free_at(&self, ahead: u32, now: Instant) -> Instant {
        let mut sent = self.sent();
        forget_old(&mut sent, now);
        let (whole, rest) = (ahead / self.per_minute, (ahead % self.per_minute) as usize);
        let free = (self.per_minute as usize).saturating_sub(sent.len());
        let first_round = match rest.checked_sub(free) {
            None => now,
            Some(place) => sent.get(place).map_or(now, |at| *at + MINUTE),
        };
        first_round + MINUTE * whole
    }

    fn is_idle(&self, now: Instant) -> bool {
        let mut sent = self.sent();
        forget_old(&mut sent, now);
        sent.is_empty()
    }

    fn sent(&self) -> MutexGuard<'_, VecDeque<Instant>> {
        self.sent.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

fn forget_old(sent: &mut VecDeque<Instant>, now: Instant) {
    while sent
        .front()
        .is_some_and(|at| now.saturating_duration_since(*at) >= MINUTE)
    {
        sent.pop_front();
    }
}

#[cfg(test)]
mod tests;
