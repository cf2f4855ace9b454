//! What goes back into JavaScript: answers, questions and events, encoded before they get there.

use napi::sys;

/// What an answer is, as `lib/dispatcher.js` reads it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[repr(u8)]
pub enum AnswerKind {
    /// The call's result.
    Success = 0,
    /// A structured error as JSON text.
    Failure = 1,
    /// The call ended without an answer: it was aborted, or its task broke.
    Lost = 2,
    /// Not an answer: the core asks JavaScript something (a mapping store) and waits for `reply`.
    Question = 3,
    /// Not an answer: something has happened that somebody listens for; the id is the listener's.
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
    /// A body as it came from the server.
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

/// A text as JavaScript keeps it: one byte a character where that is enough, else two. To be made on the I/O threads, so
/// that the JavaScript thread only copies.
pub(super) enum EncodedText {
    /// ASCII, as it came.
    Ascii(AnswerText),
    Latin1(Vec<u8>),
    Utf16(Vec<u16>),
}

impl EncodedText {
    /// The first byte of what takes more than two bytes in UTF-8, or two of which Latin-1 lacks the character.
    const BEYOND_LATIN1: u8 = 0xc4;

    /// What is not UTF-8 becomes U+FFFD, as with every decoder of the platform.
    fn new(text: AnswerText) -> Self {
        let bytes = text.as_bytes();
        if bytes.is_ascii() {
            return Self::Ascii(text);
        }
        let decoded = String::from_utf8_lossy(bytes);
        if decoded.bytes().all(|byte| byte < Self::BEYOND_LATIN1) {
            // Checked: no character is beyond 0xff.
            return Self::Latin1(decoded.chars().map(|c| c as u8).collect());
        }
        Self::Utf16(decoded.encode_utf16().collect())
    }

    /// The JavaScript string.
    ///
    /// # Safety
    /// On the JavaScript thread, with its live environment.
    pub(super) unsafe fn create(
        &self,
        env: sys::napi_env,
        value: &mut sys::napi_value,
    ) -> sys::napi_status {
        let latin1 = |text: &[u8], value: &mut sys::napi_value| unsafe {
            sys::napi_create_string_latin1(env, text.as_ptr().cast(), text.len() as isize, value)
        };
        match self {
            Self::Ascii(text) => latin1(text.as_bytes(), value),
            Self::Latin1(text) => latin1(text, value),
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
