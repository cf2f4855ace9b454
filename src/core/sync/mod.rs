//! The sync engine: records, the driver that sends their requests, and bulk runs.

mod concurrency;
mod context;
pub mod delete;
mod departures;
pub mod doctor;
mod driver;
pub mod find;
mod further_emails;
pub mod learnt;
pub mod mappings;
pub mod offline;
pub mod options;
mod own_rows;
pub mod provisioning;
pub mod queue;
pub mod record;
pub mod requests;
pub mod run;
pub mod schema_source;
pub mod scope;
pub mod sync_service;
mod upsert_turn;
pub mod webhook;
mod workspace;

#[cfg(test)]
mod tests;
