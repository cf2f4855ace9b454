//! A hash of JSON content that does not depend on the order of keys.

use std::fmt::Write;

use serde_json::{Map, Value};
use sha2::{Digest, Sha256};

/// SHA-256, in lower-case hex, of `data` with the keys of every object sorted. For a flat object it equals the hash of
/// the template's own mapping repository, so rows that it wrote are understood.
pub fn version_hash(data: &Value) -> String {
    let canonical = sorted(data).to_string();
    let mut hex = String::with_capacity(64);
    for byte in Sha256::digest(canonical.as_bytes()) {
        // Writing into a String cannot fail.
        let _ = write!(hex, "{byte:02x}");
    }
    hex
}

fn sorted(value: &Value) -> Value {
    match value {
        Value::Array(items) => items.iter().map(sorted).collect(),
        Value::Object(fields) => {
            let mut entries: Vec<_> = fields.iter().collect();
            // JavaScript sorts by UTF-16 code units.
            entries.sort_by(|(a, _), (b, _)| a.encode_utf16().cmp(b.encode_utf16()));
            let fields: Map<String, Value> = entries
                .into_iter()
                .map(|(key, value)| (key.clone(), sorted(value)))
                .collect();
            Value::Object(fields)
        }
        plain => plain.clone(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn the_order_of_keys_does_not_count_at_any_depth() {
        let one = json!({"b": {"y": 1, "x": [{"q": 1, "p": 2}]}, "a": null});
        let other = json!({"a": null, "b": {"x": [{"p": 2, "q": 1}], "y": 1}});
        assert_eq!(version_hash(&one), version_hash(&other));
    }

    #[test]
    fn everything_else_counts() {
        let hashes = [
            json!({}),
            json!({"a": null}),
            json!({"a": ""}),
            json!({"a": 0}),
            json!({"a": [1, 2]}),
            json!({"a": [2, 1]}),
        ]
        .map(|data| version_hash(&data));
        let distinct: std::collections::HashSet<_> = hashes.iter().collect();
        assert_eq!(distinct.len(), hashes.len());
    }

    /// Computed with another implementation of SHA-256: `{"name":"Zoë","total_submissions":3}`.
    #[test]
    fn the_hash_is_sha_256_of_the_sorted_json_text() {
        assert_eq!(
            version_hash(&json!({"total_submissions": 3, "name": "Zoë"})),
            "ab668332da13d16dad45aa17ab68f1d55c770c9f8abef713825bfee0ff6809ff"
        );
    }
}
