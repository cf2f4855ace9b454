//! Pure Rust: nothing below here knows about Node.js.
#![forbid(unsafe_code)]
