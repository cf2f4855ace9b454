// The core's tests under AddressSanitizer and LeakSanitizer: the core has no unsafe code of its own, its dependencies
// (SQLite and the TLS library's assembly among them) have.
//   npm run reliability -- sanitizer [--only WORD] [--threads 2]
import { run } from '../support/process.mjs';
import { flags } from './support/flags.mjs';

const TARGET = 'x86_64-unknown-linux-gnu';

/** @param {string[]} args @returns {Promise<number>} 0 when nothing was found. */
export async function main(args) {
  const { only, threads } = flags(args, { only: '', threads: 2 });
  // The instrumented code goes to a folder of its own: nothing that is built otherwise is built anew.
  process.env.CARGO_TARGET_DIR = 'target/sanitizer';
  process.env.RUSTFLAGS = '-Zsanitizer=address';
  process.env.ASAN_OPTIONS = 'detect_leaks=1:detect_stack_use_after_return=1';
  const words = only === '' ? [] : [only];
  return run('cargo', [
    ...['+nightly', 'test', '--locked', '--lib', '-p', 'twenty-crm-native', '--target', TARGET],
    ...words,
    ...['--', `--test-threads=${threads}`],
  ]);
}
