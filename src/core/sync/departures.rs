//! Group commit, as databases do with their log: a call that finds the workspace idle leaves at once, alone. Calls that
//! come while others are in flight gather, and leave together with the next departure. There is no timer: nobody waits for
//! company.
//!
//! People and companies depart apart from each other: a person's write may wait for its company's, and never the other
//! way round, so whoever is waited for always gets away.

mod look_ups;
mod upserts;

use std::collections::{HashSet, VecDeque};
use std::hash::{DefaultHasher, Hash, Hasher};
use std::sync::atomic::{AtomicBool, AtomicU64, AtomicUsize, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use tokio::runtime::Handle;
use tokio::sync::oneshot;

use look_ups::LookUp;
use upserts::Upsert;

use crate::core::config::{LONE_DEPARTURES, MAX_DEPARTURES};
use crate::core::error::CrmError;
use crate::core::origin;
use crate::core::twenty::ids::ObjectKind;

use super::concurrency::{Concurrency, is_strained};
use super::context::SyncContext;
use super::driver::MAX_BATCH_RECORDS;
use super::queue::keyed_queue::Audience;

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

/// Where the calls for one object leave from.
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

/// A call that waits for a departure.
struct Waiting {
    context: SyncContext,
    load: Load,
    /// Only calls of one group can leave together.
    group: u64,
    /// Of two that want one value, the one that was called first is to have it.
    number: u64,
    origin: Option<u32>,
    seat: Arc<Seat>,
}

/// What a call wants.
enum Load {
    /// A record is to be written.
    Upsert(Box<Upsert>),
    /// The rows of a record are asked for.
    LookUp(LookUp),
}

impl Load {
    /// What no two of a departure may have in common: services with different stores do not take turns.
    fn written(&self, context: &SyncContext) -> Option<(Option<String>, String)> {
        match self {
            Self::Upsert(upsert) => Some((
                context.options.namespace.clone(),
                upsert.input.external_id().to_owned(),
            )),
            Self::LookUp(_) => None,
        }
    }
}

/// Whoever waits for an answer.
struct Caller<T> {
    answer: oneshot::Sender<Result<T, CrmError>>,
    seat: Arc<Seat>,
}

impl<T> Caller<T> {
    fn tell(self, answer: Result<T, CrmError>, progress: &Progress) {
        if answer.as_ref().is_err_and(is_strained) {
            progress.is_strained.store(true, Ordering::Relaxed);
        }
        progress.answered.fetch_add(1, Ordering::Relaxed);
        // Whoever has left does not hear it.
        let _ = self.answer.send(answer);
        self.seat.leave();
    }
}

/// A caller's place in line, given up on drop.
struct Ticket<T> {
    answer: oneshot::Receiver<Result<T, CrmError>>,
    seat: Arc<Seat>,
}

impl<T> Drop for Ticket<T> {
    fn drop(&mut self) {
        self.seat.leave();
    }
}

/// How far a departure is.
#[derive(Default)]
struct Progress {
    answered: AtomicUsize,
    /// Whether the server took one of its calls badly.
    is_strained: AtomicBool,
}

/// Where a waiting call is.
#[derive(Default)]
struct Seat(Mutex<Place>);

#[derive(Default)]
enum Place {
    #[default]
    Waiting,
    /// In flight, together with those of this audience.
    Aboard(Audience),
    /// Nobody waits for it any more.
    Left,
}

impl Seat {
    fn lock(&self) -> MutexGuard<'_, Place> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Whether anybody still waits for it.
    fn is_wanted(&self) -> bool {
        !matches!(*self.lock(), Place::Left)
    }

    /// The call leaves with those of `audience`; false when nobody waits for it any more.
    fn board(&self, audience: &Audience) -> bool {
        let mut place = self.lock();
        if matches!(*place, Place::Left) {
            return false;
        }
        *place = Place::Aboard(audience.clone());
        true
    }

    /// Nobody waits for it any more; whether it is in flight.
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

    /// Leaves at once where the dock is idle; else the call is put in line.
    fn enter<T>(
        self: &Arc<Self>,
        waiting: impl FnOnce() -> (Waiting, Ticket<T>),
    ) -> Result<Slot, Ticket<T>> {
        let mut state = self.lock();
        let lone = state.learnt.limit().min(LONE_DEPARTURES);
        if state.in_flight < lone && state.waiting.is_empty() {
            state.in_flight += 1;
            return Ok(Slot {
                dock: Arc::clone(self),
                went: Went::Unknown,
            });
        }
        let (waiting, ticket) = waiting();
        state.waiting.push_back(waiting);
        Err(ticket)
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

impl Slot {
    /// Takes in what a lone call was answered.
    fn note<T>(&mut self, answer: &Result<T, CrmError>) {
        self.went = match answer.as_ref().is_err_and(is_strained) {
            true => Went::Badly,
            false => Went::Well,
        };
    }
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

/// Calls that leave together.
struct Departure {
    calls: Vec<Waiting>,
    audience: Audience,
}

impl Departure {
    /// The call that waits longest, and those behind it that can leave with it; the others keep their order. None when
    /// nobody waits.
    fn gather(waiting: &mut VecDeque<Waiting>) -> Option<Self> {
        while waiting.front().is_some_and(|first| !first.seat.is_wanted()) {
            waiting.pop_front();
        }
        let group = waiting.front()?.group;
        let mut calls = Vec::new();
        let mut written = HashSet::new();
        let mut staying = VecDeque::with_capacity(waiting.len());
        for call in waiting.drain(..) {
            let has_room = call.group == group && calls.len() < MAX_BATCH_RECORDS;
            let is_first = |record| written.insert(record);
            if !has_room || !call.load.written(&call.context).is_none_or(is_first) {
                staying.push_back(call);
            } else if call.seat.is_wanted() {
                calls.push(call);
            }
        }
        *waiting = staying;
        calls.sort_by_key(|call| call.number);
        let audience = Audience::of(calls.len());
        // Whoever has left in this very moment is not aboard.
        calls.retain(|call| {
            let is_aboard = call.seat.board(&audience);
            if !is_aboard {
                audience.leave();
            }
            is_aboard
        });
        Some(Self { calls, audience })
    }

    /// Does what the calls want, unless all callers leave before that is done.
    async fn run(self, mut slot: Slot) {
        let Self { calls, audience } = self;
        let Some(first) = calls.first() else {
            return;
        };
        let (count, first_origin) = (calls.len(), first.origin);
        let all = calls.iter().map(|call| (&call.context, call.origin));
        let context = first.context.shared_by(all);
        let (mut upserts, mut look_ups) = (Vec::new(), Vec::new());
        for call in calls {
            match call.load {
                Load::Upsert(upsert) => upserts.push((call.context, call.origin, *upsert)),
                Load::LookUp(look_up) => look_ups.push(look_up),
            }
        }
        let progress = Progress::default();
        let serving = async {
            upserts::write(&context, upserts, &progress).await;
            look_ups::answer(&context, look_ups, &progress).await;
        };
        let served = audience.unless_left(origin::scope(first_origin, serving));
        let is_done = served.await.is_some() || progress.answered.load(Ordering::Relaxed) == count;
        slot.went = match (progress.is_strained.load(Ordering::Relaxed), is_done) {
            (true, _) => Went::Badly,
            (false, true) => Went::Well,
            (false, false) => Went::Unknown,
        };
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

    /// The right to leave at once, alone, or else a place in line.
    fn enter<T>(
        &self,
        kind: ObjectKind,
        number: u64,
        load: impl FnOnce(Caller<T>) -> Load,
    ) -> Result<Slot, Ticket<T>> {
        self.departures().dock(kind).enter(|| {
            let (sender, receiver) = oneshot::channel();
            let seat = Arc::<Seat>::default();
            let ticket = Ticket {
                answer: receiver,
                seat: Arc::clone(&seat),
            };
            let load = load(Caller {
                answer: sender,
                seat: Arc::clone(&seat),
            });
            let waiting = Waiting {
                group: self.group(&load),
                context: self.clone(),
                load,
                number,
                origin: origin::current(),
                seat,
            };
            (waiting, ticket)
        })
    }

    /// The same context for requests that several calls share.
    fn shared_by<'a>(&self, calls: impl Iterator<Item = (&'a Self, Option<u32>)>) -> Self {
        let clients = calls.map(|(context, origin)| (&context.http, origin));
        Self {
            http: self.http.shared_by(clients),
            ..self.clone()
        }
    }

    /// What calls must have in common to be served by the same requests. The names of the custom fields are among it
    /// because they are what a look-up selects, and what of an answer is kept. All else a record has for itself.
    fn group(&self, load: &Load) -> u64 {
        let mut hasher = DefaultHasher::new();
        (
            std::mem::discriminant(load),
            &self.options.field_names,
            self.http.transport_settings(),
        )
            .hash(&mut hasher);
        hasher.finish()
    }
}
