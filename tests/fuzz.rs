//! The short form of the fuzzing (`scripts/reliability/fuzz.mjs` is the long one): every target takes its kept inputs, and
//! some thousand that are made of them.

#[path = "../fuzz/src/corpus.rs"]
mod corpus;
#[path = "../fuzz/src/mutator.rs"]
mod mutator;
#[path = "../fuzz/src/targets/mod.rs"]
mod targets;

use std::panic::catch_unwind;
use std::path::Path;

/// Mutated inputs for each target.
const INPUTS: usize = 1_500;

/// Runs `target`, and says on which input a property did not hold.
fn check(target: &targets::Target, input: &[u8]) {
    let held = catch_unwind(|| (target.run)(input));
    assert!(
        held.is_ok(),
        "{} fails with the input {}",
        target.name,
        input.escape_ascii()
    );
}

fn kept(target: &targets::Target) -> Vec<Vec<u8>> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("fuzz/corpus");
    let inputs = corpus::read(&folder, target.name);
    assert!(inputs.len() > 1, "{} has kept inputs", target.name);
    inputs
}

#[test]
fn kept_inputs_hold_every_property() {
    for target in targets::ALL {
        for input in kept(target) {
            check(target, &input);
        }
    }
}

#[test]
fn mutated_inputs_hold_every_property() {
    for target in targets::ALL {
        let corpus = kept(target);
        let mut mutator = mutator::Mutator::new(6);
        for _ in 0..INPUTS {
            check(target, &mutator.next(&corpus));
        }
    }
}
