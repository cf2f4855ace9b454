//! The composed form of a text (Unicode NFC), which RFC 6532 requires for addresses: files of some systems store
//! letters and accents separately.

use std::borrow::Cow;

use icu_normalizer::{ComposingNormalizerBorrowed, DecomposingNormalizerBorrowed};

/// The text with composed accents, where a composed letter exists.
pub fn composed(text: &str) -> Cow<'_, str> {
    match text.is_ascii() {
        true => text.into(),
        false => ComposingNormalizerBorrowed::new_nfc().normalize(text),
    }
}

/// The text with letters and accents separated.
pub fn decomposed(text: &str) -> Cow<'_, str> {
    match text.is_ascii() {
        true => text.into(),
        false => DecomposingNormalizerBorrowed::new_nfd().normalize(text),
    }
}
