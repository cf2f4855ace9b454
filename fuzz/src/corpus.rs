//! Kept inputs: `fuzz/corpus/TARGET.txt`, one a line, bytes that are no text percent-encoded.

use std::path::Path;

/// The inputs of a target; none where there is no file.
pub fn read(folder: &Path, target: &str) -> Vec<Vec<u8>> {
    let text = std::fs::read_to_string(folder.join(format!("{target}.txt"))).unwrap_or_default();
    text.lines()
        .filter(|line| !line.starts_with('#'))
        .map(decode)
        .collect()
}

fn decode(line: &str) -> Vec<u8> {
    let bytes = line.as_bytes();
    let hex = |at: usize| {
        let byte = bytes.get(at)?;
        char::from(*byte).to_digit(16)
    };
    let mut decoded = Vec::with_capacity(bytes.len());
    let mut at = 0;
    while at < bytes.len() {
        if let (b'%', Some(high), Some(low)) = (bytes[at], hex(at + 1), hex(at + 2)) {
            decoded.push((high * 16 + low) as u8);
            at += 3;
        } else {
            decoded.push(bytes[at]);
            at += 1;
        }
    }
    decoded
}
