//! One way back into JavaScript for all calls of an environment (NAPI-FACTS (d), 7-9).
//!
//! A call gets a number, runs on the I/O threads, and puts its answer into a queue. A single threadsafe function, held
//! only weakly by the event loop, wakes JavaScript once for as many answers as have come together. It is referenced
//! while calls are in flight, so that an in-flight call keeps the process alive and an idle one lets it exit.

use std::collections::HashMap;
use std::ffi::c_void;
use std::future::Future;
use std::hash::{BuildHasherDefault, Hasher};
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::ptr;
use std::sync::atomic::{AtomicBool, AtomicU32, AtomicUsize, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use futures_util::future::BoxFuture;
use napi::bindgen_prelude::*;
use napi::sys;
use napi_derive::napi;
use tokio::sync::oneshot;
use tokio::task::AbortHandle;

use super::runtime;
use crate::core::origin;
use crate::core::sync::turns::Hold;

/// What an answer is, as `lib/dispatcher.js` reads it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[repr(u8)]
pub enum AnswerKind {
    /// The call's result.
    Success = 0,
    /// A structured error as JSON text.
    Failure = 1,
    /// The call ended without an answer: it was aborted, or its task broke.
    Lost = 2,
    /// Not an answer: the core asks JavaScript something (a mapping store) and waits for `reply`.
    Question = 3,
    /// Not an answer: something has happened that somebody listens for; the id is the listener's.
    Event = 4,
}

impl AnswerKind {
    /// Whether it ends a call.
    fn is_answer(self) -> bool {
        !matches!(self, Self::Question | Self::Event)
    }
}

/// Events that may wait for JavaScript; while it does not come to fetch them, more are dropped, and counted.
const MAX_WAITING: usize = 10_000;

/// The text of an answer.
pub enum AnswerText {
    /// A body as it came from the server.
    Bytes(bytes::Bytes),
    /// Text that the core made.
    Text(String),
}

impl AnswerText {
    fn as_bytes(&self) -> &[u8] {
        match self {
            Self::Bytes(bytes) => bytes,
            Self::Text(text) => text.as_bytes(),
        }
    }
}

/// A text as JavaScript keeps it: one byte a character where that is enough, else two. To be made on the I/O threads, so
/// that the JavaScript thread only copies.
enum EncodedText {
    /// ASCII, as it came.
    Ascii(AnswerText),
    Latin1(Vec<u8>),
    Utf16(Vec<u16>),
}

impl EncodedText {
    /// The first byte of what takes more than two bytes in UTF-8, or two of which Latin-1 lacks the character.
    const BEYOND_LATIN1: u8 = 0xc4;

    /// What is not UTF-8 becomes U+FFFD, as with every decoder of the platform.
    fn new(text: AnswerText) -> Self {
        let bytes = text.as_bytes();
        if bytes.is_ascii() {
            return Self::Ascii(text);
        }
        let decoded = String::from_utf8_lossy(bytes);
        if decoded.bytes().all(|byte| byte < Self::BEYOND_LATIN1) {
            // Checked: no character is beyond 0xff.
            return Self::Latin1(decoded.chars().map(|c| c as u8).collect());
        }
        Self::Utf16(decoded.encode_utf16().collect())
    }

    /// The JavaScript string.
    ///
    /// # Safety
    /// On the JavaScript thread, with its live environment.
    unsafe fn create(&self, env: sys::napi_env, value: &mut sys::napi_value) -> sys::napi_status {
        let latin1 = |text: &[u8], value: &mut sys::napi_value| unsafe {
            sys::napi_create_string_latin1(env, text.as_ptr().cast(), text.len() as isize, value)
        };
        match self {
            Self::Ascii(text) => latin1(text.as_bytes(), value),
            Self::Latin1(text) => latin1(text, value),
            Self::Utf16(text) => unsafe {
                sys::napi_create_string_utf16(env, text.as_ptr(), text.len() as isize, value)
            },
        }
    }
}

struct Completion {
    id: u32,
    kind: AnswerKind,
    text: EncodedText,
}

impl Completion {
    fn new(id: u32, kind: AnswerKind, text: AnswerText) -> Self {
        Self {
            id,
            kind,
            text: EncodedText::new(text),
        }
    }
}

/// Call numbers count up: they need no hashing against collisions.
#[derive(Default)]
struct CallIdHasher(u64);

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
        // Hash tables look at the upper bits as well as the lower ones.
        self.0 = u64::from(id).wrapping_mul(0x9e37_79b9_7f4a_7c15);
    }
}

