//! Concurrent upserts of one key take turns, and those that wait are merged into one write.
//!
//! The first caller's write runs at once. Callers that arrive meanwhile wait; those with the same settings are merged,
//! as if written one after the other, and share one write and its answer. So a thousand upserts of one key cost a few
//! requests, and never two at the same time.

use std::collections::{HashMap, VecDeque};
use std::hash::Hash;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use futures_util::future::BoxFuture;
use tokio::sync::{Notify, Semaphore, oneshot};

use crate::core::origin;

/// Writes a merged input for the callers in the audience. Returns `None` if all of them left before it ended: then the
/// write may still go on, but the key is free for the next one.
pub type Write<I, R> = Arc<dyn Fn(I, Audience) -> BoxFuture<'static, Option<R>> + Send + Sync>;

/// What a caller gets: the shared answer, and whether it is the first of the callers that share it.
#[derive(Clone, Debug)]
pub struct Turn<R> {
    /// The answer of the one write.
    pub answer: R,
    /// True for exactly one of the callers that share the write.
    pub first: bool,
}

/// Delays queues while more callers may arrive in the same turn of the event loop: JavaScript starts a thousand calls
/// before it yields, and a fast server would have answered the first of them by then.
#[derive(Clone, Debug)]
pub struct Hold(Arc<Semaphore>);

impl Default for Hold {
    fn default() -> Self {
        Self(Arc::new(Semaphore::new(0)))
    }
}

impl Hold {
    /// Releases all queues that wait for this hold.
    pub fn lift(&self) {
        self.0.close();
    }

    async fn lifted(&self) {
        // There is never a permit: only closing ends the wait.
        let _ = self.0.acquire().await;
    }
}

/// The callers that still wait for a write.
#[derive(Clone)]
pub struct Audience(Arc<Listeners>);

struct Listeners {
    waiting: AtomicUsize,
    left: Notify,
}

impl Audience {
    /// An audience of `waiting` callers.
    pub(in crate::core::sync) fn of(waiting: usize) -> Self {
        Self(Arc::new(Listeners {
            waiting: AtomicUsize::new(waiting),
            left: Notify::new(),
        }))
    }

    fn join(&self) {
        self.0.waiting.fetch_add(1, Ordering::AcqRel);
    }

    /// One of them stops waiting.
    pub(in crate::core::sync) fn leave(&self) {
        if self.0.waiting.fetch_sub(1, Ordering::AcqRel) == 1 {
            self.0.left.notify_one();
        }
    }

    /// Whether any caller waits.
    pub(in crate::core::sync) fn is_there(&self) -> bool {
        self.0.waiting.load(Ordering::Acquire) > 0
    }

    /// Waits until no caller waits any more. Only one task may call it.
    pub(in crate::core::sync) async fn left(&self) {
        // A caller may have joined after the last one left, while the group was still queued.
        while self.is_there() {
            self.0.left.notified().await;
        }
    }

    /// The result of `work`; `None` if all callers left, which drops the work.
    pub(in crate::core::sync) async fn unless_left<T>(
        &self,
        work: impl Future<Output = T>,
    ) -> Option<T> {
        tokio::select! {
            biased;
            done = work => Some(done),
            () = self.left() => None,
        }
    }
}

/// A caller's place in the audience. Dropping it leaves (an aborted call drops its future).
struct Seat(Audience);

impl Drop for Seat {
    fn drop(&mut self) {
        self.0.leave();
    }
}

/// A caller's place in the queue. Dropping it leaves the queue; when the last caller leaves, the write is told.
pub struct Place<R> {
    answer: oneshot::Receiver<Turn<R>>,
    _seat: Seat,
}

impl<R> Place<R> {
    /// Waits for the write. `None` means that the write panicked.
    pub async fn wait(self) -> Option<Turn<R>> {
        self.answer.await.ok()
    }
}

/// The callers that share one piece of work.
struct Group<I, R> {
    work: Work<I, R>,
    audience: Audience,
    /// The call that came first.
    origin: Option<u32>,
}

