//! Which call of the caller's a piece of work is done for. The core carries it along where work changes tasks and does
//! not look at it; whoever asks the caller something (a mapping store of theirs) reads it, so that the question can be
//! asked in that call's own surroundings. Node's request context, for one, is lost on the way through other threads.

use std::future::Future;

tokio::task_local! {
    static ORIGIN: u32;
}

/// The number of the call, where there is one.
pub fn current() -> Option<u32> {
    ORIGIN.try_with(|origin| *origin).ok()
}

/// Runs `work` for call `origin`; without a number, for whomever it is run already.
pub async fn scope<F: Future>(origin: Option<u32>, work: F) -> F::Output {
    match origin {
        Some(origin) => ORIGIN.scope(origin, work).await,
        None => work.await,
    }
}

/// Runs `work` at once, for call `origin`.
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
