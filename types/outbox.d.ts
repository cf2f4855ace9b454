import type { AbortSignalLike } from './abort-signal.js';
import type { Inputs, SyncOptions, SyncResult } from './bulk.js';
import type { CompanyInput, PersonInput } from './inputs.js';
import type { OutboxCounts, OutboxRecordKey, OutboxStore } from './outbox-store.js';
import type { PostgresPool } from './stores.js';
import type { TwentyCrmError } from './twenty-crm-errors.types.js';
import type { createTwentyCrmOutbox } from './values.js';

/** What an outbox asks of the service that it delivers to: a `TwentyCrmSyncService`, or anything like it. */
export interface OutboxService {
  /** Gives one result for each input, by its external id. */
  syncPersons(
    inputs: Inputs<PersonInput>,
    options?: Pick<SyncOptions, 'signal'>,
  ): AsyncIterable<Pick<SyncResult<unknown>, 'status' | 'externalId' | 'error'>>;
  /** Gives one result for each input, by its external id. */
  syncCompanies(
    inputs: Inputs<CompanyInput>,
    options?: Pick<SyncOptions, 'signal'>,
  ): AsyncIterable<Pick<SyncResult<unknown>, 'status' | 'externalId' | 'error'>>;
}

/** Measures and waits, for the outbox; tests have one of their own. */
export interface OutboxClock {
  /** Milliseconds since any moment. */
  now(): number;
  /** Resolves after `ms` milliseconds, or as soon as the signal aborts; the process may end first unless `keepsAlive`. */
  sleep(
    ms: number,
    how: {
      /** Ends the wait when it aborts. */
      signal: AbortSignalLike;
      /** Whether the process may not end before. */
      keepsAlive: boolean;
    },
  ): Promise<void>;
}

/** Options of {@link createTwentyCrmOutbox}. */
export interface OutboxOptions {
  /** Delivers; in mode `direct_crm` to Twenty, in mode `platform` to `publish`. */
  service: OutboxService;
  /** Keeps what is not delivered yet. */
  store: OutboxStore;
  /**
   * Records that are taken at once: as many as a service has in flight by default.
   * @default 800
   */
  batchSize?: number;
  /**
   * Milliseconds after which the records of a worker that died are given to another one. A living worker renews them.
   * 1800000, half an hour, at most.
   * @default 60000
   */
  leaseMs?: number;
  /**
   * Milliseconds between looks for what other processes have enqueued, while there is nothing to do.
   * @default 1000
   */
  pollIntervalMs?: number;
  /**
   * Upper bound of the first wait after a failure, in milliseconds; it doubles with every failure, and the wait is a
   * random part of it.
   * @default 1000
   */
  initialBackoffMs?: number;
  /**
   * Upper bound of any wait after a failure, in milliseconds.
   * @default 60000
   */
  maxBackoffMs?: number;
  /**
   * Milliseconds, at most, between tries while the key or the configuration is refused.
   * @default 300000
   */
  pauseMs?: number;
  /**
   * Milliseconds that `stop` gives to what is under way before it is handed back, for which a store that does not answer
   * has half a second more.
   * @default 10000
   */
  stopTimeoutMs?: number;
  /**
   * Milliseconds that `flush` takes at most, and up to a second more where the store does not answer.
   * @default 5000
   */
  flushTimeoutMs?: number;
  /** As the sync service's, for services that are none of this package. */
  invalidEmail?: 'refuse' | 'leave_out';
  /** As the sync service's, for services that are none of this package. */
  missingEmail?: 'refuse' | 'allow';
  /** Called once for every round in which something failed. What it throws or rejects with is ignored. */
  onError?: (error: unknown, context: OutboxErrorContext) => unknown;
  /** Called for every record that was given up, after that is durable. What it throws or rejects with is ignored. */
  onDeadLetter?: (deadLetter: OutboxDeadLetter) => unknown;
  /** For tests; the system's clock when not given. */
  clock?: OutboxClock;
  /** For tests; `Math.random` when not given. */
  random?: () => number;
}

/** What an error means for the outbox. */
export interface OutboxErrorContext {
  /**
   * `records`: some records failed and are tried again, others went well. `away`: nothing went well, the CRM is asked
   * again with one record. `paused`: the key, the address or the configuration is refused, somebody has to do something.
   * `store`: the outbox's own store failed.
   */
  kind: 'records' | 'away' | 'paused' | 'store';
  /** How many records failed and wait for another try. */
  records: number;
  /** Milliseconds until the next try of the outbox as a whole; 0 where it goes on. */
  retryInMs: number;
}

/** A record that was given up, because trying again cannot mend what is wrong with it. */
export interface OutboxDeadLetter extends OutboxRecordKey {
  /** `person:` or `company:` and the external id. */
  id: string;
  /** All fields that are not in the CRM; null where they cannot be decrypted. */
  input: PersonInput | CompanyInput | null;
  /** Why it was given up. */
  error: TwentyCrmError;
  /** The field that it was given up for, where it was one. */
  field?: string;
  /** How often it was tried. */
  attempts: number;
  /** When it was enqueued. */
  enqueuedAt: Date;
  /** When it was given up. */
  failedAt: Date;
}

/** How a change is enqueued. */
export interface EnqueueOptions {
  /**
   * With `postgresOutbox`: the connection on which the caller has a transaction. The change exists exactly if that
   * commits. `undefined` and `null` are refused, with VALIDATION_ERROR: leave it out where there is no transaction.
   */
  client?: PostgresPool;
}

