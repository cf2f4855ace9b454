//! The caller's call that a piece of work belongs to. The core passes it on where work changes tasks. A question to the
//! caller (to their mapping store) reads it, so that it is asked in that call's async context; Node's would otherwise
//! be lost on other threads.

use std::future::Future;

tokio::task_local! {
    static ORIGIN: u32;
}

/// The number of the call, if there is one.
pub fn current() -> Option<u32> {
    ORIGIN.try_with(|origin| *origin).ok()
}

/// Runs `work` for call `origin`; `None` keeps the current call.
pub async fn scope<F: Future>(origin: Option<u32>, work: F) -> F::Output {
    match origin {
        Some(origin) => ORIGIN.scope(origin, work).await,
        None => work.await,
    }
}

/// Runs synchronous `work` for call `origin`.
pub fn sync_scope<R>(origin: u32, work: impl FnOnce() -> R) -> R {
    ORIGIN.sync_scope(origin, work)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn the_innermost_number_is_the_current_one() {
        assert_eq!(current(), None);
        let inner = scope(Some(1), async {
            (
                current(),
                scope(Some(2), async { current() }).await,
                scope(None, async { current() }).await,
            )
        });
        assert_eq!(inner.await, (Some(1), Some(2), Some(1)));
        assert_eq!(sync_scope(3, current), Some(3));
        assert_eq!(current(), None);
    }
}
