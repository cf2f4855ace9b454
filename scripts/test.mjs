// Everything that `npm test` runs, and one count of it all on the last line.
//   npm test                 builds what is missing, then all Rust tests and all Node tests
//   npm test -- errors types only the Node tests whose path holds one of the words
//   node scripts/test.mjs --no-build   all Node tests, with the addon and the simulator that are there (lib/ is always built)
import { readdirSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { buildAddon } from './build.mjs';
import { buildLib } from './build-lib.mjs';
import { buildSim } from './build-sim.mjs';
import { setup } from './setup.mjs';
import { cargoArgs } from './support/cargo.mjs';
import { isMain, root, run, section } from './support/process.mjs';

/** @typedef {{ passed: number, failed: number, skipped: number }} Counts */

/** @param {string} text What `cargo test` printed. @returns {Counts} */
export function countCargo(text) {
  const counts = { passed: 0, failed: 0, skipped: 0 };
  const line = /^test result: .*? (\d+) passed; (\d+) failed; (\d+) ignored;/gm;
  for (const [, passed, failed, ignored] of text.matchAll(line)) {
    counts.passed += Number(passed);
    counts.failed += Number(failed);
    counts.skipped += Number(ignored);
  }
  return counts;
}

/** @param {string} text The TAP that `node --test` wrote. @returns {Counts} */
export function countTap(text) {
  // The summary is at the end; what a test printed itself stands before it, in the same form.
  /** @param {string} name */
  const total = (name) =>
    Number([...text.matchAll(new RegExp(`^# ${name} (\\d+)$`, 'gm'))].at(-1)?.[1] ?? 0);
  return {
    passed: total('pass'),
    failed: total('fail') + total('cancelled'),
    // The summary leaves out suites that are skipped as a whole.
    skipped: listSkipped(text).length,
  };
}

/** @param {string} text The TAP that `node --test` wrote. @returns {string[]} What was skipped, and why. */
export function listSkipped(text) {
  return [...text.matchAll(/^ *(?:not )?ok \d+ - (.*?) # (?:SKIP|TODO) ?(.*)$/gm)].map(
    ([, name, why]) => `${name}${why && `: ${why}`}`,
  );
}

/**
 * A run that ended badly counts as a failure even where no test said so (it did not compile, say).
 * @param {Counts} counts
 * @param {number} code
 * @returns {Counts}
 */
export const heedExitCode = (counts, code) =>
  code !== 0 && counts.failed === 0 ? { ...counts, failed: 1 } : counts;

async function cargoTests() {
  let output = '';
  const code = await run('cargo', [...cargoArgs('test', 'tests'), '--no-fail-fast'], {
    onStdout: (text) => (output += text),
  });
  return heedExitCode(countCargo(output), code);
}

/** @param {string[]} words */
export function testFiles(words) {
  const files = readdirSync(path.join(root, '__test__'), { recursive: true })
    .map((name) => path.join('__test__', name.toString()))
    .filter((name) => name.endsWith('.test.mjs') && !name.includes('node_modules'))
    .filter((name) => words.length === 0 || words.some((word) => name.includes(word)))
    .sort();
  if (files.length === 0) throw new Error(`no test file's path holds ${words.join(' or ')}`);
  return files;
}

/** @param {string[]} words */
async function nodeTests(words) {
  const tapFile = path.join(tmpdir(), `twenty-crm-native-${process.pid}.tap`);
  try {
    const code = await run(process.execPath, [
      '--test',
      ...['--test-reporter=spec', '--test-reporter-destination=stdout'],
      ...['--test-reporter=tap', `--test-reporter-destination=${tapFile}`],
      ...testFiles(words),
    ]);
    const tap = readFileSync(tapFile, 'utf8');
    return { counts: heedExitCode(countTap(tap), code), skipped: listSkipped(tap) };
  } finally {
    rmSync(tapFile, { force: true });
  }
}

/** @param {Counts} counts */
const inWords = ({ passed, failed, skipped }) =>
  `${passed} passed, ${failed} failed, ${skipped} skipped`;

/** @param {string[]} args Words of paths, and `--no-build`. */
async function main(args) {
  const isBuilt = args.includes('--no-build');
  const words = args.filter((word) => word !== '--no-build');
  const withRust = words.length === 0 && !isBuilt;
  await setup();
  if (isBuilt) await buildLib();
  else {
    section('build');
    await buildAddon(undefined, { withSim: true });
    // CI tests what is published. Named, because `cargo test` builds the fast one as well.
    process.env.TWENTY_SIM_BIN ||= await buildSim(process.env.CI ? 'release' : 'fastdev');
  }

  /** @type {Counts} */
  let rust = { passed: 0, failed: 0, skipped: 0 };
  if (withRust) {
    section('cargo test');
    rust = await cargoTests();
  }

  section('node --test');
  const { counts: node, skipped } = await nodeTests(words);

  section('summary');
  for (const name of skipped) console.log(`skipped  ${name}`);
  if (withRust) console.log(`Rust     ${inWords(rust)}`);
  console.log(`Node     ${inWords(node)}\n`);
  return {
    passed: rust.passed + node.passed,
    failed: rust.failed + node.failed,
    skipped: rust.skipped + node.skipped,
  };
}

if (isMain(import.meta.url)) {
  /** @type {Counts} */
  const counts = await main(process.argv.slice(2)).catch((error) => {
    console.error(error.message);
    return { passed: 0, failed: 1, skipped: 0 };
  });
  console.log(inWords(counts));
  process.exitCode = counts.failed > 0 || counts.passed === 0 ? 1 : 0;
}
