//! Converts an entry for a store and back. The ids are text, and the store's version hash has two parts: the hash of
//! the last write, and the version of the row after it.
//!
//! `<hash>@<version>`: by the version, any process that receives an event can tell an echo of our own write from
//! somebody else's change. `@<version>` alone is a row that must be written again.

use super::entry::{ContentHash, Entry};
use crate::core::store::{Mapping, MappingWrite, StoredMapping};
use crate::core::twenty::ids::CrmId;

/// The text for a store. Without a version it is only the hash, and without both it is empty, which never equals a
/// hash.
fn version_text(hash: Option<ContentHash>, version: Option<u64>) -> String {
    let hash = hash.map(|hash| hash.to_string()).unwrap_or_default();
    match version {
        Some(version) => format!("{hash}@{version}"),
        None => hash,
    }
}

/// Reads the hash and the version from a store's text.
fn parse(text: &str) -> (Option<ContentHash>, Option<u64>) {
    let (hash, version) = match text.split_once('@') {
        Some((hash, version)) => (hash, version.parse().ok()),
        None => (text, None),
    };
    (ContentHash::parse(hash), version)
}

/// What a store knows of a record; `None` if its id is not a UUID: it cannot be a row's id, and would make the whole
/// look-up fail.
pub fn entry_of(found: StoredMapping) -> Option<Entry> {
    let (hash, version) = parse(found.version_hash.as_deref().unwrap_or_default());
    Some(Entry {
        kind: found.mapping.kind,
        external_id: found.mapping.ever_id,
        crm_id: CrmId::parse(&found.mapping.crm_id)?,
        hash,
        version,
        written_at_ms: found.last_synced_at_ms.unwrap_or(0),
        is_answered: false,
    })
}

/// The entry for a store, with the JSON text of the write for stores that compute their own hash.
pub fn write_of(entry: &Entry, data: String) -> MappingWrite {
    MappingWrite {
        mapping: Mapping {
            ever_id: entry.external_id.clone(),
            crm_id: entry.crm_id.to_string(),
            kind: entry.kind,
        },
        version_hash: Some(version_text(entry.hash, entry.version)),
        data: Some(data),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::core::twenty::ids::ObjectKind;

    #[test]
    fn an_entry_is_read_back_if_its_id_is_a_uuid() {
        let id = "20202020-0000-4000-8000-000000000001";
        for (text, crm_id) in [
            (id, Some(id)),
            ("{20202020-0000-4000-8000-000000000001}", Some(id)),
            ("42", None),
            ("", None),
        ] {
            let found = StoredMapping {
                mapping: Mapping {
                    ever_id: "1".to_owned(),
                    crm_id: text.to_owned(),
                    kind: ObjectKind::Person,
                },
                version_hash: Some("@5".to_owned()),
                last_synced_at_ms: Some(7),
            };
            let entry = entry_of(found);
            let read = entry.as_ref().map(|entry| entry.crm_id.to_string());
            assert_eq!(read.as_deref(), crm_id, "{text:?}");
            let written = entry.map(|entry| write_of(&entry, String::new()));
            let written = written.map(|write| (write.mapping.crm_id, write.version_hash));
            let expected = crm_id.map(|id| (id.to_owned(), Some("@5".to_owned())));
            assert_eq!(written, expected, "{text:?}");
        }
    }

    #[test]
    fn written_values_are_read_back() {
        let hash = ContentHash::parse("0123456789abcdef0123456789abcdef");
        assert!(hash.is_some());
        for (hash, version) in [
            (hash, Some(1_795_437_085_322)),
            (None, Some(5)),
            (hash, None),
            (None, None),
        ] {
            let text = version_text(hash, version);
            assert_eq!(parse(&text), (hash, version), "{text}");
            assert!(text.len() <= 64, "{text}");
        }
    }
}
