'use strict';

const { TwentyCrmErrorCode, createTwentyCrmError } = require('../errors.js');
const { silent } = require('./asked-store.js');
const { deadLetterNow } = require('./dead-letter.js');
const { Lease } = require('./lease.js');
const { readClaim, settlementOf } = require('./settlement.js');
const { after, link, orAborted, untilAborted } = require('./signals.js');
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

/** Milliseconds for a store to take back what was cut short. The rest waits for the end of its lease. */
const HAND_BACK_MS = 500;

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
   */
  async round({ isProbe, signal }) {
    const { batchSize, leaseMs, clock } = this.#settings;
    const token = globalThis.crypto.randomUUID();
    const since = clock.now();
    const limit = isProbe ? 1 : batchSize;
    const asked = this.#store.claim({ token, limit, leaseMs, isProbe });
    const claims = await orAborted(asked, signal);
    if (claims === null) {
      void this.#handBack(token, asked);
      return nothing();
    }
    if (claims.length === 0) return nothing();
    const lease = new Lease(this.#store, token, claims.length, since, this.#settings);
    const stop = link([signal, lease.signal]);
    try {
      const batch = new Batch(claims);
      for (const entity of ENTITIES) {
        if (stop.signal.aborted) break;
        await this.#send(entity, batch, stop.signal);
      }
      return await this.#settle(token, batch, signal);
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
   * @param {AbortSignal} signal
   * @returns {Promise<Round>}
   */
  async #settle(token, batch, signal) {
    const verdicts = batch.verdicts(this.#settings);
    const records = verdicts.map(({ record, outcome }) => settlementOf(record, outcome));
    const held = await this.#report(token, [...records, ...batch.unread(this.#settings)], signal);
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
   * @param {AbortSignal} signal
   */
  async #report(token, records, signal) {
    const { clock } = this.#settings;
    const over = after(signal, HAND_BACK_MS, clock);
    try {
      for (let tried = 1; ; tried += 1) {
        try {
          const held = await orAborted(this.#store.settle({ token, records }), over.signal);
          if (held !== null) return held;
        } catch (error) {
          if (tried === SETTLE_TRIES) throw error;
          await clock.sleep(fullJitter(tried, this.#settings), { signal, keepsAlive: true });
          continue;
        }
        throw silent('settle');
      }
    } finally {
      over.unlink();
    }
  }

  /**
   * Gives back what a claim brings that was not waited for.
   * @param {string} token
   * @param {Promise<Claim[]>} asked
   */
  async #handBack(token, asked) {
    try {
      const claims = await asked;
      if (claims.length === 0) return;
      const records = claims.map(({ entity, externalId, attempts }) => {
        return { entity, externalId, remove: [], rewrite: [], lane: { attempts, delayMs: 0 } };
      });
      await this.#store.settle({ token, records });
    } catch {
      // There is nobody left to tell; what was taken waits for the end of its lease.
    }
  }
}

class Batch {
  /** @type {Record[]} */
  #records = [];
  /** @type {Claim[]} Records of which nothing waits. */
  #empty = [];
  size;
  /** @type {Map<Record, { error: unknown, plain: import('../../index.js').TwentyCrmError, verdict: Verdict } | undefined>} undefined: delivered */
  #results = new Map();
  /** @type {{ claim: Claim, error: unknown, verdict: Verdict }[]} */
  #unreadable = [];

  /** @param {Claim[]} claims */
  constructor(claims) {
    this.size = claims.length;
    for (const claim of claims) {
      try {
        const record = readClaim(claim);
        if (record === undefined) this.#empty.push(claim);
        else this.#records.push(record);
      } catch (error) {
        this.#unreadable.push({ claim, error, verdict: 'workspace' });
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

  /**
   * The CRM has taken a record: it is there, and takes the key.
   * @param {Entity} [entity] of this kind
   */
  #hasAnswer(entity) {
    return [...this.#results].some(
      ([{ claim }, result]) =>
        result === undefined && (entity === undefined || claim.entity === entity),
    );
  }

  get failed() {
    return this.#failures().length;
  }

  #failures() {
    const open = [...this.#results].flatMap(([record, result]) =>
      result !== undefined && this.#isOpen(record, result) ? [result] : [],
    );
    return [...open, ...this.#unreadable];
  }

  /**
   * Whether a failure may pass. What is doubtful is decided by neighbours of its kind: companies are looked up and
   * written elsewhere than people.
   * @param {Record} record
   * @param {{ verdict: Verdict }} result
   */
  #isOpen({ claim }, { verdict }) {
    return verdict !== 'dead' && !(verdict === 'doubtful' && this.#hasAnswer(claim.entity));
  }

  /** @returns {{ error: unknown, verdict: Verdict } | undefined} */
  gravest() {
    const failures = this.#failures();
    return failures.find(({ verdict }) => verdict !== 'away') ?? failures[0];
  }

  /**
   * @param {import('./outbox.js').Settings} settings
   */
  verdicts(settings) {
    return this.#records.map((record) => {
      const result = this.#results.get(record);
      /** @type {Outcome} */
      let outcome;
      if (!this.has(record)) outcome = { status: 'back' };
      else if (result === undefined) outcome = { status: 'delivered' };
      else if (!this.#isOpen(record, result)) outcome = { status: 'dead', error: result.plain };
      else outcome = { status: 'late', delayMs: this.#delayOf(record.claim, settings) };
      return { record, outcome };
    });
  }

  /**
   * @param {import('./outbox.js').Settings} settings
   * @returns {import('../../index.js').OutboxSettlement[]}
   */
  unread(settings) {
    /** @param {Claim} claim */
    const leave = ({ entity, externalId }) => ({ entity, externalId, remove: [], rewrite: [] });
    return [
      ...this.#empty.map((claim) => ({ ...leave(claim), lane: null })),
      ...this.#unreadable.map(({ claim }) => {
        const delayMs = this.#delayOf(claim, settings);
        return { ...leave(claim), lane: { attempts: claim.attempts + 1, delayMs } };
      }),
    ];
  }

  /**
   * Where nothing went well, the whole outbox waits; where others went well, this record does.
   * @param {Claim} claim
   * @param {import('./outbox.js').Settings} settings
   */
  #delayOf({ attempts }, settings) {
    return this.#hasAnswer() ? fullJitter(attempts + 1, settings) : 0;
  }
}

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

/** @returns {Round} */
function nothing() {
  return { claimed: 0, delivered: 0, dead: [], failed: 0, failure: undefined };
}

module.exports = { Courier, HAND_BACK_MS };
