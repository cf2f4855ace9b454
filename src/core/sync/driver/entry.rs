//! One record of a batch.

use serde::Serialize;

/// One record on its way, under the number by which the caller knows it.
pub struct Entry {
    /// The caller's number.
    pub item: usize,
    /// The id under which its answer is found.
    pub id: String,
    /// JSON text of the payload, which carries the id.
    pub json: String,
}

impl Entry {
    /// From a payload that carries the id.
    pub fn new(item: usize, id: String, payload: &impl Serialize) -> Self {
        Self {
            item,
            id,
            // A JSON object in memory always has a text.
            json: serde_json::to_string(payload).unwrap_or_default(),
        }
    }
}
