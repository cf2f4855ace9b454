//! libFuzzer over the target that `FUZZ_TARGET` names. Tells the longest time that an input took, in powers of ten.

#![no_main]

use std::sync::Mutex;
use std::sync::OnceLock;
use std::time::{Duration, Instant};

use libfuzzer_sys::fuzz_target;
use twenty_fuzz::{clock, targets};

static TARGET: OnceLock<&'static targets::Target> = OnceLock::new();
static LONGEST: Mutex<Duration> = Mutex::new(Duration::ZERO);

fuzz_target!(|data: &[u8]| {
    let target = TARGET.get_or_init(|| {
        let name = std::env::var("FUZZ_TARGET").expect("FUZZ_TARGET names a target");
        let found = targets::ALL.iter().find(|target| target.name == name);
        found.expect("a target of that name")
    });
    let start = Instant::now();
    (target.run)(data);
    let time = start.elapsed();
    let mut longest = LONGEST.lock().expect("one thread");
    if time > *longest {
        if clock::bucket(time) != clock::bucket(*longest) {
            eprintln!("slowest: {}", clock::bucket(time));
        }
        *longest = time;
    }
});
