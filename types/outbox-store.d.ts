import type { TwentyCrmError } from './twenty-crm-errors.types.js';
import type { postgresOutbox, sqliteOutbox } from './values.js';

/** Which of Twenty's objects a change is about. */
export type OutboxEntity = 'person' | 'company';

/** A record, by the caller's own id. */
export interface OutboxRecordKey {
  /** What the record is. */
  entity: OutboxEntity;
  /** The caller's own id. */
  externalId: string;
}

/** A change on its way into a store. */
export interface OutboxChange extends OutboxRecordKey {
  /** External id of the company that has to be written first; null where there is none. */
  needs: string | null;
  /** The fields as JSON text, an object. Stores need not look into it, and may encrypt it. */
  payload: string;
}

/** What is to be taken. */
export interface OutboxClaimRequest {
  /** The worker's token for these records, never used before. */
  token: string;
  /** Records at most. */
  limit: number;
  /** For how long they are taken, in milliseconds by the store's clock. */
  leaseMs: number;
  /** Take the record that was tried least often, instead of those that wait longest. */
  isProbe: boolean;
}

/** A record that was taken, with all that is stored of it. */
export interface OutboxClaim extends OutboxRecordKey {
  /** How often it was tried since it was last delivered. */
  attempts: number;
  /** In the order in which they were made; the dead letter, if there is one, among them. */
  changes: {
    /** The store's own. */
    id: string;
    /** As it was enqueued; null where it cannot be read. */
    payload: string | null;
    /** Whether it is the dead letter. */
    isDead: boolean;
    /** Milliseconds since 1970. */
    enqueuedAt: number;
    /** Why it cannot be read. */
    error?: TwentyCrmError | null;
  }[];
}

/** What became of a record. */
export interface OutboxSettlement extends OutboxRecordKey {
  /** Ids of changes that are done with. */
  remove: string[];
  /** Changes that hold something else from now on. */
  rewrite: {
    /** The change's, as the claim gave it. */
    id: string;
    /** What it holds from now on. */
    payload: string;
    /** As of {@link OutboxChange}. */
    needs: string | null;
    /** What makes it a dead letter from now on; null: it stays what it is. */
    dead: OutboxDeadInfo | null;
  }[];
  /** What is remembered of the attempts: how many, and how long the record is left alone. Null: nothing. */
  lane: {
    /** How often the record was tried since it was last delivered. */
    attempts: number;
    /** Milliseconds for which it is left alone. */
    delayMs: number;
  } | null;
}

/** Why a record was given up. */
export interface OutboxDeadInfo {
  /** The last failure. */
  error: TwentyCrmError;
  /** How often it was tried. */
  attempts: number;
}

/** A dead letter as a store keeps it. */
export interface StoredDeadLetter extends OutboxRecordKey {
  /** Null where it cannot be read. */
  payload: string | null;
  /** Null where it cannot be read. */
  info: OutboxDeadInfo | null;
  /** Why it cannot be read. */
  error?: TwentyCrmError | null;
  /** Milliseconds since 1970. */
  enqueuedAt: number;
  /** Milliseconds since 1970. */
  deadAt: number;
}

/** What a store counts. */
export interface OutboxCounts {
  /** Records with changes that wait. */
  pending: number;
  /** Changes that wait; several of one record are delivered as one. */
  changes: number;
  /** Records that workers hold at the moment. */
  inFlight: number;
  /** Records that are left alone for a while after a failure of their own. */
  delayed: number;
  /** Records that were given up. */
  deadLetters: number;
}

/**
 * Where the changes of an outbox live until they are delivered: what `sqliteOutbox` and `postgresOutbox` are, and what an
 * object of the caller's can be. Every method rejects where it could not do all of its work; an error with
 * `isRetryable: true` is tried again. Times are the store's own: it has one clock for all workers.
 *
 * A record is *taken* from the moment a claim returns it until it is settled by the same token, or its lease has run
 * out. No record is taken twice at once.
 */
