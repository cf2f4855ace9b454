import type { OutboxClock } from '../../index.js';

/** A clock that is never set back: it only measures how long something takes. */
const systemClock: OutboxClock = {
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
 * @param failures from 1
 */
function fullJitter(
  failures: number,
  {
    initialBackoffMs,
    maxBackoffMs,
    random,
  }: { initialBackoffMs: number; maxBackoffMs: number; random: () => number },
) {
  const bound = Math.min(maxBackoffMs, initialBackoffMs * 2 ** Math.min(failures - 1, 30));
  return Math.ceil(random() * bound);
}

export { fullJitter, systemClock };
