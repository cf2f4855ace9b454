//! Permission to send a request, or the reason why it is refused.

use std::time::Duration;

/// Permission to send one request.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(in crate::core::http) enum Permit {
    /// No limit is known.
    Free,
    /// Sent although the throttle is closed, because the caller asked for it.
    Unpaced,
    /// Its time had come; `number` counts up.
    Paced { number: u64 },
    /// Sent early, to test whether the limit still exists.
    Early,
}

/// The wait would be longer than the caller allows.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(in crate::core::http) struct WaitTooLong {
    /// How long it would have been, at least.
    pub(in crate::core::http) wait: Duration,
    /// The caller's own quota, if that is the reason and not the server's limit.
    pub(in crate::core::http) quota: Option<u32>,
}
