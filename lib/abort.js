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
 * @returns {() => void}
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

module.exports = { onAbort };
