import type { AbortSignalLike } from './abort-signal.js';
import type { SyncWarning } from './sync-service.js';
import type { TwentyCrmError } from './twenty-crm-errors.types.js';
import type { UpsertOptions } from './twenty-crm-sync.types.js';

/** Records from anywhere: an array, a generator, a stream. Promises of records are awaited, one after the other. */
export type Inputs<T> = Iterable<T | Promise<T>> | AsyncIterable<T>;

/** Options of `syncPersons`, `syncCompanies` and `upsertMany*`. */
export interface SyncOptions extends UpsertOptions {
  /**
   * Chunks of up to 200 records in flight at once, 1 to 64. Memory grows with it.
   * @default 4
   */
  maxConcurrency?: number;
  /**
   * Say what would be done, and write nothing.
   * @default false
   */
  dryRun?: boolean;
  /**
   * Write records that have not changed since they were written last, too.
   * @default false
   */
  force?: boolean;
  /**
   * Compare records with what the CRM holds (one look-up per chunk) instead of believing what was remembered.
   * @default false
   */
  verifyUnchanged?: boolean;
  /** Called after every chunk, in input order. What it throws is ignored. */
  onProgress?: (progress: SyncProgress) => void;
  /**
   * Aborting ends the run, also while the input gives nothing: it rejects with the signal's own reason. The input is closed,
   * and a stream destroyed; what never ends is not waited for.
   */
  signal?: AbortSignalLike;
}

/** How far a run is. */
export interface SyncProgress {
  /** Records done. */
  done: number;
  /** Records in all, where the input knows (`length` or `size`). */
  total?: number;
  /** Records that Twenty did not have. */
  created: number;
  /** Records that were written over an older state. */
  updated: number;
  /** Records for which nothing was sent. */
  unchanged: number;
  /** Records that failed; the results say why. */
  failed: number;
}

/** A record that is stored, left as it is, or handed on. */
export interface SyncedRecord<T> {
  /**
   * `unchanged`: nothing was sent, because the CRM holds it already, or a policy left the row alone. `published`: handed
   * to `publish` (platform mode). In a dry run, what it would have been.
   */
  status: 'created' | 'updated' | 'unchanged' | 'published';
  /** The caller's own id. */
  externalId: string;
  /** The record's id in Twenty, a UUID; of what would be created or is published, the one that it would be given. */
  id: string;
  /** The entity as Twenty returned it; for `unchanged` records as it was last written. */
  data: T;
  /** Only of records that failed. */
  error?: undefined;
  /** What was left out, kept or decided. */
  warnings: SyncWarning[];
}

/** A record that is not stored. */
export interface FailedRecord {
  /** In a dry run, what it would have been. */
  status: 'failed';
  /** The caller's own id; empty where the record had none. */
  externalId: string;
  /** Only of records that did not fail. */
  id?: undefined;
  /** Only of records that did not fail. */
  data?: undefined;
  /** Why it failed. */
  error: TwentyCrmError;
  /** What was left out, kept or decided. */
  warnings: SyncWarning[];
}

/** What became of one record; `status` tells which of the two it is. */
export type SyncResult<T> = SyncedRecord<T> | FailedRecord;

/** What a whole run did. */
export interface SyncSummary {
  /** Records of the input, whatever became of them. */
  total: number;
  /** Records that Twenty did not have. */
  created: number;
  /** Records that were written over an older state. */
  updated: number;
  /** Records for which nothing was sent. */
  unchanged: number;
  /** Only in platform mode. */
  published?: number;
  /** Records that failed; the results say why. */
  failed: number;
  /** How many warnings there were. */
  warnings: number;
  /** Requests sent to Twenty, repeats among them. */
  requests: number;
  /** Milliseconds from the first read to the last result. */
  durationMs: number;
}

/**
 * A run over many records. `for await` streams one result per input, in input order; `await` gives the summary. It starts
 * with the first of the two, and can be consumed once. It reads its input ahead of what is written, because one look-up
 * serves up to 2,000 records: at most 4,000 records and twice those in flight. A slow input is never waited for. It
 * rejects only when the input itself throws, or with an aborted signal's reason: a record that fails is a result.
 *
 * Records with one `external_id` that share neither name nor address (e-mail, domain) fail with the reason `ID_REUSED`, as
 * does every later record with that id. For this a run remembers 14 to 17 bytes for each id (17 MB for 1,000,000) to its end.
 */
export interface SyncRun<T> extends AsyncIterable<SyncResult<T>>, PromiseLike<SyncSummary> {}
