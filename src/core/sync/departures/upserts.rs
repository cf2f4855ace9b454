//! Upserts that leave: alone, or many by the same requests.

use std::collections::HashMap;
use std::hash::{DefaultHasher, Hash, Hasher};
use std::sync::{Arc, Mutex, PoisonError};

use super::{Caller, Load, Progress};
use crate::core::sync::context::SyncContext;
use crate::core::sync::driver::{Ended, Listener, Record, Way, write_alone, write_together};
use crate::core::sync::options::CallOptions;
use crate::core::sync::queue::broke_off;
use crate::core::sync::queue::keyed_queue::Audience;
use crate::core::sync::record::input::{Input, Outcome, Upserted};
use crate::core::sync::record::rules::Seed;

/// A record that is to be written.
pub(super) struct Upsert {
    pub input: Input,
    pub options: CallOptions,
    pub caller: Caller<Arc<Upserted>>,
}

/// An upsert, its service's surroundings, and the caller's call that it belongs to.
type Called = (SyncContext, Option<u32>, Upsert);

/// Writes records together, each as its own service and call want it.
pub(super) async fn write(context: &SyncContext, upserts: Vec<Called>, progress: &Progress) {
    let (ways, places) = ways_of(&upserts);
    let mut records = Vec::with_capacity(upserts.len());
    let mut waiting = Vec::with_capacity(upserts.len());
    for (at, ((_, _, upsert), way)) in upserts.into_iter().zip(places).enumerate() {
        let Upsert { input, caller, .. } = upsert;
        records.push(Record { at, way, input });
        waiting.push(Some(caller));
    }
    let aboard = Aboard {
        waiting: Mutex::new(waiting),
        progress,
    };
    write_together(context, ways, records, &aboard).await;
}

/// The ways of the records, and the place of each record's own among them.
fn ways_of(upserts: &[Called]) -> (Vec<Way>, Vec<usize>) {
    let mut members: Vec<Vec<&Called>> = Vec::new();
    let mut known = HashMap::new();
    let places = upserts.iter().map(|called| {
        let (context, _, upsert) = called;
        let place = *known
            .entry(context.way(&upsert.options))
            .or_insert(members.len());
        match members.get_mut(place) {
            Some(members) => members.push(called),
            None => members.push(vec![called]),
        }
        place
    });
    let places = places.collect();
    let ways = members.iter().filter_map(|members| {
        let (context, _, upsert) = members.first()?;
        let calls = members
            .iter()
            .map(|(context, origin, _)| (context, *origin));
        Some(Way {
            context: context.shared_by(calls),
            seed: Seed::of_call(upsert.input.kind(), upsert.options),
        })
    });
    (ways.collect(), places)
}

/// Those who wait for records in flight: each hears of its own end as soon as that is known.
struct Aboard<'p> {
    waiting: Mutex<Vec<Option<Caller<Arc<Upserted>>>>>,
    progress: &'p Progress,
}

impl Listener for Aboard<'_> {
    fn settled(&self, at: usize, ended: Ended) {
        let mut waiting = self.waiting.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(caller) = waiting.get_mut(at).and_then(Option::take) {
            caller.tell(ended.settled.into_outcome(), self.progress);
        }
    }
}

impl SyncContext {
    /// Writes one record, alone or with others that are to be written at the same time, in the order of their numbers.
    /// `None` when everybody in `audience` left before it was done; a request that others share goes on for them, and is
    /// waited for.
    pub(in crate::core::sync) async fn depart(
        &self,
        input: Input,
        options: CallOptions,
        number: u64,
        audience: Audience,
    ) -> Option<Outcome> {
        let write = |input| audience.unless_left(write_alone(self, options, input));
        if !self.options.batching {
            return write(input).await;
        }
        let entered = self.enter(input.kind(), number, |caller| {
            let input = input.clone();
            Load::Upsert(Box::new(Upsert {
                input,
                options,
                caller,
            }))
        });
        let mut ticket = match entered {
            Ok(mut slot) => {
                let written = write(input).await?;
                slot.note(&written);
                return Some(written);
            }
            Err(ticket) => ticket,
        };
        tokio::select! {
            biased;
            answer = &mut ticket.answer => return Some(answer.unwrap_or_else(|_| Err(broke_off("upsert")))),
            () = audience.left() => {}
        }
        if ticket.seat.leave() {
            // Its key is not free before its request has ended.
            let _ = (&mut ticket.answer).await;
        }
        None
    }

    /// What records share that are written in one way: options, memory and store.
    fn way(&self, options: &CallOptions) -> u64 {
        let mut hasher = DefaultHasher::new();
        (
            self.settings,
            options,
            self.options.cache_ttl_ms,
            self.options.hash_ttl_ms,
            Arc::as_ptr(&self.scope),
        )
            .hash(&mut hasher);
        hasher.finish()
    }
}
