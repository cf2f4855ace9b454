//! Why something failed, for programs: the constants of `details.reason`. Stable; `docs/errors.md` has a table of them,
//! which a test holds to this file.

/// No connection to the server, or to the proxy in between.
pub const CONNECT: &str = "CONNECT";
/// The host's name is not known.
pub const DNS: &str = "DNS";
/// No secure connection.
pub const TLS: &str = "TLS";
/// The proxy that the environment names cannot be used.
pub const PROXY: &str = "PROXY";
/// What answered is the answer to another request.
pub const WRONG_ANSWER: &str = "WRONG_ANSWER";
/// The server sends the request elsewhere, where it is not followed.
pub const REDIRECT: &str = "REDIRECT";
/// More than the server, or this client, takes.
pub const TOO_LARGE: &str = "TOO_LARGE";
/// A write may have been carried out, and nobody could be asked.
pub const OUTCOME_UNKNOWN: &str = "OUTCOME_UNKNOWN";
/// The client is closed.
pub const CLOSED: &str = "CLOSED";

/// No key arrived at the server.
pub const KEY_MISSING: &str = "missing";
/// The key's time is over.
pub const KEY_EXPIRED: &str = "expired";
/// The key was revoked.
pub const KEY_REVOKED: &str = "revoked";
/// The server does not know the key.
pub const KEY_INVALID: &str = "invalid";
/// The key may not do this.
pub const PERMISSION: &str = "permission";

/// Something in front of Twenty refused, and not Twenty itself.
pub const GATEWAY: &str = "GATEWAY";
/// The proxy on the way wants a user and a password.
pub const PROXY_AUTH: &str = "PROXY_AUTH";
/// The answer is in a coding that was not asked for.
pub const CODING: &str = "CODING";
/// What answers is no Twenty server.
pub const NOT_TWENTY: &str = "NOT_TWENTY";
/// The workspace's plan or record limit is used up.
pub const QUOTA: &str = "QUOTA";
/// The workspace has no such object, or the key may not see it.
pub const NO_OBJECT: &str = "NO_OBJECT";
/// A look-up failed, or its answer does not fit the question.
pub const LOOKUP_FAILED: &str = "LOOKUP_FAILED";
/// The answer to a batch lacks one of its records.
pub const MISSING_IN_ANSWER: &str = "MISSING_IN_ANSWER";
/// The server's database refuses the data.
pub const DATA: &str = "DATA";
/// Another row has the same value in a unique field.
pub const DUPLICATE: &str = "DUPLICATE";
/// Several rows have the values of one record.
pub const MULTIPLE_MATCHES: &str = "MULTIPLE_MATCHES";
/// Other writers kept changing the row.
pub const CONFLICT: &str = "CONFLICT";

/// Two records of one run have the same external id, but neither name nor address in common.
pub const ID_REUSED: &str = "ID_REUSED";
/// The e-mail or domain belongs to another record, and `collisions` says to report that.
pub const COLLISION: &str = "COLLISION";
/// The record's own row is soft-deleted, and `collisions` says to report that.
pub const OWN_ROW_DELETED: &str = "OWN_ROW_DELETED";
/// The record's own row is gone, and `collisions` says to report that.
pub const OWN_ROW_GONE: &str = "OWN_ROW_GONE";

/// A store failed.
pub const STORE: &str = "STORE";
/// No given secret fits what is stored.
pub const SECRET: &str = "SECRET";
/// There is a configuration already.
pub const EXISTS: &str = "EXISTS";
