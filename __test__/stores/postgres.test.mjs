// The PostgreSQL store on a real server.
import assert from 'node:assert/strict';
import { randomUUID } from 'node:crypto';
import { describe, test } from 'node:test';
import { postgresMappingStore } from '../../index.mjs';
import { usePostgres } from '../helpers/postgres-pools.mjs';
import { hashOf } from './caller-stores.mjs';
import { storeContract } from './contract.mjs';

const { newPool, skip } = await usePostgres();

const common = `
  "id" text PRIMARY KEY NOT NULL, "ever_id" text NOT NULL, "crm_id" text NOT NULL,
  "object_type" text NOT NULL, "version_hash" text`;
const times = (type) => `
  "last_synced_at" ${type} DEFAULT now() NOT NULL, "created_at" ${type} DEFAULT now() NOT NULL,
  "updated_at" ${type} DEFAULT now() NOT NULL`;

/** The tables in installations of the template, by how and when they were made. */
const tables = {
  'migrated, before tenants': {
    columns: `${common}, ${times('timestamptz')}`,
    indexes: [
      'UNIQUE INDEX ON T (ever_id, object_type)',
      'UNIQUE INDEX ON T (crm_id, object_type)',
    ],
  },
  'migrated, with tenants': {
    columns: `${common}, ${times('timestamptz')}, "tenant_id" text`,
    indexes: [
      'UNIQUE INDEX ON T (ever_id, object_type, tenant_id)',
      'UNIQUE INDEX ON T (crm_id, object_type)',
    ],
    options: { tenantId: 'tenant-1' },
  },
  'pushed from the schema, with tenants, times without zone': {
    columns: `${common}, ${times('timestamp')}, "tenant_id" text`,
    indexes: ['UNIQUE INDEX ON T (ever_id, object_type, tenant_id)', 'INDEX ON T (crm_id)'],
    options: { tenantId: 'tenant-1' },
  },
};

let schemas = 0;
/** A schema with the table in it. @param {{ columns: string, indexes: string[] }} table */
async function newSchema({ columns, indexes }) {
  schemas += 1;
  const schema = `s "${schemas}"`;
  const quoted = `"${schema.replaceAll('"', '""')}"`;
  const name = `${quoted}.integration_mappings`;
  const pool = newPool();
  await pool.query(`CREATE SCHEMA ${quoted}`);
  await pool.query(`CREATE TABLE ${name} (${columns})`);
  for (const index of indexes) await pool.query(`CREATE ${index.replace('T', name)}`);
  return { schema, name, pool };
}

for (const [name, table] of Object.entries(tables)) {
  storeContract(
    `PostgreSQL, ${name}`,
    async () => {
      const { schema, pool } = await newSchema(table);
      return postgresMappingStore(pool, { ...table.options, schema });
    },
    { skip },
  );
}

storeContract(
  'PostgreSQL, table of our own',
  async () => {
    schemas += 1;
    const store = postgresMappingStore(newPool(), { table: `mappings ${schemas}` });
    await store.ensureTable();
    return store;
  },
  { skip },
);

