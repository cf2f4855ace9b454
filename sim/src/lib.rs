//! twenty-sim: a simulator of a Twenty CRM server. It follows what was recorded of 2.21 and 2.31 on the wire.
//!
//! Rust tests use it in process ([`Sim::start`]), everything else as a spawned binary. The binary prints one JSON line
//! (`baseUrl`, `apiKey`, `apiKeys`) and ends when its standard input closes. [`control`] lists the calls to a running
//! server, [`options`] the options at start, [`faults`] the failures that can be injected.
#![forbid(unsafe_code)]
// Its long functions are tables of fields and routes.
#![allow(clippy::too_many_lines)]
#![warn(missing_docs)]

pub mod answers;
pub mod auth;
pub mod body;
pub mod bulk;
pub mod catalogue;
pub mod change;
pub mod clock;
pub mod composites;
pub mod constraint;
pub mod control;
pub mod dates;
pub mod dev_rows;
pub mod duplicates;
pub mod errors;
pub mod events;
pub mod faults;
pub mod field_choice;
pub mod filter;
pub mod filter_compile;
pub mod filter_rest;
pub mod find;
pub mod flavour;
pub mod graphql;
pub mod group_by;
pub mod http;
pub mod http_parse;
pub mod http_write;
pub mod inspect;
pub mod key_rows;
pub mod like;
pub mod links;
pub mod list_params;
pub mod memo;
pub mod merge;
pub mod metadata;
pub mod openapi;
pub mod options;
pub mod order;
pub mod phones;
pub mod plain_values;
pub mod rate_limit;
pub mod record_calls;
pub mod records;
pub mod refusal;
pub mod relations;
pub mod remove;
pub mod rich_text;
pub mod router;
pub mod schema;
pub mod schema_seed;
pub mod search;
pub mod server;
pub mod state;
pub mod stats;
pub mod store;
pub mod unsent;
pub mod upsert;
pub mod values;
pub mod view;
pub mod webhooks;
pub mod workspace;
pub mod world;
pub mod write;

pub use options::{HELP, SimOptions};
pub use server::Sim;
pub use state::State;
