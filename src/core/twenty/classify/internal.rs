//! Distinguishes the server's internal failures from refusals, and decides whether its work may be done anyway.

use super::failure::Again;
use crate::core::twenty::error_body::ErrorBody;

/// A 400 that is not a refusal: the server reports any internal failure like this (`docs/twenty/protocol.md#errors`),
/// with the text of what failed: database, cache, connection pool or operating system. Only the start of the message
/// counts; later parts may be a user's data.
pub(super) fn is_internal(body: &ErrorBody) -> bool {
    /// Nothing was done: no connection, or the transaction was rolled back.
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

/// Error codes with which newer servers report a failed database, whatever the status: the connection broke, a timeout,
/// or a rollback.
pub(super) fn is_transient(body: &ErrorBody) -> bool {
    body.says("TRANSIENT_DATABASE_ERROR") || body.says("QUERY_READ_TIMEOUT")
}

/// Decides what a retry may do. The work may be done if the server lost its database connection half-way, or its cache,
/// which it also uses after a write.
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
    /// Failure texts of the cache's client libraries.
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

/// A gateway that got no answer does not know what happened to the request. 500 and 503 come from the server itself;
/// 521 to 523, 525, 526 and 530 mean that Cloudflare could not reach it.
pub(super) fn gateway_again(status: u16) -> Again {
    match status {
        500 | 503 | 521..=523 | 525 | 526 | 530 => Again::Yes,
        _ => Again::Ambiguous,
    }
}
