'use strict';

/** @typedef {import('../index.js').AbortSignalLike} AbortSignalLike */
/** @typedef {{ listeners: Set<() => void>, notify: () => void }} Watch */

/** @type {WeakMap<AbortSignalLike, Watch>} */
const watches = new WeakMap();

/**
 * Calls `listener` when the signal aborts, until the returned function is called. However many calls share a signal,
 * it carries one listener of ours: Node warns of a leak from the eleventh on.
 * @param {AbortSignalLike} signal one that has not aborted yet
 * @param {() => void} listener
 */
function onAbort(signal, listener) {
  const watch = watches.get(signal) ?? startWatch(signal);
  watch.listeners.add(listener);
  return () => {
    watch.listeners.delete(listener);
    if (watch.listeners.size > 0 || watches.get(signal) !== watch) return;
    watches.delete(signal);
    signal.removeEventListener('abort', watch.notify);
  };
}

/** @param {AbortSignalLike} signal */
function startWatch(signal) {
  /** @type {Watch} */
  const watch = {
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
 * What `work` comes to, or the signal's reason thrown as soon as it aborts: what never answers holds nobody up.
 * @template T
 * @param {T | PromiseLike<T>} work goes on by itself, and may fail later
 * @param {AbortSignalLike | undefined} signal
 * @returns {Promise<T>}
 */
function unlessAborted(work, signal) {
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

module.exports = { onAbort, unlessAborted };
