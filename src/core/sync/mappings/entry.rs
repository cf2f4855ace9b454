//! What is remembered of one record, in the process's memory and in stores.

use std::fmt;
use std::num::NonZeroU128;

use crate::core::twenty::ids::{CrmId, ObjectKind};

/// A hash of all that a write says.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct ContentHash(NonZeroU128);

impl ContentHash {
    /// Bytes of a hash.
    pub const BYTES: usize = 16;

    /// From the bytes of a hash, of which the first count.
    pub fn of_bytes(bytes: [u8; Self::BYTES]) -> Self {
        let number = u128::from_be_bytes(bytes);
        Self(NonZeroU128::new(number).unwrap_or(NonZeroU128::MIN))
    }

    /// From its text; none where that is something else.
    pub fn parse(text: &str) -> Option<Self> {
        let is_hex = text.bytes().all(|byte| byte.is_ascii_hexdigit());
        let number = (is_hex && text.len() == 2 * Self::BYTES)
            .then(|| u128::from_str_radix(text, 16).ok())
            .flatten()?;
        NonZeroU128::new(number).map(Self)
    }
}

/// Hexadecimal digits.
impl fmt::Display for ContentHash {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{:032x}", self.0)
    }
}

/// Which row a record is, and what was written to it last.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Entry {
    /// What it is.
    pub kind: ObjectKind,
    /// The caller's external id.
    pub external_id: String,
    /// The row.
    pub crm_id: CrmId,
    /// Hash of what was written last, where all of it was written.
    pub hash: Option<ContentHash>,
    /// The row's own time of its last change by then, in milliseconds since the epoch as the server counts them.
    pub version: Option<u64>,
    /// When that was, in milliseconds since the epoch; 0 where a store does not say.
    pub written_at_ms: u64,
    /// Whether an answer of the server told this process, rather than a store.
    pub is_answered: bool,
}

impl Entry {
    /// An answer of the server said at `written_at_ms` which row the record is; what the row holds is not known.
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

    /// Whether it says nothing of what was written, as where a store keeps what it likes in place of our hash.
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
