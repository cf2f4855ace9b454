'use strict';

const { callHook } = require('../observability/call-hook.js');
const { inOrder } = require('./in-order.js');
const { ChunkReader, sizeOf } = require('./inputs.js');

/**
 * @typedef {import('../../index.js').SyncResult<any>} Result
 * @typedef {import('../../index.js').SyncSummary} Summary
 * @typedef {import('../../index.js').AbortSignalLike} Signal
 */

/**
 * Whoever is told of a run.
 * @typedef {object} Watch
 * @property {() => void} start
 * @property {(failuresByCode: Record<string, number>, warnings: any[]) => void} add
 * @property {(outcome: 'done' | 'failed' | 'stopped', counts: Record<string, number>, error?: unknown) => void} end
 */

/**
 * The results of a chunk, counted.
 * @typedef {object} Tally
 * @property {number} created
 * @property {number} updated
 * @property {number} unchanged
 * @property {number} failed
 * @property {Record<string, number>} failuresByCode
 * @property {any[]} warnings
 */

/**
 * How a chunk of records is written: by the core, or, in platform mode, one by one.
 * @typedef {object} Writer
 * @property {'person' | 'company'} entity
 * @property {(records: unknown[]) => Promise<Result[]>} write
 * @property {(records: unknown[]) => Promise<Tally>} [count] As `write`, for whoever wants no results.
 * @property {() => number} requests
 */

/**
 * One run over many records: an AsyncIterable of results in input order, and a thenable that gives the summary.
 * It reads, at the first `for await` or `await`, no further ahead than twice its chunks in flight.
 */
class BulkRun {
  #writer;
  #inputs;
  #settings;
  /** @type {Promise<Summary> | undefined} */
  #summary;
  #counts = {
    total: 0,
    created: 0,
    updated: 0,
    unchanged: 0,
    published: 0,
    failed: 0,
    warnings: 0,
  };

  /**
   * @param {Writer} writer
   * @param {unknown} inputs
   * @param {{ maxConcurrency: number, onProgress?: (progress: any) => unknown, signal?: Signal, warn: (warning: any) => void, operation?: Watch, holds?: unknown }} settings `holds`: kept for as long as the run
   */
  constructor(writer, inputs, settings) {
    this.#writer = writer;
    this.#inputs = inputs;
    this.#settings = settings;
  }

  /** @returns {AsyncGenerator<Result, void, undefined>} */
  [Symbol.asyncIterator]() {
    return this.#results(/** @type {AsyncGenerator<Result[]>} */ (this.#start(true)));
  }

  /**
   * @template [A=Summary], [B=never]
   * @param {((summary: Summary) => A | PromiseLike<A>) | null} [onDone]
   * @param {((reason: any) => B | PromiseLike<B>) | null} [onFailed]
   */
  // biome-ignore lint/suspicious/noThenProperty: awaiting a run gives its summary
  then(onDone, onFailed) {
    if (this.#summary === undefined) void this.#drain();
    return /** @type {Promise<Summary>} */ (this.#summary).then(onDone, onFailed);
  }

  /**
   * A chunk at a time: an async iterator's step for each record costs more than reading it.
   * @param {BulkRun} run
   */
  static async collect(run) {
    /** @type {Result[]} */
    const all = [];
    const chunks = /** @type {AsyncGenerator<Result[]>} */ (run.#start(true));
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
      // The summary is rejected with it.
    }
  }

  /** @param {AsyncGenerator<Result[], void, undefined>} chunks */
  async *#results(chunks) {
    for await (const results of chunks) {
      for (const result of results) {
        this.#take(result);
        yield result;
      }
    }
  }

  /** @param {boolean} wantsResults */
  #start(wantsResults) {
    if (this.#summary !== undefined) {
      throw new TypeError('a run can be consumed once: call the sync method again');
    }
    /** @type {(summary: Summary) => void} */
    let resolve = () => {};
    /** @type {(reason: unknown) => void} */
    let reject = () => {};
    this.#summary = new Promise((onDone, onFailed) => {
      resolve = onDone;
      reject = onFailed;
    });
    // Whoever iterates hears of a failure there; the summary may have no listener.
    this.#summary.catch(() => {});
    return this.#toTheEnd(wantsResults, resolve, reject);
  }

  /**
   * @param {boolean} wantsResults
   * @param {(summary: Summary) => void} resolve
   * @param {(reason: unknown) => void} reject
   * @returns {AsyncGenerator<Result[] | Tally, void, undefined>}
   */
  async *#toTheEnd(wantsResults, resolve, reject) {
    const startedMs = performance.now();
    const { operation } = this.#settings;
    operation?.start();
    try {
      const { write, count } = this.#writer;
      /** @type {(records: unknown[]) => Promise<Result[] | Tally>} */
      const toWrite = wantsResults ? write : (count ?? write);
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
      operation?.end('stopped', this.#facts());
      // Settles nothing that is settled already; a consumer that stopped early leaves no summary to wait for.
      reject(new Error('the run was stopped before its end'));
    }
  }

  #facts() {
    return { ...this.#counts, requests: this.#writer.requests() };
  }

  /** @param {Result} result */
  #take(result) {
    this.#counts.total += 1;
    this.#counts[result.status] += 1;
    this.#counts.warnings += result.warnings.length;
    for (const warning of result.warnings) this.#settings.warn(warning);
    const { error } = result;
    this.#settings.operation?.add(error === undefined ? {} : { [error.code]: 1 }, result.warnings);
  }

  /** @param {Tally} tally */
  #add({ warnings, failuresByCode, ...counts }) {
    for (const [status, count] of Object.entries(counts)) {
      this.#counts[/** @type {'created'} */ (status)] += count;
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

module.exports = { BulkRun };
