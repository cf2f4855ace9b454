//! How long inputs take, in powers of ten.

use std::time::Duration;

/// The upper ends of the buckets but the last.
const ENDS_US: [u128; 6] = [10, 100, 1_000, 10_000, 100_000, 1_000_000];
const NAMES: [&str; 7] = [
    "< 10 µs",
    "< 100 µs",
    "< 1 ms",
    "< 10 ms",
    "< 100 ms",
    "< 1 s",
    ">= 1 s",
];

/// The name of the bucket that a time falls into.
pub fn bucket(time: Duration) -> &'static str {
    let micros = time.as_micros();
    NAMES[ENDS_US.iter().take_while(|end| micros >= **end).count()]
}
