//! What is done with Twenty: identity, memory, and the upsert of one record.

pub mod bulk;
pub mod collision;
pub mod company_link;
mod context;
pub mod delete;
mod departures;
pub mod doctor;
pub mod find;
mod further_emails;
pub mod mappings;
pub mod offline;
pub mod options;
pub mod ownership;
pub mod provisioning;
pub mod queue;
pub mod record;
pub mod requests;
pub mod schema_source;
pub mod scope;
pub mod sync_service;
pub mod upsert;
mod upsert_turn;
pub mod webhook;
mod workspace;
