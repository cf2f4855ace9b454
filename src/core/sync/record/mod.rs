//! One record: what is asked for it and what comes of it, without I/O.

pub mod input;
