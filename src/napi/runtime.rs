//! The package's own tokio runtime: one per process, shared by all worker threads, started at the first call.

use std::future::Future;
use std::sync::OnceLock;

use tokio::runtime::{Builder, EnterGuard, Runtime};
use tokio::task::JoinHandle;

/// I/O work is short: two threads keep up with one JavaScript thread.
const WORKER_THREADS: usize = 2;

/// getaddrinfo runs on blocking threads. A few are enough: more look-ups at once would mean a DNS outage.
const MAX_BLOCKING_THREADS: usize = 8;

static RUNTIME: OnceLock<Result<Runtime, String>> = OnceLock::new();

fn runtime() -> napi::Result<&'static Runtime> {
    RUNTIME
        .get_or_init(|| {
            Builder::new_multi_thread()
                .worker_threads(WORKER_THREADS)
                .max_blocking_threads(MAX_BLOCKING_THREADS)
                .thread_name("twenty-io")
                .enable_all()
                .build()
                .map_err(|error| error.to_string())
        })
        .as_ref()
        .map_err(|error| {
            napi::Error::from_reason(format!("the I/O threads could not be started: {error}"))
        })
}

/// Runs `future` on the I/O threads.
pub fn spawn<F>(future: F) -> napi::Result<JoinHandle<()>>
where
    F: Future<Output = ()> + Send + 'static,
{
    Ok(runtime()?.spawn(future))
}

/// Enters the runtime, so that the core can spawn from the JavaScript thread. For work that must start in call order.
pub fn enter() -> napi::Result<EnterGuard<'static>> {
    Ok(runtime()?.enter())
}
