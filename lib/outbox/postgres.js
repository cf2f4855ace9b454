'use strict';

const { invalid } = require('../serialise.js');
const check = require('../stores/check.js');
const { UNDEFINED_TABLE, canQuery, codeOf, runQuery } = require('../stores/postgres-query.js');
const { quoted } = require('../stores/postgres-sql.js');
const { readNamed } = require('./arguments.js');
const { NEWER_VERSION, NEWEST, createStatements, migrate } = require('./postgres-sql.js');

/**
 * @typedef {import('../../index.js').OutboxStore} OutboxStore
 * @typedef {import('../../index.js').PostgresPool} PostgresPool
 */

const OPTIONS = /** @type {const} */ (['table', 'schema', 'now']);

const DEFAULT_TABLE = 'twenty_crm_outbox';

/** What to do about refusals, by PostgreSQL's code. */
const ADVICE = {
  [UNDEFINED_TABLE]: '. Its tables were removed; the next call makes them again',
  '42P07': '. Somebody else has a table of that name: give the option table another one',
};

/** PostgreSQL cuts longer names off, and indexes need some of it. */
const LONGEST_NAME = 48;

/**
 * See `index.d.ts`.
 * @param {PostgresPool} pool
 * @param {import('../../index.js').PostgresOutboxOptions} [options]
 */
function postgresOutbox(pool, options) {
  return new PostgresOutbox(pool, options ?? {});
}

class PostgresOutbox {
  #pool;
  #tables;
  #schema;
  #statements;
  #now;
  #isClosed = false;
  /** @type {Promise<void> | undefined} The tables are there, in the newest version. */
  #ready;

  /**
   * @param {PostgresPool} pool
   * @param {import('../../index.js').PostgresOutboxOptions} options
   */
  constructor(pool, options) {
    if (!canQuery(pool)) {
      throw invalid('pool', 'pool must be a pool of the package pg: it has no query');
    }
    const { table = DEFAULT_TABLE, schema, now } = readNamed('postgresOutbox', options, OPTIONS);
    check.text('table', table);
    if (Buffer.byteLength(table) > LONGEST_NAME) {
      throw invalid('table', `table must have ${LONGEST_NAME} bytes at most`);
    }
    if (now !== undefined && typeof now !== 'function') {
      throw invalid('now', 'now must be a function');
    }
    this.#schema = schema === undefined ? undefined : quoted(check.text('schema', schema));
    const prefix = this.#schema === undefined ? '' : `${this.#schema}.`;
    const name = (/** @type {string} */ suffix) => `${prefix}${quoted(table + suffix)}`;
    this.#pool = pool;
    this.#tables = { changes: name(''), lanes: name('_lanes'), version: name('_version') };
    this.#statements = createStatements(this.#tables);
    this.#now = () => now?.() ?? null;
  }

  /** @type {OutboxStore['enqueue']} */
  async enqueue(changes, options) {
    const client = /** @type {any} */ (options?.client);
    if (client !== undefined && !canQuery(client)) {
      throw invalid('client', 'client must be a client of the package pg: it has no query');
    }
    this.#requireOpen();
    await this.#prepared(client);
    const values = [
      changes.map(({ entity }) => entity),
      changes.map(({ externalId }) => externalId),
      changes.map(({ needs }) => needs),
      changes.map(({ payload }) => payload),
      this.#now(),
    ];
    await this.#query(this.#statements.enqueue, values, client);
  }