export interface OutboxStore {
  /**
   * Appends changes, all or none; they are durable when the promise resolves. Of one record, the changes of an earlier
   * call, and earlier ones of the same call, come first. `client` is the caller's own connection, with a transaction in
   * which the changes are to be made; a store that has no such thing refuses it.
   */
  enqueue(
    changes: readonly OutboxChange[],
    options?: {
      /** The caller's own connection. */
      client?: unknown;
    },
  ): Promise<void>;
  /**
   * Takes records that have changes that wait, are not taken and not left alone; companies first, then those that wait
   * longest. A person is not among them while a company that it `needs` has changes that wait (unless that company
   * was tried three times and is left alone at the moment). What is claimed must be read after it was taken: a change
   * that another worker has removed before must not be among it.
   */
  claim(request: OutboxClaimRequest): Promise<OutboxClaim[]>;
  /** Lets the leases of a token end `leaseMs` from now; resolves with the number of records that it still holds. */
  renew(request: {
    /** As of the claim. */
    token: string;
    /** Milliseconds from now. */
    leaseMs: number;
  }): Promise<number>;
  /**
   * Does what is said for each record that the token still holds, all at once, and gives it back; resolves with whether
   * it was still held, for each of `records`. Of a record that is not, nothing is changed.
   */
  settle(request: {
    /** As of the claim. */
    token: string;
    /** What became of each. */
    records: readonly OutboxSettlement[];
  }): Promise<boolean[]>;
  /** Counts; `oldestAt`: when the oldest change that waits was enqueued, in milliseconds since 1970, or null. */
  stats(): Promise<
    OutboxCounts & {
      /** Milliseconds since 1970. */
      oldestAt: number | null;
    }
  >;
  /** Dead letters in an order of the store's, those after `after`'s. */
  deadLetters(request: {
    /** Dead letters at most. */
    limit: number;
    /** The last one of the page before. */
    after?: OutboxRecordKey;
  }): Promise<StoredDeadLetter[]>;
  /** Makes the dead letter of a record a change that waits again, in its old place; false where there is none. */
  retry(record: OutboxRecordKey): Promise<boolean>;
  /**
   * Does so for all of them; resolves with their number. May be missing: then `deadLetters` and `retry` are asked in its
   * place.
   */
  retryAll?(filter: {
    /** Only what was given up so long ago. */
    olderThanMs?: number;
  }): Promise<number>;
  /** Forgets dead letters, with `pending` waiting changes too; resolves with the number of changes. */
  purge(filter: {
    /** Only of people, or of companies. */
    entity?: OutboxEntity;
    /** Only of records with this id. */
    externalId?: string;
    /** Only what was enqueued, or given up, so long ago. */
    olderThanMs?: number;
    /** Whether changes that wait go, too. */
    pending: boolean;
  }): Promise<number>;
  /** Ends the use of the store. */
  close?(): Promise<void>;
}

/** An {@link OutboxStore} of this package. */
export interface ClosableOutboxStore extends OutboxStore {
  /** Ends the use of the store once everything asked so far is done; later calls reject. Closing twice is no error. */
  close(): Promise<void>;
}

/** Options of {@link sqliteOutbox}. */
export interface SqliteOutboxOptions {
  /**
   * Encrypts what the changes and dead letters hold (AES-256-GCM): a random text of at least 32 bytes. The records'
   * external ids stay readable.
   */
  secret?: string;
  /** In place of `secret`, for a change of secrets: the first encrypts, all of them decrypt. */
  secrets?: string[];
  /**
   * Milliseconds since 1970, for tests. When not given, `Date.now` dates changes and dead letters, and the time since the
   * machine was started, which nobody sets, measures leases and delays.
   */
  now?: () => number;
}

/** Options of {@link postgresOutbox}. */
export interface PostgresOutboxOptions {
  /** Name of the table of changes, `twenty_crm_outbox` when not given; two more begin with it. */
  table?: string;
  /** Schema of the tables; the connection's search path when not given. */
  schema?: string;
  /** Milliseconds since 1970, for tests; the database's clock when not given. */
  now?: () => number;
}

/** An {@link OutboxStore} in PostgreSQL. */
export interface PostgresOutbox extends ClosableOutboxStore {
  /**
   * Makes the tables, or brings them to this version's form; any use of the store does so by itself. A role that may not
   * create tables needs it done once by one that may.
   */
  migrate(): Promise<void>;
  /** Ends the use of the store; the pool stays open, it is the caller's. */
  close(): Promise<void>;
}
