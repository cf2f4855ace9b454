'use strict';

const { TwentyCrmErrorCode, createTwentyCrmError } = require('../errors.js');
const { deadLetterNow } = require('./dead-letter.js');
const { Lease } = require('./lease.js');
const { readClaim, settlementOf } = require('./settlement.js');
const { fullJitter } = require('./timing.js');
const { plainError, verdictOn } = require('./verdict.js');

/**
 * @typedef {import('../../index.js').OutboxClaim} Claim
 * @typedef {import('../../index.js').OutboxEntity} Entity
 * @typedef {import('./settlement.js').Record} Record
 * @typedef {import('./settlement.js').Outcome} Outcome
 * @typedef {import('./verdict.js').Verdict} Verdict
 */

/**
 * What one round did.
 * @typedef {object} Round
 * @property {number} claimed records taken
 * @property {number} delivered
 * @property {import('../../index.js').OutboxDeadLetter[]} dead those that were given up
 * @property {number} failed records that are to be tried again
 * @property {{ verdict: Verdict, error: unknown } | undefined} failure one of their failures, the gravest
 */

/** Companies before the people who need them. */
const ENTITIES = /** @type {const} */ (['company', 'person']);

/** So many records that fail alone, one after the other, are no accident. */
const FAILURES_IN_A_ROW = 3;

/** Results of records that nobody asked about, which are passed over. */
const STRAY_RESULTS = 1_000;

/** Tries to report what was done: what is not reported is done again. */
const SETTLE_TRIES = 3;

/** Takes records from the store, hands them to the service, and reports what became of them. */
class Courier {
  #service;
  #store;
  #settings;

  /**
   * @param {any} service
   * @param {import('../../index.js').OutboxStore} store
   * @param {import('./outbox.js').Settings} settings
   */
  constructor(service, store, settings) {
    this.#service = service;
    this.#store = store;
    this.#settings = settings;
  }

  /**
   * @param {{ isProbe: boolean, signal: AbortSignal }} how a probe is one record; aborting hands back what is not sent
   * @returns {Promise<Round>}
   */
  async round({ isProbe, signal }) {
    const { batchSize, leaseMs, clock } = this.#settings;
    const token = globalThis.crypto.randomUUID();
    const since = clock.now();
    const limit = isProbe ? 1 : batchSize;
    const claims = await this.#store.claim({ token, limit, leaseMs, isProbe });
    if (claims.length === 0) {
      return { claimed: 0, delivered: 0, dead: [], failed: 0, failure: undefined };
    }
    const lease = new Lease(this.#store, token, claims.length, since, this.#settings);
    const stop = link([signal, lease.signal]);
    try {
      const batch = new Batch(claims);
      for (const entity of ENTITIES) {
        if (stop.signal.aborted) break;
        await this.#send(entity, batch, stop.signal);
      }
      return await this.#settle(token, batch);
    } finally {
      stop.unlink();
      lease.end();
    }
  }

  /**
   * @param {Entity} entity
   * @param {Batch} batch
   * @param {AbortSignal} signal
   */
  async #send(entity, batch, signal) {
    const records = batch.recordsOf(entity);
    if (records.length === 0) return;
    const broken = await this.#run(entity, records, batch, signal);
    const missing = records.filter((record) => !batch.has(record));
    if (missing.length === 0 || signal.aborted) return;
    if (records.length === 1) {
      batch.fail(records[0], broken?.error ?? noResult());
      return;
    }
    // The run broke off, which says nothing about most of its records: each of them for itself.
    let inARow = 0;
    for (const record of missing) {
      if (signal.aborted || inARow === FAILURES_IN_A_ROW) return;
      const alone = await this.#run(entity, [record], batch, signal);
      if (!batch.has(record) && !signal.aborted) batch.fail(record, alone?.error ?? noResult());
      inARow = batch.isDelivered(record) ? 0 : inARow + 1;
    }
  }

