//! HTTP/1.1 request framing over a byte buffer; `server` has the sockets.

use bytes::{Buf, BytesMut};

/// Largest size of request line and headers; above it the server answers 431 (`docs/twenty/protocol.md#transport`).
const MAX_HEAD_BYTES: usize = 16 * 1024;

/// JSON body limit.
pub const MAX_BODY_BYTES: usize = 10 * 1024 * 1024;

/// A request line with its headers.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Head {
    /// Method as sent.
    pub method: String,
    /// Request target.
    pub target: String,
    /// 0 or 1, the minor HTTP version.
    pub minor_version: u8,
    /// Names in lower case.
    pub headers: Vec<(String, String)>,
}

impl Head {
    /// First header of that (lower-case) name.
    pub fn header(&self, name: &str) -> Option<&str> {
        self.headers
            .iter()
            .find(|(n, _)| n == name)
            .map(|(_, v)| v.as_str())
    }

    /// Whether the connection stays open after the answer.
    pub fn keep_alive(&self) -> bool {
        let connection = self.header("connection").unwrap_or_default();
        self.minor_version == 1 && !connection.eq_ignore_ascii_case("close")
    }
}

/// Why a request cannot be read.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum FrameError {
    /// 431.
    HeadTooLarge,
    /// 400.
    Malformed,
}

/// Takes a head off the buffer; `None` while it is incomplete.
///
/// # Errors
/// [`FrameError`] for a head that is too large or is not HTTP/1.
pub fn take_head(buffer: &mut BytesMut) -> Result<Option<Head>, FrameError> {
    let mut headers = [httparse::EMPTY_HEADER; 128];
    let mut request = httparse::Request::new(&mut headers);
    let length = match request.parse(buffer) {
        Ok(httparse::Status::Complete(length)) if length <= MAX_HEAD_BYTES => length,
        Ok(httparse::Status::Partial) if buffer.len() <= MAX_HEAD_BYTES => return Ok(None),
        Ok(_) | Err(httparse::Error::TooManyHeaders) => return Err(FrameError::HeadTooLarge),
        Err(_) => return Err(FrameError::Malformed),
    };
    let text = |bytes: &[u8]| String::from_utf8_lossy(bytes).trim().to_owned();
    let head = Head {
        method: request.method.unwrap_or_default().to_owned(),
        target: request.path.unwrap_or_default().to_owned(),
        minor_version: request.version.unwrap_or(1),
        headers: request
            .headers
            .iter()
            .map(|h| (h.name.to_ascii_lowercase(), text(h.value)))
            .collect(),
    };
    buffer.advance(length);
    Ok(Some(head))
}

/// How a body is delimited, and how much of it is missing.
#[derive(Debug)]
pub enum BodyReader {
    /// Content-Length, with the bytes still missing.
    Length(usize),
    /// Transfer-Encoding: chunked.
    Chunked,
    /// Chunked, inside a chunk with that many bytes missing (its line end included).
    InChunk(usize),
    /// Chunked, after the last chunk: trailers up to a blank line.
    Trailers,
    /// Complete.
    Done,
}

impl BodyReader {
    /// Chooses the framing by the headers.
    ///
    /// # Errors
    /// [`FrameError::Malformed`] for a length that is not a number.
    pub fn new(head: &Head) -> Result<Self, FrameError> {
        if head
            .header("transfer-encoding")
            .is_some_and(|t| t.eq_ignore_ascii_case("chunked"))
        {
            return Ok(Self::Chunked);
        }
        match head.header("content-length") {
            None => Ok(Self::Done),
            Some(text) => text
                .parse()
                .map(Self::Length)
                .map_err(|_| FrameError::Malformed),
        }
    }

