// How the scripts call cargo in the fast profile.

const addon = ['--package', 'twenty-crm-native'];
const both = [...addon, '--package', 'twenty-sim'];

const selections = {
  addon: [...addon, '--lib', '--benches'],
  sim: [...both, '--bins', '--benches'],
  all: [...both, '--lib', '--bins', '--benches'],
  // The examples are left out: clippy checks them.
  tests: [...both, '--lib', '--bins', '--tests'],
};

/**
 * The arguments with which every crate is compiled once: with the features that the Rust tests need. No crate has
 * benches, so `--benches` builds nothing, but with it cargo adds the features of the dev-dependencies.
 * @param {'build' | 'test'} command
 * @param {keyof typeof selections} what
 */
export const cargoArgs = (command, what) => [
  command,
  ...['--profile', 'fastdev', '--locked'],
  ...selections[what],
];