  /**
   * @param {Entity} entity
   * @param {Record[]} records
   * @param {Batch} batch
   * @param {AbortSignal} signal
   * @returns {Promise<{ error: unknown } | undefined>} what the run broke off with
   */
  async #run(entity, records, batch, signal) {
    const byExternalId = new Map(records.map((record) => [record.claim.externalId, record]));
    const inputs = records.map(({ input }) => input);
    const method = entity === 'company' ? 'syncCompanies' : 'syncPersons';
    let results = 0;
    try {
      for await (const result of untilAborted(this.#service[method](inputs, { signal }), signal)) {
        results += 1;
        // Results without end, none of which has to be waited for, would let nothing else run.
        if (results > records.length + STRAY_RESULTS) throw tooManyResults();
        const record = byExternalId.get(result.externalId);
        if (record === undefined) continue;
        if (result.status === 'failed') batch.fail(record, result.error ?? noResult());
        else batch.deliver(record);
      }
    } catch (error) {
      // Not the error itself: what was thrown may be a thenable, which a promise would follow.
      return { error };
    }
    return undefined;
  }

  /**
   * @param {string} token
   * @param {Batch} batch
   * @returns {Promise<Round>}
   */
  async #settle(token, batch) {
    const verdicts = batch.verdicts(this.#settings);
    const records = verdicts.map(({ record, outcome }) => settlementOf(record, outcome));
    // In the order of the verdicts, and then those that nothing could be done with.
    const held = await this.#report(token, [...records, ...batch.unread]);
    const kept = verdicts.filter((_, at) => held[at]);
    const count = (/** @type {string} */ status) =>
      kept.filter(({ outcome }) => outcome.status === status).length;
    return {
      claimed: batch.size,
      delivered: count('delivered'),
      dead: kept.flatMap(({ record, outcome }) =>
        outcome.status === 'dead' ? [deadLetterNow(record, outcome.error)] : [],
      ),
      failed: batch.failed,
      failure: batch.gravest(),
    };
  }

  /**
   * @param {string} token
   * @param {import('../../index.js').OutboxSettlement[]} records
   */
  async #report(token, records) {
    const { clock } = this.#settings;
    for (let tried = 1; ; tried += 1) {
      try {
        return await this.#store.settle({ token, records });
      } catch (error) {
        if (tried === SETTLE_TRIES) throw error;
        const { signal } = new AbortController();
        await clock.sleep(fullJitter(tried, this.#settings), { signal, keepsAlive: true });
      }
    }
  }
}

/** The records of one claim and what became of them so far. */
class Batch {
  /** @type {Record[]} */
  #records = [];
  /** @type {import('../../index.js').OutboxSettlement[]} Records that could not be read, or hold nothing. */
  unread = [];
  size;
  /** @type {Map<Record, { error: unknown, plain: import('../../index.js').TwentyCrmError, verdict: Verdict } | undefined>} undefined: delivered */
  #results = new Map();
  /** @type {{ error: unknown, verdict: Verdict }[]} */
  #unreadable = [];

  /** @param {Claim[]} claims */
  constructor(claims) {
    this.size = claims.length;
    for (const claim of claims) {
      const { entity, externalId, attempts } = claim;
      const leave = { entity, externalId, remove: [], rewrite: [] };
      try {
        const record = readClaim(claim);
        if (record === undefined) this.unread.push({ ...leave, lane: null });
        else this.#records.push(record);
      } catch (error) {
        this.#unreadable.push({ error, verdict: 'workspace' });
        this.unread.push({ ...leave, lane: { attempts: attempts + 1, delayMs: UNREADABLE_MS } });
      }
    }
  }

  /** @param {Entity} entity */
  recordsOf(entity) {
    return this.#records.filter(({ claim }) => claim.entity === entity);
  }

  /** @param {Record} record */
  has(record) {
    return this.#results.has(record);
  }

  /** @param {Record} record */
  isDelivered(record) {
    return this.has(record) && this.#results.get(record) === undefined;
  }

  /** @param {Record} record */
  deliver(record) {
    this.#results.set(record, undefined);
  }

