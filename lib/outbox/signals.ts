import type { AbortSignalLike, OutboxClock } from '../../index.js';
import { onAbort } from '../abort.js';

/** Aborts with the first of several signals, until it is unlinked. */
function link(signals: AbortSignalLike[]) {
  const controller = new AbortController();
  const forgets = signals.map((signal) => follow(signal, () => controller.abort(signal.reason)));
  return {
    signal: controller.signal,
    unlink() {
      for (const forget of forgets) forget();
    },
  };
}

/** Aborts some time after another signal, until it is unlinked. */
function after(signal: AbortSignalLike, ms: number, clock: OutboxClock) {
  const late = new AbortController();
  const ended = new AbortController();
  const forget = follow(signal, async () => {
    // The timer does not keep the process alive; the work being waited for does, if it is alive.
    await clock.sleep(ms, { signal: ended.signal, keepsAlive: false });
    if (!ended.signal.aborted) late.abort();
  });
  return {
    signal: late.signal,
    unlink() {
      forget();
      ended.abort();
    },
  };
}

/**
 * Resolves as `work` does, or with null as soon as the signal aborts: work that never settles does not block the
 * caller.
 * @param work goes on by itself
 */
async function orAborted<T>(work: Promise<T>, signal: AbortSignalLike) {
  work.catch(() => {});
  let forget = () => {};
  const aborted = new Promise((resolve: (nothing: null) => void) => {
    forget = follow(signal, () => resolve(null));
  });
  try {
    return await Promise.race([work, aborted]);
  } finally {
    forget();
  }
}

/** Yields the results of a run until the signal aborts, even if the service ignores the signal. */
async function* untilAborted<T>(
  run: AsyncIterable<T> | Iterable<T>,
  signal: AbortSignalLike,
): AsyncGenerator<T, void, undefined> {
  const { [Symbol.asyncIterator]: begin } = run as Partial<AsyncIterable<T>>;
  const iterator = begin?.call(run) ?? (run as Iterable<T>)[Symbol.iterator]();
  let isDone = false;
  try {
    while (true) {
      const next = await orAborted(Promise.resolve(iterator.next()), signal);
      if (next === null) throw signal.reason;
      isDone = next.done === true;
      if (isDone) return;
      yield next.value;
    }
  } finally {
    // Not awaited: it may never end.
    if (!isDone) Promise.resolve(iterator.return?.()).catch(() => {});
  }
}

/** @param listener is called at once if the signal has already aborted */
function follow(signal: AbortSignalLike, listener: () => void) {
  if (!signal.aborted) return onAbort(signal, listener);
  listener();
  return () => {};
}

export { after, link, orAborted, untilAborted };
