//! What is remembered of records: their rows, their last writes, and the last known content of their rows.

pub mod cache;
pub mod content_hash;
pub mod deleted_rows;
pub mod digest_map;
pub mod entry;
pub mod seen_domains;
pub mod seen_names;
pub mod stored_version;
pub mod who;