  /** @param {Record} record @param {unknown} error */
  fail(record, error) {
    const plain = plainError(error);
    this.#results.set(record, { error, plain, verdict: verdictOn(plain) });
  }

  /** The CRM has taken a record: it is there, and takes the key. */
  #hasAnswer() {
    return [...this.#results.values()].some((result) => result === undefined);
  }

  get failed() {
    return this.#failures().length;
  }

  #failures() {
    const failures = [...this.#results.values()].filter((result) => result !== undefined);
    return [...failures.filter((result) => this.#isOpen(result)), ...this.#unreadable];
  }

  /** @param {{ verdict: Verdict }} result */
  #isOpen({ verdict }) {
    return verdict !== 'dead' && !(verdict === 'doubtful' && this.#hasAnswer());
  }

  /** @returns {{ error: unknown, verdict: Verdict } | undefined} */
  gravest() {
    const failures = this.#failures();
    return failures.find(({ verdict }) => verdict !== 'away') ?? failures[0];
  }

  /**
   * @param {import('./outbox.js').Settings} settings
   * @returns {{ record: Record, outcome: Outcome }[]}
   */
  verdicts(settings) {
    const hasAnswer = this.#hasAnswer();
    return this.#records.map((record) => {
      const result = this.#results.get(record);
      /** @type {Outcome} */
      let outcome;
      if (!this.has(record)) outcome = { status: 'back' };
      else if (result === undefined) outcome = { status: 'delivered' };
      else if (!this.#isOpen(result)) outcome = { status: 'dead', error: result.plain };
      else {
        // Where nothing went well, the whole outbox waits; where others went well, this record does.
        const failures = record.claim.attempts + 1;
        outcome = { status: 'late', delayMs: hasAnswer ? fullJitter(failures, settings) : 0 };
      }
      return { record, outcome };
    });
  }
}

/** How long a record is left alone that cannot be read, in milliseconds. */
const UNREADABLE_MS = 300_000;

function tooManyResults() {
  return createTwentyCrmError(TwentyCrmErrorCode.UNKNOWN, 'the service gives results without end', {
    isRetryable: true,
  });
}

function noResult() {
  return createTwentyCrmError(
    TwentyCrmErrorCode.UNKNOWN,
    'the service ended its run without a result for this record',
    { isRetryable: true },
  );
}

/**
 * A service that does not heed its signal must not hold up whoever wants to stop.
 * @param {any} run
 * @param {AbortSignal} signal
 * @returns {AsyncGenerator<any, void, undefined>}
 */
async function* untilAborted(run, signal) {
  const iterator = (run[Symbol.asyncIterator] ?? run[Symbol.iterator]).call(run);
  let onAbort = () => {};
  const aborted = new Promise((_, reject) => {
    onAbort = () => reject(signal.reason);
    signal.addEventListener('abort', onAbort, { once: true });
    if (signal.aborted) onAbort();
  });
  aborted.catch(() => {});
  let isDone = false;
  try {
    while (true) {
      const next = Promise.resolve(iterator.next());
      next.catch(() => {});
      const { done, value } = await Promise.race([next, aborted]);
      isDone = done === true;
      if (isDone) return;
      yield value;
    }
  } finally {
    signal.removeEventListener('abort', onAbort);
    // Not awaited: it may never end.
    if (!isDone) Promise.resolve(iterator.return?.()).catch(() => {});
  }
}

/**
 * A signal that aborts with the first of several, for as long as it is linked.
 * @param {AbortSignal[]} signals
 */
function link(signals) {
  const controller = new AbortController();
  const listeners = signals.map((signal) => {
    const onAbort = () => controller.abort(signal.reason);
    signal.addEventListener('abort', onAbort, { once: true });
    if (signal.aborted) onAbort();
    return () => signal.removeEventListener('abort', onAbort);
  });
  return {
    signal: controller.signal,
    unlink() {
      for (const forget of listeners) forget();
    },
  };
}

module.exports = { Courier, link };
