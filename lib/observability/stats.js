'use strict';

/**
 * @param {string} text
 * @returns {import('../../index.js').TwentyCrmStats}
 */
function toStats(text) {
  const numbers = JSON.parse(text);
  const { failuresByCode, cacheHits, cacheMisses, storeHits, boundsMs, counts } = numbers;
  const count = sum(counts);
  const quantile = (/** @type {number} */ share) =>
    quantileOf(share, counts, boundsMs, numbers.maxMs);
  return {
    requests: numbers.requests,
    retries: numbers.retries,
    throttled: numbers.throttled,
    failures: sum(Object.values(failuresByCode)),
    failuresByCode,
    aborted: numbers.aborted,
    inFlight: numbers.inFlight,
    retryWaitMs: numbers.retryWaitMicros / 1000,
    throttleWaitMs: numbers.throttleWaitMicros / 1000,
    bytesSent: numbers.bytesSent,
    bytesReceived: numbers.bytesReceived,
    droppedEvents: numbers.droppedEvents,
    latency: {
      count,
      sumMs: numbers.sumMs,
      maxMs: numbers.maxMs,
      p50Ms: quantile(0.5),
      p90Ms: quantile(0.9),
      p99Ms: quantile(0.99),
      buckets: counts.map((/** @type {number} */ inBucket, /** @type {number} */ at) => ({
        leMs: boundsMs[at] ?? Number.POSITIVE_INFINITY,
        count: inBucket,
      })),
    },
    workspace: numbers.workspace ?? { throttled: 0, isThrottled: false },
    cache: { hits: cacheHits, misses: cacheMisses, storeHits },
  };
}

/** @param {number[]} numbers */
const sum = (numbers) => numbers.reduce((total, number) => total + number, 0);

/**
 * The bound below which the given share of all durations lies, spread evenly in their bucket.
 * @param {number} share
 * @param {number[]} counts
 * @param {number[]} bounds
 * @param {number} max
 */
function quantileOf(share, counts, bounds, max) {
  const rank = share * sum(counts);
  let below = 0;
  for (const [at, count] of counts.entries()) {
    if (count > 0 && below + count >= rank) {
      const lower = at === 0 ? 0 : bounds[at - 1];
      const upper = Math.min(bounds[at] ?? max, max);
      return Math.min(lower + ((upper - lower) * (rank - below)) / count, max);
    }
    below += count;
  }
  return 0;
}

module.exports = { quantileOf, toStats };
