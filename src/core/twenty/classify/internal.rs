//! Failures of the server's own, told from refusals, and whether its work may be done all the same.

use super::Again;
use crate::core::twenty::error_body::ErrorBody;

/// A 400 that is none: any failure inside the server comes out as one (WIRE.md section 3), with the words of the
/// database driver or the operating system. They begin the message; further in they would be somebody's data.
pub(super) fn is_internal(body: &ErrorBody) -> bool {
    /// Nothing was done: no connection, or rolled back.
    const UNDONE: [&str; 10] = [
        "connect E",
        "getaddrinfo ",
        "timeout exceeded when trying to connect",
        "sorry, too many clients already",
        "remaining connection slots",
        "the database system is ",
        "canceling statement due to",
        "deadlock detected",
        "could not serialize access",
        "Driver not Connected",
    ];
    body.class.as_deref() == Some("AggregateError")
        || UNDONE.iter().any(|start| body.message.starts_with(start))
        || internal_again(body) == Again::Ambiguous
}

/// Whether the server lost touch with its database in the middle, so that the work may be done.
pub(super) fn internal_again(body: &ErrorBody) -> Again {
    const LOST: [&str; 7] = [
        "read E",
        "write E",
        "Query read timeout",
        "Connection terminated",
        "terminating connection",
        "socket hang up",
        "Client has encountered a connection error",
    ];
    let lost =
        body.says("QUERY_READ_TIMEOUT") || LOST.iter().any(|start| body.message.starts_with(start));
    if lost { Again::Ambiguous } else { Again::Yes }
}

/// A gateway that got no answer does not know what became of the request. 500 and 503 are the server's own, and 521 to
/// 523 mean that Cloudflare could not reach it.
pub(super) fn gateway_again(status: u16) -> Again {
    match status {
        500 | 503 | 521..=523 => Again::Yes,
        _ => Again::Ambiguous,
    }
}
