'use strict';

const { onAbort } = require('../abort.js');

/** @typedef {import('../../index.js').AbortSignalLike} AbortSignalLike */

/**
 * Aborts with the first of several, for as long as it is linked.
 * @param {AbortSignalLike[]} signals
 */
function link(signals) {
  const controller = new AbortController();
  const forgets = signals.map((signal) => follow(signal, () => controller.abort(signal.reason)));
  return {
    signal: controller.signal,
    unlink() {
      for (const forget of forgets) forget();
    },
  };
}

/**
 * Aborts some time after another one did, for as long as it is linked.
 * @param {AbortSignalLike} signal
 * @param {number} ms
 * @param {import('../../index.js').OutboxClock} clock
 */
function after(signal, ms, clock) {
  const late = new AbortController();
  const ended = new AbortController();
  const forget = follow(signal, async () => {
    // What is waited for meanwhile keeps the process, where it is alive itself.
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
 * What `work` comes to, or null as soon as the signal aborts: what never answers holds nobody up.
 * @template T
 * @param {Promise<T>} work goes on by itself
 * @param {AbortSignalLike} signal
 */
async function orAborted(work, signal) {
  work.catch(() => {});
  let forget = () => {};
  const aborted = new Promise((/** @type {(nothing: null) => void} */ resolve) => {
    forget = follow(signal, () => resolve(null));
  });
  try {
    return await Promise.race([work, aborted]);
  } finally {
    forget();
  }
}

/**
 * What a run gives until the signal aborts, also where the service does not heed it.
 * @param {any} run
 * @param {AbortSignalLike} signal
 * @returns {AsyncGenerator<any, void, undefined>}
 */
async function* untilAborted(run, signal) {
  const iterator = (run[Symbol.asyncIterator] ?? run[Symbol.iterator]).call(run);
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

/**
 * @param {AbortSignalLike} signal
 * @param {() => void} listener is called at once where it has aborted already
 */
function follow(signal, listener) {
  if (!signal.aborted) return onAbort(signal, listener);
  listener();
  return () => {};
}

module.exports = { after, link, orAborted, untilAborted };
