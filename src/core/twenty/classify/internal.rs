//! Failures of the server's own, told from refusals, and whether its work may be done all the same.

use super::failure::Again;
use crate::core::twenty::error_body::ErrorBody;

/// A 400 that is none: any failure inside the server comes out as one (`docs/twenty/protocol.md#errors`), with the
/// words of what failed there: database, cache, connection pool or operating system. They begin the message; further in
/// they would be somebody's data.
pub(super) fn is_internal(body: &ErrorBody) -> bool {
    /// Nothing was done: no connection, or rolled back.
    const UNDONE: [&str; 19] = [
        "connect E",
        "getaddrinfo ",
        "timeout exceeded when trying to connect",
        "sorry, too many clients already",
        "too many connections for ",
        "no more connections allowed",
        "remaining connection slots",
        "query_wait_timeout",
        "the database system is ",
        "canceling statement due to",
        "deadlock detected",
        "could not serialize access",
        "cannot execute ",
        "current transaction is aborted",
        "could not extend file",
        "out of shared memory",
        "Driver not Connected",
        "Cannot use a pool after calling end on the pool",
        "Query runner already released",
    ];
    body.class.as_deref() == Some("AggregateError")
        || is_transient(body)
        || UNDONE.iter().any(|start| body.message.starts_with(start))
        || internal_again(body) == Again::Ambiguous
}

/// Codes of newer servers for a database that failed, whatever the status: the connection broke, the answer took too long,
/// or the work was undone.
pub(super) fn is_transient(body: &ErrorBody) -> bool {
    body.says("TRANSIENT_DATABASE_ERROR") || body.says("QUERY_READ_TIMEOUT")
}

/// Whether the server lost touch with its database in the middle, so that the work may be done; or with its cache, which
/// it also turns to when a write is done.
pub(super) fn internal_again(body: &ErrorBody) -> Again {
    const LOST: [&str; 20] = [
        "read E",
        "write E",
        "Query read timeout",
        "Connection terminated",
        "Connection timeout",
        "Connection is closed",
        "terminating connection",
        "server closed the connection",
        "SSL connection has been closed",
        "Client network socket disconnected",
        "socket hang up",
        "Socket closed unexpectedly",
        "Socket timeout",
        "Client has encountered a connection error",
        "The client is closed",
        "Reached the max retries per request limit",
        "READONLY ",
        "LOADING ",
        "MISCONF ",
        "CLUSTERDOWN ",
    ];
    /// What the cache's clients call their failures.
    const CACHE: [&str; 7] = [
        "ErrorReply",
        "ReplyError",
        "ClientClosedError",
        "ClientOfflineError",
        "SocketClosedUnexpectedlyError",
        "ConnectionTimeoutError",
        "MaxRetriesPerRequestError",
    ];
    let class = body.class.as_deref().unwrap_or_default();
    let lost = is_transient(body)
        || CACHE.contains(&class)
        || LOST.iter().any(|start| body.message.starts_with(start));
    if lost { Again::Ambiguous } else { Again::Yes }
}

/// A gateway that got no answer does not know what became of the request. 500 and 503 are the server's own, and 521 to
/// 523, 525, 526 and 530 mean that Cloudflare could not reach it.
pub(super) fn gateway_again(status: u16) -> Again {
    match status {
        500 | 503 | 521..=523 | 525 | 526 | 530 => Again::Yes,
        _ => Again::Ambiguous,
    }
}
