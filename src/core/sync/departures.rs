//! Group commit, as databases do with their log: a call that finds the workspace idle leaves at once, alone. Calls that
//! come while others are in flight gather, and leave together with the next departure. There is no timer: nobody waits for
//! company.
//!
//! People and companies depart apart from each other: a person's write may wait for its company's, and never the other
//! way round, so whoever is waited for always gets away.

use std::collections::VecDeque;
use std::hash::{DefaultHasher, Hash, Hasher};
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use tokio::runtime::Handle;
use tokio::sync::oneshot;

use crate::core::config::{LONE_DEPARTURES, MAX_DEPARTURES};
use crate::core::origin;
use crate::core::twenty::ids::ObjectKind;

use super::concurrency::{Concurrency, is_strained};
use super::context::SyncContext;
use super::driver::{Ended, Listener, MAX_BATCH_RECORDS, write_alone, write_together};
use super::options::CallOptions;
use super::queue::broke_off;
use super::queue::keyed_queue::Audience;
use super::record::input::{Input, Outcome};

/// The departures of one workspace.
#[derive(Default)]
pub struct Departures {
    people: Arc<Dock>,
    companies: Arc<Dock>,
    calls: AtomicU64,
}

impl Departures {
    /// The number of a call, in the order of calls. Tasks reach the dock in any order.
    pub fn number(&self) -> u64 {
        self.calls.fetch_add(1, Ordering::Relaxed)
    }

    /// Groups of calls that have left together.
    pub fn departed(&self) -> u64 {
        [&self.people, &self.companies]
            .map(|dock| dock.lock().departed)
            .into_iter()
            .sum()
    }

    /// How many groups of one kind may be in flight at once.
    pub fn limit(&self, kind: ObjectKind) -> usize {
        self.dock(kind).lock().learnt.limit()
    }

    fn dock(&self, kind: ObjectKind) -> &Arc<Dock> {
        match kind {
            ObjectKind::Person => &self.people,
            ObjectKind::Company => &self.companies,
        }
    }
}

/// Where the records of one kind leave from.
#[derive(Default)]
struct Dock(Mutex<State>);

struct State {
    in_flight: usize,
    /// Groups that have left.
    departed: u64,
    /// How many departures may be in flight at once.
    learnt: Concurrency,
    waiting: VecDeque<Waiting>,
}

impl Default for State {
    fn default() -> Self {
        Self {
            in_flight: 0,
            departed: 0,
            learnt: Concurrency::new(LONE_DEPARTURES, MAX_DEPARTURES),
            waiting: VecDeque::new(),
        }
    }
}

/// A record that waits for a departure.
struct Waiting {
    context: SyncContext,
    options: CallOptions,
    input: Input,
    /// Only records of one group can leave together.
    group: u64,
    /// Of two that want one value, the one that was called first is to have it.
    number: u64,
    origin: Option<u32>,
    answer: oneshot::Sender<Outcome>,
    seat: Arc<Seat>,
}

/// Where a waiting record is.
#[derive(Default)]
struct Seat(Mutex<Place>);

#[derive(Default)]
enum Place {
    #[default]
    Waiting,
    /// In flight, together with those of this audience.
    Aboard(Audience),
    /// Its callers have left before it did.
    Left,
}

impl Seat {
    fn lock(&self) -> MutexGuard<'_, Place> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Whether anybody still waits for the record.
    fn is_wanted(&self) -> bool {
        !matches!(*self.lock(), Place::Left)
    }

    /// The record leaves with those of `audience`; false when nobody waits for it any more.
    fn board(&self, audience: &Audience) -> bool {
        let mut place = self.lock();
        if matches!(*place, Place::Left) {
            return false;
        }
        *place = Place::Aboard(audience.clone());
        true
    }

    /// Nobody waits for the record any more; whether it is in flight.
    fn leave(&self) -> bool {
        match std::mem::replace(&mut *self.lock(), Place::Left) {
            Place::Aboard(audience) => {
                audience.leave();
                true
            }
            Place::Waiting | Place::Left => false,
        }
    }
}

impl Dock {
    fn lock(&self) -> MutexGuard<'_, State> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Leaves at once where the dock is idle; else the record is put in line.
    fn enter(self: &Arc<Self>, waiting: impl FnOnce() -> Waiting) -> Option<Slot> {
        let mut state = self.lock();
        let lone = state.learnt.limit().min(LONE_DEPARTURES);
        if state.in_flight < lone && state.waiting.is_empty() {
            state.in_flight += 1;
            return Some(Slot {
                dock: Arc::clone(self),
                went: Went::Unknown,
            });
        }
        let waiting = waiting();
        state.waiting.push_back(waiting);
        None
    }

    /// Sends off as many departures as may be in flight.
    fn send_off(self: &Arc<Self>) {
        // Without a runtime the process is about to end.
        let Ok(runtime) = Handle::try_current() else {
            return;
        };
        loop {
            let mut state = self.lock();
            if state.in_flight >= state.learnt.limit() {
                return;
            }
            let Some(departure) = Departure::gather(&mut state.waiting) else {
                return;
            };
            state.in_flight += 1;
            state.departed += 1;
            drop(state);
            let slot = Slot {
                dock: Arc::clone(self),
                went: Went::Unknown,
            };
            runtime.spawn(departure.run(slot));
        }
    }
}

/// How a departure went, as far as it says how much the server can take.
enum Went {
    Well,
    Badly,
    Unknown,
}

/// The right to be in flight. Given up on drop, which lets the next ones leave.
struct Slot {
    dock: Arc<Dock>,
    went: Went,
}

impl Drop for Slot {
    fn drop(&mut self) {
        let mut state = self.dock.lock();
        state.in_flight -= 1;
        match self.went {
            Went::Well => state.learnt.succeeded(!state.waiting.is_empty()),
            Went::Badly => state.learnt.failed(),
            Went::Unknown => {}
        }
        drop(state);
        self.dock.send_off();
    }
}

