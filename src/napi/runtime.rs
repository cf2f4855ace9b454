//! The package's own tokio runtime: small, named, one per process, shared by all worker threads, started at the first call.

use std::future::Future;
use std::sync::OnceLock;

use tokio::runtime::{Builder, EnterGuard, Runtime};
use tokio::task::JoinHandle;

/// I/O work is short: two threads keep up with far more requests than one JavaScript thread can ask for.
const WORKER_THREADS: usize = 2;

/// getaddrinfo runs on blocking threads; more than a few at once means a DNS outage, not work.
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

/// Makes the I/O threads the place where the core spawns, for work that must start in the order of the calls.
pub fn enter() -> napi::Result<EnterGuard<'static>> {
    Ok(runtime()?.enter())
}
