'use strict';

// Not the global one: tests have none in a browser's environment, or one that stands still.
const { setImmediate } = require('node:timers');
const { onAbort, unlessAborted } = require('../abort.js');

/** Chunks that may be under way or wait for those before them, for each one in flight. */
const KEPT_PER_CHUNK_IN_FLIGHT = 2;

/**
 * What becomes of each chunk, in input order, with a bounded number in flight: a slow one does not keep those behind it
 * from starting. An abort ends it at once, also where the input is stuck.
 * @template T
 * @param {InstanceType<typeof import('./inputs.js')['ChunkReader']>} source
 * @param {(records: unknown[]) => Promise<T>} toWrite
 * @param {{ maxConcurrency: number, signal?: import('../../index.js').AbortSignalLike }} settings
 * @returns {AsyncGenerator<T, void, undefined>}
 */
async function* inOrder(source, toWrite, { maxConcurrency, signal }) {
  const maxKept = maxConcurrency * KEPT_PER_CHUNK_IN_FLIGHT;
  /** @type {{ results: Promise<T>, isSettled: boolean }[]} */
  const started = [];
  let inFlight = 0;
  /** @type {{ chunk: Promise<IteratorResult<unknown[], void>>, isSettled: boolean } | undefined} */
  let reading;
  let isAtEnd = false;
  /** @type {() => void} */
  let wake = () => {};
  /** @param {Promise<unknown>} promise @param {{ isSettled: boolean }} state */
  const watch = (promise, state) => {
    const settled = () => {
      state.isSettled = true;
      wake();
    };
    // A failure is heard where the promise is awaited, which may be later.
    promise.then(settled, settled);
  };
  let isFailing = false;
  try {
    while (true) {
      if (signal?.aborted) throw signal.reason;
      if (!reading && !isAtEnd && inFlight < maxConcurrency && started.length < maxKept) {
        reading = { chunk: source.next(), isSettled: false };
        watch(reading.chunk, reading);
      }
      const [head] = started;
      if (reading?.isSettled) {
        const { done, value } = await reading.chunk;
        reading = undefined;
        if (done) isAtEnd = true;
        else {
          const writing = toWrite(value);
          const chunk = { results: writing, isSettled: false };
          const landed = () => {
            inFlight -= 1;
          };
          writing.then(landed, landed);
          watch(writing, chunk);
          started.push(chunk);
          inFlight += 1;
        }
      } else if (head?.isSettled) {
        const results = await head.results;
        started.shift();
        yield results;
      } else if (!reading && head === undefined) {
        return;
      } else {
        let forget = () => {};
        await new Promise((resolve) => {
          wake = () => resolve(undefined);
          // The input itself may have aborted the signal as it was asked.
          if (signal?.aborted) wake();
          else if (signal !== undefined) forget = onAbort(signal, wake);
        });
        forget();
      }
    }
  } catch (error) {
    isFailing = true;
    throw error;
  } finally {
    // What waits for nothing but its turn has it now; anything else may never come.
    if (reading !== undefined && !reading.isSettled) await new Promise(setImmediate);
    if (reading !== undefined && !reading.isSettled) source.abandon();
    else await close(source, isFailing, signal);
  }
}

/**
 * Waits for the input's end, unless the signal aborts: it may never come.
 * @param {{ close: () => Promise<void> }} source
 * @param {boolean} isFailing as in a loop: an input that cannot be closed does not hide what stopped the run
 * @param {import('../../index.js').AbortSignalLike | undefined} signal
 */
async function close(source, isFailing, signal) {
  const closing = source.close();
  closing.catch(() => {});
  if (signal?.aborted) return;
  const closed = unlessAborted(closing, signal);
  await (isFailing ? closed.catch(() => {}) : closed);
}

module.exports = { inOrder };
