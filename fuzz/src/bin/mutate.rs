//! `mutate TARGET INPUTS SEED`: runs a target on inputs of our own mutator, and prints what came of it as one line of
//! JSON. `mutate` alone names the targets. An input that takes longer than ten seconds ends the process with code 3.

use std::panic::catch_unwind;
use std::path::Path;
use std::process::exit;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex};
use std::time::{Duration, Instant};

use twenty_fuzz::{clock, corpus, mutator::Mutator, targets};

const HANG: Duration = Duration::from_secs(10);
const MAX_SHOWN_PANICS: u64 = 5;

fn main() {
    let mut arguments = std::env::args().skip(1);
    let Some(name) = arguments.next() else {
        for target in targets::ALL {
            println!("{}", target.name);
        }
        return;
    };
    let Some(target) = targets::ALL.iter().find(|target| target.name == name) else {
        eprintln!("no target {name}");
        exit(2);
    };
    let mut number = |default: u64| {
        arguments
            .next()
            .map_or(default, |text| text.parse().unwrap_or(default))
    };
    let (inputs, seed) = (number(1_000_000), number(1));

    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("corpus");
    let corpus = corpus::read(&folder, target.name);
    let mut mutator = Mutator::new(seed);
    let done = Arc::new(AtomicU64::new(0));
    let current = Arc::new(Mutex::new(Vec::new()));
    watch(target.name, Arc::clone(&done), Arc::clone(&current));
    std::panic::set_hook(Box::new(|_| {}));
    let (mut panics, mut longest) = (0, Duration::ZERO);
    for at in 0..inputs {
        let input = match corpus.get(at as usize) {
            Some(kept) => kept.clone(),
            None => mutator.next(&corpus),
        };
        if let Ok(mut current) = current.lock() {
            current.clone_from(&input);
        }
        let start = Instant::now();
        if let Err(cause) = catch_unwind(|| (target.run)(&input)) {
            panics += 1;
            if panics <= MAX_SHOWN_PANICS {
                let said = cause.downcast_ref::<String>().map(String::as_str);
                let said = said
                    .or(cause.downcast_ref::<&str>().copied())
                    .unwrap_or_default();
                eprintln!("{}: panic at {}: {said}", target.name, input.escape_ascii());
            }
        }
        longest = longest.max(start.elapsed());
        done.store(at + 1, Ordering::Relaxed);
    }
    println!(
        "{}",
        serde_json::json!({
            "target": target.name,
            "inputs": inputs,
            "panics": panics,
            "slowest": clock::bucket(longest),
            "seed": seed,
        })
    );
    exit(i32::from(panics > 0));
}

/// Ends the process when an input does not.
fn watch(name: &'static str, done: Arc<AtomicU64>, current: Arc<Mutex<Vec<u8>>>) {
    std::thread::spawn(move || {
        loop {
            let before = done.load(Ordering::Relaxed);
            std::thread::sleep(HANG);
            if done.load(Ordering::Relaxed) == before {
                let input = current
                    .lock()
                    .map(|input| input.clone())
                    .unwrap_or_default();
                eprintln!("{name}: no end after {HANG:?}: {}", input.escape_ascii());
                exit(3);
            }
        }
    });
}