describe('PostgreSQL', { skip }, () => {
  const mapping = (fields) => ({
    everId: `e-${randomUUID()}`,
    crmId: randomUUID(),
    objectType: 'person',
    ...fields,
  });

  test('one statement per chunk, whatever it contains', async () => {
    const { schema, pool } = await newSchema(tables['migrated, before tenants']);
    let statements = 0;
    const counting = {
      query: (...args) => {
        statements += 1;
        return pool.query(...args);
      },
    };
    const store = postgresMappingStore(counting, { schema });
    await store.findByEverId('warm-up', 'person');
    const mappings = Array.from({ length: 200 }, () => mapping());
    statements = 0;
    await store.upsertManyMappings(mappings);
    assert.equal(statements, 1);
    await store.findManyByEverIds(
      mappings.map((one) => one.everId),
      'person',
    );
    assert.equal(statements, 2);
  });

  test('tenants do not see each other’s rows', async () => {
    const { schema, pool } = await newSchema(
      tables['pushed from the schema, with tenants, times without zone'],
    );
    const [one, other] = ['t1', 't2'].map((tenantId) =>
      postgresMappingStore(pool, { schema, tenantId }),
    );
    const mine = mapping();
    const theirs = { ...mine, crmId: randomUUID() };
    await one.upsertMapping(mine);
    assert.equal(await other.findByEverId(mine.everId, 'person'), null);
    assert.equal(await other.findByCrmId(mine.crmId, 'person'), null);
    await other.upsertMapping(theirs);
    assert.equal((await one.findByEverId(mine.everId, 'person')).crmId, mine.crmId);
    await other.deleteMapping(mine.everId, 'person');
    assert.equal((await one.findByEverId(mine.everId, 'person')).crmId, mine.crmId);
    await assert.rejects(
      postgresMappingStore(pool, { schema }).findByEverId('e', 'person'),
      /tenantId/,
    );
  });

  test('it reads what the template wrote, and the template reads what it writes', async () => {
    const { schema, name, pool } = await newSchema(
      tables['pushed from the schema, with tenants, times without zone'],
    );
    const data = { name: 'Zoë', plan: null, total_submissions: 3 };
    const at = new Date('2026-03-29T01:30:00.123Z');
    const [theirs, ours] = [mapping(), mapping()];
    // drizzle writes a time without zone as UTC text.
    await pool.query(
      `INSERT INTO ${name} (id, ever_id, crm_id, object_type, version_hash, last_synced_at, tenant_id)
       VALUES ($1, $2, $3, 'person', $4, $5, 't')`,
      [randomUUID(), theirs.everId, theirs.crmId, hashOf(data), at.toISOString()],
    );
    const store = postgresMappingStore(pool, { schema, tenantId: 't' });
    const found = await store.findByEverId(theirs.everId, 'person');
    assert.deepEqual(found, { ...theirs, versionHash: hashOf(data), lastSyncedAt: at });

    await store.upsertMapping({ ...ours, dataForHash: data });
    const { rows } = await pool.query(
      `SELECT version_hash, last_synced_at::text AS at, id FROM ${name} WHERE ever_id = $1`,
      [ours.everId],
    );
    assert.equal(rows[0].version_hash, hashOf(data));
    const utc = new Date(`${rows[0].at.replace(' ', 'T')}Z`);
    assert.ok(Math.abs(Date.now() - utc.getTime()) < 3_600_000, rows[0].at);
    assert.match(rows[0].id, /^[0-9a-f-]{36}$/);
  });

  test('in a session with any time zone', async () => {
    const { schema } = await newSchema(tables['migrated, before tenants']);
    const store = postgresMappingStore(newPool({ options: '-c TimeZone=Asia/Kathmandu' }), {
      schema,
    });
    const one = mapping();
    await store.upsertMapping(one);
    const found = await store.findByEverId(one.everId, 'person');
    assert.ok(Math.abs(Date.now() - found.lastSyncedAt.getTime()) < 3_600_000);
  });

  test('many instances at once', async () => {
    const { schema } = await newSchema(tables['migrated, before tenants']);
    const stores = Array.from({ length: 8 }, () =>
      postgresMappingStore(newPool({ max: 2 }), { schema }),
    );
    const keys = Array.from({ length: 200 }, () => `e-${randomUUID()}`);
    const crmIds = new Map(keys.map((everId) => [everId, randomUUID()]));
    // Each instance has them in its own order: without sorting they would deadlock.
    await Promise.all(
      stores.flatMap((store, at) =>
        Array.from({ length: 10 }, () => {
          const turned = [...keys.slice(at * 25), ...keys.slice(0, at * 25)];
          return store.upsertManyMappings(
            turned.map((everId) => mapping({ everId, crmId: crmIds.get(everId) })),
          );
        }),
      ),
    );
    const found = await stores[0].findManyByEverIds(keys, 'person');
    assert.deepEqual(new Map(found.map((one) => [one.everId, one.crmId])), crmIds);
  });

  test('if a batch has a CRM id several times, the table keeps the last', async () => {
    const { schema } = await newSchema(tables['migrated, before tenants']);
    const store = postgresMappingStore(newPool(), { schema });
    const crmId = randomUUID();
    const [first, second] = [mapping({ crmId }), mapping({ crmId })];
    const bystander = mapping();
    await store.upsertManyMappings([second, bystander, first]);
    assert.equal((await store.findByCrmId(crmId, 'person')).everId, first.everId);
    assert.equal(await store.findByEverId(second.everId, 'person'), null);
    assert.equal((await store.findByEverId(bystander.everId, 'person')).crmId, bystander.crmId);
  });

  test('instances that create the table at the same time', async () => {
    const stores = Array.from({ length: 8 }, () =>
      postgresMappingStore(newPool({ max: 1 }), { table: 'made at once', tenantId: 't' }),
    );
    await Promise.all(stores.map((store) => store.ensureTable()));
    await stores[0].ensureTable();
    const one = mapping();
    await stores[0].upsertMapping(one);
    assert.equal((await stores[7].findByEverId(one.everId, 'person')).crmId, one.crmId);
  });

  test('a missing table is reported, and found once it exists', async () => {
    const pool = newPool();
    const store = postgresMappingStore(pool, { table: 'later' });
    await assert.rejects(store.findByEverId('e', 'person'), (error) => {
      assert.equal(error.code, 'OPERATION_FAILED');
      assert.equal(error.details.reason, 'STORE');
      assert.match(error.message, /no table "later".*ensureTable/);
      return true;
    });
    await store.ensureTable();
    assert.equal(await store.findByEverId('e', 'person'), null);
    await pool.query('CREATE TABLE strange (id text)');
    const strange = postgresMappingStore(pool, { table: 'strange' });
    await assert.rejects(strange.findByEverId('e', 'person'), /no column ever_id, crm_id/);
    await pool.query('CREATE TABLE bare (LIKE later)');
    const bare = postgresMappingStore(pool, { table: 'bare' });
    await assert.rejects(bare.upsertMapping(mapping()), /no unique index/);
    const tenants = postgresMappingStore(pool, { table: 'later', tenantId: 't' });
    await assert.rejects(tenants.findByEverId('e', 'person'), /leave out the option tenantId/);
  });

  test('names of tables and schemas may contain anything', async () => {
    const table = `it's "odd"; DROP TABLE later; --`;
    const store = postgresMappingStore(newPool(), { table, schema: 'public' });
    await store.ensureTable();
    const one = mapping();
    await store.upsertMapping(one);
    assert.equal((await store.findByEverId(one.everId, 'person')).crmId, one.crmId);
  });

  test('errors of a server that is down are retryable', async () => {
    const pool = newPool({ host: '/nowhere' });
    const store = postgresMappingStore(pool, {});
    await assert.rejects(store.findByEverId('e', 'person'), { isRetryable: true });
  });
});

test('a value that is not a pool is refused', () => {
  for (const bad of [undefined, null, {}, 'postgres://localhost']) {
    assert.throws(() => postgresMappingStore(bad), { code: 'VALIDATION_ERROR' });
  }
});
