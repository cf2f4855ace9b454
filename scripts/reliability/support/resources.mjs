// The resources of a process: memory must stay flat, and descriptors must be closed.
import { readdirSync } from 'node:fs';
import { setTimeout as sleep, setImmediate as turn } from 'node:timers/promises';

const MB = 1024 * 1024;

/** Open descriptors, if the system reports them. */
export function descriptors() {
  try {
    return readdirSync('/proc/self/fd').length;
  } catch {
    return 0;
  }
}

/** Collects all garbage; needs `--expose-gc`. */
export async function collect() {
  for (let round = 0; round < 3; round += 1) {
    /** @type {any} */ (globalThis).gc?.();
    // Finalizers run in turns of their own.
    await turn();
  }
}

/** Current memory of the process, in megabytes. */
export async function residentMb() {
  await collect();
  return process.memoryUsage.rss() / MB;
}

const LOOK_MS = 50;

/**
 * Waits for descriptors that close by themselves after the other side has closed them.
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

/** Allowed variation of memory over the last two thirds of a long run, in percent. */
export const FLAT_PERCENT = 10;

/** @param {number[]} values */
const median = (values) => values.toSorted((a, b) => a - b)[Math.floor(values.length / 2)];

/**
 * Growth from the middle third to the last third, in percent.
 * @param {number[]} samples
 */
export function growth(samples) {
  const third = Math.floor(samples.length / 3);
  return (median(samples.slice(-third)) / median(samples.slice(third, 2 * third)) - 1) * 100;
}

/**
 * Range of the last two thirds, in percent of its minimum.
 * @param {number[]} samples
 */
export function unevenness(samples) {
  const last = samples.slice(Math.floor(samples.length / 3));
  return (Math.max(...last) / Math.min(...last) - 1) * 100;
}
