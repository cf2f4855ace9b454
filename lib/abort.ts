import type { AbortSignalLike } from '../index.js';

type Watch = { listeners: Set<() => void>; notify: () => void };

const watches: WeakMap<AbortSignalLike, Watch> = new WeakMap();

/**
 * Calls `listener` when the signal aborts, until the returned function is called. A signal carries one listener of
 * ours, however many calls share it: Node warns of a leak at the eleventh listener.
 * @param signal must not have aborted yet
 */
function onAbort(signal: AbortSignalLike, listener: () => void) {
  const watch = watches.get(signal) ?? startWatch(signal);
  watch.listeners.add(listener);
  return () => {
    watch.listeners.delete(listener);
    if (watch.listeners.size > 0 || watches.get(signal) !== watch) return;
    watches.delete(signal);
    signal.removeEventListener('abort', watch.notify);
  };
}

function startWatch(signal: AbortSignalLike) {
  const watch: Watch = {
    listeners: new Set(),
    notify() {
      watches.delete(signal);
      for (const listener of watch.listeners) listener();
    },
  };
  watches.set(signal, watch);
  signal.addEventListener('abort', watch.notify, { once: true });
  return watch;
}

/**
 * Settles as `work` does, or rejects with the signal's reason as soon as it aborts: work that never settles does not
 * block the caller.
 * @param work goes on by itself, and may fail later
 */
function unlessAborted<T>(
  work: T | PromiseLike<T>,
  signal: AbortSignalLike | undefined,
): Promise<T> {
  const done = Promise.resolve(work);
  if (signal === undefined) return done;
  return new Promise((resolve, reject) => {
    const abort = () => reject(signal.reason);
    let forget = () => {};
    if (signal.aborted) abort();
    else forget = onAbort(signal, abort);
    done.finally(forget).then(resolve, reject);
  });
}

export { onAbort, unlessAborted };
