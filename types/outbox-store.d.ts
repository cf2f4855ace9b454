import type { TwentyCrmError } from './twenty-crm-errors.types.js';
import type { postgresOutbox, sqliteOutbox } from './values.js';

/** The kind of object that a change is for. */
export type OutboxEntity = 'person' | 'company';

/** A record, identified by the caller's own id. */
export interface OutboxRecordKey {
  /** The kind of the record. */
  entity: OutboxEntity;
  /** The caller's own id. */
  externalId: string;
}

/** A change to store. */
export interface OutboxChange extends OutboxRecordKey {
  /** External id of the company that must be written first; null if there is none. */
  needs: string | null;
  /** The fields as a JSON object in a string. A store need not parse it, and may encrypt it. */
  payload: string;
}

/** The records to claim. */
export interface OutboxClaimRequest {
  /** A token that identifies this claim; it was never used before. */
  token: string;
  /** Maximum number of records. */
  limit: number;
  /** Lease duration in milliseconds by the store's clock. */
  leaseMs: number;
  /** Claim the record with the fewest attempts, instead of those that wait longest. */
  isProbe: boolean;
}

/** A claimed record, with all its stored changes. */
export interface OutboxClaim extends OutboxRecordKey {
  /** Number of attempts since the last delivery. */
  attempts: number;
  /** In the order in which they were enqueued; includes the dead letter, if there is one. */
  changes: {
    /** The store's own id of the change. */
    id: string;
    /** As enqueued; null if it cannot be read. */
    payload: string | null;
    /** Whether it is the dead letter. */
    isDead: boolean;
    /** Milliseconds since 1970. */
    enqueuedAt: number;
    /** Why it cannot be read. */
    error?: TwentyCrmError | null;
  }[];
}

/** The outcome of a record. */
export interface OutboxSettlement extends OutboxRecordKey {
  /** Ids of changes to remove. */
  remove: string[];
  /** Changes to rewrite. */
  rewrite: {
    /** The change's id, as in the claim. */
    id: string;
    /** Its new payload. */
    payload: string;
    /** As in {@link OutboxChange}. */
    needs: string | null;
    /** Makes it a dead letter, with these facts; null leaves it as it is. */
    dead: OutboxDeadInfo | null;
  }[];
  /** Remembers failed attempts: their number, and how long to wait. Null forgets them. */
  lane: {
    /** Number of attempts since the last delivery. */
    attempts: number;
    /** Milliseconds until the next attempt. */
    delayMs: number;
  } | null;
}

/** Why a record became a dead letter. */
export interface OutboxDeadInfo {
  /** The last failure. */
  error: TwentyCrmError;
  /** Number of attempts. */
  attempts: number;
}

/** A dead letter as a store keeps it. */
export interface StoredDeadLetter extends OutboxRecordKey {
  /** Null if it cannot be read. */
  payload: string | null;
  /** Null if it cannot be read. */
  info: OutboxDeadInfo | null;
  /** Why it cannot be read. */
  error?: TwentyCrmError | null;
  /** Milliseconds since 1970. */
  enqueuedAt: number;
  /** Milliseconds since 1970. */
  deadAt: number;
}

/** Counts of a store. */
export interface OutboxCounts {
  /** Records with waiting changes. */
  pending: number;
  /** Waiting changes; several changes of one record are delivered as one. */
  changes: number;
  /** Records that workers currently hold. */
  inFlight: number;
  /** Records that wait for a retry after a failure of their own. */
  delayed: number;
  /** Records that became dead letters. */
  deadLetters: number;
}

/**
 * Stores the changes of an outbox until they are delivered. `sqliteOutbox` and `postgresOutbox` make one, and any
 * object with these methods works. Every method rejects if it could not do all of its work; an error with `isRetryable:
 * true` is retried. Times are the store's own: it has one clock for all workers.
 *
 * A record is *claimed* from the moment a claim returns it until it is settled with the same token, or its lease has
 * expired. No record is claimed twice at once.
 */
