//! The body of an answer, collected up to a size limit.

use bytes::{Bytes, BytesMut};

use super::transport_failure::unsent;
use super::{TransportError, TransportErrorKind};

/// How many bytes to allocate in advance if the server announces a length: the announcement may be wrong.
const MAX_BODY_ROOM: usize = 4 * 1024 * 1024;

/// The part of a body that has arrived.
pub(super) struct BoundedBody {
    max_bytes: usize,
    announced: u64,
    only: Bytes,
    joined: Option<BytesMut>,
}

impl BoundedBody {
    /// `announced` is the length that the server announces, 0 if it announces none.
    ///
    /// # Errors
    /// `TooLarge` if that is more than `max_bytes`.
    pub(super) fn new(max_bytes: usize, announced: u64) -> Result<Self, TransportError> {
        if announced > max_bytes as u64 {
            return Err(too_large(max_bytes));
        }
        Ok(Self {
            max_bytes,
            announced,
            only: Bytes::new(),
            joined: None,
        })
    }

    /// Adds the next piece.
    ///
    /// # Errors
    /// `TooLarge` if the body gets larger than allowed.
    pub(super) fn push(&mut self, chunk: Bytes) -> Result<(), TransportError> {
        let so_far = self.joined.as_ref().map_or(self.only.len(), BytesMut::len);
        if so_far + chunk.len() > self.max_bytes {
            return Err(too_large(self.max_bytes));
        }
        // Most answers come in one piece, and that needs no copy.
        match &mut self.joined {
            Some(joined) => joined.extend_from_slice(&chunk),
            None if self.only.is_empty() => self.only = chunk,
            None => {
                let expected = usize::try_from(self.announced)
                    .unwrap_or(0)
                    .min(MAX_BODY_ROOM);
                let room = expected.max((self.only.len() + chunk.len()) * 2);
                let mut joined = BytesMut::with_capacity(room);
                joined.extend_from_slice(&self.only);
                joined.extend_from_slice(&chunk);
                self.joined = Some(joined);
            }
        }
        Ok(())
    }

    /// The complete body.
    pub(super) fn finish(self) -> Bytes {
        self.joined.map_or(self.only, BytesMut::freeze)
    }
}

fn too_large(max_bytes: usize) -> TransportError {
    TransportError {
        sent: true,
        advice: Some("Ask for less, for example with a limit, or allow more with maxResponseBytes"),
        ..unsent(
            TransportErrorKind::TooLarge,
            format!("it is larger than {max_bytes} bytes"),
        )
    }
}
