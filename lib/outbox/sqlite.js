'use strict';

const native = require('../native.js');
const { readOptions } = require('../options.js');
const { invalid } = require('../serialise.js');
const { ask, construct } = require('../stores/native-call.js');
const { secretsJsonOf } = require('../stores/secrets.js');

/** @typedef {import('../../index.js').OutboxStore} OutboxStore */

/**
 * What all processes of a machine have in common and nobody sets: the time since it was started. Leases and delays are
 * by it.
 */
const uptimeMs = () => Math.floor(Number(process.hrtime.bigint() / 1_000n) / 1_000);

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
  #steadyNow;

  /**
   * @param {string} path
   * @param {import('../../index.js').SqliteOutboxOptions} [options]
   */
  constructor(path, options) {
    if (typeof path !== 'string') throw invalid('path', 'path must be a string', undefined);
    const { now: given } = readOptions('options', options ?? undefined, ['now']);
    const now = given ?? Date.now;
    if (typeof now !== 'function') throw invalid('now', 'now must be a function', undefined);
    this.#now = now;
    this.#steadyNow = given ?? uptimeMs;
    const secrets = secretsJsonOf(options);
    natives.set(
      this,
      construct(() => new native.SqliteOutbox(path, secrets)),
    );
  }

  /** @type {OutboxStore['enqueue']} */
  async enqueue(changes, options) {
    if (options?.client !== undefined) {
      throw invalid(
        'client',
        'client is for postgresOutbox: SQLite has no other client',
        undefined,
      );
    }
    await this.#ask({ enqueue: { changes, at: this.#now() } });
  }

  /** @type {OutboxStore['claim']} */
  async claim({ token, limit, leaseMs, isProbe }) {
    const now = this.#steadyNow();
    return this.#ask({ claim: { token, limit, isProbe, now, until: now + leaseMs } });
  }

  /** @type {OutboxStore['renew']} */
  async renew({ token, leaseMs }) {
    const now = this.#steadyNow();
    return this.#ask({ renew: { token, now, until: now + leaseMs } });
  }

  /** @type {OutboxStore['settle']} */
  async settle({ token, records }) {
    return this.#ask({ settle: { token, records, now: this.#steadyNow(), at: this.#now() } });
  }

  /** @type {OutboxStore['stats']} */
  async stats() {
    return this.#ask({ stats: { now: this.#steadyNow() } });
  }

  /** @type {OutboxStore['deadLetters']} */
  async deadLetters({ limit, after }) {
    return this.#ask({ deadLetters: { limit, after: after ?? null } });
  }

  /** @type {OutboxStore['retry']} */
  async retry({ entity, externalId }) {
    return this.#ask({ retry: { entity, externalId } });
  }

  /** @type {OutboxStore['purge']} */
  async purge({ entity, externalId, olderThanMs, pending }) {
    const before = olderThanMs === undefined ? undefined : this.#now() - olderThanMs;
    const now = this.#steadyNow();
    return this.#ask({ purge: { entity, externalId, before, pending, now } });
  }

  async close() {
    await ask((dispatcher, call) => of(this).close(dispatcher, call));
  }

  /** @param {object} request */
  #ask(request) {
    const json = JSON.stringify(request);
    return ask((dispatcher, call) => of(this).ask(dispatcher, call, json));
  }
}

/**
 * @param {object} store
 * @returns {import('../../native.js').SqliteOutbox}
 */
function of(store) {
  const found = natives.get(store);
  if (found === undefined) throw new TypeError('not a store of sqliteOutbox');
  return found;
}

module.exports = { sqliteOutbox };
