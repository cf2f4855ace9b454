// Not the global: browser-like test environments have none, and fake timers replace it.
import { setImmediate } from 'node:timers';
import type { AbortSignalLike } from '../../index.js';
import { onAbort, unlessAborted } from '../abort.js';
import type { ChunkReader } from './inputs.js';

/** Chunks that may be in flight, or done and waiting for earlier ones, for each chunk that may be in flight. */
const KEPT_PER_CHUNK_IN_FLIGHT = 2;

/**
 * Yields the result of each chunk in input order, with a bounded number in flight. A slow chunk does not keep later
 * ones from starting. An abort ends it at once, even if the input is stuck.
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
    // A rejection is handled where the promise is awaited, which may be later.
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
          // Reading the input may have aborted the signal.
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
    // Wait one turn of the event loop for an input that is about to answer; any other may never answer.
    if (reading !== undefined && !reading.isSettled) await new Promise(setImmediate);
    if (reading !== undefined && !reading.isSettled) source.abandon();
    else await close(source, isFailing, signal);
  }
}

/**
 * Waits for the input to close, unless the signal aborts: it may never close.
 * @param isFailing an error is already being thrown: as in a `for` loop, a failed close does not replace it
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
