//! Delivers the answers of all calls of an environment to JavaScript (`docs/decisions/one-dispatcher.md`).
//!
//! A call gets a number, runs on the I/O threads, and puts its answer into a queue. A single threadsafe function wakes
//! JavaScript once for all answers that are ready. The function is referenced only while calls are in flight: those
//! keep the process alive, an idle dispatcher lets it exit.
// Node-API is a C interface.
#![allow(unsafe_code)]

use std::ffi::c_void;
use std::future::Future;
use std::ptr;
use std::sync::Arc;
use std::sync::atomic::Ordering;

use futures_util::future::BoxFuture;
use napi::bindgen_prelude::*;
use napi::sys;
use napi_derive::napi;

use super::runtime;
use crate::core::origin;
use crate::core::sync::queue::keyed_queue::Hold;

mod answer;
mod delivery;
mod shared;

pub use answer::{AnswerKind, AnswerText};
use delivery::{deliver, finalize, on_environment_exit, reference};
pub use shared::Shared;
use shared::{FunctionHandle, Ticket, lock};

/// Internal: delivers answers to JavaScript. `lib/dispatcher.js` makes one per environment.
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
        let shared = Arc::new(Shared::new());
        let raw_env = env.raw();
        let name = env.create_string("twenty-crm-native")?;
        let mut function = ptr::null_mut();
        let context = Arc::into_raw(Arc::clone(&shared));
        // SAFETY: the context is one strong count, released by `finalize`; the environment outlives the function.
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
                    "the callback into JavaScript could not be created",
                ));
            }
            sys::napi_unref_threadsafe_function(raw_env, function);
            *lock(&shared.function) = Some(FunctionHandle(function));
            // Hooks run last-in first-out: this one runs before Node destroys the function itself.
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

    /// Releases the upserts that were held since the last call: JavaScript is about to return to the event loop.
    #[napi(catch_unwind)]
    pub fn lift_hold(&self) {
        self.shared.lift_hold();
    }

    /// Sets what the channels listen for: the bits of `EventKind`.
    #[napi(catch_unwind)]
    pub fn watch(&self, mask: u32) {
        self.shared.watched.store(mask, Ordering::Relaxed);
    }

    /// Cancels call `id`: its task is dropped and its sockets are closed. Unknown ids are ignored.
    #[napi(catch_unwind)]
    pub fn cancel(&self, id: u32) {
        if let Some(handle) = lock(&self.shared.aborts).remove(&id) {
            handle.abort();
        }
    }

    /// Answers question `id`: `error` is the message of an exception, otherwise `result` is the JSON text.
    #[napi(catch_unwind)]
    pub fn reply(&self, id: u32, error: Option<String>, result: Option<String>) {
        if let Some(sender) = lock(&self.shared.questions).remove(&id) {
            // The call that asked may have been aborted meanwhile; then the send fails, which is fine.
            let _ = sender.send(match error {
                Some(message) => Err(message),
                None => Ok(result.unwrap_or_else(|| "null".to_owned())),
            });
        }
    }
}

impl Dispatcher {
    /// Holds upserts until the end of the current turn of the event loop.
    pub fn hold(&self) -> Hold {
        lock(&self.shared.hold).clone()
    }

    /// The shared part, which a mapping store that lives in JavaScript asks its questions through.
    pub fn shared(&self) -> Arc<Shared> {
        Arc::clone(&self.shared)
    }

    /// Runs `work` on the I/O threads as call `id`, and delivers its result. `cancel(id)` ends it, and so does the end
    /// of the environment. Must be called on the JavaScript thread.
    pub fn run<F>(&self, id: u32, work: F) -> Result<()>
    where
        F: Future<Output = (AnswerKind, AnswerText)> + Send + 'static,
    {
        self.start(id, Box::pin(work))
    }

    /// Not generic: one task type per kind of call would make the addon larger by hundreds of kilobytes.
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
