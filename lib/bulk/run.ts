import type {
  AbortSignalLike as Signal,
  SyncSummary as Summary,
  SyncProgress,
  SyncResult,
  SyncRun,
  SyncWarning,
} from '../../index.js';
import { callHook } from '../observability/call-hook.js';
import { inOrder } from './in-order.js';
import type { Source } from './inputs.js';
import { ChunkReader, sizeOf } from './inputs.js';

export type Result<T = unknown> = SyncResult<T>;

/** Gets the progress of a run. */
interface Watch {
  start: () => void;
  add: (failuresByCode: Record<string, number>, warnings: SyncWarning[]) => void;
  end: (
    outcome: 'done' | 'failed' | 'stopped',
    counts: Record<string, number>,
    error?: unknown,
  ) => void;
}

/** The results of a chunk, counted. */
export interface Tally {
  created: number;
  updated: number;
  unchanged: number;
  failed: number;
  failuresByCode: Record<string, number>;
  warnings: SyncWarning[];
}

/** How a chunk of records is written: by the core, or one by one in platform mode. */
export interface Writer<T = unknown> {
  entity: 'person' | 'company';
  write: (records: unknown[]) => Promise<Result<T>[]>;
  /** As `write`, for callers that need no results. */
  count?: (records: unknown[]) => Promise<Tally>;
  requests: () => number;
  /** Ends the run: records that are not being written yet are dropped. */
  stop?: () => void;
}

/**
 * One run over many records: an AsyncIterable of results in input order, and a thenable that resolves with the summary.
 * It starts reading at the first `for await` or `await`, and reads ahead only as far as `SyncOptions` allows.
 */
class BulkRun<T> implements SyncRun<T> {
  #writer;
  #inputs;
  #settings;
  #summary: Promise<Summary> | undefined;
  #counts = {
    total: 0,
    created: 0,
    updated: 0,
    unchanged: 0,
    published: 0,
    failed: 0,
    warnings: 0,
  };

  /** @param settings `holds`: kept alive as long as the run */
  constructor(
    writer: Writer<T>,
    inputs: Source,
    settings: {
      maxConcurrency: number;
      /** chunks that are read ahead of those being written */
      readAhead: number;
      onProgress?: (progress: SyncProgress) => unknown;
      signal?: Signal;
      warn: (warning: SyncWarning) => void;
      operation?: Watch;
      holds?: unknown;
    },
  ) {
    this.#writer = writer;
    this.#inputs = inputs;
    this.#settings = settings;
  }

  [Symbol.asyncIterator](): AsyncGenerator<Result<T>, void, undefined> {
    return this.#results(this.#start(true) as AsyncGenerator<Result<T>[]>);
  }

  // biome-ignore lint/suspicious/noThenProperty: awaiting a run gives its summary
  then<A = Summary, B = never>(
    onDone?: ((summary: Summary) => A | PromiseLike<A>) | null,
    onFailed?: ((reason: unknown) => B | PromiseLike<B>) | null,
  ) {
    if (this.#summary === undefined) void this.#drain();
    return (this.#summary as Promise<Summary>).then(onDone, onFailed);
  }

  /** One chunk at a time: an async iterator step per record costs more than reading the record. */
  static async collect<T>(run: BulkRun<T>) {
    const all: Result<T>[] = [];
    const chunks = run.#start(true) as AsyncGenerator<Result<T>[]>;
    for await (const results of chunks) {
      for (const result of results) {
        run.#take(result);
        all.push(result);
      }
    }
    return all;
  }

  async #drain() {
    try {
      for await (const chunk of this.#start(false)) {
        if (Array.isArray(chunk)) for (const result of chunk) this.#take(result);
        else this.#add(chunk);
      }
    } catch {
      // The summary rejects with the same error.
    }
  }

  async *#results(chunks: AsyncGenerator<Result<T>[], void, undefined>) {
    for await (const results of chunks) {
      for (const result of results) {
        this.#take(result);
        yield result;
      }
    }
  }

  #start(wantsResults: boolean) {
    if (this.#summary !== undefined) {
      throw new TypeError('a run can be consumed only once: call the sync method again');
    }
    let resolve: (summary: Summary) => void = () => {};
    let reject: (reason: unknown) => void = () => {};
    this.#summary = new Promise((onDone, onFailed) => {
      resolve = onDone;
      reject = onFailed;
    });
    // The iterating caller gets the error there; the summary may have no handler.
    this.#summary.catch(() => {});
    return this.#toTheEnd(wantsResults, resolve, reject);
  }

  async *#toTheEnd(
    wantsResults: boolean,
    resolve: (summary: Summary) => void,
    reject: (reason: unknown) => void,
  ): AsyncGenerator<Result<T>[] | Tally, void, undefined> {
    const startedMs = performance.now();
    const { operation } = this.#settings;
    operation?.start();
    try {
      const { write, count } = this.#writer;
      const toWrite: (records: unknown[]) => Promise<Result<T>[] | Tally> = wantsResults
        ? write
        : (count ?? write);
      for await (const results of inOrder(new ChunkReader(this.#inputs), toWrite, this.#settings)) {
        yield results;
        this.#report();
      }
      const { published, ...counts } = this.#counts;
      operation?.end('done', this.#facts());
      resolve({
        ...counts,
        ...(published > 0 && { published }),
        requests: this.#writer.requests(),
        durationMs: Math.round(performance.now() - startedMs),
      });
    } catch (error) {
      operation?.end('failed', this.#facts(), error);
      reject(error);
      throw error;
    } finally {
      this.#writer.stop?.();
      operation?.end('stopped', this.#facts());
      // Has no effect if the summary is settled. If the consumer stopped early, it must not stay pending.
      reject(new Error('the run was stopped before it ended'));
    }
  }

  #facts() {
    return { ...this.#counts, requests: this.#writer.requests() };
  }

  #take(result: Result<T>) {
    this.#counts.total += 1;
    this.#counts[result.status] += 1;
    this.#counts.warnings += result.warnings.length;
    for (const warning of result.warnings) this.#settings.warn(warning);
    const { error } = result;
    this.#settings.operation?.add(error === undefined ? {} : { [error.code]: 1 }, result.warnings);
  }

  #add({ warnings, failuresByCode, ...counts }: Tally) {
    for (const [status, count] of Object.entries(counts)) {
      this.#counts[status as 'created'] += count;
      this.#counts.total += count;
    }
    this.#counts.warnings += warnings.length;
    for (const warning of warnings) this.#settings.warn(warning);
    this.#settings.operation?.add(failuresByCode, warnings);
  }

  #report() {
    const { onProgress } = this.#settings;
    if (onProgress === undefined) return;
    const { total: done, created, updated, unchanged, failed } = this.#counts;
    const total = sizeOf(this.#inputs);
    const progress = {
      done,
      ...(total !== undefined && { total }),
      created,
      updated,
      unchanged,
      failed,
    };
    callHook('onProgress', onProgress, [progress]);
  }
}

export { BulkRun };
