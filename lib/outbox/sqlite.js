'use strict';

const { readFileSync } = require('node:fs');
const native = require('../native.js');
const { invalid } = require('../serialise.js');
const { ask, construct } = require('../stores/native-call.js');
const { secretsJsonOf } = require('../stores/secrets.js');
const { readNamed } = require('./arguments.js');

/** @typedef {import('../../index.js').OutboxStore} OutboxStore */

/**
 * What all processes of a machine have in common and nobody sets: the time since it was started. Leases and delays are
 * by it.
 */
const uptimeMs = () => Math.floor(Number(process.hrtime.bigint() / 1_000n) / 1_000);

/** @type {string | null | undefined} */
let foundEpoch;

/** What tells this run of the machine's clock from the one before its last start; null where there is none. */
function epoch() {
  if (foundEpoch !== undefined) return foundEpoch;
  try {
    foundEpoch = readFileSync('/proc/sys/kernel/random/boot_id', 'latin1').trim() || null;
  } catch {
    foundEpoch = null;
  }
  return foundEpoch;
}

/** @type {WeakMap<object, import('../../native.js').SqliteOutbox>} Out of reach of `util.inspect`. */
const natives = new WeakMap();

/**
 * See `index.d.ts`.
 * @param {string} path
 * @param {import('../../index.js').SqliteOutboxOptions} [options]
 * @returns {import('../../index.js').ClosableOutboxStore}
 */
function sqliteOutbox(path, options) {
  return new SqliteOutbox(path, options);
}

class SqliteOutbox {
  #now;
  /** The time by which leases and delays go; the core counts on from it until it has the file's lock. */
  #clock;

  /**
   * @param {string} path
   * @param {import('../../index.js').SqliteOutboxOptions} [options]
   */
  constructor(path, options) {
    if (typeof path !== 'string') throw invalid('path', 'path must be a string');
    const { now: given } = readNamed('sqliteOutbox', options, ['now', 'secret', 'secrets']);
    const now = given ?? Date.now;
    if (typeof now !== 'function') throw invalid('now', 'now must be a function');
    this.#now = now;
    this.#clock = () =>
      given === undefined
        ? { nowMs: uptimeMs(), epoch: epoch(), runs: true }
        : { nowMs: given(), epoch: null, runs: false };
    const secrets = secretsJsonOf(options);
    natives.set(
      this,
      construct(() => new native.SqliteOutbox(path, secrets)),
    );
  }

  /** @type {OutboxStore['enqueue']} */
  async enqueue(changes, options) {
    if (options?.client !== undefined) {
      throw invalid('client', 'client is for postgresOutbox: SQLite has no other client');
    }
    await this.#ask({ enqueue: { changes, at: this.#now() } });
  }

  /** @type {OutboxStore['claim']} */
  async claim({ token, limit, leaseMs, isProbe }) {
    return this.#ask({ claim: { token, limit, isProbe, leaseMs, clock: this.#clock() } });
  }

  /** @type {OutboxStore['renew']} */
  async renew({ token, leaseMs }) {
    return this.#ask({ renew: { token, leaseMs, clock: this.#clock() } });
  }

  /** @type {OutboxStore['settle']} */
  async settle({ token, records }) {
    return this.#ask({ settle: { token, records, clock: this.#clock(), at: this.#now() } });
  }

  /** @type {OutboxStore['stats']} */
  async stats() {
    return this.#ask({ stats: { clock: this.#clock() } });
  }

  /** @type {OutboxStore['deadLetters']} */
  async deadLetters({ limit, after }) {
    return this.#ask({ deadLetters: { limit, after: after ?? null } });
  }

  /** @type {OutboxStore['retry']} */
  async retry({ entity, externalId }) {
    return this.#ask({ retry: { entity, externalId } });
  }

  /** @type {NonNullable<OutboxStore['retryAll']>} */
  async retryAll({ olderThanMs }) {
    return this.#ask({ retryAll: { before: this.#before(olderThanMs) } });
  }

  /** @type {OutboxStore['purge']} */
  async purge({ entity, externalId, olderThanMs, pending }) {
    const before = this.#before(olderThanMs);
    return this.#ask({ purge: { entity, externalId, before, pending, clock: this.#clock() } });
  }

  async close() {
    await ask((dispatcher, call) => of(this).close(dispatcher, call));
  }

  /** @param {number | undefined} olderThanMs */
  #before(olderThanMs) {
    return olderThanMs === undefined ? undefined : this.#now() - olderThanMs;
  }

  /** @param {object} request */
  #ask(request) {
    const json = JSON.stringify(request);
    return ask((dispatcher, call) => of(this).ask(dispatcher, call, json));
  }
}

/**
 * @param {object} store
 */
function of(store) {
  const found = natives.get(store);
  if (found === undefined) throw new TypeError('not a store of sqliteOutbox');
  return found;
}

module.exports = { sqliteOutbox };
