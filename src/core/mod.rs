//! Pure Rust: nothing below here knows about Node.js.
#![forbid(unsafe_code)]

pub mod config;
pub mod error;
pub mod error_reason;
pub mod http;
pub mod metrics;
pub mod origin;
pub mod quoted;
pub mod store;
pub mod sync;
pub mod twenty;
