//! A hash of the data to send, kept with the mapping to detect changes (`docs/bulk.md#unchanged-records`).

use serde_json::{Map, Value};
use sha2::{Digest, Sha256};

use crate::core::twenty::company_key::CompanyOf;
use crate::core::twenty::ids::ObjectKind;
use crate::core::twenty::record::MappedRecord;
use crate::core::twenty::schema::WorkspaceSchema;

use super::entry::ContentHash;
use crate::core::sync::record::input::Input;

/// Raised whenever the hashed data change, so that hashes of earlier versions never match.
const FORMAT: u8 = 1;

/// The hash of everything that a write of `record` would send before collisions are decided, together with the schema.
/// A person's company is represented by its external id.
pub fn content_hash(input: &Input, record: &MappedRecord, schema: &WorkspaceSchema) -> ContentHash {
    let mut hasher = Sha256::new();
    hasher.update([FORMAT]);
    hasher.update(schema.revision.to_le_bytes());
    hasher.update(match input.kind() {
        ObjectKind::Person => b"p",
        ObjectKind::Company => b"c",
    });
    hash_text(&mut hasher, &record.stored_external_id);
    if let Input::Person(_) = input {
        // A name given as one text keeps a row's own name parts, a name given in parts does not.
        if record.flat_name.is_none() {
            hasher.update(b"n");
        }
        match &record.company {
            CompanyOf::Unsaid => hasher.update([0]),
            CompanyOf::Nobody => hasher.update([1]),
            CompanyOf::One(company) => {
                hasher.update([2]);
                hash_text(&mut hasher, &company.external_id);
            }
        }
    }
    hash_object(&mut hasher, &record.fields);
    let mut bytes = [0; ContentHash::BYTES];
    // Half of a SHA-256: long enough to distinguish any two contents, and short enough to remember many.
    bytes.copy_from_slice(&hasher.finalize()[..ContentHash::BYTES]);
    ContentHash::of_bytes(bytes)
}

/// The length comes first, so that two different sequences never hash the same bytes.
fn hash_text(hasher: &mut Sha256, text: &str) {
    hasher.update((text.len() as u64).to_le_bytes());
    hasher.update(text.as_bytes());
}

fn hash_object(hasher: &mut Sha256, fields: &Map<String, Value>) {
    let mut names: Vec<&String> = fields.keys().collect();
    names.sort_unstable();
    hasher.update(b"{");
    hasher.update((names.len() as u64).to_le_bytes());
    for name in names {
        hash_text(hasher, name);
        hash_value(hasher, &fields[name]);
    }
}

fn hash_value(hasher: &mut Sha256, value: &Value) {
    match value {
        Value::Object(fields) => hash_object(hasher, fields),
        Value::Array(items) => {
            hasher.update(b"[");
            hasher.update((items.len() as u64).to_le_bytes());
            for item in items {
                hash_value(hasher, item);
            }
        }
        Value::String(text) if is_written_as_is(text) => {
            hasher.update(b"=");
            hasher.update((text.len() as u64 + 2).to_le_bytes());
            hasher.update(b"\"");
            hasher.update(text.as_bytes());
            hasher.update(b"\"");
        }
        plain => {
            hasher.update(b"=");
            hash_text(hasher, &plain.to_string());
        }
    }
}

/// Whether a text's JSON form is the text between two quotes. Most are, and are hashed without being serialised.
fn is_written_as_is(text: &str) -> bool {
    text.bytes()
        .all(|byte| byte >= 0x20 && byte != b'"' && byte != b'\\')
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    proptest! {
        #[test]
        fn what_is_written_as_is_is_known(text in "\\PC*|[\\x00-\\x7f]{0,8}") {
            prop_assert_eq!(
                is_written_as_is(&text),
                serde_json::to_string(&text).ok() == Some(format!("\"{text}\""))
            );
        }
    }
}