  /** @type {OutboxStore['claim']} */
  async claim({ token, limit, leaseMs, isProbe }) {
    await this.#open();
    const { due, probe, held } = this.#statements;
    const values = [token, limit, leaseMs, this.#now()];
    const lanes = await this.#query(isProbe ? probe : due, values);
    if (lanes.length === 0) return [];
    // Only now: what is read while the lane is held is all that there is, whatever was done a moment ago.
    const rows = await this.#query(held, [token]);
    const attempts = new Map(
      lanes.map((lane) => [check.keyOf(lane.entity, lane.external_id), lane.attempts]),
    );
    /** @type {Map<string, import('../../index.js').OutboxClaim>} In the order of their oldest changes. */
    const claims = new Map();
    for (const row of rows) {
      const key = check.keyOf(row.entity, row.external_id);
      const claim = claims.get(key) ?? toClaim(row, attempts.get(key));
      claims.set(key, claim);
      claim.changes.push({
        id: row.id,
        payload: row.payload,
        isDead: row.is_dead,
        enqueuedAt: Number(row.enqueued_at),
      });
    }
    // Those that another worker has emptied meanwhile have to be given back as well.
    for (const lane of lanes) {
      const key = check.keyOf(lane.entity, lane.external_id);
      if (!claims.has(key)) claims.set(key, toClaim(lane, lane.attempts));
    }
    return [...claims.values()];
  }

  /** @type {OutboxStore['renew']} */
  async renew({ token, leaseMs }) {
    await this.#open();
    const rows = await this.#query(this.#statements.renew, [token, leaseMs, this.#now()]);
    return rows.length;
  }

  /** @type {OutboxStore['settle']} */
  async settle({ token, records }) {
    await this.#open();
    const rewritten = records.flatMap(({ rewrite }) => rewrite);
    const rows = await this.#query(this.#statements.settle, [
      token,
      records.map(({ entity }) => entity),
      records.map(({ externalId }) => externalId),
      records.map(({ lane }) => lane?.attempts ?? null),
      records.map(({ lane }) => lane?.delayMs ?? 0),
      records.flatMap(({ remove }) => remove),
      rewritten.map(({ id }) => id),
      rewritten.map(({ payload }) => payload),
      rewritten.map(({ needs }) => needs),
      rewritten.map(({ dead }) => (dead === null ? null : JSON.stringify(dead))),
      this.#now(),
    ]);
    const held = new Set(rows.map((row) => check.keyOf(row.entity, row.external_id)));
    return records.map(({ entity, externalId }) => held.has(check.keyOf(entity, externalId)));
  }

  /** @type {OutboxStore['stats']} */
  async stats() {
    await this.#open();
    const [row] = await this.#query(this.#statements.stats, [this.#now()]);
    return {
      pending: Number(row.pending),
      changes: Number(row.changes),
      oldestAt: row.oldest_at === null ? null : Number(row.oldest_at),
      deadLetters: Number(row.dead_letters),
      inFlight: Number(row.in_flight),
      delayed: Number(row.delayed),
    };
  }

  /** @type {OutboxStore['deadLetters']} */
  async deadLetters({ limit, after }) {
    await this.#open();
    const values = [after?.entity ?? '', after?.externalId ?? '', limit];
    const rows = await this.#query(this.#statements.dead, values);
    return rows.map((row) => ({
      entity: row.entity,
      externalId: row.external_id,
      payload: row.payload,
      info: JSON.parse(row.info),
      enqueuedAt: Number(row.enqueued_at),
      deadAt: Number(row.dead_at),
    }));
  }

  /** @type {OutboxStore['retry']} */
  async retry({ entity, externalId }) {
    await this.#open();
    const rows = await this.#query(this.#statements.retry, [entity, externalId]);
    return rows.length > 0;
  }

  /** @type {NonNullable<OutboxStore['retryAll']>} */
  async retryAll({ olderThanMs }) {
    await this.#open();
    const values = [olderThanMs ?? null, this.#now()];
    const [{ found }] = await this.#query(this.#statements.retryAll, values);
    return Number(found);
  }

  /** @type {OutboxStore['purge']} */
  async purge({ entity, externalId, olderThanMs, pending }) {
    await this.#open();
    const values = [pending, entity ?? null, externalId ?? null, olderThanMs ?? null, this.#now()];
    const [{ gone }] = await this.#query(this.#statements.purge, values);
    await this.#query(this.#statements.tidy, [this.#now()]);
    return Number(gone);
  }

  async migrate() {
    await this.#open();
  }

  async close() {
    this.#isClosed = true;
  }

  #requireOpen() {
    if (this.#isClosed) throw check.storeError('the store is closed: make a new one');
  }

  async #open() {
    this.#requireOpen();
    await this.#prepared(undefined);
  }

  /**
   * Once; a failure is not remembered.
   * @param {PostgresPool | undefined} client a connection of the caller's: what it can tell need not wait for another
   */
  #prepared(client) {
    if (this.#ready === undefined) {
      const preparing = this.#prepare(client);
      this.#ready = preparing;
      preparing.catch(() => {
        if (this.#ready === preparing) this.#ready = undefined;
      });
    }
    return this.#ready;
  }

  /** @param {PostgresPool | undefined} client */
  async #prepare(client) {
    const { exists, version } = this.#statements;
    const [{ found }] = await this.#query(exists, [this.#tables.version], client);
    if (found) {
      const [{ version: at }] = await this.#query(version, [], client);
      if (at > NEWEST) throw newer(this.#tables.changes);
      if (at === NEWEST) return;
    }
    try {
      // Never on the caller's connection: it would be undone with the caller's transaction.
      await this.#query(migrate(this.#tables), [], undefined, 'migrate()');
    } catch (error) {
      throw codeOf(error) === NEWER_VERSION ? newer(this.#tables.changes) : error;
    }
  }

  /**
   * @param {string} text
   * @param {unknown[]} values
   * @param {PostgresPool} [client]
   * @param {string} [creator] the method that makes the tables
   */
  async #query(text, values, client, creator) {
    try {
      return await runQuery(client ?? this.#pool, text, values, {
        what: `outbox ${this.#tables.changes}`,
        tables: Object.values(this.#tables),
        schema: this.#schema,
        creator,
        advice: ADVICE,
        isOnce: client !== undefined,
      });
    } catch (error) {
      if (codeOf(error) === UNDEFINED_TABLE) this.#ready = undefined;
      throw error;
    }
  }
}

/**
 * @param {any} row
 * @param {number} attempts
 * @returns {import('../../index.js').OutboxClaim}
 */
function toClaim(row, attempts) {
  return { entity: row.entity, externalId: row.external_id, attempts, changes: [] };
}

/** @param {string} table */
function newer(table) {
  return check.storeError(
    `the tables of the outbox ${table} were made by a newer version of twenty-crm-native: update the package`,
  );
}

module.exports = { postgresOutbox };
