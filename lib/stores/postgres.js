'use strict';

const { randomUUID } = require('node:crypto');
const { readOptions, requireKnown } = require('../options.js');
const { invalid } = require('../serialise.js');
const check = require('./check.js');
const { UNDEFINED_TABLE, canQuery, codeOf, runQuery } = require('./postgres-query.js');
const { createStatements, createTable, quoted, TABLE_FACTS } = require('./postgres-sql.js');
const { hashOf } = require('./version-hash.js');

/** @typedef {import('../../index.js').Mapping} Mapping */
/** @typedef {import('../../index.js').MappedObjectType} MappedObjectType */
/** @typedef {import('./postgres-sql.js').Statements} Statements */
/** @typedef {import('../../index.js').MappingInput & { at: number, hash: string | null, key: string }} Row */

/** Names of `PostgresMappingStoreOptions`. */
const OPTIONS = /** @type {const} */ (['table', 'schema', 'tenantId']);

/** @type {ReadonlySet<string>} */
const KNOWN_OPTIONS = new Set(OPTIONS);

const DEFAULT_TABLE = 'integration_mappings';

/** Rows per statement: a statement stays well below a megabyte. */
const CHUNK = 1_000;

/** @see https://www.postgresql.org/docs/current/errcodes-appendix.html */
const UNIQUE_VIOLATION = '23505';

/**
 * See `index.d.ts`.
 * @param {import('../../index.js').PostgresPool} pool
 * @param {import('../../index.js').PostgresMappingStoreOptions} [options]
 */
function postgresMappingStore(pool, options) {
  return new PostgresMappingStore(pool, options ?? {});
}

class PostgresMappingStore {
  #pool;
  #table;
  #schema;
  #tenantId;
  #now = check.createClock();
  #isClosed = false;
  /** @type {Promise<Statements> | undefined} */
  #statements;

  /**
   * @param {import('../../index.js').PostgresPool} pool
   * @param {import('../../index.js').PostgresMappingStoreOptions} options
   */
  constructor(pool, options) {
    if (!canQuery(pool)) {
      throw invalid('pool', 'pool must be a pool of the package pg: it has no query');
    }
    requireKnown('postgresMappingStore', options, KNOWN_OPTIONS);
    const given = readOptions('options', options, OPTIONS);
    const { table = DEFAULT_TABLE, schema, tenantId } = given;
    const name = quoted(check.text('table', table));
    this.#pool = pool;
    this.#schema = schema === undefined ? undefined : quoted(check.text('schema', schema));
    this.#table = this.#schema === undefined ? name : `${this.#schema}.${name}`;
    this.#tenantId = tenantId === undefined ? null : check.text('tenantId', tenantId);
  }

  /**
   * @param {string} everId
   * @param {MappedObjectType} objectType
   */
  async findByEverId(everId, objectType) {
    const found = await this.findManyByEverIds([everId], objectType);
    return found[0] ?? null;
  }

  /**
   * @param {string} crmId
   * @param {MappedObjectType} objectType
   */
  async findByCrmId(crmId, objectType) {
    const type = check.objectType(objectType);
    const id = check.text('crmId', crmId);
    const rows = await this.#run(({ findByCrmId }) => [findByCrmId, [type, id]]);
    return rows.length === 0 ? null : toMapping(rows[0]);
  }

  /**
   * @param {string[]} everIds
   * @param {MappedObjectType} objectType
   */
  async findManyByEverIds(everIds, objectType) {
    const type = check.objectType(objectType);
    const ids = check.everIds(everIds);
    /** @type {Mapping[]} */
    const found = [];
    for (const chunk of chunks(ids)) {
      const rows = await this.#run(({ find }) => [find, [type, chunk]]);
      found.push(...rows.map(toMapping));
    }
    return found;
  }

  /** @param {import('../../index.js').MappingInput} mapping */
  async upsertMapping(mapping) {
    await this.upsertManyMappings([mapping]);
  }

  /** @param {import('../../index.js').MappingInput[]} mappings */
  async upsertManyMappings(mappings) {
    const rows = check.mappingInputs(mappings).map((mapping, at) => ({
      ...mapping,
      at,
      hash: hashOf(mapping),
      key: check.keyOf(mapping.objectType, mapping.everId),
    }));
    // In one order everywhere, so that no two instances wait for each other's rows.
    rows.sort((a, b) => (a.key < b.key ? -1 : 1));
    const now = this.#now();
    for (const chunk of chunks(rows)) await this.#write(chunk, now);
  }

