// Runs every fuzz target for a number of inputs, and prints a Markdown table.
//   npm run reliability -- fuzz [--inputs 1000000] [--seed 1] [--jobs 2] [--engine mutator|libfuzzer] [WORD …]
//
// The Rust targets run under our own mutator, which is seeded and needs no other compiler, or under libFuzzer, which
// needs a nightly one. Those of the JavaScript API run in Node. With words, only targets whose name contains one run.
// Each target has its own process, --jobs of them at a time. An input that takes longer than ten seconds, or more
// memory than allowed, is a finding.
import { spawn } from 'node:child_process';
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { parseArgs } from 'node:util';
import { isMain, root, runOrThrow, section } from '../support/process.mjs';
import { targets as surface } from './fuzz/targets.mjs';

const HOST = 'x86_64-unknown-linux-gnu';
const COVERAGE = [
  ...['-Cpasses=sancov-module', '-Cllvm-args=-sanitizer-coverage-level=4', '-Ccodegen-units=4'],
  ...['-Cllvm-args=-sanitizer-coverage-inline-8bit-counters'],
  ...['-Cllvm-args=-sanitizer-coverage-pc-table', '-Cllvm-args=-sanitizer-coverage-trace-compares'],
  '--cfg=fuzzing',
];

/** Address space of a Rust target, including its threads' stacks: no input is longer than 16 KB. */
const MAX_KB = 1024 * 1024;
/** The heap of a target in Node, in MB. */
const NODE_BOUND = ['--max-old-space-size=512'];

/**
 * @typedef {object} Row
 * @property {string} target
 * @property {number} inputs
 * @property {number} panics
 * @property {number} hangs
 * @property {string} slowest
 * @property {string} [coverage]
 * @property {number} seconds
 */

/**
 * @param {string} command
 * @param {string[]} args
 * @param {Record<string, string>} [env]
 * @returns {Promise<{ code: number | null, signal: string | null, stdout: string, stderr: string, seconds: number }>}
 */
function capture(command, args, env = {}) {
  const start = performance.now();
  return new Promise((resolve, reject) => {
    const child = spawn(command, args, {
      cwd: root,
      env: { ...process.env, ...env },
      stdio: ['ignore', 'pipe', 'pipe'],
    });
    let [stdout, stderr] = ['', ''];
    child.stdout.setEncoding('utf8').on('data', (text) => {
      stdout += text;
    });
    child.stderr.setEncoding('utf8').on('data', (text) => {
      stderr = (stderr + text).slice(-500_000);
    });
    child.on('error', reject);
    child.on('close', (code, signal) => {
      resolve({ code, signal, stdout, stderr, seconds: (performance.now() - start) / 1000 });
    });
  });
}

/** The corpus of a target. @param {string} target @returns {Buffer[]} */
function kept(target) {
  const text = readFileSync(path.join(root, 'fuzz/corpus', `${target}.txt`), 'utf8');
  return text
    .split('\n')
    .filter((line) => !line.startsWith('#'))
    .map((line) => {
      const bytes = line.replaceAll(/%([0-9a-f]{2})|([^%]+)/gi, (_, byte, rest) =>
        byte !== undefined
          ? String.fromCharCode(Number.parseInt(byte, 16))
          : Buffer.from(rest, 'utf8').toString('latin1'),
      );
      return Buffer.from(bytes, 'latin1');
    });
}

