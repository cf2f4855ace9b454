//! Why something failed, for programs: the values of `details.reason`. They are stable. A test compares them with the
//! table in `docs/errors.md`.

/// No connection to the server or the proxy.
pub const CONNECT: &str = "CONNECT";
/// The host name cannot be resolved.
pub const DNS: &str = "DNS";
/// No secure connection.
pub const TLS: &str = "TLS";
/// The proxy set in the environment cannot be used.
pub const PROXY: &str = "PROXY";
/// The answer belongs to another request.
pub const WRONG_ANSWER: &str = "WRONG_ANSWER";
/// The server redirects the request to a place where the client does not follow.
pub const REDIRECT: &str = "REDIRECT";
/// Larger than the server or this client accepts.
pub const TOO_LARGE: &str = "TOO_LARGE";
/// A write may have been carried out, and its result could not be looked up.
pub const OUTCOME_UNKNOWN: &str = "OUTCOME_UNKNOWN";
/// The client is closed.
pub const CLOSED: &str = "CLOSED";

/// The server received no key.
pub const KEY_MISSING: &str = "missing";
/// The key has expired.
pub const KEY_EXPIRED: &str = "expired";
/// The key was revoked.
pub const KEY_REVOKED: &str = "revoked";
/// The server does not know the key.
pub const KEY_INVALID: &str = "invalid";
/// The key lacks a permission.
pub const PERMISSION: &str = "permission";

/// Something in front of Twenty refused the request, not Twenty itself.
pub const GATEWAY: &str = "GATEWAY";
/// The proxy requires a user and a password.
pub const PROXY_AUTH: &str = "PROXY_AUTH";
/// The answer has an encoding that was not requested.
pub const CODING: &str = "CODING";
/// The server is not a Twenty server.
pub const NOT_TWENTY: &str = "NOT_TWENTY";
/// The workspace's plan or record limit is used up.
pub const QUOTA: &str = "QUOTA";
/// The workspace has no such object, or the key may not see it.
pub const NO_OBJECT: &str = "NO_OBJECT";
/// A look-up failed, or its answer does not match the request.
pub const LOOKUP_FAILED: &str = "LOOKUP_FAILED";
/// The answer to a batch lacks one of its records.
pub const MISSING_IN_ANSWER: &str = "MISSING_IN_ANSWER";
/// The server's database refuses the data.
pub const DATA: &str = "DATA";
/// Another row has the same value in a unique field.
pub const DUPLICATE: &str = "DUPLICATE";
/// Several rows match one record.
pub const MULTIPLE_MATCHES: &str = "MULTIPLE_MATCHES";
/// Other writers kept changing the row.
pub const CONFLICT: &str = "CONFLICT";

/// Two records of one run have the same external id, but no name or address in common.
pub const ID_REUSED: &str = "ID_REUSED";
/// The e-mail or domain belongs to another record, and the option `collisions` says `report`.
pub const COLLISION: &str = "COLLISION";
/// The record's own row is soft-deleted, and the option `collisions` says `report`.
pub const OWN_ROW_DELETED: &str = "OWN_ROW_DELETED";
/// The record's own row no longer exists, and the option `collisions` says `report`.
pub const OWN_ROW_GONE: &str = "OWN_ROW_GONE";

/// A store failed.
pub const STORE: &str = "STORE";
/// None of the given secrets decrypts the stored value.
pub const SECRET: &str = "SECRET";
/// A configuration already exists.
pub const EXISTS: &str = "EXISTS";
