import type { OutboxClock } from '../../index.js';

/** A monotonic clock: it only measures durations. */
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
 * A backoff with full jitter: a random time between 0 and a bound that doubles with each failure, so that workers that
 * failed together do not retry together.
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
