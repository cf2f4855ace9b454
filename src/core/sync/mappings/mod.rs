//! What is remembered of records: which row they are, what was written last, and what their rows were seen to hold.

pub mod cache;
pub mod content_hash;
pub mod deleted_rows;
pub mod digest_map;
pub mod entry;
pub mod seen_domains;
pub mod seen_names;
pub mod stored_version;
pub mod who;
