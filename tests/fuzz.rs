//! The short form of the fuzzing (`scripts/reliability/fuzz.mjs` is the long one): every target takes its kept inputs, and
//! some thousand that are made of them.
#![allow(clippy::too_many_lines)]

#[path = "../fuzz/src/corpus.rs"]
mod corpus;
#[path = "../fuzz/src/mutator.rs"]
mod mutator;
#[path = "../fuzz/src/targets/mod.rs"]
mod targets;

use std::panic::catch_unwind;
use std::path::Path;

/// Mutated inputs for each target.
const INPUTS: usize = 600;

/// The first input of `inputs` with which a property of `target` does not hold.
fn failure(target: &targets::Target, mut inputs: impl Iterator<Item = Vec<u8>>) -> Option<String> {
    let fails = |input: &Vec<u8>| catch_unwind(|| (target.run)(input)).is_err();
    let input = inputs.find(fails)?;
    Some(format!("{} with {}", target.name, input.escape_ascii()))
}

fn kept(target: &targets::Target) -> Vec<Vec<u8>> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("fuzz/corpus");
    let inputs = corpus::read(&folder, target.name);
    assert!(inputs.len() > 1, "{} has kept inputs", target.name);
    inputs
}

#[test]
fn kept_inputs_hold_every_property() {
    let failed: Vec<String> = targets::ALL
        .iter()
        .filter_map(|target| failure(target, kept(target).into_iter()))
        .collect();
    assert!(failed.is_empty(), "{}", failed.join("\n"));
}

#[test]
fn mutated_inputs_hold_every_property() {
    let failed: Vec<String> = targets::ALL
        .iter()
        .filter_map(|target| {
            let corpus = kept(target);
            let mut mutator = mutator::Mutator::new(6);
            failure(target, (0..INPUTS).map(|_| mutator.next(&corpus)))
        })
        .collect();
    assert!(failed.is_empty(), "{}", failed.join("\n"));
}
