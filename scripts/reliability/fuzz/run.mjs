// node scripts/reliability/fuzz/run.mjs NAME INPUTS SEED: one target of the public API in its own process, so that a
// crash is recognised. Prints one line of JSON.
import { Worker } from 'node:worker_threads';
import { isMain } from '../../support/process.mjs';
import { renew, targets } from './targets.mjs';
import { createRandom } from './values.mjs';

const ENDS_MS = [0.01, 0.1, 1, 10, 100, 1_000];
const BUCKETS = ['< 10 µs', '< 100 µs', '< 1 ms', '< 10 ms', '< 100 ms', '< 1 s', '>= 1 s'];
const MAX_SHOWN = 5;
const RENEW_EVERY = 50_000;
/** Parallel inputs of targets that return promises: most of the time they wait for other threads. */
const LANES = 8;
/** Stack frames of errors in a long run: more would cost a fifth of the time, and an input can be repeated alone. */
const FRAMES = 3;

/** The name of the bucket of a time. @param {number} millis */
const bucketOf = (millis) => BUCKETS[ENDS_MS.filter((end) => millis >= end).length];

/**
 * @param {string} name
 * @param {number} inputs
 * @param {number} seed
 * @param {(oldest: number) => void} [onInput] called before each input with the oldest one that has not ended
 */
export async function runTarget(name, inputs, seed, onInput) {
  const target = targets[name];
  let longest = 0;
  /** @type {string[]} */
  const failures = [];
  let failed = 0;
  let next = 0;
  /** @type {Set<number>} in the order in which they began */
  const underWay = new Set();
  const lane = async () => {
    while (next < inputs) {
      const at = next;
      next += 1;
      // Every input has its own seed, so that it can be repeated alone.
      const random = createRandom(seed * 1_000_003 + at);
      underWay.add(at);
      for (const oldest of underWay) {
        onInput?.(oldest);
        break;
      }
      if (at % RENEW_EVERY === 0) renew();
      const start = performance.now();
      try {
        const outcome = target(random);
        if (outcome !== undefined) await outcome;
      } catch (error) {
        failed += 1;
        if (failures.length < MAX_SHOWN)
          failures.push(`seed ${seed}, input ${at}: ${shown(error)}`);
      }
      longest = Math.max(longest, performance.now() - start);
      underWay.delete(at);
    }
  };
  await Promise.all(Array.from({ length: LANES }, lane));
  return { target: name, inputs, panics: failed, slowest: bucketOf(longest), seed, failures };
}

/** @param {any} error */
function shown(error) {
  try {
    return String(error?.stack ?? error);
  } catch {
    return 'an error that cannot be shown';
  }
}

/** Kills the process if one input takes longer than ten seconds; a separate thread checks this. */
function watch() {
  const progress = new Int32Array(new SharedArrayBuffer(4));
  const source = `
    const { writeSync } = require('node:fs');
    const { workerData } = require('node:worker_threads');
    let last = -1;
    setInterval(() => {
      const now = Atomics.load(workerData, 0);
      if (now === last) {
        // By the descriptor: the worker's own stderr goes by way of the thread that hangs.
        writeSync(2, 'no end after ten seconds: input ' + now + '\\n');
        process.kill(process.pid, 'SIGKILL');
      }
      last = now;
    }, 10_000);`;
  const worker = new Worker(source, { eval: true, workerData: progress });
  worker.unref();
  return { progress, worker };
}

if (isMain(import.meta.url)) {
  const [name, inputs = '1000000', seed = '1'] = process.argv.slice(2);
  if (name === undefined) {
    for (const target of Object.keys(targets)) console.log(target);
  } else {
    const { progress, worker } = watch();
    Error.stackTraceLimit = FRAMES;
    const result = await runTarget(name, Number(inputs), Number(seed), (at) =>
      Atomics.store(progress, 0, at),
    );
    await worker.terminate();
    const { failures, ...row } = result;
    for (const failure of failures) console.error(failure);
    console.log(JSON.stringify(row));
    process.exitCode = row.panics > 0 ? 1 : 0;
  }
}
