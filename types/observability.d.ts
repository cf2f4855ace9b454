import type { TwentyCrmErrorReason } from './reasons.js';
import type { TwentyCrmErrorCode } from './twenty-crm-errors.types.js';

/**
 * A logger with the four methods of `console`, such as pino or winston. Each is called as a method, with one string.
 */
export interface Logger {
  /** Every request, every single upsert, find and delete, every wait for the rate limit. */
  debug(message: string): unknown;
  /** Beginning and end of every bulk run. */
  info(message: string): unknown;
  /** Retries, refusals by the rate limit, and records with a warning. */
  warn(message: string): unknown;
  /** Upserts, finds, deletes and calls that failed for good, and bulk runs with failed records. */
  error(message: string): unknown;
}

/** The lowest level that is logged; `off` logs nothing. */
export type LogLevel = 'debug' | 'info' | 'warn' | 'error' | 'off';

/** Hooks and logging of requests; options of clients and of services alike. */
export interface ObservabilityOptions {
  /**
   * Called after a failed attempt that will be retried. A service without this hook uses its client's. If it throws or
   * rejects, there is one process warning.
   */
  onRetry?: (event: RetryEvent) => unknown;
  /**
   * Receives log lines. They never contain a body, a key, a query, the text of an error, a name, an e-mail address or a
   * phone number. A service without a logger uses its client's.
   */
  logger?: Logger;
  /**
   * The lowest level that `logger` receives.
   * @default 'info'
   */
  logLevel?: LogLevel;
}

/** Common to all request events. */
interface AttemptEvent {
  /**
   * The `operationId` of the upsert, find, delete or bulk run that the request belongs to, or a number of its own for a
   * client's call; 0 if it belongs to none. Unique among the operations in flight on this thread.
   */
  operationId: number;
  /** If several upserts share the request: all of them, `operationId` first. */
  operationIds?: number[];
  /** HTTP method. */
  method: string;
  /** Without the query. Segments that could be a name, an address or a secret are replaced by `*`. */
  path: string;
  /** Number of the attempt within its call, from 1. */
  attempt: number;
}

/** A failed attempt that will be retried: the event of `onRetry` and of the channel `twenty-crm-native:retry`. */
export interface RetryEvent extends AttemptEvent {
  /** Error class of the failure. */
  code: TwentyCrmErrorCode;
  /** HTTP status, if the server answered. */
  status?: number;
  /** Like `details.reason` of the error, if it is a plain constant. */
  reason?: TwentyCrmErrorReason;
  /** Milliseconds until the next attempt, at least. */
  delayMs: number;
  /** Retries that `maxRetries` still allows after the coming one; waiting for the rate limit uses none. */
  retriesLeft: number;
}

/** A call waits for the rate limit: the event of `twenty-crm-native:throttle`. */
export interface ThrottleEvent extends AttemptEvent {
  /**
   * `refused`: the server's limit refused the attempt. `paced`: the attempt waited for the workspace's rate limit.
   * `capped`: it waited for `maxRequestsPerMinute`.
   */
  cause: 'refused' | 'paced' | 'capped';
  /** HTTP status of the refusal. */
  status?: number;
  /** Milliseconds that it waited or, for a refusal, that the server asked to wait, if it did. */
  waitMs?: number;
}

/** An attempt begins: the event of `twenty-crm-native:request:start`. */
export interface RequestStartEvent extends AttemptEvent {
  /** Unique among the attempts of the process. */
  requestId: number;
  /** Milliseconds since 1970; the event is published a little later. */
  startTimeMs: number;
  /** Bytes of the body, 0 without one. */
  bytesSent: number;
}

