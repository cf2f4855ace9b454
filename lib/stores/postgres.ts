import { randomUUID } from 'node:crypto';
import type {
  MappedObjectType,
  Mapping,
  MappingInput,
  PostgresMappingStoreOptions,
  PostgresPool,
  PostgresMappingStore as PublicStore,
} from '../../index.js';
import { optionSchema } from '../option-schema.js';
import { readOptions, requireKnown } from '../options.js';
import { invalid } from '../serialise.js';
import * as check from './check.js';
import { canQuery, codeOf, runQuery, UNDEFINED_TABLE } from './postgres-query.js';
import type { Statements, TableFacts } from './postgres-sql.js';
import { createStatements, createTable, quoted, TABLE_FACTS } from './postgres-sql.js';
import { hashOf } from './version-hash.js';

type Row = MappingInput & { at: number; hash: string | null; key: string };

const OPTIONS = optionSchema<PostgresMappingStoreOptions>({
  table: 'here',
  schema: 'here',
  tenantId: 'here',
});

const DEFAULT_TABLE = 'integration_mappings';

/** Rows per statement: keeps a statement well below a megabyte. */
const CHUNK = 1_000;

/** @see https://www.postgresql.org/docs/current/errcodes-appendix.html */
const UNIQUE_VIOLATION = '23505';

/**
 * Mappings in PostgreSQL, on the caller's own pool and in the template's table `integration_mappings`, whichever
 * version of the template made it. Safe for any number of instances. Reads and writes up to 1000 mappings per
 * statement. If the table allows a CRM id only once, the latest write gets it.
 * @throws {TwentyCrmApiError} `VALIDATION_ERROR` if an argument is not valid.
 */
function postgresMappingStore(
  pool: PostgresPool,
  options?: PostgresMappingStoreOptions,
): PublicStore {
  return new PostgresMappingStore(pool, options ?? {});
}

class PostgresMappingStore implements PublicStore {
  #pool;
  #table;
  #schema;
  #tenantId;
  #now = check.createClock();
  #isClosed = false;
  #statements: Promise<Statements> | undefined;

  constructor(pool: PostgresPool, options: PostgresMappingStoreOptions) {
    if (!canQuery(pool)) {
      throw invalid('pool', 'pool must be a pool of the package pg: it has no method query');
    }
    requireKnown('postgresMappingStore', options, OPTIONS.known);
    const given = readOptions('options', options, OPTIONS.names);
    const { table = DEFAULT_TABLE, schema, tenantId } = given;
    const name = quoted(check.text('table', table));
    this.#pool = pool;
    this.#schema = schema === undefined ? undefined : quoted(check.text('schema', schema));
    this.#table = this.#schema === undefined ? name : `${this.#schema}.${name}`;
    this.#tenantId = tenantId === undefined ? null : check.text('tenantId', tenantId);
  }

  async findByEverId(everId: string, objectType: MappedObjectType) {
    const found = await this.findManyByEverIds([everId], objectType);
    return found[0] ?? null;
  }

  async findByCrmId(crmId: string, objectType: MappedObjectType) {
    const type = check.objectType(objectType);
    const id = check.text('crmId', crmId);
    const rows = await this.#run<MappingRow>(({ findByCrmId }) => [findByCrmId, [type, id]]);
    return rows.length === 0 ? null : toMapping(rows[0]);
  }

  async findManyByEverIds(everIds: string[], objectType: MappedObjectType) {
    const type = check.objectType(objectType);
    const ids = check.everIds(everIds);
    const found: Mapping[] = [];
    for (const chunk of chunks(ids)) {
      const rows = await this.#run<MappingRow>(({ find }) => [find, [type, chunk]]);
      found.push(...rows.map(toMapping));
    }
    return found;
  }

  async upsertMapping(mapping: MappingInput) {
    await this.upsertManyMappings([mapping]);
  }

  async upsertManyMappings(mappings: MappingInput[]) {
    const rows = check.mappingInputs(mappings).map((mapping, at) => ({
      ...mapping,
      at,
      hash: hashOf(mapping),
      key: check.keyOf(mapping.objectType, mapping.everId),
    }));
    // The same order everywhere, so that two instances cannot deadlock.
    rows.sort((a, b) => (a.key < b.key ? -1 : 1));
    const now = this.#now();
    for (const chunk of chunks(rows)) await this.#write(chunk, now);
  }

  async #write(rows: Row[], now: number) {
    try {
      await this.#insert(rows, now);
    } catch (error) {
      if (codeOf(error) !== UNIQUE_VIOLATION) throw error;
      // The template's table allows a CRM id in one mapping only: the earlier owner has lost the record, so its mapping
      // goes.
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

  async #insert(rows: Row[], now: number) {
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

  async deleteMapping(everId: string, objectType: MappedObjectType) {
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
    if (this.#isClosed) throw check.storeError('the store is closed: create a new one');
  }

  async #run<Found>(choose: (statements: Statements) => [string, unknown[]]) {
    this.#requireOpen();
    const [text, values] = choose(await this.#prepared());
    return this.#query<Found>(text, this.#tenantId === null ? values : [...values, this.#tenantId]);
  }

  /** A failure is not cached. */
  #prepared() {
    if (this.#statements === undefined) {
      const reading = this.#query<TableFacts>(TABLE_FACTS, [this.#table]).then((rows) =>
        createStatements(this.#table, rows[0], this.#tenantId),
      );
      this.#statements = reading;
      reading.catch(() => {
        if (this.#statements === reading) this.#statements = undefined;
      });
    }
    return this.#statements;
  }

  /** @param creator the method that creates the table */
  #query<Found>(text: string, values: unknown[], creator?: string) {
    return runQuery<Found>(this.#pool, text, values, {
      ...{ what: `table ${this.#table}`, tables: [this.#table], schema: this.#schema, creator },
      advice: { [UNDEFINED_TABLE]: ': run the template’s migrations, or call ensureTable() once' },
    });
  }
}

/** For each CRM id, only the last row with it. */
function lastOwners(rows: Row[]) {
  const owners: Map<string, Row> = new Map();
  for (const row of rows) {
    const key = check.keyOf(row.objectType, row.crmId);
    const known = owners.get(key);
    if (known === undefined || known.at < row.at) owners.set(key, row);
  }
  return rows.filter((row) => owners.get(check.keyOf(row.objectType, row.crmId)) === row);
}

function* chunks<T>(items: T[]) {
  for (let at = 0; at < items.length; at += CHUNK) yield items.slice(at, at + CHUNK);
}

interface MappingRow {
  ever_id: string;
  crm_id: string;
  object_type: string;
  version_hash: string | null;
  synced_ms: unknown;
}

function toMapping(row: MappingRow): Mapping {
  return {
    everId: row.ever_id,
    crmId: row.crm_id,
    objectType: row.object_type,
    versionHash: row.version_hash,
    // A double, which some older drivers return as a string.
    lastSyncedAt: new Date(Math.round(Number(row.synced_ms))),
  };
}

export { postgresMappingStore };
