import type { TwentyCrmStats } from '../../index.js';

/** The core's counters. */
interface CoreStats
  extends Pick<
    TwentyCrmStats,
    | 'requests'
    | 'retries'
    | 'throttled'
    | 'failuresByCode'
    | 'aborted'
    | 'inFlight'
    | 'bytesSent'
    | 'bytesReceived'
    | 'droppedEvents'
  > {
  retryWaitMicros: number;
  throttleWaitMicros: number;
  sumMs: number;
  maxMs: number;
  boundsMs: number[];
  counts: number[];
  workspace?: TwentyCrmStats['workspace'];
  cacheHits: number;
  cacheMisses: number;
  storeHits: number;
}

/** The counters of a service that sends nothing. */
const NOTHING_LEARNT = {
  departures: 0,
  maxPeopleDepartures: 0,
  maxCompanyDepartures: 0,
  maxBatches: 0,
  batchRecords: 0,
  lookUpRecords: 0,
};

function toStats(text: string): TwentyCrmStats {
  const numbers: CoreStats = JSON.parse(text);
  const { failuresByCode, cacheHits, cacheMisses, storeHits, boundsMs, counts } = numbers;
  const count = sum(counts);
  const quantile = (share: number) => quantileOf(share, counts, boundsMs, numbers.maxMs);
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
      buckets: counts.map((inBucket, at) => ({
        leMs: boundsMs[at] ?? Number.POSITIVE_INFINITY,
        count: inBucket,
      })),
    },
    workspace: numbers.workspace ?? { throttled: 0, isThrottled: false, learnt: NOTHING_LEARNT },
    cache: { hits: cacheHits, misses: cacheMisses, storeHits },
  };
}

const sum = (numbers: number[]) => numbers.reduce((total, number) => total + number, 0);

/**
 * The duration below which the given share of all durations lies, assuming that they are spread evenly within a bucket.
 */
function quantileOf(share: number, counts: number[], bounds: number[], max: number) {
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

export { quantileOf, toStats };
