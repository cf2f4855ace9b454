// The cost of a piece of work for its process.
import { readFileSync } from 'node:fs';
import { monitorEventLoopDelay, performance } from 'node:perf_hooks';
import { setTimeout as sleep } from 'node:timers/promises';

/** Milliseconds between two checks of the event loop; the reported delay is the time beyond that. */
const RESOLUTION_MS = 1;

/** @typedef {{ p50: number, p99: number, max: number }} Delay Of the event loop, in milliseconds. */
/**
 * @typedef {object} Cost
 * @property {number} wallMs
 * @property {number} cpuMs Processor time of all threads.
 * @property {number} mainMs Processor time of the JavaScript thread, from /proc; on other systems, the time that its
 *   event loop was busy.
 * @property {number} peakRssMb Highest memory of the process, including Node itself.
 */

/** @returns {number | undefined} */
function mainThreadNs() {
  try {
    return Number(readFileSync('/proc/thread-self/schedstat', 'utf8').split(' ', 1)[0]);
  } catch {
    return undefined;
  }
}

/** Highest memory of the process so far. */
export const peakRssMb = () => process.resourceUsage().maxRSS / 1024;

/**
 * Measures the cost of `work`.
 * @param {() => Promise<unknown>} work
 * @returns {Promise<Cost>}
 */
export async function measure(work) {
  const loop = performance.eventLoopUtilization();
  const mainStart = mainThreadNs();
  const cpuStart = process.cpuUsage();
  const start = performance.now();
  await work();
  const wallMs = performance.now() - start;
  const cpu = process.cpuUsage(cpuStart);
  const mainEnd = mainThreadNs();
  const busyMs = performance.eventLoopUtilization(loop).active;
  return {
    wallMs,
    cpuMs: (cpu.user + cpu.system) / 1000,
    mainMs: mainStart === undefined || mainEnd === undefined ? busyMs : (mainEnd - mainStart) / 1e6,
    peakRssMb: peakRssMb(),
  };
}

/**
 * Measures how long `work` blocks the event loop. A separate run, because a check every millisecond has a cost.
 * @param {() => Promise<unknown>} work
 * @returns {Promise<{ delayMs: Delay }>}
 */
export async function watch(work) {
  const delay = monitorEventLoopDelay({ resolution: RESOLUTION_MS });
  delay.enable();
  await sleep(10 * RESOLUTION_MS);
  delay.reset();
  await work();
  // A stall is recorded at the next check: wait for it.
  await sleep(5 * RESOLUTION_MS);
  delay.disable();
  const beyond = (/** @type {number} */ ns) => Math.max(0, ns / 1e6 - RESOLUTION_MS);
  return {
    delayMs: {
      p50: beyond(delay.percentile(50)),
      p99: beyond(delay.percentile(99)),
      max: beyond(delay.max),
    },
  };
}
