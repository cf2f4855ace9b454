import { invalid } from '../serialise.js';
import { storeError } from './check.js';

export interface TableFacts {
  /** null if there is no such table */
  columns: string[] | null;
  /** type of `last_synced_at` */
  time_type: string | null;
  /** columns of each unique index, sorted by name and joined by commas */
  unique_keys: string[];
}

export interface Statements {
  /** type, ever ids */
  find: string;
  /** type, CRM id */
  findByCrmId: string;
  /** ids, types, ever ids, CRM ids, hashes, milliseconds */
  upsert: string;
  /** types, ever ids, CRM ids */
  displace: string;
  /** type, ever id */
  remove: string;
}

/** Versions of the template, and their migrations, made different tables. */
const TABLE_FACTS = `
  SELECT
    (SELECT array_agg(attname::text) FROM pg_attribute
      WHERE attrelid = t.oid AND attnum > 0 AND NOT attisdropped) AS columns,
    (SELECT format_type(atttypid, NULL) FROM pg_attribute
      WHERE attrelid = t.oid AND attname = 'last_synced_at' AND NOT attisdropped) AS time_type,
    ARRAY(SELECT (SELECT string_agg(a.attname::text, ',' ORDER BY a.attname::text)
        FROM pg_attribute a WHERE a.attrelid = t.oid AND a.attnum = ANY (i.indkey))
      FROM pg_index i
      WHERE i.indrelid = t.oid AND i.indisunique AND i.indisvalid AND i.indimmediate
        AND i.indpred IS NULL AND i.indexprs IS NULL) AS unique_keys
  FROM (SELECT to_regclass($1)::oid AS oid) t`;

const COLUMNS = [
  'id',
  'ever_id',
  'crm_id',
  'object_type',
  'version_hash',
  'last_synced_at',
  'created_at',
  'updated_at',
];

const KEY = 'ever_id,object_type';
const TENANT_KEY = 'ever_id,object_type,tenant_id';

/**
 * Advisory lock for instances that create the table at the same time. The number is arbitrary; other programs must not
 * use it.
 */
const CREATION_LOCK = 8_391_407_512;

function quoted(name: string) {
  if (name.includes('$create$')) {
    throw invalid('table', 'names of tables and schemas must not hold "$create$"');
  }
  return `"${name.replaceAll('"', '""')}"`;
}

/**
 * With a tenant, its id is the last parameter of each.
 * @param table quoted
 */
function createStatements(table: string, facts: TableFacts, tenantId: string | null) {
  requireFit(table, facts, tenantId);
  const hasTenant = tenantId !== null;
  const mine = (position: number, alias = 't') =>
    hasTenant ? ` AND ${alias}.tenant_id = $${position}` : '';
  const isZoned = (facts.time_type ?? '').includes('with time zone');
  const at = isZoned
    ? 'to_timestamp($6::float8 / 1000)'
    : "(to_timestamp($6::float8 / 1000) AT TIME ZONE 'UTC')";
  // For a time without zone this reads it as UTC, which is what the template writes.
  const row = `t.ever_id, t.crm_id, t.object_type, t.version_hash,
    (extract(epoch FROM t.last_synced_at) * 1000)::float8 AS synced_ms FROM ${table} t`;
  const conflict = facts.unique_keys.includes(KEY) ? KEY : TENANT_KEY;
  return {
    find: `SELECT ${row} WHERE t.object_type = $1 AND t.ever_id = ANY ($2::text[])${mine(3)}`,
    findByCrmId: `SELECT ${row} WHERE t.object_type = $1 AND t.crm_id = $2${mine(3)}
      ORDER BY t.last_synced_at DESC LIMIT 1`,
    upsert: `INSERT INTO ${table} AS t (id, object_type, ever_id, crm_id, version_hash,
        last_synced_at, created_at, updated_at${hasTenant ? ', tenant_id' : ''})
      SELECT n.*, ${at}, ${at}, ${at}${hasTenant ? ', $7::text' : ''}
      FROM unnest($1::text[], $2::text[], $3::text[], $4::text[], $5::text[]) AS n
      ON CONFLICT (${conflict}) DO UPDATE SET
        crm_id = excluded.crm_id,
        version_hash = excluded.version_hash,
        last_synced_at = excluded.last_synced_at,
        updated_at = excluded.updated_at`,
    displace: `DELETE FROM ${table} t
      USING unnest($1::text[], $2::text[], $3::text[]) AS n (object_type, ever_id, crm_id)
      WHERE t.object_type = n.object_type AND t.crm_id = n.crm_id AND t.ever_id <> n.ever_id${mine(4)}`,
    remove: `DELETE FROM ${table} t WHERE t.object_type = $1 AND t.ever_id = $2${mine(3)}
      RETURNING t.ever_id`,
  };
}

function requireFit(table: string, facts: TableFacts, tenantId: string | null) {
  const { columns, unique_keys: uniqueKeys } = facts ?? {};
  const isList = (value: unknown) => Array.isArray(value);
  if (!(columns === null || (isList(columns) && isList(uniqueKeys)))) {
    throw storeError(`the pool does not describe the table ${table}: it is not a pool of pg`);
  }
  if (columns === null) {
    throw storeError(
      `there is no table ${table}: run the template’s migrations, or call ensureTable() once`,
    );
  }
  const missing = COLUMNS.filter((name) => !columns.includes(name));
  if (missing.length > 0) {
    throw storeError(
      `table ${table} has no column ${missing.join(', ')}: it is not the template’s table of mappings`,
    );
  }
  if (tenantId !== null && !columns.includes('tenant_id')) {
    throw storeError(`table ${table} has no column tenant_id: leave out the option tenantId`);
  }
  if (uniqueKeys.includes(KEY)) return;
  if (!uniqueKeys.includes(TENANT_KEY)) {
    throw storeError(
      `table ${table} has no unique index on (ever_id, object_type): run the template’s migrations`,
    );
  }
  if (tenantId === null) {
    throw storeError(`table ${table} keeps tenants apart: give the option tenantId`);
  }
}

/**
 * Creates the table as the template's migrations do. Instances that create it at the same time wait for each other. It
 * is one statement, so that a pool cannot spread it over several connections.
 * @param table quoted
 */
function createTable(table: string, hasTenant: boolean) {
  const literal = `'${table.replaceAll("'", "''")}'`;
  return `DO $create$ BEGIN
    PERFORM pg_advisory_xact_lock(${CREATION_LOCK});
    IF to_regclass(${literal}) IS NULL THEN
      CREATE TABLE ${table} (
        id text PRIMARY KEY NOT NULL,
        ever_id text NOT NULL,
        crm_id text NOT NULL,
        object_type text NOT NULL,
        last_synced_at timestamptz NOT NULL DEFAULT now(),
        version_hash text,
        created_at timestamptz NOT NULL DEFAULT now(),
        updated_at timestamptz NOT NULL DEFAULT now(),
        ${hasTenant ? 'tenant_id text NOT NULL,' : ''}
        UNIQUE (ever_id, object_type${hasTenant ? ', tenant_id' : ''})
      );
      CREATE INDEX ON ${table} (crm_id);
    END IF;
  END $create$`;
}

export { createStatements, createTable, quoted, TABLE_FACTS };
