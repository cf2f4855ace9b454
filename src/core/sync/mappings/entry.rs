//! What the cache and stores remember of one record.

use std::fmt;
use std::num::NonZeroU128;

use crate::core::twenty::ids::{CrmId, ObjectKind};

/// A hash of everything in a write.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct ContentHash(NonZeroU128);

impl ContentHash {
    /// Length of a hash in bytes.
    pub const BYTES: usize = 16;

    /// From the first bytes of a longer hash.
    pub fn of_bytes(bytes: [u8; Self::BYTES]) -> Self {
        let number = u128::from_be_bytes(bytes);
        Self(NonZeroU128::new(number).unwrap_or(NonZeroU128::MIN))
    }

    /// From its text; `None` if the text is not a hash.
    pub fn parse(text: &str) -> Option<Self> {
        let is_hex = text.bytes().all(|byte| byte.is_ascii_hexdigit());
        let number = (is_hex && text.len() == 2 * Self::BYTES)
            .then(|| u128::from_str_radix(text, 16).ok())
            .flatten()?;
        NonZeroU128::new(number).map(Self)
    }
}

/// As hexadecimal digits.
impl fmt::Display for ContentHash {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{:032x}", self.0)
    }
}

/// Which row a record has, and what was last written to it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Entry {
    /// What it is.
    pub kind: ObjectKind,
    /// The caller's external id.
    pub external_id: String,
    /// The row.
    pub crm_id: CrmId,
    /// Hash of the last write, if all of it was written.
    pub hash: Option<ContentHash>,
    /// The row's `updatedAt` after that write, in milliseconds since the epoch, by the server's clock.
    pub version: Option<u64>,
    /// The time of that write, in milliseconds since the epoch; 0 if the store does not know it.
    pub written_at_ms: u64,
    /// Whether it comes from an answer of the server to this process, not from a store.
    pub is_answered: bool,
}

impl Entry {
    /// An entry after the server said at `written_at_ms` which row the record has; the row's content is unknown.
    pub fn answered(
        kind: ObjectKind,
        external_id: impl Into<String>,
        crm_id: CrmId,
        written_at_ms: u64,
    ) -> Self {
        Self {
            kind,
            external_id: external_id.into(),
            crm_id,
            hash: None,
            version: None,
            written_at_ms,
            is_answered: true,
        }
    }

    /// Whether it has nothing but the id, as from stores that do not keep our hash.
    pub fn is_id_only(&self) -> bool {
        self.hash.is_none() && self.version.is_none()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_hash_is_its_own_text_and_nothing_else() {
        let text = "00f1e2d3c4b5a697887766554433221f";
        let hash = ContentHash::parse(text).expect("a hash");
        assert_eq!(hash.to_string(), text);
        for other in [
            "",
            "0f",
            &"0".repeat(32),
            &"f".repeat(64),
            &format!("+{}", &text[1..]),
        ] {
            assert_eq!(ContentHash::parse(other), None, "{other:?}");
        }
    }
}