/// A pointer that Node-API allows to be used from any thread, as long as the lock around it is held.
struct FunctionHandle(sys::napi_threadsafe_function);
// SAFETY: threadsafe functions are made to be called from any thread; the handle is cleared, under the same lock,
// before the environment that owns it goes away.
unsafe impl Send for FunctionHandle {}

/// The part of a dispatcher that calls share.
pub struct Shared {
    function: Mutex<Option<FunctionHandle>>,
    queue: Mutex<Vec<Completion>>,
    woken: AtomicBool,
    in_flight: AtomicUsize,
    aborts: Mutex<HashMap<u32, AbortHandle, BuildHasherDefault<CallIdHasher>>>,
    next_question: AtomicU32,
    questions: Mutex<HashMap<u32, oneshot::Sender<std::result::Result<String, String>>>>,
    hold: Mutex<Hold>,
    /// What anybody in this environment listens for, by channels: the bits of `EventKind`.
    watched: AtomicU32,
}

fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

impl Shared {
    fn push(&self, completion: Completion) {
        lock(&self.queue).push(completion);
        self.wake();
    }

    /// Hands an event to JavaScript, together with what else there is; false where it is dropped.
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

    /// What channels of this environment listen for.
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

    fn lift_hold(&self) {
        std::mem::take(&mut *lock(&self.hold)).lift();
    }

    /// Asks JavaScript something on behalf of the object registered there as `target`, and waits for its reply. The
    /// question names the call that it is asked for (0 where there is none, which no call has as its number).
    /// `Err` carries the message of what was thrown.
    pub async fn ask(
        &self,
        target: u32,
        method: &'static str,
        arguments: String,
    ) -> std::result::Result<String, String> {
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

/// A question that is no longer waited for is forgotten, whether or not it was answered.
struct Question<'a> {
    shared: &'a Shared,
    id: u32,
}

impl Drop for Question<'_> {
    fn drop(&mut self) {
        lock(&self.shared.questions).remove(&self.id);
    }
}

/// Makes sure that every call gives exactly one answer, whatever becomes of its task.
struct Ticket {
    shared: Arc<Shared>,
    id: u32,
    answered: bool,
}

