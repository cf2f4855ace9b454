//! Callbacks that Node runs: delivery on the JavaScript thread, and the end of the environment.

use std::ffi::c_void;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::ptr;
use std::sync::Arc;
use std::sync::atomic::Ordering;

use napi::sys;

use super::answer::Completion;
use super::shared::{Shared, lock};

/// Sets whether the function keeps the process alive.
pub(super) fn reference(env: sys::napi_env, function: sys::napi_threadsafe_function, hold: bool) {
    // SAFETY: called on the JavaScript thread with the function's own, live environment.
    unsafe {
        if hold {
            sys::napi_ref_threadsafe_function(env, function);
        } else {
            sys::napi_unref_threadsafe_function(env, function);
        }
    }
}

pub(super) unsafe extern "C" fn on_environment_exit(context: *mut c_void) {
    // SAFETY: this is the count that was handed over when the hook was added.
    let shared = unsafe { Arc::from_raw(context as *const Shared) };
    *lock(&shared.function) = None;
    shared.lift_hold();
    lock(&shared.queue).clear();
    lock(&shared.questions).clear();
    for (_, handle) in lock(&shared.aborts).drain() {
        handle.abort();
    }
}

pub(super) unsafe extern "C" fn finalize(
    _env: sys::napi_env,
    data: *mut c_void,
    _hint: *mut c_void,
) {
    // SAFETY: this is the count that was handed over when the function was made; finalizers run once.
    let shared = unsafe { Arc::from_raw(data as *const Shared) };
    *lock(&shared.function) = None;
}

/// Runs on the JavaScript thread: passes everything that is ready to `onAnswers` in one call.
pub(super) unsafe extern "C" fn deliver(
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
    // A panic must not cross into C, and here it cannot be reported to anyone.
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
        // SAFETY: plain Node-API calls on the JavaScript thread with a live environment. A failed call leaves a null
        // value, which makes JavaScript reject the batch.
        unsafe { call_on_answers(env, on_answers, &batch) };
    }));
}

unsafe fn call_on_answers(env: sys::napi_env, on_answers: sys::napi_value, batch: &[Completion]) {
    // SAFETY: as said where this is called.
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
