import type { AbortSignalLike } from './abort-signal.js';
import type { Inputs, SyncOptions, SyncResult } from './bulk.js';
import type { CompanyInput, PersonInput } from './inputs.js';
import type { OutboxCounts, OutboxRecordKey, OutboxStore } from './outbox-store.js';
import type { PostgresPool } from './stores.js';
import type { TwentyCrmError } from './twenty-crm-errors.types.js';
import type { createTwentyCrmOutbox } from './values.js';

/** The service that an outbox delivers to: a `TwentyCrmSyncService`, or any object like it. */
export interface OutboxService {
  /** Yields one result for each input, identified by its external id. */
  syncPersons(
    inputs: Inputs<PersonInput>,
    options?: Pick<SyncOptions, 'signal'>,
  ): AsyncIterable<Pick<SyncResult<unknown>, 'status' | 'externalId' | 'error'>>;
  /** Yields one result for each input, identified by its external id. */
  syncCompanies(
    inputs: Inputs<CompanyInput>,
    options?: Pick<SyncOptions, 'signal'>,
  ): AsyncIterable<Pick<SyncResult<unknown>, 'status' | 'externalId' | 'error'>>;
}

/** A clock with a timer. Tests can replace it. */
export interface OutboxClock {
  /** Milliseconds since any fixed moment. */
  now(): number;
  /**
   * Resolves after `ms` milliseconds, or as soon as the signal aborts. The timer does not keep the process alive unless
   * `keepsAlive` is set.
   */
  sleep(
    ms: number,
    how: {
      /** Ends the wait when it aborts. */
      signal: AbortSignalLike;
      /** Whether the timer keeps the process alive. */
      keepsAlive: boolean;
    },
  ): Promise<void>;
}

/** Options of {@link createTwentyCrmOutbox}. */
export interface OutboxOptions {
  /** Delivers the changes; in mode `direct_crm` to Twenty, in mode `platform` to `publish`. */
  service: OutboxService;
  /** Stores the changes until they are delivered. */
  store: OutboxStore;
  /**
   * Records claimed at once; by default as many as a service has in flight.
   * @default 800
   */
  batchSize?: number;
  /**
   * Milliseconds after which another worker takes over the records of a dead worker. A living worker renews its leases.
   * At most 1800000, half an hour.
   * @default 60000
   */
  leaseMs?: number;
  /**
   * Poll interval for changes of other processes while idle, in milliseconds.
   * @default 1000
   */
  pollIntervalMs?: number;
  /**
   * Upper bound of the first backoff after a failure, in milliseconds. It doubles with every failure; the actual wait
   * is random up to this bound.
   * @default 1000
   */
  initialBackoffMs?: number;
  /**
   * Upper bound of any backoff after a failure, in milliseconds.
   * @default 60000
   */
  maxBackoffMs?: number;
  /**
   * Maximum milliseconds between attempts while the key or the configuration is refused.
   * @default 300000
   */
  pauseMs?: number;
  /**
   * Milliseconds that `stop` gives to work in flight before it is handed back. A store that does not answer gets half a
   * second more.
   * @default 10000
   */
  stopTimeoutMs?: number;
  /**
   * Maximum milliseconds of a `flush`; up to a second more if the store does not answer.
   * @default 5000
   */
  flushTimeoutMs?: number;
  /** As in the sync service; for services that are not of this package. */
  invalidEmail?: 'refuse' | 'leave_out';
  /** As in the sync service; for services that are not of this package. */
  missingEmail?: 'refuse' | 'allow';
  /** Called once for every round in which something failed. If it throws or rejects, the error is ignored. */
  onError?: (error: unknown, context: OutboxErrorContext) => unknown;
  /**
   * Called for every record that became a dead letter, after that is durable. If it throws or rejects, the error is
   * ignored.
   */
  onDeadLetter?: (deadLetter: OutboxDeadLetter) => unknown;
  /** For tests; default is the system's clock. */
  clock?: OutboxClock;
  /** For tests; default `Math.random`. */
  random?: () => number;
}

/** The effect of an error on the outbox. */
export interface OutboxErrorContext {
  /**
   * `records`: some records failed and will be retried, others were delivered. `away`: nothing was delivered; the CRM
   * is probed with one record. `paused`: the key, the address or the configuration is refused, and somebody must fix
   * it. `store`: the outbox's own store failed.
   */
  kind: 'records' | 'away' | 'paused' | 'store';
  /** Number of records that failed and will be retried. */
  records: number;
  /** Milliseconds until the outbox as a whole tries again; 0 if it continues at once. */
  retryInMs: number;
}

/** A record that was given up, because retrying cannot fix its problem. */
export interface OutboxDeadLetter extends OutboxRecordKey {
  /** `person:` or `company:` and the external id. */
  id: string;
  /** All fields that did not reach the CRM; null if they cannot be decrypted. */
  input: PersonInput | CompanyInput | null;
  /** Why it was given up. */
  error: TwentyCrmError;
  /** The field that caused it, if one did. */
  field?: string;
  /** Number of attempts. */
  attempts: number;
  /** When it was enqueued. */
  enqueuedAt: Date;
  /** When it was given up. */
  failedAt: Date;
}

