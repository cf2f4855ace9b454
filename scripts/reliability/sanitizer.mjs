// Runs the core's tests under a memory checker. The core has no unsafe code of its own, but its dependencies have
// (SQLite and the TLS library's assembly, for example). With --only, runs the tests whose name contains the word.
//   npm run reliability -- sanitizer [--only WORD] [--threads 2] [--checker asan|valgrind]
//
// `asan`: AddressSanitizer and LeakSanitizer with the nightly compiler, on the unit tests, which use the system's
// allocator (other programs have their own, which AddressSanitizer cannot see into). `valgrind`: Memcheck on the binary
// that `cargo test` runs; several times slower, but it also checks C code and assembly. Without --checker, the first
// installed one is used.
import { spawnSync } from 'node:child_process';
import path from 'node:path';
import { run, section, targetDir } from '../support/process.mjs';
import { flags } from './support/flags.mjs';

const TARGET = 'x86_64-unknown-linux-gnu';
const BUILD = ['--locked', '--lib', '-p', 'twenty-crm-native'];

/** @param {string} command @param {string[]} args */
const works = (command, args) => spawnSync(command, args, { stdio: 'ignore' }).status === 0;

/**
 * @typedef {object} Checker
 * @property {string} name for people
 * @property {() => boolean} isThere
 * @property {(word: string, threads: number, onStdout: (text: string) => void) => Promise<number>} check its exit code
 */

/** @type {Record<string, Checker>} */
const CHECKERS = {
  asan: {
    name: 'AddressSanitizer, LeakSanitizer',
    isThere: () => works('cargo', ['+nightly', '--version']),
    check(word, threads, onStdout) {
      // The instrumented code has its own target folder, so that other builds are not invalidated.
      process.env.CARGO_TARGET_DIR = 'target/sanitizer';
      process.env.RUSTFLAGS = '-Zsanitizer=address';
      process.env.ASAN_OPTIONS = 'detect_leaks=1:detect_stack_use_after_return=1';
      const test = ['+nightly', 'test', ...BUILD, '--target', TARGET];
      const options = ['--', ...words(word), `--test-threads=${threads}`];
      return run('cargo', [...test, ...options], { onStdout });
    },
  },
  valgrind: {
    name: 'Valgrind Memcheck',
    isThere: () => works('valgrind', ['--version']),
    check(word, threads, onStdout) {
      // Without leak checks: a static of the phone library keeps memory behind packed pointers, which Memcheck reports
      // as lost.
      const memcheck = ['--error-exitcode=97', '--leak-check=no', '--num-callers=25', '--quiet'];
      const options = [...words(word), `--test-threads=${threads}`];
      return run('valgrind', [...memcheck, testBinary(), ...options], { onStdout });
    },
  },
};

/** @param {string} word */
const words = (word) => (word === '' ? [] : [word]);

/** The program that `cargo test --lib` runs. */
function testBinary() {
  const args = ['test', ...BUILD, '--no-run', '--message-format=json-render-diagnostics'];
  const { status, stdout } = spawnSync('cargo', args, {
    stdio: ['ignore', 'pipe', 'inherit'],
    encoding: 'utf8',
    maxBuffer: 2 ** 28,
  });
  const lines = stdout.split('\n').filter((line) => line.includes('"executable":"'));
  const found = lines.map((line) => JSON.parse(line).executable).at(-1);
  if (status !== 0 || found === undefined) throw new Error('the tests cannot be built');
  return path.resolve(targetDir, found);
}

/**
 * @param {string[]} args
 * @param {import('./support/report.mjs').Report} report
 * @returns {Promise<number>} 0 if nothing was found.
 */
export async function main(args, report) {
  const { only, threads, checker } = flags(args, { only: '', threads: 2, checker: '' });
  const wanted = Object.keys(CHECKERS).find((name) =>
    checker === '' ? CHECKERS[name].isThere() : name === checker,
  );
  if (wanted === undefined)
    throw new Error(`--checker must be ${Object.keys(CHECKERS).join(' or ')}`);
  const { name, check } = CHECKERS[wanted];
  section(name);
  const start = performance.now();
  let output = '';
  const code = await check(only, threads, (text) => {
    output += text;
  });
  const seconds = ((performance.now() - start) / 1000).toFixed(0);
  const results = [...output.matchAll(/^test result: \w+\. (\d+) passed; (\d+) failed/gm)];
  const sum = (/** @type {1 | 2} */ part) =>
    results.reduce((total, result) => total + Number(result[part]), 0);
  const passed = sum(1);
  // A finding ends the program in the middle of a test, so no result is printed.
  const failed = code === 0 || results.length > 0 ? sum(2) : '?';
  report.say('| Checker | Tests | Passed | Failed | Findings of the checker | Time |');
  report.say('|---|---|---:|---:|---|---:|');
  const findings = code === 0 ? 'none' : `see above (exit code ${code})`;
  report.say(
    `| ${name} | ${only || 'all of the core'} | ${passed} | ${failed} | ${findings} | ${seconds} s |`,
  );
  return code === 0 && passed > 0 ? 0 : 1;
}
