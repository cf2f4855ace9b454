import type { TwentyCrmErrorReason } from './reasons.js';
import type { TwentyCrmErrorCode } from './twenty-crm-errors.types.js';

/**
 * Whatever has the four methods of `console`: pino and winston do. Each is called with one text, as a method.
 */
export interface Logger {
  /** Every request, every single upsert, find and delete, every wait for the rate limit. */
  debug(message: string): unknown;
  /** Begin and end of every bulk run. */
  info(message: string): unknown;
  /** Repeats, refusals by the rate limit, records that were written otherwise than asked. */
  warn(message: string): unknown;
  /** Upserts, finds, deletes and calls that failed for good, bulk runs with failed records. */
  error(message: string): unknown;
}

/** The least that is logged; `off` logs nothing. */
export type LogLevel = 'debug' | 'info' | 'warn' | 'error' | 'off';

/** Who is told of what happens to requests; options of clients and of services alike. */
export interface ObservabilityOptions {
  /**
   * Called when an attempt failed and there will be another. A service without one uses its client's. What it throws or
   * rejects with becomes a process warning, once.
   */
  onRetry?: (event: RetryEvent) => unknown;
  /**
   * Gets lines that never hold a body, a key, a query, an error's text, or a name, e-mail address or phone number. A
   * service without one uses its client's.
   */
  logger?: Logger;
  /**
   * The least that `logger` gets.
   * @default 'info'
   */
  logLevel?: LogLevel;
}

/** What all events of requests have. */
interface AttemptEvent {
  /**
   * The `operationId` of the upsert, find, delete or bulk run that the request is made for, or a number of its own for a
   * client's call; 0 where it is made for none. Told apart among what is under way on this thread.
   */
  operationId: number;
  /** All upserts that share the request, `operationId` first, where more than one does. */
  operationIds?: number[];
  /** HTTP method. */
  method: string;
  /** Without the query; what could be a name, an address or a secret in it is `*`. */
  path: string;
  /** Number of the attempt within its call, from 1. */
  attempt: number;
}

/** An attempt failed, and there will be another: what `onRetry` and the channel `twenty-crm-native:retry` get. */
export interface RetryEvent extends AttemptEvent {
  /** Class of the failure. */
  code: TwentyCrmErrorCode;
  /** HTTP status, where there was an answer. */
  status?: number;
  /** As `details.reason` of the error, where it is a plain constant. */
  reason?: TwentyCrmErrorReason;
  /** Milliseconds until the next attempt, at least. */
  delayMs: number;
  /** Further repeats that `maxRetries` allows after the coming one; waiting for the rate limit takes none. */
  retriesLeft: number;
}

/** The rate limit made a call wait: what `twenty-crm-native:throttle` gets. */
export interface ThrottleEvent extends AttemptEvent {
  /**
   * `refused`: the server's limit refused the attempt. `paced`: the attempt has waited for the workspace's rate limit.
   * `capped`: it has waited for `maxRequestsPerMinute`.
   */
  cause: 'refused' | 'paced' | 'capped';
  /** HTTP status of the refusal. */
  status?: number;
  /** Milliseconds that it has waited, or that the server asked to wait, where it did. */
  waitMs?: number;
}

/** An attempt begins: what `twenty-crm-native:request:start` gets. */
export interface RequestStartEvent extends AttemptEvent {
  /** Tells attempts of the process apart. */
  requestId: number;
  /** Milliseconds since the epoch; the event comes a little later. */
  startTimeMs: number;
  /** Bytes of the body, 0 without one. */
  bytesSent: number;
}

/** An attempt has ended: what `twenty-crm-native:request:end` gets. */
export interface RequestEndEvent extends RequestStartEvent {
  /** Milliseconds, from the first byte sent to the last one received, connecting and redirects included. */
  durationMs: number;
  /** HTTP status, where there was an answer. */
  status?: number;
  /** Class of the failure; absent when it succeeded or was aborted. */
  code?: TwentyCrmErrorCode;
  /** As of {@link RetryEvent}. */
  reason?: TwentyCrmErrorReason;
  /** Whether it was given up by the caller. */
  aborted: boolean;
  /** Bytes of the answer's body, where there was an answer. */
  bytesReceived?: number;
}

/**
 * A single upsert, find or delete begins: what `twenty-crm-native:upsert:start`, `:find:start` and `:delete:start` get, at
 * once and in the caller's own async context.
 */
export interface OperationStartEvent {
  /** Told apart among what is under way on this thread. */
  operationId: number;
  /** What it is about. */
  entity: 'person' | 'company';
  /** The caller's own id; `*` where it could be an e-mail address or a phone number. */
  externalId?: string;
  /** Milliseconds since the epoch. */
  startTimeMs: number;
}

/** It has ended: what `twenty-crm-native:upsert:end`, `:find:end` and `:delete:end` get. */
export interface OperationEndEvent extends OperationStartEvent {
  /** Milliseconds. */
  durationMs: number;
  /** `absent` is what a find or a delete met nothing with. */
  outcome:
    | 'created'
    | 'updated'
    | 'unchanged'
    | 'found'
    | 'deleted'
    | 'absent'
    | 'failed'
    | 'aborted';
  /** How many warnings it gave, when it succeeded. */
  warnings?: number;
  /** Class of the failure. */
  code?: TwentyCrmErrorCode;
  /** HTTP status, where there was an answer. */
  status?: number;
  /** As of {@link RetryEvent}. */
  reason?: TwentyCrmErrorReason;
}

