//! The composed form of a text (Unicode NFC), which RFC 6532 asks of addresses: files of some systems hold letters and their
//! accents apart.

use std::borrow::Cow;

use icu_normalizer::{ComposingNormalizerBorrowed, DecomposingNormalizerBorrowed};

/// The text with each accent in its letter, where there is such a letter.
pub fn composed(text: &str) -> Cow<'_, str> {
    match text.is_ascii() {
        true => text.into(),
        false => ComposingNormalizerBorrowed::new_nfc().normalize(text),
    }
}

/// The text with letters and accents apart.
pub fn decomposed(text: &str) -> Cow<'_, str> {
    match text.is_ascii() {
        true => text.into(),
        false => DecomposingNormalizerBorrowed::new_nfd().normalize(text),
    }
}
