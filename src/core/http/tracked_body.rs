//! The body of a request, which reports when the connection is established.

use std::pin::Pin;
use std::task::{Context, Poll};

use bytes::Bytes;
use http_body::{Frame, SizeHint};

use super::SentFlag;

/// A body that reports when it is first read. That happens once the connection is established.
pub(super) struct TrackedBody {
    bytes: Option<Bytes>,
    sent: SentFlag,
}

impl TrackedBody {
    pub(super) fn new(bytes: Option<Bytes>, sent: SentFlag) -> Self {
        Self { bytes, sent }
    }
}

impl http_body::Body for TrackedBody {
    type Data = Bytes;
    type Error = std::convert::Infallible;

    fn poll_frame(
        mut self: Pin<&mut Self>,
        _context: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, Self::Error>>> {
        self.sent.raise();
        Poll::Ready(self.bytes.take().map(|bytes| Ok(Frame::data(bytes))))
    }

    fn is_end_stream(&self) -> bool {
        self.bytes.is_none()
    }

    fn size_hint(&self) -> SizeHint {
        SizeHint::with_exact(self.bytes.as_ref().map_or(0, |bytes| bytes.len() as u64))
    }
}