/// Records that leave together.
struct Departure {
    records: Vec<Waiting>,
    audience: Audience,
}

impl Departure {
    /// The record that waits longest, and those behind it that can leave with it; the others keep their order. None when
    /// nobody waits.
    fn gather(waiting: &mut VecDeque<Waiting>) -> Option<Self> {
        while waiting.front().is_some_and(|first| !first.seat.is_wanted()) {
            waiting.pop_front();
        }
        let group = waiting.front()?.group;
        let mut records = Vec::new();
        let mut staying = VecDeque::with_capacity(waiting.len());
        for record in waiting.drain(..) {
            if record.group != group || records.len() == MAX_BATCH_RECORDS {
                staying.push_back(record);
            } else if record.seat.is_wanted() {
                records.push(record);
            }
        }
        *waiting = staying;
        records.sort_by_key(|record| record.number);
        let audience = Audience::of(records.len());
        // Whoever has left in this very moment is not aboard.
        records.retain(|record| {
            let is_aboard = record.seat.board(&audience);
            if !is_aboard {
                audience.leave();
            }
            is_aboard
        });
        Some(Self { records, audience })
    }

    /// Writes the records, unless all callers leave before that is done.
    async fn run(self, mut slot: Slot) {
        let Self { records, audience } = self;
        let Some(first) = records.first() else {
            return;
        };
        let (options, first_origin) = (first.options, first.origin);
        let context = SyncContext {
            http: first.context.http.shared_by(
                records
                    .iter()
                    .map(|record| (&record.context.http, record.origin)),
            ),
            ..first.context.clone()
        };
        let mut waiting = Vec::with_capacity(records.len());
        let mut inputs = Vec::with_capacity(records.len());
        for record in records {
            waiting.push(Some((record.answer, record.seat)));
            inputs.push(record.input);
        }
        let aboard = Aboard {
            waiting: Mutex::new(waiting),
            is_strained: AtomicBool::new(false),
        };
        let writing = write_together(&context, options, inputs, &aboard);
        let written = audience.unless_left(origin::scope(first_origin, writing));
        let is_done = written.await.is_some() || aboard.is_empty();
        slot.went = match (aboard.is_strained.load(Ordering::Relaxed), is_done) {
            (true, _) => Went::Badly,
            (false, true) => Went::Well,
            (false, false) => Went::Unknown,
        };
    }
}

/// Where an outcome is told, and the place of whoever waits for it.
type Answer = (oneshot::Sender<Outcome>, Arc<Seat>);

/// Those who wait for records in flight: each hears of its own end as soon as that is known.
struct Aboard {
    waiting: Mutex<Vec<Option<Answer>>>,
    is_strained: AtomicBool,
}

impl Aboard {
    fn is_empty(&self) -> bool {
        let waiting = self.waiting.lock().unwrap_or_else(PoisonError::into_inner);
        waiting.iter().all(Option::is_none)
    }
}

impl Listener for Aboard {
    fn settled(&self, at: usize, ended: Ended) {
        let outcome = ended.settled.into_outcome();
        if outcome.as_ref().is_err_and(is_strained) {
            self.is_strained.store(true, Ordering::Relaxed);
        }
        let mut waiting = self.waiting.lock().unwrap_or_else(PoisonError::into_inner);
        let Some((answer, seat)) = waiting.get_mut(at).and_then(Option::take) else {
            return;
        };
        // Whoever has left does not hear it.
        let _ = answer.send(outcome);
        seat.leave();
    }
}

impl SyncContext {
    fn departures(&self) -> Arc<Departures> {
        self.http.workspace().extension(Departures::default)
    }

    /// The number of a call, in the order of calls: of two that want one value, the first is to have it.
    pub(super) fn departure_number(&self) -> u64 {
        self.departures().number()
    }

    /// Writes one record, alone or with others that are to be written at the same time, in the order of their numbers.
    /// `None` when everybody in `audience` left before it was done; a request that others share goes on for them, and is
    /// waited for.
    pub(super) async fn depart(
        &self,
        input: Input,
        options: CallOptions,
        number: u64,
        audience: Audience,
    ) -> Option<Outcome> {
        if !self.options.batching {
            return audience
                .unless_left(write_alone(self, options, input))
                .await;
        }
        let (sender, mut answer) = oneshot::channel();
        let seat = Arc::<Seat>::default();
        let slot = self.departures().dock(input.kind()).enter(|| Waiting {
            context: self.clone(),
            options,
            group: self.group(&options),
            number,
            input: input.clone(),
            origin: origin::current(),
            answer: sender,
            seat: Arc::clone(&seat),
        });
        if let Some(mut slot) = slot {
            let written = audience
                .unless_left(write_alone(self, options, input))
                .await?;
            slot.went = match written.as_ref().is_err_and(is_strained) {
                true => Went::Badly,
                false => Went::Well,
            };
            return Some(written);
        }
        tokio::select! {
            biased;
            answer = &mut answer => return Some(answer.unwrap_or_else(|_| Err(broke_off("upsert")))),
            () = audience.left() => {}
        }
        if seat.leave() {
            // Its key is not free before its request has ended.
            let _ = answer.await;
        }
        None
    }

    /// What records must have in common to be written by the same requests.
    fn group(&self, options: &CallOptions) -> u64 {
        let mut hasher = DefaultHasher::new();
        (
            self.settings,
            options,
            self.options.cache_ttl_ms,
            self.options.hash_ttl_ms,
            Arc::as_ptr(&self.scope),
            self.http.transport_settings(),
        )
            .hash(&mut hasher);
        hasher.finish()
    }
}
