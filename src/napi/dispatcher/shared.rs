//! The part of a dispatcher that calls on all threads share: the queue, the waiting calls, and the wake-up of
//! JavaScript.

use std::collections::HashMap;
use std::hash::{BuildHasherDefault, Hasher};
use std::ptr;
use std::sync::atomic::{AtomicBool, AtomicU32, AtomicUsize, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use napi::sys;
use tokio::sync::oneshot;
use tokio::task::AbortHandle;

use super::answer::{AnswerKind, AnswerText, Completion};
use crate::core::origin;
use crate::core::sync::queue::keyed_queue::Hold;

/// Most events that wait for JavaScript. If it does not fetch them, further events are dropped and counted.
const MAX_WAITING: usize = 10_000;

/// Call numbers count up, so they need no protection against collisions.
#[derive(Default)]
pub(super) struct CallIdHasher(u64);

impl Hasher for CallIdHasher {
    fn finish(&self) -> u64 {
        self.0
    }

    fn write(&mut self, bytes: &[u8]) {
        for byte in bytes {
            self.0 = self.0 << 8 | u64::from(*byte);
        }
    }

    fn write_u32(&mut self, id: u32) {
        // Hash tables use the upper bits as well as the lower ones.
        self.0 = u64::from(id).wrapping_mul(0x9e37_79b9_7f4a_7c15);
    }
}

/// A pointer that Node-API allows on any thread, as long as the lock around it is held.
pub(super) struct FunctionHandle(pub(super) sys::napi_threadsafe_function);
// SAFETY: threadsafe functions may be called from any thread. The handle is cleared, under the same lock, before the
// environment that owns it ends.
unsafe impl Send for FunctionHandle {}

/// The part of a dispatcher that calls share.
pub struct Shared {
    pub(super) function: Mutex<Option<FunctionHandle>>,
    pub(super) queue: Mutex<Vec<Completion>>,
    pub(super) woken: AtomicBool,
    pub(super) in_flight: AtomicUsize,
    pub(super) aborts: Mutex<HashMap<u32, AbortHandle, BuildHasherDefault<CallIdHasher>>>,
    next_question: AtomicU32,
    pub(super) questions: Mutex<HashMap<u32, oneshot::Sender<Result<String, String>>>>,
    pub(super) hold: Mutex<Hold>,
    /// What the channels of this environment listen for: the bits of `EventKind`.
    pub(super) watched: AtomicU32,
}

pub(super) fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

impl Shared {
    pub(super) fn new() -> Self {
        Self {
            function: Mutex::default(),
            queue: Mutex::default(),
            woken: AtomicBool::new(false),
            in_flight: AtomicUsize::new(0),
            aborts: Mutex::default(),
            next_question: AtomicU32::new(1),
            questions: Mutex::default(),
            hold: Mutex::default(),
            watched: AtomicU32::new(0),
        }
    }

    fn push(&self, completion: Completion) {
        lock(&self.queue).push(completion);
        self.wake();
    }

    /// Queues an event for JavaScript; false if it was dropped.
    pub fn push_event(&self, target: u32, text: String) -> bool {
        if lock(&self.function).is_none() {
            return false;
        }
        {
            let event = Completion::new(target, AnswerKind::Event, AnswerText::Text(text));
            let mut queue = lock(&self.queue);
            if queue.len() >= MAX_WAITING {
                return false;
            }
            queue.push(event);
        }
        self.wake();
        true
    }

    /// What the channels of this environment listen for.
    pub fn watched(&self) -> u32 {
        self.watched.load(Ordering::Relaxed)
    }

    fn wake(&self) {
        if !self.woken.swap(true, Ordering::AcqRel) {
            let function = lock(&self.function);
            if let Some(handle) = function.as_ref() {
                // SAFETY: the handle is valid while it is in the slot, and the lock keeps it there.
                unsafe {
                    sys::napi_call_threadsafe_function(
                        handle.0,
                        ptr::null_mut(),
                        sys::ThreadsafeFunctionCallMode::nonblocking,
                    );
                }
            }
        }
    }

    pub(super) fn lift_hold(&self) {
        std::mem::take(&mut *lock(&self.hold)).lift();
    }

    /// Asks the object that is registered in JavaScript as `target` something, and waits for its reply. The question
    /// carries the number of the current call (0 if there is none). `Err` is the message of an exception.
    pub async fn ask(
        &self,
        target: u32,
        method: &'static str,
        arguments: String,
    ) -> Result<String, String> {
        let id = self.next_question.fetch_add(1, Ordering::Relaxed);
        let (sender, receiver) = oneshot::channel();
        lock(&self.questions).insert(id, sender);
        let _question = Question { shared: self, id };
        let question = format!(
            r#"{{"call":{},"target":{target},"method":"{method}","args":{arguments}}}"#,
            origin::current().unwrap_or_default()
        );
        self.push(Completion::new(
            id,
            AnswerKind::Question,
            AnswerText::Text(question),
        ));
        receiver
            .await
            .unwrap_or_else(|_| Err("the JavaScript environment has gone away".to_owned()))
    }
}

/// A pending question. Dropping it forgets the question, answered or not.
struct Question<'a> {
    shared: &'a Shared,
    id: u32,
}

impl Drop for Question<'_> {
    fn drop(&mut self) {
        lock(&self.shared.questions).remove(&self.id);
    }
}

/// Makes sure that every call gets exactly one answer, even if its task panics.
pub(super) struct Ticket {
    pub(super) shared: Arc<Shared>,
    pub(super) id: u32,
    pub(super) answered: bool,
}

impl Ticket {
    pub(super) fn answer(mut self, kind: AnswerKind, text: AnswerText) {
        self.answered = true;
        self.shared.push(Completion::new(self.id, kind, text));
    }
}

impl Drop for Ticket {
    fn drop(&mut self) {
        if !self.answered {
            self.shared.push(Completion::new(
                self.id,
                AnswerKind::Lost,
                AnswerText::Text(String::new()),
            ));
        }
    }
}