/** A bulk run begins: what `twenty-crm-native:bulk:start` gets. Records of a run have no events of their own. */
export interface BulkStartEvent {
  /** Told apart among what is under way on this thread. */
  operationId: number;
  /** What it is about. */
  entity: 'person' | 'company';
  /** Milliseconds since the epoch. */
  startTimeMs: number;
}

/** It has ended: what `twenty-crm-native:bulk:end` gets. */
export interface BulkEndEvent extends BulkStartEvent {
  /** Milliseconds. */
  durationMs: number;
  /** `failed`: its input broke or it was aborted; `stopped`: the loop over its results was left. */
  outcome: 'done' | 'failed' | 'stopped';
  /** Records whose result was read. */
  total: number;
  /** Records that Twenty did not have. */
  created: number;
  /** Records that were written over an older state. */
  updated: number;
  /** Records for which nothing was sent. */
  unchanged: number;
  /** Records handed to `publish`, in platform mode. */
  published: number;
  /** Records that failed. */
  failed: number;
  /** Warnings of all records. */
  warnings: number;
  /** Requests sent, repeats among them. */
  requests: number;
  /** Failed records by class of the failure. */
  failuresByCode: Partial<Record<TwentyCrmErrorCode, number>>;
  /** Warnings by field and reason, for example `phone/invalid_phone`. */
  warningsByReason: Record<string, number>;
  /** Why the run itself failed, where that is an error of this package. */
  code?: TwentyCrmErrorCode;
}

/** The channels of `node:diagnostics_channel`, with what each publishes. */
export interface TwentyCrmDiagnosticsChannels {
  /** An attempt begins. */
  'twenty-crm-native:request:start': RequestStartEvent;
  /** An attempt has ended. */
  'twenty-crm-native:request:end': RequestEndEvent;
  /** An attempt failed, and there will be another. */
  'twenty-crm-native:retry': RetryEvent;
  /** The rate limit made a call wait. */
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
 * Numbers since the client or service was made, of fixed size however long it lives. Each is exact; taken while requests
 * are under way, they may differ by those.
 */
export interface TwentyCrmStats {
  /** Requests sent, repeats and redirects among them. */
  requests: number;
  /** Requests that were repeats after a failure. */
  retries: number;
  /** Answers that said "rate limit". */
  throttled: number;
  /** Calls to the server that ended in an error after their last attempt. */
  failures: number;
  /** The same by class; a class that did not happen is 0. */
  failuresByCode: Record<TwentyCrmErrorCode, number>;
  /** Attempts that the caller gave up. */
  aborted: number;
  /** Attempts that are under way now. */
  inFlight: number;
  /** Milliseconds that calls have waited before repeats, all together. */
  retryWaitMs: number;
  /** Milliseconds that calls have waited for the rate limit and for `maxRequestsPerMinute`, all together. */
  throttleWaitMs: number;
  /** Bytes of bodies sent. */
  bytesSent: number;
  /** Bytes of bodies received. */
  bytesReceived: number;
  /** Events that were dropped, because this thread had 10000 of them waiting. */
  droppedEvents: number;
  /** How long attempts took that got an answer or failed; those that were aborted do not count. */
  latency: LatencyStats;
  /** What all clients of this server and key in the process share. */
  workspace: {
    /** Answers that said "rate limit", whoever had asked. */
    throttled: number;
    /** Whether calls wait for the rate limit now. */
    isThrottled: boolean;
    /**
     * How much at once the server can take, as far as this process has learnt it. It grows while all goes well, and halves
     * after timeouts, 5xx and 429.
     */
    learnt: {
      /** Groups of single calls that were sent together. */
      departures: number;
      /** Groups of people that may be in flight at once. */
      maxPeopleDepartures: number;
      /** Groups of companies that may be in flight at once. */
      maxCompanyDepartures: number;
      /** Batches of runs that may be written at once; a run's `maxConcurrency` may be less. */
      maxBatches: number;
      /** Records of one batch, at most. */
      batchRecords: number;
      /** Records of one look-up of a run, at most. */
      lookUpRecords: number;
    };
  };
  /** How ids were recalled: one look-up for each record, and for each company that a person names. */
  cache: {
    /** Known in memory. */
    hits: number;
    /** Not known there. */
    misses: number;
    /** Of those, known to the mapping store. */
    storeHits: number;
  };
}

/** A histogram of durations in milliseconds. */
export interface LatencyStats {
  /** How many. */
  count: number;
  /** All together. */
  sumMs: number;
  /** The longest. */
  maxMs: number;
  /** Half of them took no longer: from the buckets, as if durations were spread evenly within each. 0 without any. */
  p50Ms: number;
  /** As {@link p50Ms}, for nine in ten. */
  p90Ms: number;
  /** As {@link p50Ms}, for 99 in 100. */
  p99Ms: number;
  /**
   * Durations above the bound before and up to `leMs`. The bounds are 1, 2.5, 5, 10, 25, 50, 75, 100, 250, 500, 750, 1000,
   * 2500, 5000, 7500, 10000, 30000, 60000 and Infinity.
   */
  buckets: {
    /** Upper bound, in milliseconds. */
    leMs: number;
    /** How many. */
    count: number;
  }[];
}