impl Ticket {
    fn answer(mut self, kind: AnswerKind, text: AnswerText) {
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

/// The environment's one way back into JavaScript. Internal: `lib/dispatcher.js` makes one per environment.
#[napi]
pub struct Dispatcher {
    shared: Arc<Shared>,
    env: sys::napi_env,
}

#[napi]
impl Dispatcher {
    /// `onAnswers` receives batches as one flat array: id, kind, text, id, kind, text, ….
    #[napi(constructor, catch_unwind)]
    pub fn new(
        env: Env,
        #[napi(ts_arg_type = "(batch: any[]) => void")] on_answers: Function<
            '_,
            Unknown<'_>,
            Unknown<'_>,
        >,
    ) -> Result<Self> {
        let shared = Arc::new(Shared {
            function: Mutex::new(None),
            queue: Mutex::new(Vec::new()),
            woken: AtomicBool::new(false),
            in_flight: AtomicUsize::new(0),
            aborts: Mutex::default(),
            next_question: AtomicU32::new(1),
            questions: Mutex::new(HashMap::new()),
            hold: Mutex::default(),
            watched: AtomicU32::new(0),
        });
        let raw_env = env.raw();
        let name = env.create_string("twenty-crm-native")?;
        let mut function = ptr::null_mut();
        let context = Arc::into_raw(Arc::clone(&shared));
        // SAFETY: the context is one strong count, given back by `finalize`; the environment outlives the function.
        unsafe {
            let status = sys::napi_create_threadsafe_function(
                raw_env,
                on_answers.raw(),
                ptr::null_mut(),
                name.raw(),
                0,
                1,
                context as *mut c_void,
                Some(finalize),
                context as *mut c_void,
                Some(deliver),
                &mut function,
            );
            if status != sys::Status::napi_ok {
                drop(Arc::from_raw(context));
                return Err(Error::from_reason(
                    "the way back into JavaScript could not be set up",
                ));
            }
            sys::napi_unref_threadsafe_function(raw_env, function);
            *lock(&shared.function) = Some(FunctionHandle(function));
            // Hooks run last-in first-out: this one before Node tears the function itself down.
            sys::napi_add_env_cleanup_hook(
                raw_env,
                Some(on_environment_exit),
                Arc::into_raw(Arc::clone(&shared)) as *mut c_void,
            );
        }
        Ok(Self {
            shared,
            env: raw_env,
        })
    }

    /// Lets the upserts move that were started since the last time: JavaScript is about to give up the thread.
    #[napi(catch_unwind)]
    pub fn lift_hold(&self) {
        self.shared.lift_hold();
    }

    /// Says what channels listen for: the bits of `EventKind`.
    #[napi(catch_unwind)]
    pub fn watch(&self, mask: u32) {
        self.shared.watched.store(mask, Ordering::Relaxed);
    }

    /// Ends call `id`: its work is dropped where it stands, open sockets are closed. Unknown ids are ignored.
    #[napi(catch_unwind)]
    pub fn cancel(&self, id: u32) {
        if let Some(handle) = lock(&self.shared.aborts).remove(&id) {
            handle.abort();
        }
    }

    /// Answers question `id`. `error` is the message of what was thrown, `result` the JSON text otherwise.
    #[napi(catch_unwind)]
    pub fn reply(&self, id: u32, error: Option<String>, result: Option<String>) {
        if let Some(sender) = lock(&self.shared.questions).remove(&id) {
            // The asker may have been aborted meanwhile; then nobody is interested.
            let _ = sender.send(match error {
                Some(message) => Err(message),
                None => Ok(result.unwrap_or_else(|| "null".to_owned())),
            });
        }
    }
}

impl Dispatcher {
    /// What upserts wait for that are started in this turn of the event loop.
    pub fn hold(&self) -> Hold {
        lock(&self.shared.hold).clone()
    }

    /// What a mapping store that lives in JavaScript needs to be asked.
    pub fn shared(&self) -> Arc<Shared> {
        Arc::clone(&self.shared)
    }

    /// Runs `work` on the I/O threads as call `id`, and delivers what it gives. `cancel(id)` ends it, and so does the end
    /// of the environment: nobody would hear its answer. Must be called on the JavaScript thread.
    pub fn run<F>(&self, id: u32, work: F) -> Result<()>
    where
        F: Future<Output = (AnswerKind, AnswerText)> + Send + 'static,
    {
        self.start(id, Box::pin(work))
    }

    /// Not generic: a task of its own for every kind of call would make the addon larger by hundreds of kilobytes.
    fn start(&self, id: u32, work: BoxFuture<'static, (AnswerKind, AnswerText)>) -> Result<()> {
        let ticket = Ticket {
            shared: Arc::clone(&self.shared),
            id,
            answered: false,
        };
        if self.shared.in_flight.fetch_add(1, Ordering::AcqRel) == 0 {
            self.reference(true);
        }
        let task = runtime::spawn(async move {
            let (kind, text) = origin::scope(Some(id), work).await;
            ticket.answer(kind, text);
        })?;
        lock(&self.shared.aborts).insert(id, task.abort_handle());
        Ok(())
    }

    fn reference(&self, hold: bool) {
        if let Some(handle) = lock(&self.shared.function).as_ref() {
            reference(self.env, handle.0, hold);
        }
    }
}

fn reference(env: sys::napi_env, function: sys::napi_threadsafe_function, hold: bool) {
    // SAFETY: called on the JavaScript thread with the function's own, live environment.
    unsafe {
        if hold {
            sys::napi_ref_threadsafe_function(env, function);
        } else {
            sys::napi_unref_threadsafe_function(env, function);
        }
    }
}

unsafe extern "C" fn on_environment_exit(context: *mut c_void) {
    // SAFETY: the count given away when the hook was added.
    let shared = unsafe { Arc::from_raw(context as *const Shared) };
    *lock(&shared.function) = None;
    shared.lift_hold();
    lock(&shared.queue).clear();
    lock(&shared.questions).clear();
    for (_, handle) in lock(&shared.aborts).drain() {
        handle.abort();
    }
}

unsafe extern "C" fn finalize(_env: sys::napi_env, data: *mut c_void, _hint: *mut c_void) {
    // SAFETY: the count given away when the function was made; finalizers run once.
    let shared = unsafe { Arc::from_raw(data as *const Shared) };
    *lock(&shared.function) = None;
}

/// Runs on the JavaScript thread: hands everything that has come together to `onAnswers` in one call.
unsafe extern "C" fn deliver(
    env: sys::napi_env,
    on_answers: sys::napi_value,
    context: *mut c_void,
    _data: *mut c_void,
) {
    if env.is_null() || on_answers.is_null() {
        return;
    }
    // SAFETY: the function's own context lives until `finalize`.
    let shared = unsafe { &*(context as *const Shared) };
    // A panic must not cross into C; there is nobody to tell it to.
    let _ = catch_unwind(AssertUnwindSafe(|| {
        shared.woken.store(false, Ordering::Release);
        let batch = std::mem::take(&mut *lock(&shared.queue));
        if batch.is_empty() {
            return;
        }
        let mut settled = 0;
        {
            let mut aborts = lock(&shared.aborts);
            for completion in &batch {
                if completion.kind.is_answer() {
                    settled += 1;
                    aborts.remove(&completion.id);
                }
            }
        }
        if settled > 0
            && shared.in_flight.fetch_sub(settled, Ordering::AcqRel) == settled
            && let Some(handle) = lock(&shared.function).as_ref()
        {
            reference(env, handle.0, false);
        }
        // SAFETY: plain Node-API calls on the JavaScript thread with a live environment; failures leave null values,
        // which JavaScript sees as a batch that it cannot read, and are not followed.
        unsafe { call_on_answers(env, on_answers, &batch) };
    }));
}

unsafe fn call_on_answers(env: sys::napi_env, on_answers: sys::napi_value, batch: &[Completion]) {
    unsafe {
        let mut array = ptr::null_mut();
        if sys::napi_create_array_with_length(env, batch.len() * 3, &mut array)
            != sys::Status::napi_ok
        {
            return;
        }
        let mut slot = 0;
        for completion in batch {
            let mut value = ptr::null_mut();
            sys::napi_create_uint32(env, completion.id, &mut value);
            sys::napi_set_element(env, array, slot, value);
            sys::napi_create_uint32(env, completion.kind as u32, &mut value);
            sys::napi_set_element(env, array, slot + 1, value);
            if completion.text.create(env, &mut value) == sys::Status::napi_ok {
                sys::napi_set_element(env, array, slot + 2, value);
            }
            slot += 3;
        }
        let mut receiver = ptr::null_mut();
        sys::napi_get_undefined(env, &mut receiver);
        let mut result = ptr::null_mut();
        sys::napi_call_function(env, receiver, on_answers, 1, &array, &mut result);
    }
}
