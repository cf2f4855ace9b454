// What a process holds: memory and descriptors, and whether the one stays flat and the others go away.
import { readdirSync } from 'node:fs';
import { setTimeout as sleep, setImmediate as turn } from 'node:timers/promises';

const MB = 1024 * 1024;

/** Descriptors that are open, as far as the system tells. */
export function descriptors() {
  try {
    return readdirSync('/proc/self/fd').length;
  } catch {
    return 0;
  }
}

/** Lets go of all that can be let go of; needs `--expose-gc`. */
export async function collect() {
  for (let round = 0; round < 3; round += 1) {
    /** @type {any} */ (globalThis).gc?.();
    // Finalizers run in turns of their own.
    await turn();
  }
}

/** Memory of the process now, in megabytes. */
export async function residentMb() {
  await collect();
  return process.memoryUsage.rss() / MB;
}

const LOOK_MS = 50;

/**
 * Waits for descriptors that go away by themselves, when the other side has closed them.
 * @param {number} expected
 * @param {number} [patienceMs]
 */
export async function descriptorsLeft(expected, patienceMs = 10_000) {
  for (let look = 0; look < patienceMs / LOOK_MS && descriptors() > expected; look += 1) {
    await collect();
    await sleep(LOOK_MS);
  }
  return descriptors();
}

/** How far memory may go up and down over the last two thirds of a long run, in percent. */
export const FLAT_PERCENT = 10;

/** @param {number[]} values */
const median = (values) => values.toSorted((a, b) => a - b)[Math.floor(values.length / 2)];

/**
 * How much more the last third is than the middle one, in percent.
 * @param {number[]} samples
 */
export function growth(samples) {
  const third = Math.floor(samples.length / 3);
  return (median(samples.slice(-third)) / median(samples.slice(third, 2 * third)) - 1) * 100;
}

/**
 * How far apart the least and the most of the last two thirds are, in percent of the least.
 * @param {number[]} samples
 */
export function unevenness(samples) {
  const last = samples.slice(Math.floor(samples.length / 3));
  return (Math.max(...last) / Math.min(...last) - 1) * 100;
}