/** @param {string} target @param {number} inputs @param {number} seed @returns {Promise<Row>} */
async function runLibFuzzer(target, inputs, seed) {
  const folder = mkdtempSync(path.join(tmpdir(), 'fuzz-'));
  try {
    const [corpus, found] = [path.join(folder, 'corpus'), path.join(folder, 'found/')];
    for (const name of [corpus, found]) mkdirSync(name);
    for (const [at, input] of kept(target).entries()) {
      writeFileSync(path.join(corpus, `kept-${at}`), input);
    }
    const binary = path.join(fuzzTarget('libfuzzer'), HOST, 'release/libfuzzer');
    const { code, stderr, seconds } = await capture(
      binary,
      [
        ...[
          `-runs=${inputs}`,
          `-seed=${seed}`,
          '-max_len=8192',
          '-timeout=10',
          '-rss_limit_mb=4096',
        ],
        ...['-print_final_stats=1', '-verbosity=1', `-artifact_prefix=${found}`, corpus],
      ],
      { FUZZ_TARGET: target },
    );
    const last = (/** @type {RegExp} */ pattern) => [...stderr.matchAll(pattern)].at(-1)?.[1];
    const hung = /ERROR: libFuzzer: timeout/.test(stderr);
    if (code !== 0) console.error(stderr.slice(-4_000));
    return {
      target,
      inputs: Number(last(/stat::number_of_executed_units:\s+(\d+)/g) ?? 0),
      panics: code === 0 || hung ? 0 : 1,
      hangs: hung ? 1 : 0,
      slowest: last(/^slowest: (.*)$/gm) ?? '?',
      coverage: `${last(/cov: (\d+)/g) ?? '?'} edges, ${last(/ft: (\d+)/g) ?? '?'} features`,
      seconds,
    };
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

/** @param {string} command @param {string[]} args @param {string} target @returns {Promise<Row>} */
async function runCounted(command, args, target) {
  const { code, signal, stdout, stderr, seconds } = await capture(command, args);
  if (stderr !== '') console.error(stderr.slice(-4_000));
  const line = stdout.trim().split('\n').at(-1) ?? '';
  if (line.startsWith('{')) return { hangs: 0, ...JSON.parse(line), seconds };
  const hung = code === 3 || /no end after/.test(stderr);
  const at = Number(stderr.match(/input (\d+)/)?.[1] ?? 0);
  if (!hung) console.error(`${target} ended with ${signal ?? code}`);
  return { target, inputs: at, panics: hung ? 0 : 1, hangs: hung ? 1 : 0, slowest: '?', seconds };
}

/**
 * Runs a program with at most {@link MAX_KB}: a larger allocation ends it, which is detected.
 * @param {string} command
 * @param {string[]} args
 * @returns {[string, string[]]}
 */
function bounded(command, args) {
  if (process.platform === 'win32') return [command, args];
  return ['/bin/sh', ['-c', `ulimit -v ${MAX_KB}; exec "$0" "$@"`, command, ...args]];
}

/** @param {string} kind */
const fuzzTarget = (kind) => path.join(root, 'fuzz/target', kind);

/** @param {'libfuzzer' | 'mutator'} engine */
async function build(engine) {
  section(`build the Rust targets (${engine})`);
  const common = ['--manifest-path', 'fuzz/Cargo.toml', '--release', '--locked'];
  if (engine === 'libfuzzer') {
    process.env.RUSTFLAGS = COVERAGE.join(' ');
    const features = ['--features', 'libfuzzer', '--bin', 'libfuzzer', '--target', HOST];
    const args = [
      '+nightly',
      'build',
      ...common,
      ...features,
      '--target-dir',
      fuzzTarget('libfuzzer'),
    ];
    await runOrThrow('cargo', args);
    delete process.env.RUSTFLAGS;
  } else {
    const args = ['build', ...common, '--bin', 'mutate', '--target-dir', fuzzTarget('mutator')];
    await runOrThrow('cargo', args);
  }
}

/** The rows of all tasks, in the tasks' order. @param {(() => Promise<Row>)[]} tasks @param {number} jobs at a time */
async function sideBySide(tasks, jobs) {
  /** @type {Row[]} */
  const rows = [];
  const queue = [...tasks.entries()];
  const job = async () => {
    for (let next = queue.shift(); next !== undefined; next = queue.shift()) {
      const [at, run] = next;
      const row = await run();
      rows[at] = row;
      const { target, inputs, panics, seconds } = row;
      console.log(`${target}: ${inputs} inputs, ${panics} panics, ${seconds.toFixed(0)} s`);
    }
  };
  await Promise.all(Array.from({ length: jobs }, job));
  return rows;
}

/** @param {Row[]} rows @param {(line: string) => void} say */
function print(rows, say) {
  say('| Target | Inputs | Panics | Hangs | Slowest input | Coverage | Time |');
  say('|---|---:|---:|---:|---|---|---:|');
  for (const { target, inputs, panics, hangs, slowest, coverage, seconds } of rows) {
    const cells = [target, inputs.toLocaleString('en'), panics, hangs, slowest, coverage ?? ''];
    say(`| ${cells.join(' | ')} | ${seconds.toFixed(0)} s |`);
  }
  const total = rows.reduce((sum, row) => sum + row.inputs, 0);
  const bad = rows.filter((row) => row.panics + row.hangs > 0);
  say('');
  say(
    `${rows.length} targets, ${total.toLocaleString('en')} inputs, ${bad.length} targets with findings`,
  );
  return bad.length;
}

/**
 * @param {string[]} argv
 * @param {import('./support/report.mjs').Report} [report]
 */
export async function main(argv, report) {
  const { values, positionals } = parseArgs({
    args: argv,
    allowPositionals: true,
    options: {
      inputs: { type: 'string', default: '1000000' },
      seed: { type: 'string', default: '1' },
      jobs: { type: 'string', default: '2' },
      engine: { type: 'string', default: 'mutator' },
    },
  });
  const [inputs, seed] = [Number(values.inputs), Number(values.seed)];
  const { engine } = values;
  if (engine !== 'libfuzzer' && engine !== 'mutator') throw new Error(`no engine "${engine}"`);
  const source = readFileSync(path.join(root, 'fuzz/src/targets/mod.rs'), 'utf8');
  const list = source.match(/^targets! \{(.*?)^\}/ms)?.[1] ?? '';
  const rust = [...list.matchAll(/\w+(?=[,;])/g)].map(([name]) => name);
  const wanted = (/** @type {string} */ name) =>
    positionals.length === 0 || positionals.some((word) => name.includes(word));
  const runner = path.join(root, 'scripts/reliability/fuzz/run.mjs');
  const binary = path.join(fuzzTarget('mutator'), 'release/mutate');
  const given = [String(inputs), String(seed)];
  /** @type {(() => Promise<Row>)[]} */
  const tasks = [
    ...Object.keys(surface)
      .filter(wanted)
      .map((target) => () => {
        const args = [...NODE_BOUND, runner, target, ...given];
        return runCounted(process.execPath, args, target);
      }),
    ...rust.filter(wanted).map((target) => () => {
      if (engine === 'libfuzzer') return runLibFuzzer(target, inputs, seed);
      return runCounted(...bounded(binary, [target, ...given]), target);
    }),
  ];
  if (rust.some(wanted)) await build(engine);
  section('run');
  const rows = await sideBySide(tasks, Number(values.jobs));
  return print(rows, (line) => (report === undefined ? console.log(line) : report.say(line)));
}

if (isMain(import.meta.url)) process.exitCode = (await main(process.argv.slice(2))) > 0 ? 1 : 0;
