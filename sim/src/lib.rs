//! twenty-sim: a stand-in for a Twenty CRM 2.21 server, true to what was recorded on the wire.
//!
//! Used in process by Rust tests ([`Sim::start`]) and as a spawned binary by everything else.
#![forbid(unsafe_code)]
#![warn(missing_docs)]

pub mod auth;
pub mod body;
pub mod catalogue;
pub mod clock;
pub mod control;
pub mod errors;
pub mod events;
pub mod faults;
pub mod graphql;
pub mod http;
pub mod http_parse;
pub mod http_write;
pub mod metadata;
pub mod openapi;
pub mod options;
pub mod rate_limit;
pub mod records;
pub mod router;
pub mod schema;
pub mod schema_seed;
pub mod server;
pub mod state;
pub mod stats;
pub mod store;
pub mod webhooks;

pub use options::SimOptions;
pub use server::Sim;
pub use state::State;