/** An attempt has ended: the event of `twenty-crm-native:request:end`. */
export interface RequestEndEvent extends RequestStartEvent {
  /** Milliseconds from the first byte sent to the last byte received, including connecting and redirects. */
  durationMs: number;
  /** HTTP status, if the server answered. */
  status?: number;
  /** Error class of the failure; absent if it succeeded or was aborted. */
  code?: TwentyCrmErrorCode;
  /** As in {@link RetryEvent}. */
  reason?: TwentyCrmErrorReason;
  /** Whether the caller aborted it. */
  aborted: boolean;
  /** Bytes of the answer's body, if the server answered. */
  bytesReceived?: number;
}

/**
 * A single upsert, find or delete begins: the event of `twenty-crm-native:upsert:start`, `:find:start` and
 * `:delete:start`. Published at once, in the caller's own async context.
 */
export interface OperationStartEvent {
  /** Unique among the operations in flight on this thread. */
  operationId: number;
  /** The kind of the record. */
  entity: 'person' | 'company';
  /** The caller's own id; `*` if it could be an e-mail address or a phone number. */
  externalId?: string;
  /** Milliseconds since 1970. */
  startTimeMs: number;
}

/** The operation has ended: the event of `twenty-crm-native:upsert:end`, `:find:end` and `:delete:end`. */
export interface OperationEndEvent extends OperationStartEvent {
  /** Milliseconds. */
  durationMs: number;
  /** `absent`: a find or a delete found no record. */
  outcome:
    | 'created'
    | 'updated'
    | 'unchanged'
    | 'found'
    | 'deleted'
    | 'absent'
    | 'failed'
    | 'aborted';
  /** Number of warnings, if it succeeded. */
  warnings?: number;
  /** Error class of the failure. */
  code?: TwentyCrmErrorCode;
  /** HTTP status, if the server answered. */
  status?: number;
  /** As in {@link RetryEvent}. */
  reason?: TwentyCrmErrorReason;
}

/** A bulk run begins: the event of `twenty-crm-native:bulk:start`. Records of a run have no events of their own. */
export interface BulkStartEvent {
  /** Unique among the operations in flight on this thread. */
  operationId: number;
  /** The kind of the records. */
  entity: 'person' | 'company';
  /** Milliseconds since 1970. */
  startTimeMs: number;
}

/** A bulk run has ended: the event of `twenty-crm-native:bulk:end`. */
export interface BulkEndEvent extends BulkStartEvent {
  /** Milliseconds. */
  durationMs: number;
  /** `failed`: its input threw or it was aborted; `stopped`: the caller left the loop over its results. */
  outcome: 'done' | 'failed' | 'stopped';
  /** Records whose result was read. */
  total: number;
  /** Records that were created. */
  created: number;
  /** Records that were updated. */
  updated: number;
  /** Records for which nothing was sent. */
  unchanged: number;
  /** Records passed to `publish`, in platform mode. */
  published: number;
  /** Records that failed. */
  failed: number;
  /** Warnings of all records. */
  warnings: number;
  /** Requests sent, including retries. */
  requests: number;
  /** Failed records by error class. */
  failuresByCode: Partial<Record<TwentyCrmErrorCode, number>>;
  /** Warnings by field and reason, for example `phone/invalid_phone`. */
  warningsByReason: Record<string, number>;
  /** Why the run itself failed, if the cause is an error of this package. */
  code?: TwentyCrmErrorCode;
}

/** The channels of `node:diagnostics_channel`, and the event of each. */
export interface TwentyCrmDiagnosticsChannels {
  /** An attempt begins. */
  'twenty-crm-native:request:start': RequestStartEvent;
  /** An attempt has ended. */
  'twenty-crm-native:request:end': RequestEndEvent;
  /** An attempt failed and will be retried. */
  'twenty-crm-native:retry': RetryEvent;
  /** A call waits for the rate limit. */
  'twenty-crm-native:throttle': ThrottleEvent;
  /** A single upsert begins. */
  'twenty-crm-native:upsert:start': OperationStartEvent;
  /** A single upsert has ended. */
  'twenty-crm-native:upsert:end': OperationEndEvent;
  /** A find begins. */
  'twenty-crm-native:find:start': OperationStartEvent;
  /** A find has ended. */
  'twenty-crm-native:find:end': OperationEndEvent;
  /** A delete begins. */
  'twenty-crm-native:delete:start': OperationStartEvent;
  /** A delete has ended. */
  'twenty-crm-native:delete:end': OperationEndEvent;
  /** A bulk run begins. */
  'twenty-crm-native:bulk:start': BulkStartEvent;
  /** A bulk run has ended. */
  'twenty-crm-native:bulk:end': BulkEndEvent;
}

