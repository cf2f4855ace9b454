//! Upserts of one key at once take turns, and those that wait together are written together.
//!
//! The first caller's write runs at once. Callers that come while it runs wait in line; those whose settings are the
//! same are merged, as if written one after the other, and share one write and its answer. So a thousand upserts of one
//! key cost a few requests, never two at the same time.

use std::collections::{HashMap, VecDeque};
use std::hash::Hash;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use futures_util::future::BoxFuture;
use tokio::sync::{Notify, Semaphore, oneshot};

use crate::core::origin;

/// How a merged input is written, for the callers in the audience. None when all of them have left before its end: what
/// becomes of the write then is its own business, but its key is free for the next one as soon as it returns.
pub type Write<I, R> = Arc<dyn Fn(I, Audience) -> BoxFuture<'static, Option<R>> + Send + Sync>;

/// What a caller of a turn gets: the shared answer, and whether this caller was the first of those who share it.
#[derive(Clone, Debug)]
pub struct Turn<R> {
    /// The answer of the one write.
    pub answer: R,
    /// True for exactly one of the callers that share the write.
    pub first: bool,
}

/// Keeps lines from moving while more callers may still come in the same breath: JavaScript starts a thousand calls
/// before it gives up the thread, and a fast server would have answered the first of them by then.
#[derive(Clone, Debug)]
pub struct Hold(Arc<Semaphore>);

impl Default for Hold {
    fn default() -> Self {
        Self(Arc::new(Semaphore::new(0)))
    }
}

impl Hold {
    /// Lets all lines move that wait for this hold.
    pub fn lift(&self) {
        self.0.close();
    }

    async fn lifted(&self) {
        // Closing is the only way on: there never is a permit.
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
    /// So many callers that wait.
    pub(in crate::core::sync) fn of(waiting: usize) -> Self {
        Self(Arc::new(Listeners {
            waiting: AtomicUsize::new(waiting),
            left: Notify::new(),
        }))
    }

    fn join(&self) {
        self.0.waiting.fetch_add(1, Ordering::AcqRel);
    }

    /// One of them waits no longer.
    pub(in crate::core::sync) fn leave(&self) {
        if self.0.waiting.fetch_sub(1, Ordering::AcqRel) == 1 {
            self.0.left.notify_one();
        }
    }

    /// Whether anybody waits.
    pub(in crate::core::sync) fn is_there(&self) -> bool {
        self.0.waiting.load(Ordering::Acquire) > 0
    }

    /// Waits until nobody waits any more. Only one task may wait for it.
    pub(in crate::core::sync) async fn left(&self) {
        // Someone may have come after the last one left, while the group was still in line.
        while self.is_there() {
            self.0.left.notified().await;
        }
    }

    /// What `work` comes to; dropped, and None, as soon as nobody waits for it.
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

/// A caller's place in the audience, given up on drop (an aborted call drops its future).
struct Seat(Audience);

impl Drop for Seat {
    fn drop(&mut self) {
        self.0.leave();
    }
}

/// A caller's place in line. Dropping it gives the place up; the write is told when nobody waits for it any more.
pub struct Place<R> {
    answer: oneshot::Receiver<Turn<R>>,
    _seat: Seat,
}

impl<R> Place<R> {
    /// Waits for the write. `None` means that it broke.
    pub async fn wait(self) -> Option<Turn<R>> {
        self.answer.await.ok()
    }
}

/// Those who share one piece of work.
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
    /// One caller's own.
    Exclusive(BoxFuture<'static, ()>),
}

/// The lines of all keys. A key without a line has nobody in flight.
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

    /// Puts `input` in line, at once: the order of calls is the order of writes. Inputs that wait under equal `settings`
    /// are joined by `merge(earlier, later)` and written by one `write`. A line that this opens does not move before
    /// `hold` is lifted. Must be called within a tokio runtime.
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

    /// Puts `work` in line, at once, and never joins it with anything. Else as [`Self::enter`].
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
                // Whoever has left does not hear it.
                let _ = sender.send(Turn { answer, first });
            }
        }));
        self.put_in_line(self.lock(), key, Group::new(work, audience), hold);
        Place {
            answer: receiver,
            _seat: seat,
        }
    }

    /// Opens the line of the key where nobody stands in it.
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

    /// Serves the line of `key` until it is empty.
    async fn drive(self: Arc<Self>, key: K, first: Group<I, R>, hold: Option<Hold>) {
        // A write that panics must not leave its line behind: later callers would wait for ever.
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
        // A caller that has left does not hear the answer, and so is not the first.
        let turn = Turn {
            answer: answer.clone(),
            first,
        };
        first &= listener.send(turn).is_err();
    }
}

/// What whoever joins a write has to do with.
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

    /// The write, if it can be joined under these settings: one that nobody waits for any more is not done.
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

/// Clears a key's line when its driver dies; those who wait see their listener closed.
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
