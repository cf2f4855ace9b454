import type { AbortSignalLike } from './abort-signal.js';
import type { SyncWarning } from './sync-service.js';
import type { TwentyCrmError } from './twenty-crm-errors.types.js';
import type { UpsertOptions } from './twenty-crm-sync.types.js';

/** Records from any source: an array, a generator, a stream. Promises of records are awaited one by one. */
export type Inputs<T> = Iterable<T | Promise<T>> | AsyncIterable<T>;

/** Options of `syncPersons`, `syncCompanies` and `upsertMany*`. */
export interface SyncOptions extends UpsertOptions {
  /**
   * Chunks of up to 200 records in flight at once, 1 to 64. Memory grows with it.
   * @default 4
   */
  maxConcurrency?: number;
  /**
   * Report what would be done, but write nothing.
   * @default false
   */
  dryRun?: boolean;
  /**
   * Also write records that have not changed since the last write.
   * @default false
   */
  force?: boolean;
  /**
   * Compare records with the rows in the CRM (one look-up per chunk) instead of trusting remembered hashes.
   * @default false
   */
  verifyUnchanged?: boolean;
  /** Called after every chunk, in input order. If it throws, the error is ignored. */
  onProgress?: (progress: SyncProgress) => void;
  /**
   * Aborting ends the run with the signal's reason, even while the input is stuck. The input is closed, and a stream is
   * destroyed; the run does not wait for an input that never ends.
   */
  signal?: AbortSignalLike;
}

/** The progress of a run. */
export interface SyncProgress {
  /** Records done. */
  done: number;
  /** Total number of records, if the input knows it (`length` or `size`). */
  total?: number;
  /** Records that were created. */
  created: number;
  /** Records that were updated. */
  updated: number;
  /** Records for which nothing was sent. */
  unchanged: number;
  /** Records that failed; the results say why. */
  failed: number;
}

/** A record that was stored, was already up to date, or was published. */
export interface SyncedRecord<T> {
  /**
   * `unchanged`: nothing was sent, because the CRM already holds it, or a policy left the row alone. `published`:
   * passed to `publish` (platform mode). In a dry run: what would have happened.
   */
  status: 'created' | 'updated' | 'unchanged' | 'published';
  /** The caller's own id. */
  externalId: string;
  /**
   * The record's id in Twenty, a UUID. For a record that would be created or that is published: the id that it will
   * get.
   */
  id: string;
  /** The entity as Twenty returned it; for `unchanged` records, as it was last written. */
  data: T;
  /** Only for records that failed. */
  error?: undefined;
  /** Warnings: values that were left out or kept, and decisions about collisions. */
  warnings: SyncWarning[];
}

/** A record that was not stored. */
export interface FailedRecord {
  /** In a dry run: what would have happened. */
  status: 'failed';
  /** The caller's own id; empty if the record had none. */
  externalId: string;
  /** Only for records that did not fail. */
  id?: undefined;
  /** Only for records that did not fail. */
  data?: undefined;
  /** Why it failed. */
  error: TwentyCrmError;
  /** Warnings: values that were left out or kept, and decisions about collisions. */
  warnings: SyncWarning[];
}

/** The result of one record; `status` tells stored and failed apart. */
export type SyncResult<T> = SyncedRecord<T> | FailedRecord;

/** The result of a whole run. */
export interface SyncSummary {
  /** All records of the input. */
  total: number;
  /** Records that were created. */
  created: number;
  /** Records that were updated. */
  updated: number;
  /** Records for which nothing was sent. */
  unchanged: number;
  /** Only in platform mode. */
  published?: number;
  /** Records that failed; the results say why. */
  failed: number;
  /** Number of warnings. */
  warnings: number;
  /** Requests sent to Twenty, including retries. */
  requests: number;
  /** Milliseconds from the first read to the last result. */
  durationMs: number;
}

/**
 * A run over many records. `for await` yields one result per input, in input order; `await` gives the summary. The
 * first of the two starts the run, and it can be consumed only once. It reads ahead of the writes, because one look-up
 * serves up to 2,000 records: at most 4,000 records, and twice the records in flight. It never waits for a slow input
 * to fill a look-up. It rejects only if the input itself throws, or with the reason of an aborted signal: a failed
 * record is a result.
 *
 * If records share an `external_id` but neither name nor address (e-mail, domain), they fail with the reason
 * `ID_REUSED`, and so does every later record with that id. To detect this, a run remembers 14 to 17 bytes for each id
 * until it ends (17 MB for 1,000,000 ids).
 */
export interface SyncRun<T> extends AsyncIterable<SyncResult<T>>, PromiseLike<SyncSummary> {}
