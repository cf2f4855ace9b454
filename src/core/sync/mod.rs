//! What is done with Twenty: identity, memory, and the upsert of one record.

pub mod bulk;
pub mod cache;
pub mod collision;
pub mod company_link;
pub mod delete;
mod departures;
mod digest_map;
pub mod doctor;
pub mod find;
pub mod fingerprint;
mod further_emails;
mod hash_text;
mod memory;
pub mod options;
pub mod ownership;
pub mod provisioning;
pub mod row_claims;
pub mod schema_source;
pub mod service;
pub mod site;
mod solo_turn;
pub mod turns;
pub mod unsent;
pub mod upsert;
pub mod webhook;
mod who;
pub mod wire;
