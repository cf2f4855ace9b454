'use strict';

const { readChunks, sizeOf } = require('./bulk-inputs.js');
const { call, dispatcher } = require('./dispatcher.js');
const { TwentyCrmApiError, TwentyCrmErrorCode, createTwentyCrmError } = require('./errors.js');
const { callHook } = require('./observability/call-hook.js');
const { readOptions } = require('./options.js');
const { invalid, recordToJson } = require('./serialise.js');

/**
 * @typedef {import('../index.js').SyncResult<any>} Result
 * @typedef {import('../index.js').SyncSummary} Summary
 * @typedef {import('../index.js').AbortSignalLike} Signal
 */

/**
 * Whoever is told of a run.
 * @typedef {object} Watch
 * @property {() => void} start
 * @property {(failuresByCode: Record<string, number>, warnings: any[]) => void} add
 * @property {(outcome: 'done' | 'failed' | 'stopped', counts: Record<string, number>, error?: unknown) => void} end
 */

/** Characters of one chunk: a batch may have 10 MB on the wire, and non-ASCII text takes up to three bytes each. */
const CHUNK_CHARACTERS = 3_000_000;

const DEFAULT_MAX_CONCURRENCY = 4;

/** Chunks that may be under way or wait for those before them, for each one in flight. */
const KEPT_PER_CHUNK_IN_FLIGHT = 2;

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
   * @returns {Promise<A | B>}
   */
  // biome-ignore lint/suspicious/noThenProperty: awaiting a run gives its summary (DESIGN)
  then(onDone, onFailed) {
    if (this.#summary === undefined) void this.#drain();
    return /** @type {Promise<Summary>} */ (this.#summary).then(onDone, onFailed);
  }

  /**
   * All results at once: a chunk at a time, because an async iterator's step for each record costs more than reading it.
   * @param {BulkRun} run
   * @returns {Promise<Result[]>}
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
   * The chunks of results; their end is the summary's.
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
      for await (const results of this.#chunks(wantsResults)) {
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

  /**
   * Chunks of results in input order, with a bounded number of chunks in flight. One that takes long does not keep those
   * behind it from starting, as long as their results are not too many to keep.
   * @param {boolean} wantsResults
   */
  async *#chunks(wantsResults) {
    const { write, count } = this.#writer;
    /** @type {(records: unknown[]) => Promise<Result[] | Tally>} */
    const toWrite = wantsResults ? write : (count ?? write);
    const { maxConcurrency, signal } = this.#settings;
    const maxKept = maxConcurrency * KEPT_PER_CHUNK_IN_FLIGHT;
    const source = readChunks(this.#inputs);
    /** @type {{ results: Promise<Result[] | Tally>, isSettled: boolean }[]} */
    const started = [];
    let inFlight = 0;
    /** @type {{ chunk: Promise<IteratorResult<unknown[], void>>, isSettled: boolean } | undefined} */
    let reading;
    let isAtEnd = false;
    /** @type {() => void} */
    let wake = () => {};
    /** @param {Promise<unknown>} promise @param {{ isSettled: boolean }} state */
    const watch = (promise, state) => {
      const settled = () => {
        state.isSettled = true;
        wake();
      };
      // A failure is heard where the promise is awaited, which may be later.
      promise.then(settled, settled);
    };
    try {
      while (true) {
        if (signal?.aborted) throw signal.reason;
        if (!reading && !isAtEnd && inFlight < maxConcurrency && started.length < maxKept) {
          reading = { chunk: source.next(), isSettled: false };
          watch(reading.chunk, reading);
        }
        const [head] = started;
        if (reading?.isSettled) {
          const { done, value } = await reading.chunk;
          reading = undefined;
          if (done) isAtEnd = true;
          else {
            const writing = toWrite(value);
            const chunk = { results: writing, isSettled: false };
            const landed = () => {
              inFlight -= 1;
            };
            writing.then(landed, landed);
            watch(writing, chunk);
            started.push(chunk);
            inFlight += 1;
          }
        } else if (head?.isSettled) {
          const results = await head.results;
          started.shift();
          yield results;
        } else if (!reading && head === undefined) {
          return;
        } else {
          await new Promise((resolve) => {
            wake = () => resolve(undefined);
          });
        }
      }
    } finally {
      await source.return();
    }
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

/**
 * The writer that hands chunks to the core.
 * @param {import('../native.js').BulkRun} run
 * @param {'person' | 'company'} entity
 * @param {Signal | undefined} signal
 * @returns {Writer}
 */
function nativeWriter(run, entity, signal) {
  let lastNumber = -1;
  /** @param {string} json @param {boolean} wantsResults */
  const send = (json, wantsResults) => {
    lastNumber += 1;
    const number = lastNumber;
    return call((_, id) => run.chunk(dispatcher, id, number, json, wantsResults), signal);
  };
  return {
    entity,
    requests: () => run.requests(),
    async write(records) {
      /** @type {(Result | undefined)[]} */
      const results = records.map(() => undefined);
      const parts = toParts(entity, records, (place, error) => {
        results[place] = failed(records[place], error);
      });
      await Promise.all(
        parts.map(async ({ json, places }) => {
          const answer = await send(json, true);
          if (answer.ok) {
            const answers = JSON.parse(answer.text);
            for (const [at, place] of places.entries()) results[place] = answers[at];
          } else {
            for (const place of places) results[place] = failed(records[place], answer.error);
          }
        }),
      );
      return /** @type {Result[]} */ (results);
    },
    async count(records) {
      /** @type {Tally} */
      const tally = {
        ...{ created: 0, updated: 0, unchanged: 0, failed: 0 },
        failuresByCode: {},
        warnings: [],
      };
      /** @param {string} code @param {number} records */
      const fail = (code, records) => {
        tally.failuresByCode[code] = (tally.failuresByCode[code] ?? 0) + records;
      };
      const parts = toParts(entity, records, (place, error) => {
        tally.failed += 1;
        fail(failed(records[place], error).error?.code ?? TwentyCrmErrorCode.UNKNOWN, 1);
      });
      await Promise.all(
        parts.map(async ({ json, places }) => {
          const answer = await send(json, false);
          if (!answer.ok) {
            tally.failed += places.length;
            fail(answer.error.code, places.length);
            return;
          }
          /** @type {Tally} */
          const part = JSON.parse(answer.text);
          tally.created += part.created;
          tally.updated += part.updated;
          tally.unchanged += part.unchanged;
          tally.failed += part.failed;
          for (const [code, number] of Object.entries(part.failuresByCode)) fail(code, number);
          tally.warnings.push(...part.warnings);
        }),
      );
      return tally;
    },
  };
}

/**
 * Records as JSON arrays, each short enough for a batch.
 * @param {'person' | 'company'} entity
 * @param {unknown[]} records
 * @param {(place: number, error: unknown) => void} refuse Hears of records that cannot be written as JSON.
 * @returns {{ json: string, places: number[] }[]} `places`: which of the records a part holds
 */
function toParts(entity, records, refuse) {
  /** @type {{ json: string, places: number[] }[]} */
  const parts = [];
  /** @type {number[]} */
  let places = [];
  /** @type {string[]} */
  let texts = [];
  let characters = 0;
  const endPart = () => {
    if (texts.length > 0) parts.push({ json: `[${texts.join()}]`, places });
    texts = [];
    places = [];
    characters = 0;
  };
  for (const [place, record] of records.entries()) {
    let text;
    try {
      text = recordToJson(entity, record);
    } catch (error) {
      refuse(place, error);
      continue;
    }
    if (characters + text.length > CHUNK_CHARACTERS) endPart();
    texts.push(text);
    places.push(place);
    characters += text.length;
  }
  endPart();
  return parts;
}

/**
 * The result of a record that was not stored.
 * @param {any} record
 * @param {any} error
 * @returns {Result}
 */
function failed(record, error) {
  let externalId = '';
  try {
    if (typeof record?.external_id === 'string') externalId = record.external_id;
  } catch {
    // A getter that throws: the record has no id that could be told.
  }
  const plain = error instanceof TwentyCrmApiError ? error.toJSON() : error;
  return { status: 'failed', externalId, error: plain, warnings: [] };
}

/**
 * The writer of platform mode: every record is an event of its own.
 * @param {(record: any) => Promise<any>} upsert
 * @param {'person' | 'company'} entity
 * @returns {Writer}
 */
function publishingWriter(upsert, entity) {
  return {
    entity,
    requests: () => 0,
    async write(records) {
      /** @type {Result[]} */
      const results = [];
      for (const record of records) {
        try {
          const { id, externalId, data } = await upsert(record);
          results.push({ status: 'published', externalId, id, data, warnings: [] });
        } catch (error) {
          if (!(error instanceof TwentyCrmApiError)) throw error;
          results.push(failed(record, error));
        }
      }
      return results;
    },
  };
}

/** @param {any} options */
function readMaxConcurrency(options) {
  const { maxConcurrency } = readOptions('options', options ?? undefined, ['maxConcurrency']);
  if (maxConcurrency === undefined) return DEFAULT_MAX_CONCURRENCY;
  if (!Number.isInteger(maxConcurrency) || maxConcurrency < 1 || maxConcurrency > 64) {
    throw invalid(
      'maxConcurrency',
      'maxConcurrency must be a whole number from 1 to 64',
      undefined,
    );
  }
  return maxConcurrency;
}

/**
 * All results of a run as the template's `upsertMany*` gives them.
 * @param {BulkRun} run
 */
async function collect(run) {
  const results = await BulkRun.collect(run);
  const failures = results.filter((result) => result.status === 'failed').length;
  if (failures > 0) {
    const first = results.find((result) => result.status === 'failed')?.error;
    throw new TwentyCrmApiError(
      createTwentyCrmError(
        TwentyCrmErrorCode.OPERATION_FAILED,
        `${failures} of ${results.length} records were not stored (details.results has every record's own result); the first: ${first?.message}`,
        {
          isRetryable: results.some((result) => result.error?.isRetryable === true),
          details: { reason: 'PARTIAL_FAILURE', failed: failures, results },
        },
      ),
    );
  }
  return results.map(({ status, externalId, id, data }) => ({
    id: /** @type {string} */ (id),
    externalId,
    created: status === 'created',
    updated: status === 'created' || status === 'updated',
    data,
  }));
}

module.exports = {
  BulkRun,
  DEFAULT_MAX_CONCURRENCY,
  collect,
  nativeWriter,
  publishingWriter,
  readMaxConcurrency,
};
