//! Leave to send a request, or the reason why there is none.

use std::time::Duration;

/// Leave to send one request.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(in crate::core::http) enum Permit {
    /// Nothing is known of a limit.
    Free,
    /// Sent although the throttle is closed, because the caller said so.
    Unpaced,
    /// Its time had come; `number` counts up.
    Paced { number: u64 },
    /// Sent ahead of its time, to learn whether the limit is still there.
    Early,
}

/// The wait would be longer than the caller has.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(in crate::core::http) struct WaitTooLong {
    /// How long it would have been, at least.
    pub(in crate::core::http) wait: Duration,
    /// The caller's own quota, if it is that and not the server's limit.
    pub(in crate::core::http) quota: Option<u32>,
}
