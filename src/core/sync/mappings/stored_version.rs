//! How what was written last stands in a store: the hash, and which version of the row came of it.
//!
//! `<hash>@<version>`: the version tells an echo of our own write from somebody else's change, in whichever process the
//! event arrives. `@<version>` is a row of which it is only known that it must be written again.

use super::cache::Remembered;
use crate::core::store::StoredMapping;

/// Hexadecimal digits of a content hash.
const HASH_DIGITS: usize = 32;

/// The text for a store. Without a version it is the hash alone, and without either it is empty: nothing equals that.
pub fn version_text(hash: Option<&str>, version: Option<u64>) -> String {
    let hash = hash.unwrap_or_default();
    match version {
        Some(version) => format!("{hash}@{version}"),
        None => hash.to_owned(),
    }
}

/// The hash and the version out of a store's text.
fn parse(text: &str) -> (Option<String>, Option<u64>) {
    let (hash, version) = match text.split_once('@') {
        Some((hash, version)) => (hash, version.parse().ok()),
        None => (text, None),
    };
    (
        Some(hash.to_owned()).filter(|hash| !hash.is_empty()),
        version,
    )
}

/// What a store knows of a record, by its external id.
pub fn remembered_of(found: StoredMapping) -> (String, Remembered) {
    let (hash, version) = parse(found.version_hash.as_deref().unwrap_or_default());
    let remembered = Remembered {
        crm_id: found.mapping.crm_id,
        hash,
        written_at_ms: found.last_synced_at_ms.unwrap_or(0),
        version,
        is_answered: false,
    };
    (found.mapping.ever_id, remembered)
}

/// Whether the store keeps what it likes in place of our text: then it says nothing of what was written.
pub fn is_foreign(stored: &Remembered) -> bool {
    stored.version.is_none()
        && stored
            .hash
            .as_ref()
            .is_none_or(|hash| hash.len() != HASH_DIGITS)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_written_is_read_back() {
        let hash = "0123456789abcdef0123456789abcdef";
        for (hash, version) in [
            (Some(hash), Some(1_795_437_085_322)),
            (None, Some(5)),
            (Some(hash), None),
            (None, None),
        ] {
            let text = version_text(hash, version);
            assert_eq!(parse(&text), (hash.map(str::to_owned), version), "{text}");
            assert!(text.len() <= 64, "{text}");
        }
    }
}
