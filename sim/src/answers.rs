//! Bodies of record answers.

use serde::Serialize;

use crate::http::Response;

/// `{"data":{"<key>":<value>}}`.
pub fn data<T: Serialize + ?Sized>(status: u16, key: &str, value: &T) -> Response {
    sized_data(status, key, value, RECORD_BYTES)
}

/// Space reserved per record: growing step by step copies a batch's answer several times.
const RECORD_BYTES: usize = 2048;

/// Like [`data`], with space for that many records.
pub fn data_of<T: Serialize>(status: u16, key: &str, records: &[T]) -> Response {
    sized_data(status, key, records, RECORD_BYTES * (records.len() + 1))
}

fn sized_data<T: Serialize + ?Sized>(
    status: u16,
    key: &str,
    value: &T,
    size_hint: usize,
) -> Response {
    let mut body = Vec::with_capacity(size_hint);
    body.extend_from_slice(b"{\"data\":{\"");
    body.extend_from_slice(key.as_bytes());
    body.extend_from_slice(b"\":");
    // Views and values only have string keys, and writing to a Vec cannot fail.
    let _ = serde_json::to_writer(&mut body, value);
    body.extend_from_slice(b"}}");
    Response::bytes(status, body)
}
