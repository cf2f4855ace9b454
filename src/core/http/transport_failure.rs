//! Classifies a failed exchange from its chain of causes.

use std::error::Error as StdError;
use std::io;

use super::{SentFlag, TransportError, TransportErrorKind, tls};

/// A failure of the system's resolver. It has its own type, so that it can be told from other errors.
#[derive(Debug, thiserror::Error)]
#[error("the host name could not be resolved")]
pub(super) struct UnresolvedName(#[source] pub(super) io::Error);

/// A request that was not sent at all.
pub(super) fn unsent(kind: TransportErrorKind, message: String) -> TransportError {
    TransportError {
        kind,
        sent: false,
        message,
        advice: None,
        proxy: None,
    }
}

/// `is_connect`: the failure happened before the connection was established.
pub(super) fn of(
    error: &(dyn StdError + 'static),
    is_connect: bool,
    sent: &SentFlag,
) -> TransportError {
    let (kind, never_sent) = kind_of(error, is_connect);
    let mut message = causes(error);
    let mut advice = None;
    if kind == TransportErrorKind::TooLarge {
        message = format!("its head is too large ({message})");
    } else if kind == TransportErrorKind::Tls {
        advice = chain(error).find_map(tls_error).and_then(tls::advice);
    }
    TransportError {
        sent: !never_sent && sent.is_raised(),
        advice,
        ..unsent(kind, message)
    }
}

/// The error and its causes, outermost first.
fn chain<'a>(
    error: &'a (dyn StdError + 'static),
) -> impl Iterator<Item = &'a (dyn StdError + 'static)> {
    std::iter::successors(Some(error), |&error| error.source())
}

/// The kind of failure, and whether it is certain that nothing was sent.
fn kind_of(error: &(dyn StdError + 'static), is_connect: bool) -> (TransportErrorKind, bool) {
    let mut kind = TransportErrorKind::Reset;
    let mut never_sent = false;
    for cause in chain(error) {
        if cause.is::<UnresolvedName>() {
            return (TransportErrorKind::Dns, true);
        }
        if tls_error(cause).is_some() {
            // Certificates are checked before anything is sent. A TLS record that breaks later is different.
            return (TransportErrorKind::Tls, is_connect);
        }
        if let Some(http) = cause.downcast_ref::<hyper::Error>() {
            never_sent |= http.is_canceled();
            // hyper names the kind of a bad head to servers only, so this compares the text. A test checks the text.
            if http.is_parse() && http.to_string().starts_with("message head is too large") {
                kind = TransportErrorKind::TooLarge;
            } else if http.is_parse() {
                kind = TransportErrorKind::Protocol;
            }
        }
    }
    if is_connect {
        return (TransportErrorKind::Connect, true);
    }
    (kind, never_sent)
}

/// An I/O error returns its cause's cause as its source, so the cause itself is asked for, at every depth.
fn tls_error<'a>(cause: &'a (dyn StdError + 'static)) -> Option<&'a rustls::Error> {
    cause.downcast_ref().or_else(|| {
        let inner = cause.downcast_ref::<io::Error>()?.get_ref()?;
        tls_error(inner)
    })
}

/// All causes in one line, without repeated texts.
pub(super) fn causes(error: &(dyn StdError + 'static)) -> String {
    let mut text = error.to_string();
    for cause in chain(error).skip(1) {
        let wording = cause.to_string();
        if !text.contains(&wording) {
            text.push_str(": ");
            text.push_str(&wording);
        }
    }
    text
}
