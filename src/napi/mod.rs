//! Converts between JavaScript and the core, and does nothing else: strings in, strings out, one dispatcher for all
//! answers.

mod allocator;
mod api_service;
mod bulk_run;
mod dispatcher;
mod observer;
mod rest_client;
mod runtime;
mod schema_service;
mod sqlite_outbox;
mod sqlite_store;
mod store;
mod store_argument;
mod sync_service;
mod unsent;
