'use strict';

/** @typedef {import('../../index.js').OutboxClock} OutboxClock */

/** @type {OutboxClock} A clock that is never set back: it only measures how long something takes. */
const systemClock = {
  now: () => performance.now(),
  sleep: (ms, { signal, keepsAlive }) =>
    new Promise((resolve) => {
      const done = () => {
        clearTimeout(timer);
        signal.removeEventListener('abort', done);
        resolve();
      };
      const timer = setTimeout(done, ms);
      if (!keepsAlive) timer.unref();
      signal.addEventListener('abort', done, { once: true });
      if (signal.aborted) done();
    }),
};

/**
 * Anything between nothing and a bound that doubles with every failure: workers that failed together do not come back
 * together.
 * @param {number} failures from 1
 * @param {{ initialBackoffMs: number, maxBackoffMs: number, random: () => number }} settings
 */
function fullJitter(failures, { initialBackoffMs, maxBackoffMs, random }) {
  const bound = Math.min(maxBackoffMs, initialBackoffMs * 2 ** Math.min(failures - 1, 30));
  return Math.ceil(random() * bound);
}

module.exports = { fullJitter, systemClock };