export interface OutboxStore {
  /**
   * Appends changes, all or none; they are durable when the promise resolves. Changes of one record keep their order,
   * over all calls. `client` is the caller's own connection with an open transaction, in which the changes are stored;
   * a store without transactions refuses it.
   */
  enqueue(
    changes: readonly OutboxChange[],
    options?: {
      /** The caller's own connection. */
      client?: unknown;
    },
  ): Promise<void>;
  /**
   * Claims records that have waiting changes and are neither claimed nor waiting for a retry: companies first, then
   * those that wait longest. A person is skipped while a company that it `needs` has waiting changes (unless that
   * company was tried three times and waits for a retry). The changes must be read after the claim: a change that
   * another worker has removed before must not be returned.
   */
  claim(request: OutboxClaimRequest): Promise<OutboxClaim[]>;
  /** Extends the leases of a token to `leaseMs` from now; resolves with the number of records that it still holds. */
  renew(request: {
    /** The token of the claim. */
    token: string;
    /** Milliseconds from now. */
    leaseMs: number;
  }): Promise<number>;
  /**
   * Settles all records that the token still holds, atomically, and releases them. Resolves with an entry for each of
   * `records`: whether it was still held. A record that was not held is not changed.
   */
  settle(request: {
    /** The token of the claim. */
    token: string;
    /** The outcome of each record. */
    records: readonly OutboxSettlement[];
  }): Promise<boolean[]>;
  /**
   * Counts; `oldestAt` is the time at which the oldest waiting change was enqueued, in milliseconds since 1970, or
   * null.
   */
  stats(): Promise<
    OutboxCounts & {
      /** Milliseconds since 1970. */
      oldestAt: number | null;
    }
  >;
  /** Dead letters in the store's own order, after the one in `after`. */
  deadLetters(request: {
    /** Maximum number of dead letters. */
    limit: number;
    /** The last one of the previous page. */
    after?: OutboxRecordKey;
  }): Promise<StoredDeadLetter[]>;
  /** Makes a record's dead letter a waiting change again, in its old place; false if there is none. */
  retry(record: OutboxRecordKey): Promise<boolean>;
  /**
   * Does so for all of them; resolves with their number. Optional: without it, the outbox calls `deadLetters` and
   * `retry`.
   */
  retryAll?(filter: {
    /** Only dead letters at least this old, in milliseconds. */
    olderThanMs?: number;
  }): Promise<number>;
  /** Deletes dead letters and, with `pending`, waiting changes too; resolves with the number of changes. */
  purge(filter: {
    /** Only people, or only companies. */
    entity?: OutboxEntity;
    /** Only the record with this id. */
    externalId?: string;
    /** Only changes enqueued, or given up, at least this many milliseconds ago. */
    olderThanMs?: number;
    /** Whether to delete waiting changes, too. */
    pending: boolean;
  }): Promise<number>;
  /** Closes the store. */
  close?(): Promise<void>;
}

/** An {@link OutboxStore} of this package. */
export interface ClosableOutboxStore extends OutboxStore {
  /** Closes the store after all pending calls; later calls reject. Closing twice is allowed. */
  close(): Promise<void>;
}

/** Options of {@link sqliteOutbox}. */
export interface SqliteOutboxOptions {
  /**
   * Encrypts the payloads of changes and dead letters (AES-256-GCM): a random text of at least 32 bytes. The records'
   * external ids stay readable.
   */
  secret?: string;
  /** Instead of `secret`, to rotate secrets: the first encrypts, all of them decrypt. */
  secrets?: string[];
  /**
   * Milliseconds since 1970, for tests. By default `Date.now` dates changes and dead letters, and the time since boot,
   * which nobody can set, measures leases and delays.
   */
  now?: () => number;
}

/** Options of {@link postgresOutbox}. */
export interface PostgresOutboxOptions {
  /** Name of the table of changes, default `twenty_crm_outbox`; the names of two more tables begin with it. */
  table?: string;
  /** Schema of the tables; default is the connection's search path. */
  schema?: string;
  /** Milliseconds since 1970, for tests; default is the database's clock. */
  now?: () => number;
}

/** An {@link OutboxStore} in PostgreSQL. */
export interface PostgresOutbox extends ClosableOutboxStore {
  /**
   * Creates the tables, or migrates them to this version; any other call does so automatically. If a role may not
   * create tables, call it once with a role that may.
   */
  migrate(): Promise<void>;
  /** Closes the store. The pool stays open: it belongs to the caller. */
  close(): Promise<void>;
}
