//! Bodies of answers about records.

use serde::Serialize;

use crate::http::Response;

/// `{"data":{"<key>":<value>}}`.
pub fn data<T: Serialize + ?Sized>(status: u16, key: &str, value: &T) -> Response {
    sized_data(status, key, value, RECORD_BYTES)
}

/// Room for a record's text: growing step by step copies a batch's answer several times.
const RECORD_BYTES: usize = 2048;

/// As [`data`], for that many records.
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
    // Views and values have string keys only, and a Vec takes every write.
    let _ = serde_json::to_writer(&mut body, value);
    body.extend_from_slice(b"}}");
    Response::bytes(status, body)
}
