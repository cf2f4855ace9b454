// How long the machine itself pauses, which no program can prevent: on a shared machine, often longer than the measured
// delays.
import { availableParallelism } from 'node:os';
import { Worker } from 'node:worker_threads';

/** Only reads the clock. */
const LOOP = `
  const { parentPort, workerData: durationMs } = require('node:worker_threads');
  const start = performance.now();
  let [last, longestMs] = [start, 0];
  while (last - start < durationMs) {
    const now = performance.now();
    longestMs = Math.max(longestMs, now - last);
    last = now;
  }
  parentPort.postMessage(longestMs);
`;

/**
 * The longest gap between two readings of the clock, with one thread for each processor.
 * @param {number} durationMs
 * @returns {Promise<number>}
 */
export async function longestGapMs(durationMs) {
  const gaps = Array.from({ length: availableParallelism() }, () => {
    const worker = new Worker(LOOP, { eval: true, workerData: durationMs });
    return new Promise((resolve, reject) => worker.once('message', resolve).once('error', reject));
  });
  return Math.max(...(await Promise.all(gaps)));
}