  /**
   * @param {Row[]} rows
   * @param {number} now
   */
  async #write(rows, now) {
    try {
      await this.#insert(rows, now);
    } catch (error) {
      if (codeOf(error) !== UNIQUE_VIOLATION) throw error;
      // The template's table lets a CRM id belong to one mapping only: whoever had it before has lost the record.
      const owners = lastOwners(rows);
      await this.#run(({ displace }) => [
        displace,
        [
          owners.map((row) => row.objectType),
          owners.map((row) => row.everId),
          owners.map((row) => row.crmId),
        ],
      ]);
      await this.#insert(owners, now);
    }
  }

  /**
   * @param {Row[]} rows
   * @param {number} now
   */
  async #insert(rows, now) {
    await this.#run(({ upsert }) => [
      upsert,
      [
        rows.map(() => randomUUID()),
        rows.map((row) => row.objectType),
        rows.map((row) => row.everId),
        rows.map((row) => row.crmId),
        rows.map((row) => row.hash),
        now,
      ],
    ]);
  }

  /**
   * @param {string} everId
   * @param {MappedObjectType} objectType
   */
  async deleteMapping(everId, objectType) {
    const type = check.objectType(objectType);
    const id = check.text('everId', everId);
    const rows = await this.#run(({ remove }) => [remove, [type, id]]);
    return rows.length > 0;
  }

  async ensureTable() {
    this.#requireOpen();
    const create = createTable(this.#table, this.#tenantId !== null);
    await this.#query(create, [], 'ensureTable()');
    this.#statements = undefined;
    await this.#prepared();
  }

  async close() {
    this.#isClosed = true;
  }

  #requireOpen() {
    if (this.#isClosed) throw check.storeError('the store is closed: make a new one');
  }

  /**
   * @param {(statements: Statements) => [string, unknown[]]} choose
   */
  async #run(choose) {
    this.#requireOpen();
    const [text, values] = choose(await this.#prepared());
    return this.#query(text, this.#tenantId === null ? values : [...values, this.#tenantId]);
  }

  /** A failure is not remembered. */
  #prepared() {
    if (this.#statements === undefined) {
      const reading = this.#query(TABLE_FACTS, [this.#table]).then(
        (rows) =>
          /** @type {Statements} */ (createStatements(this.#table, rows[0], this.#tenantId)),
      );
      this.#statements = reading;
      reading.catch(() => {
        if (this.#statements === reading) this.#statements = undefined;
      });
    }
    return this.#statements;
  }

  /**
   * @param {string} text
   * @param {unknown[]} values
   * @param {string} [creator] the method that makes the table
   */
  #query(text, values, creator) {
    return runQuery(this.#pool, text, values, {
      ...{ what: `table ${this.#table}`, tables: [this.#table], schema: this.#schema, creator },
      advice: { [UNDEFINED_TABLE]: ': run the template’s migrations, or call ensureTable() once' },
    });
  }
}

/**
 * Of rows with one CRM id, the one that was given last.
 * @param {Row[]} rows
 */
function lastOwners(rows) {
  /** @type {Map<string, Row>} */
  const owners = new Map();
  for (const row of rows) {
    const key = check.keyOf(row.objectType, row.crmId);
    const known = owners.get(key);
    if (known === undefined || known.at < row.at) owners.set(key, row);
  }
  return rows.filter((row) => owners.get(check.keyOf(row.objectType, row.crmId)) === row);
}

/**
 * @template T
 * @param {T[]} items
 */
function* chunks(items) {
  for (let at = 0; at < items.length; at += CHUNK) yield items.slice(at, at + CHUNK);
}

/**
 * @param {any} row
 * @returns {Mapping}
 */
function toMapping(row) {
  return {
    everId: row.ever_id,
    crmId: row.crm_id,
    objectType: row.object_type,
    versionHash: row.version_hash,
    // A double, which drivers read as a number or, in older ones, as a text.
    lastSyncedAt: new Date(Math.round(Number(row.synced_ms))),
  };
}

module.exports = { postgresMappingStore };