/** Options of `enqueuePerson` and `enqueueCompany`. */
export interface EnqueueOptions {
  /**
   * With `postgresOutbox`: the connection of the caller's transaction. The change exists exactly if the transaction
   * commits. `undefined` and `null` are refused with VALIDATION_ERROR: leave the option out if there is no transaction.
   */
  client?: PostgresPool;
}

/** The result of `enqueuePerson` and `enqueueCompany`. */
export interface Enqueued {
  /** `person:` or `company:` and the external id; a dead letter of the record has the same id. */
  id: string;
}

/** Options of `stop`. */
export interface StopOptions {
  /** Milliseconds for work in flight; default `stopTimeoutMs`. */
  timeoutMs?: number;
}

/** Options of `drain`. */
export interface DrainOptions {
  /** Aborting rejects with the signal's reason, and hands back work in flight. */
  signal?: AbortSignalLike;
}

/** Options of `flush`. */
export interface FlushOptions {
  /** Milliseconds; default `flushTimeoutMs`. */
  timeoutMs?: number;
}

/** The result of a flush. */
export interface FlushResult {
  /** Records that it delivered. */
  delivered: number;
  /** Records that it gave up. */
  deadLettered: number;
  /** Records that still wait, from all processes. */
  pending: number;
  /** Of these, records that wait for a retry after a failure of their own: a flush does not try them. */
  delayed: number;
  /** Why it stopped sending to the CRM. */
  error?: TwentyCrmError;
}

/** Options of `deadLetters`. */
export interface DeadLettersOptions {
  /** Default 1000, at most 10000. */
  limit?: number;
  /** The `id` of the last one of the previous page. */
  after?: string;
}

/** Which dead letters to retry; all of them by default. */
export interface RetryDeadLettersOptions {
  /** Given up at least this many milliseconds ago. Must not be null or undefined. */
  olderThanMs?: number;
}

/** Which dead letters to delete; all of them by default. */
export interface PurgeOptions {
  /** Only this record. Must not be null or undefined, because that would mean all records. */
  id?: string;
  /** Given up (waiting changes: enqueued) at least this many milliseconds ago. Must not be null or undefined. */
  olderThanMs?: number;
  /** Also delete waiting changes: they are never delivered. Needs `id` or `all`. Default false. */
  pending?: boolean;
  /** With `pending`: the waiting changes of all records. Default false. */
  all?: boolean;
}

/** The state of an outbox. */
export interface OutboxStats extends OutboxCounts {
  /** When the oldest waiting change was enqueued; null if none waits. */
  oldestPendingAt: Date | null;
  /** Records delivered by this outbox object. */
  delivered: number;
  /** Records given up by this outbox object. */
  lastDeliveredAt: Date | null;
  /** Whether `start` was called, and `stop` was not. */
  isRunning: boolean;
  /** As `kind` in {@link OutboxErrorContext}; `open` if there is no known problem with the CRM. */
  state: 'open' | 'away' | 'paused';
  /** Why it is not `open`. */
  error?: TwentyCrmError;
}

/**
 * Changes are stored first and delivered later. The website's request waits neither for the CRM nor for its rate limit,
 * and no change is lost while the CRM is down. Each record is delivered at least once and in order; ids are fixed, so
 * that repeated deliveries still make exactly one record.
 *
 * Every promise rejects with `TwentyCrmApiError`, except for an aborted call.
 */
export interface TwentyCrmOutbox {
  /**
   * Validates the person and stores it; resolves as soon as it is durable. Accepts what `upsertPerson` accepts, and
   * rejects with `VALIDATION_ERROR` for what `upsertPerson` would refuse before any request.
   */
  enqueuePerson(input: PersonInput, options?: EnqueueOptions): Promise<Enqueued>;
  /** As {@link enqueuePerson}, for a company. */
  enqueueCompany(input: CompanyInput, options?: EnqueueOptions): Promise<Enqueued>;
  /** Starts delivering in the background, and ends a pause. Calling it twice has no further effect. */
  start(): void;
  /**
   * Stops delivering: work in flight is finished, or handed back when the time is up. Also ends `drain` and `flush`.
   * Changes can still be enqueued, and `start` resumes.
   */
  stop(options?: StopOptions): Promise<void>;
  /**
   * Delivers until nothing waits any more, however long that takes; works without `start`. If the outbox is paused,
   * rejects with the cause.
   */
  drain(options?: DrainOptions): Promise<void>;
  /**
   * Delivers what is due, for at most `timeoutMs`, and hands back the rest: for functions that are frozen between
   * requests. Rejects with the store's failure; if the store does not answer, up to a second after that time.
   */
  flush(options?: FlushOptions): Promise<FlushResult>;
  /** Counts of the store, and the state of the delivery. */
  stats(): Promise<OutboxStats>;
  /** Dead letters, in pages. */
  deadLetters(options?: DeadLettersOptions): Promise<OutboxDeadLetter[]>;
  /** Retries a dead letter; later changes of the record still win. False if there is none. */
  retryDeadLetter(id: string): Promise<boolean>;
  /** Retries all dead letters, or only older ones, after their common cause was fixed. Resolves with their number. */
  retryDeadLetters(options?: RetryDeadLettersOptions): Promise<number>;
  /** Deletes dead letters; resolves with the number of changes. */
  purge(options?: PurgeOptions): Promise<number>;
  /** Stops, and then closes the store; later calls reject. */
  close(): Promise<void>;
  /** `close()`, for `await using`. */
  [Symbol.asyncDispose](): Promise<void>;
}
