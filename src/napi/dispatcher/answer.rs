//! What is sent to JavaScript: answers, questions and events, encoded in advance on the I/O threads.

use encoding_rs::mem::{convert_utf8_to_latin1_lossy, convert_utf8_to_utf16, is_utf8_latin1};
use napi::sys;

/// The kind of an answer; `lib/dispatcher.js` reads its number.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[repr(u8)]
pub enum AnswerKind {
    /// The call's result.
    Success = 0,
    /// A structured error as JSON text.
    Failure = 1,
    /// The call ended without an answer: it was aborted, or its task panicked.
    Lost = 2,
    /// Not an answer: the core asks JavaScript something (for a mapping store) and waits for `reply`.
    Question = 3,
    /// Not an answer: an event for a listener; the id is the listener's.
    Event = 4,
}

impl AnswerKind {
    /// Whether it ends a call.
    pub(super) fn is_answer(self) -> bool {
        !matches!(self, Self::Question | Self::Event)
    }
}

/// The text of an answer.
pub enum AnswerText {
    /// A body, unchanged from the server.
    Bytes(bytes::Bytes),
    /// Text that the core made.
    Text(String),
}

impl AnswerText {
    fn as_bytes(&self) -> &[u8] {
        match self {
            Self::Bytes(bytes) => bytes,
            Self::Text(text) => text.as_bytes(),
        }
    }
}

/// Text in the form in which JavaScript stores it: one byte per character if that is enough, otherwise two. It is
/// encoded on the I/O threads, so that the JavaScript thread only copies.
pub(super) enum EncodedText {
    /// ASCII, unchanged.
    Ascii(AnswerText),
    Latin1(Vec<u8>),
    Utf16(Vec<u16>),
}

impl EncodedText {
    /// Invalid UTF-8 becomes U+FFFD, as in the platform's own decoders.
    fn new(text: AnswerText) -> Self {
        let bytes = text.as_bytes();
        if bytes.is_ascii() {
            return Self::Ascii(text);
        }
        if is_utf8_latin1(bytes) {
            let mut latin1 = vec![0; bytes.len()];
            let length = convert_utf8_to_latin1_lossy(bytes, &mut latin1);
            latin1.truncate(length);
            return Self::Latin1(latin1);
        }
        // The conversion requires one element more than there are bytes.
        let mut utf16 = vec![0; bytes.len() + 1];
        let length = convert_utf8_to_utf16(bytes, &mut utf16);
        utf16.truncate(length);
        Self::Utf16(utf16)
    }

    /// Creates the JavaScript string.
    ///
    /// # Safety
    /// Call it on the JavaScript thread, with that thread's live environment.
    pub(super) unsafe fn create(
        &self,
        env: sys::napi_env,
        value: &mut sys::napi_value,
    ) -> sys::napi_status {
        // SAFETY: by this function's own contract, here and below.
        let latin1 = |text: &[u8], value: &mut sys::napi_value| unsafe {
            sys::napi_create_string_latin1(env, text.as_ptr().cast(), text.len() as isize, value)
        };
        match self {
            Self::Ascii(text) => latin1(text.as_bytes(), value),
            Self::Latin1(text) => latin1(text, value),
            // SAFETY: as above.
            Self::Utf16(text) => unsafe {
                sys::napi_create_string_utf16(env, text.as_ptr(), text.len() as isize, value)
            },
        }
    }
}

pub(super) struct Completion {
    pub(super) id: u32,
    pub(super) kind: AnswerKind,
    pub(super) text: EncodedText,
}

impl Completion {
    pub(super) fn new(id: u32, kind: AnswerKind, text: AnswerText) -> Self {
        Self {
            id,
            kind,
            text: EncodedText::new(text),
        }
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn read(text: &EncodedText) -> String {
        match text {
            EncodedText::Ascii(text) => text.as_bytes().iter().map(|b| char::from(*b)).collect(),
            EncodedText::Latin1(text) => text.iter().map(|b| char::from(*b)).collect(),
            EncodedText::Utf16(text) => String::from_utf16(text).expect("whole characters"),
        }
    }

    #[test]
    fn a_text_takes_no_more_than_its_characters_need() {
        let encoded = |text: &str| EncodedText::new(AnswerText::Text(text.to_owned()));
        assert!(matches!(encoded("Jane"), EncodedText::Ascii(_)));
        assert!(matches!(encoded("Zoë ÿ"), EncodedText::Latin1(text) if text.len() == 5));
        assert!(matches!(encoded("Ā"), EncodedText::Utf16(text) if text.len() == 1));
        assert!(matches!(encoded("é 👋"), EncodedText::Utf16(text) if text.len() == 4));
    }

    proptest! {
        #[test]
        fn texts_come_over_whole(text in "[\\x00-\\x7f]{0,99}|[\\x00-\\xff]{0,99}|\\PC{0,99}") {
            let encoded = EncodedText::new(AnswerText::Text(text.clone()));
            prop_assert_eq!(read(&encoded), text);
        }

        #[test]
        fn what_is_no_utf_8_is_replaced(bytes in proptest::collection::vec(any::<u8>(), 0..99)) {
            let encoded = EncodedText::new(AnswerText::Bytes(bytes.clone().into()));
            prop_assert_eq!(read(&encoded), String::from_utf8_lossy(&bytes));
        }
    }
}