enum Work<I, R> {
    /// A write that later callers may join while it waits.
    Shared {
        input: I,
        settings: u64,
        write: Write<I, R>,
        listeners: Vec<oneshot::Sender<Turn<R>>>,
    },
    /// Work of one caller only.
    Exclusive(BoxFuture<'static, ()>),
}

/// The queues of all keys. A key without a queue has no call in flight.
pub struct KeyedQueue<K, I, R> {
    lines: Mutex<HashMap<K, VecDeque<Group<I, R>>>>,
}

type Lines<'a, K, I, R> = MutexGuard<'a, HashMap<K, VecDeque<Group<I, R>>>>;

impl<K, I, R> Default for KeyedQueue<K, I, R> {
    fn default() -> Self {
        Self {
            lines: Mutex::new(HashMap::new()),
        }
    }
}

impl<K, I, R> KeyedQueue<K, I, R>
where
    K: Clone + Eq + Hash + Send + Sync + 'static,
    I: Send + 'static,
    R: Clone + Send + 'static,
{
    fn lock(&self) -> Lines<'_, K, I, R> {
        self.lines.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Adds `input` to the queue at once: the order of calls is the order of writes. Waiting inputs with equal
    /// `settings` are merged by `merge(earlier, later)` and written by one `write`. If this opens a queue, it does not
    /// start before `hold` is lifted. Must be called within a tokio runtime.
    #[expect(clippy::too_many_arguments)]
    pub fn enter(
        self: &Arc<Self>,
        key: K,
        input: I,
        settings: u64,
        merge: fn(&mut I, I),
        write: Write<I, R>,
        hold: Option<Hold>,
    ) -> Place<R> {
        let (sender, receiver) = oneshot::channel();
        let mut lines = self.lock();
        let waiting = lines.get_mut(&key).and_then(VecDeque::back_mut);
        let seat = match waiting.and_then(|last| last.shared(settings)) {
            Some((earlier, listeners, audience)) => {
                merge(earlier, input);
                listeners.push(sender);
                audience.join();
                Seat(audience.clone())
            }
            None => {
                let listeners = vec![sender];
                let work = Work::Shared {
                    input,
                    settings,
                    write,
                    listeners,
                };
                let audience = Audience::of(1);
                self.put_in_line(lines, key, Group::new(work, audience.clone()), hold);
                Seat(audience)
            }
        };
        Place {
            answer: receiver,
            _seat: seat,
        }
    }

    /// Adds `work` to the queue at once, and never merges it. Otherwise like [`Self::enter`].
    pub fn enter_exclusive<T: Send + 'static>(
        self: &Arc<Self>,
        key: K,
        work: impl Future<Output = T> + Send + 'static,
        hold: Option<Hold>,
    ) -> Place<T> {
        let (sender, receiver) = oneshot::channel();
        let audience = Audience::of(1);
        let seat = Seat(audience.clone());
        let waiting = audience.clone();
        let work = Work::Exclusive(Box::pin(async move {
            if let Some(answer) = waiting.unless_left(work).await {
                let first = true;
                // Callers that have left do not get it.
                let _ = sender.send(Turn { answer, first });
            }
        }));
        self.put_in_line(self.lock(), key, Group::new(work, audience), hold);
        Place {
            answer: receiver,
            _seat: seat,
        }
    }

    /// Opens the queue of the key if there is none.
    fn put_in_line(
        self: &Arc<Self>,
        mut lines: Lines<'_, K, I, R>,
        key: K,
        group: Group<I, R>,
        hold: Option<Hold>,
    ) {
        if let Some(line) = lines.get_mut(&key) {
            line.push_back(group);
            return;
        }
        lines.insert(key.clone(), VecDeque::new());
        drop(lines);
        tokio::spawn(Arc::clone(self).drive(key, group, hold));
    }

    /// Serves the queue of `key` until it is empty.
    async fn drive(self: Arc<Self>, key: K, first: Group<I, R>, hold: Option<Hold>) {
        // A write that panics must not leave its queue behind: later callers would wait for ever.
        let mut guard = LineGuard {
            queue: &self,
            key: &key,
            served: false,
        };
        if let Some(hold) = hold {
            hold.lifted().await;
        }
        let mut next = Some(first);
        while let Some(group) = next.take() {
            serve(group).await;
            let mut lines = self.lock();
            match lines.get_mut(&key).and_then(VecDeque::pop_front) {
                Some(group) => next = Some(group),
                None => {
                    lines.remove(&key);
                    guard.served = true;
                }
            }
        }
    }
}

async fn serve<I, R: Clone>(group: Group<I, R>) {
    if !group.audience.is_there() {
        return;
    }
    let (input, write, listeners) = match group.work {
        Work::Exclusive(work) => return origin::scope(group.origin, work).await,
        Work::Shared {
            input,
            write,
            listeners,
            ..
        } => (input, write, listeners),
    };
    let writing = write(input, group.audience.clone());
    let Some(answer) = origin::scope(group.origin, writing).await else {
        return;
    };
    let mut first = true;
    for listener in listeners {
        // A caller that has left gets no answer, so it is not the first.
        let turn = Turn {
            answer: answer.clone(),
            first,
        };
        first &= listener.send(turn).is_err();
    }
}

/// What a caller that joins a write needs.
type Joined<'g, I, R> = (
    &'g mut I,
    &'g mut Vec<oneshot::Sender<Turn<R>>>,
    &'g Audience,
);

impl<I, R> Group<I, R> {
    fn new(work: Work<I, R>, audience: Audience) -> Self {
        Self {
            work,
            audience,
            origin: origin::current(),
        }
    }

    /// The write, if it can be joined with these settings. A write that all callers have left is not carried out.
    fn shared(&mut self, settings: u64) -> Option<Joined<'_, I, R>> {
        match &mut self.work {
            Work::Shared {
                input,
                settings: theirs,
                listeners,
                ..
            } if *theirs == settings && self.audience.is_there() => {
                Some((input, listeners, &self.audience))
            }
            _ => None,
        }
    }
}

/// Removes a key's queue if its driver panics; the waiting callers see their channel closed.
struct LineGuard<'a, K: Eq + Hash, I, R> {
    queue: &'a KeyedQueue<K, I, R>,
    key: &'a K,
    served: bool,
}

impl<K: Eq + Hash, I, R> Drop for LineGuard<'_, K, I, R> {
    fn drop(&mut self) {
        if !self.served {
            self.queue
                .lines
                .lock()
                .unwrap_or_else(PoisonError::into_inner)
                .remove(self.key);
        }
    }
}

#[cfg(test)]
mod tests;
