//! What Twenty is: wire records, envelopes, error bodies, look-ups, schema and the mapping to and from flat entities.

pub mod advice;
pub mod classify;
pub mod company;
pub mod composite;
pub mod connect;
pub mod connection_test;
pub mod domain;
pub mod email;
pub mod error_body;
pub mod fields;
pub mod ids;
pub mod input;
pub mod key_claims;
pub mod link;
pub mod lookup;
pub mod name;
pub mod person;
pub mod phone;
mod phone_e164;
pub mod provision;
mod public_suffix;
pub mod record;
pub mod schema;
pub mod timestamp;
pub mod unique;
pub mod warning;
pub mod webhook;