/** What `enqueuePerson` and `enqueueCompany` resolve with. */
export interface Enqueued {
  /** `person:` or `company:` and the external id; a dead letter of the record has the same. */
  id: string;
}

/** Options of `stop`. */
export interface StopOptions {
  /** Milliseconds for what is under way; `stopTimeoutMs` when not given. */
  timeoutMs?: number;
}

/** Options of `drain`. */
export interface DrainOptions {
  /** Aborting rejects with the signal's own reason, and hands back what is under way. */
  signal?: AbortSignalLike;
}

/** Options of `flush`. */
export interface FlushOptions {
  /** Milliseconds; `flushTimeoutMs` when not given. */
  timeoutMs?: number;
}

/** What a flush did. */
export interface FlushResult {
  /** Records delivered by it. */
  delivered: number;
  /** Records given up by it. */
  deadLettered: number;
  /** Records that wait, whoever enqueued them. */
  pending: number;
  /** Of these, records that are left alone for a while after a failure of their own: a flush does not try them. */
  delayed: number;
  /** Why the CRM was not asked any more. */
  error?: TwentyCrmError;
}

/** Options of `deadLetters`. */
export interface DeadLettersOptions {
  /** 1000 when not given, 10000 at most. */
  limit?: number;
  /** The `id` of the last one of the page before. */
  after?: string;
}

/** Which dead letters are tried again; all of them when nothing is said. */
export interface RetryDeadLettersOptions {
  /** Given up at least so many milliseconds ago. Refused where it is there without a value. */
  olderThanMs?: number;
}

/** Which dead letters are forgotten; all of them when nothing is said. */
export interface PurgeOptions {
  /** Of one record. Refused where it is there without a value: that would be everybody. */
  id?: string;
  /** Given up (waiting changes: enqueued) at least so many milliseconds ago. Refused where it is there without a value. */
  olderThanMs?: number;
  /** Forget waiting changes as well: they are never delivered. Needs `id`, or `all`. False when not given. */
  pending?: boolean;
  /** With `pending`: the waiting changes of everybody. False when not given. */
  all?: boolean;
}

/** How an outbox is. */
export interface OutboxStats extends OutboxCounts {
  /** When the oldest change that waits was enqueued; null where none waits. */
  oldestPendingAt: Date | null;
  /** Records delivered by this outbox object. */
  delivered: number;
  /** Of this outbox object. */
  lastDeliveredAt: Date | null;
  /** `start` was called, and `stop` was not. */
  isRunning: boolean;
  /** As {@link OutboxErrorContext}'s `kind`; `open` where nothing is known against the CRM. */
  state: 'open' | 'away' | 'paused';
  /** Why it is not `open`. */
  error?: TwentyCrmError;
}

/**
 * Changes that are stored first and delivered then: the website's own request waits for neither the CRM nor its rate
 * limit, and no change is lost while the CRM is away. Delivery is at least once and in order for each record; ids are
 * fixed, so that there is exactly one record however often it is delivered.
 *
 * Every promise rejects with `TwentyCrmApiError`, an aborted call aside.
 */
export interface TwentyCrmOutbox {
  /**
   * Checks the person and stores it; resolves as soon as it is durable. Takes what `upsertPerson` takes, and rejects
   * with `VALIDATION_ERROR` for what that would refuse before any request.
   */
  enqueuePerson(input: PersonInput, options?: EnqueueOptions): Promise<Enqueued>;
  /** As {@link enqueuePerson}, for a company. */
  enqueueCompany(input: CompanyInput, options?: EnqueueOptions): Promise<Enqueued>;
  /** Begins to deliver in the background, and ends a pause. Starting twice is starting once. */
  start(): void;
  /**
   * Ends the delivery: what is under way is finished, or handed back when the time is over. Also ends `drain` and
   * `flush`. Changes can still be enqueued, and `start` begins anew.
   */
  stop(options?: StopOptions): Promise<void>;
  /**
   * Delivers until nothing waits any more, whatever has to be waited for; works without `start`. Rejects with the cause
   * where the outbox is paused.
   */
  drain(options?: DrainOptions): Promise<void>;
  /**
   * Delivers what is due, for at most `timeoutMs`, and hands back the rest: for functions that are frozen between
   * requests. Rejects with the store's failure, also where the store does not answer, up to a second after that time.
   */
  flush(options?: FlushOptions): Promise<FlushResult>;
  /** Counts of the store, and how the delivery is. */
  stats(): Promise<OutboxStats>;
  /** Records that were given up, in pages. */
  deadLetters(options?: DeadLettersOptions): Promise<OutboxDeadLetter[]>;
  /** Lets a dead letter be delivered again; later changes of the record still win. False where there is none. */
  retryDeadLetter(id: string): Promise<boolean>;
  /**
   * Lets all dead letters, or the older ones, be delivered again: after a cause that many had was mended. Resolves with
   * their number.
   */
  retryDeadLetters(options?: RetryDeadLettersOptions): Promise<number>;
  /** Forgets dead letters; resolves with the number of changes. */
  purge(options?: PurgeOptions): Promise<number>;
  /** `stop()`, and then closes the store; later calls reject. */
  close(): Promise<void>;
  /** `close()`, for `await using`. */
  [Symbol.asyncDispose](): Promise<void>;
}