    /// Moves the bytes that have arrived from the buffer into `body`; true once the body is complete. Bytes beyond
    /// [`MAX_BODY_BYTES`] are dropped, except one that shows the excess.
    ///
    /// # Errors
    /// [`FrameError::Malformed`] for broken chunking.
    pub fn read(&mut self, buffer: &mut BytesMut, body: &mut Vec<u8>) -> Result<bool, FrameError> {
        loop {
            match self {
                Self::Done => return Ok(true),
                Self::Length(missing) => {
                    let count = (*missing).min(buffer.len());
                    keep(body, &buffer.split_to(count));
                    *missing -= count;
                    if *missing > 0 {
                        return Ok(false);
                    }
                    *self = Self::Done;
                }
                Self::Chunked => {
                    let Some(line) = take_line(buffer) else {
                        return Ok(false);
                    };
                    let size = line.split(';').next().unwrap_or_default().trim();
                    let size =
                        usize::from_str_radix(size, 16).map_err(|_| FrameError::Malformed)?;
                    *self = if size == 0 {
                        Self::Trailers
                    } else {
                        Self::InChunk(size + 2)
                    };
                }
                Self::InChunk(missing) => {
                    if buffer.is_empty() {
                        return Ok(false);
                    }
                    let count = (*missing).min(buffer.len());
                    let data = buffer.split_to(count);
                    // The chunk's line end counts as missing, but is not part of the body.
                    keep(body, &data[..count.min(missing.saturating_sub(2))]);
                    *missing -= count;
                    if *missing == 0 {
                        *self = Self::Chunked;
                    }
                }
                Self::Trailers => {
                    let Some(line) = take_line(buffer) else {
                        return Ok(false);
                    };
                    if line.is_empty() {
                        *self = Self::Done;
                    }
                }
            }
        }
    }
}

fn keep(body: &mut Vec<u8>, data: &[u8]) {
    let room = (MAX_BODY_BYTES + 1).saturating_sub(body.len());
    body.extend_from_slice(&data[..data.len().min(room)]);
}

fn take_line(buffer: &mut BytesMut) -> Option<String> {
    let end = buffer.windows(2).position(|w| w == b"\r\n")?;
    let line = String::from_utf8_lossy(&buffer[..end]).into_owned();
    buffer.advance(end + 2);
    Some(line)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn pipelined_requests_come_off_one_by_one() {
        let mut buffer = BytesMut::from(
            "POST /a HTTP/1.1\r\nContent-Length: 3\r\n\r\nabcGET /b HTTP/1.1\r\n\r\n",
        );
        let head = take_head(&mut buffer).unwrap().unwrap();
        let mut body = Vec::new();
        assert!(
            BodyReader::new(&head)
                .unwrap()
                .read(&mut buffer, &mut body)
                .unwrap()
        );
        assert_eq!(
            (head.method.as_str(), body.as_slice()),
            ("POST", b"abc".as_slice())
        );
        assert_eq!(take_head(&mut buffer).unwrap().unwrap().target, "/b");
        assert_eq!(take_head(&mut buffer), Ok(None));
    }

    #[test]
    fn chunked_bodies_survive_any_split() {
        let wire = b"4\r\nWiki\r\n5;x=y\r\npedia\r\n0\r\nT: 1\r\n\r\nrest";
        for split in 0..wire.len() {
            let mut reader = BodyReader::Chunked;
            let mut body = Vec::new();
            let mut buffer = BytesMut::from(&wire[..split]);
            let _ = reader.read(&mut buffer, &mut body).unwrap();
            buffer.extend_from_slice(&wire[split..]);
            assert!(reader.read(&mut buffer, &mut body).unwrap());
            assert_eq!(body, b"Wikipedia");
            assert_eq!(&buffer[..], b"rest");
        }
    }

    #[test]
    fn oversized_heads_and_other_protocols_are_refused() {
        let mut long = BytesMut::from("GET / HTTP/1.1\r\nx: ");
        long.extend_from_slice(&vec![b'a'; MAX_HEAD_BYTES]);
        assert_eq!(take_head(&mut long), Err(FrameError::HeadTooLarge));
        let mut h2 = BytesMut::from("PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n");
        assert_eq!(take_head(&mut h2), Err(FrameError::Malformed));
    }
}