/**
 * Counters since the client or service was made. Their memory is constant. Each one is exact, but while requests are in
 * flight they may differ by those.
 */
export interface TwentyCrmStats {
  /** Requests sent, including retries and redirects. */
  requests: number;
  /** Requests that were retries after a failure. */
  retries: number;
  /** Answers that reported the rate limit. */
  throttled: number;
  /** Calls to the server that failed after their last attempt. */
  failures: number;
  /** The same by error class, including those with 0. */
  failuresByCode: Record<TwentyCrmErrorCode, number>;
  /** Attempts that the caller aborted. */
  aborted: number;
  /** Attempts in flight. */
  inFlight: number;
  /** Total milliseconds that calls waited before retries. */
  retryWaitMs: number;
  /** Total milliseconds that calls waited for the rate limit and for `maxRequestsPerMinute`. */
  throttleWaitMs: number;
  /** Bytes of bodies sent. */
  bytesSent: number;
  /** Bytes of bodies received. */
  bytesReceived: number;
  /** Events that were dropped because 10000 were already queued for this thread. */
  droppedEvents: number;
  /** Durations of attempts that were answered or failed; aborted ones do not count. */
  latency: LatencyStats;
  /** State that all clients with this server and key share in the process. */
  workspace: {
    /** Answers that reported the rate limit, to any of these clients. */
    throttled: number;
    /** Whether calls currently wait for the rate limit. */
    isThrottled: boolean;
    /**
     * The concurrency that this process has learnt for the server. It grows with every success, and halves after
     * timeouts, 5xx and 429.
     */
    learnt: {
      /** Groups of single calls that were sent together. */
      departures: number;
      /** Groups of people that may be in flight at once. */
      maxPeopleDepartures: number;
      /** Groups of companies that may be in flight at once. */
      maxCompanyDepartures: number;
      /** Batches of runs that may be written at once; the `maxConcurrency` of a run may be lower. */
      maxBatches: number;
      /** Maximum records of one batch. */
      batchRecords: number;
      /** Maximum records of one look-up of a run. */
      lookUpRecords: number;
    };
  };
  /** Cache statistics of ids: one look-up for each record, and for each company that a person names. */
  cache: {
    /** Found in memory. */
    hits: number;
    /** Not found in memory. */
    misses: number;
    /** Of these, found in the mapping store. */
    storeHits: number;
  };
}

/** A histogram of durations in milliseconds. */
export interface LatencyStats {
  /** Number of durations. */
  count: number;
  /** Sum of all durations. */
  sumMs: number;
  /** The longest duration. */
  maxMs: number;
  /**
   * The median, estimated from the buckets: durations are assumed to be spread evenly within each. 0 if there are none.
   */
  p50Ms: number;
  /** As {@link p50Ms}, for the 90th percentile. */
  p90Ms: number;
  /** As {@link p50Ms}, for the 99th percentile. */
  p99Ms: number;
  /**
   * Buckets: durations above the previous bound, up to `leMs`. The bounds are 1, 2.5, 5, 10, 25, 50, 75, 100, 250, 500,
   * 750, 1000, 2500, 5000, 7500, 10000, 30000, 60000 and Infinity.
   */
  buckets: {
    /** Upper bound, in milliseconds. */
    leMs: number;
    /** Number of durations. */
    count: number;
  }[];
}
