// Not the global one: tests have none in a browser's environment, or one that stands still.
import { setImmediate } from 'node:timers';
import type { AbortSignalLike } from '../../index.js';
import { onAbort, unlessAborted } from '../abort.js';
import type { ChunkReader } from './inputs.js';

/** Chunks that may be under way or wait for those before them, for each one in flight. */
const KEPT_PER_CHUNK_IN_FLIGHT = 2;

/**
 * What becomes of each chunk, in input order, with a bounded number in flight: a slow one does not keep those behind it
 * from starting. An abort ends it at once, also where the input is stuck.
 */
async function* inOrder<T>(
  source: ChunkReader,
  toWrite: (records: unknown[]) => Promise<T>,
  {
    maxConcurrency,
    readAhead,
    signal,
  }: { maxConcurrency: number; readAhead: number; signal?: AbortSignalLike },
): AsyncGenerator<T, void, undefined> {
  const maxInFlight = maxConcurrency + readAhead;
  const maxKept = maxInFlight + maxConcurrency * (KEPT_PER_CHUNK_IN_FLIGHT - 1);
  const started: { results: Promise<T>; isSettled: boolean }[] = [];
  let inFlight = 0;
  let reading: { chunk: Promise<IteratorResult<unknown[], void>>; isSettled: boolean } | undefined;
  let isAtEnd = false;
  let wake: () => void = () => {};
  const watch = (promise: Promise<unknown>, state: { isSettled: boolean }) => {
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
      if (!reading && !isAtEnd && inFlight < maxInFlight && started.length < maxKept) {
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
 * @param isFailing as in a loop: an input that cannot be closed does not hide what stopped the run
 */
async function close(
  source: { close: () => Promise<void> },
  isFailing: boolean,
  signal: AbortSignalLike | undefined,
) {
  const closing = source.close();
  closing.catch(() => {});
  if (signal?.aborted) return;
  const closed = unlessAborted(closing, signal);
  await (isFailing ? closed.catch(() => {}) : closed);
}

export { inOrder };
