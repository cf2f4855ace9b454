// PostgreSQL's refusals, and the statements that fix them: the advice is run, and then it works.
import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { postgresMappingStore, postgresOutbox } from '../../index.mjs';
import { rejection } from '../helpers/crm.mjs';
import { usePostgres } from '../helpers/postgres-pools.mjs';

const { newPool, becomeReplica, skip } = await usePostgres();

const mapping = /** @type {const} */ ({ everId: 'e', crmId: 'c', objectType: 'person' });
const change = /** @type {const} */ ({
  ...{ entity: 'person', externalId: '1', needs: null },
  payload: '{"external_id":"1"}',
});
const claim = { token: 't', limit: 10, leaseMs: 60_000, isProbe: false };

/**
 * For each store: create tables, write, read. @type {Record<string, { open: (pool: any, options?: any) => any, creator:
 * string, make: string, uses: ((store: any) => Promise<unknown>)[] }>}
 */
const stores = {
  'the mapping store': {
    ...{ open: postgresMappingStore, creator: 'ensureTable()', make: 'ensureTable' },
    uses: [
      (store) => store.findByEverId('e', 'person'),
      (store) => store.upsertMapping(mapping),
      (store) => store.deleteMapping('e', 'person'),
    ],
  },
  'the outbox': {
    ...{ open: postgresOutbox, creator: 'migrate()', make: 'migrate' },
    uses: [
      (store) => store.stats(),
      (store) => store.enqueue([change]),
      (store) => store.claim(claim),
      (store) => store.purge({ pending: true }),
    ],
  },
};

let names = 0;
/** @param {string} prefix */
const newName = (prefix) => {
  names += 1;
  return `${prefix} "${names}`;
};
const quoted = (/** @type {string} */ name) => `"${name.replaceAll('"', '""')}"`;

/** A role without any rights, and its pool. @param {import('pg').Pool} admin */
async function newRole(admin, options = {}) {
  const role = newName('role');
  await admin.query(`CREATE ROLE ${quoted(role)} LOGIN`);
  return { role, pool: newPool({ user: role, ...options }) };
}

/** The statements in an error that an administrator should run. @param {Error} error */
function statementsOf({ message }) {
  const found = /administrator run: (.*?)(?:\. Or call|$)/.exec(message);
  assert.ok(found, message);
  return found[1];
}

/** @param {any} error @param {RegExp} advice */
function assertRefusal(error, advice) {
  assert.equal(error.code, 'OPERATION_FAILED', `${error}`);
  assert.equal(error.details.reason, 'STORE');
  assert.equal(error.isRetryable, false);
  assert.match(error.message, advice);
}

for (const [name, { open, creator, make, uses }] of Object.entries(stores)) {
  describe(name, { skip }, () => {
    test("a role without CREATE: after the administrator's statements it works", async () => {
      const admin = newPool();
      for (const schema of [undefined, newName('schema')]) {
        if (schema) await admin.query(`CREATE SCHEMA ${quoted(schema)}`);
        const { role, pool } = await newRole(admin);
        if (schema) await admin.query(`GRANT USAGE ON SCHEMA ${quoted(schema)} TO ${quoted(role)}`);
        const store = open(pool, { table: newName('t'), ...(schema && { schema }) });
        const error = await rejection(store[make]());
        assertRefusal(error, /permission denied for schema .*may not create tables/);
        assert.ok(error.message.includes(quoted(schema ?? 'public')), error.message);
        assert.ok(error.message.includes(`Or call ${creator} once`), error.message);
        await admin.query(statementsOf(error));
        await store[make]();
        for (const use of uses) await use(store);
      }
    });

    test('tables of another role: the error names the missing rights', async () => {
      const admin = newPool();
      const schema = newName('schema');
      const table = newName('t');
      await admin.query(`CREATE SCHEMA ${quoted(schema)}`);
      await open(admin, { table, schema })[make]();
      const { role, pool } = await newRole(admin);
      const store = open(pool, { table, schema });
      for (const use of uses) {
        assertRefusal(await rejection(use(store)), /permission denied for schema.*GRANT USAGE ON/);
      }
      await admin.query(`GRANT USAGE ON SCHEMA ${quoted(schema)} TO ${quoted(role)}`);
      const error = await rejection(uses[0](store));
      assertRefusal(error, /permission denied for table .*GRANT SELECT, INSERT, UPDATE, DELETE ON/);
      assert.doesNotMatch(error.message, /create tables/);
      await admin.query(statementsOf(error));
      for (const use of uses) await use(store);
    });

    test('a missing schema, and no schema at all', async () => {
      const admin = newPool();
      const { pool } = await newRole(admin);
      const store = open(pool, { table: newName('t'), schema: newName('schema') });
      const error = await rejection(store[make]());
      assertRefusal(error, /does not exist.*CREATE SCHEMA/);
      await admin.query(statementsOf(error));
      await store[make]();
      const nowhere = await newRole(admin, { options: '-c search_path=' });
      const lost = open(nowhere.pool, { table: newName('t') });
      assertRefusal(await rejection(lost[make]()), /set the option schema/);
    });

    test('row-level security is not reported as a missing right', async () => {
      const admin = newPool();
      const table = newName('t');
      const { role, pool } = await newRole(admin);
      await admin.query(`GRANT CREATE ON SCHEMA public TO ${quoted(role)}`);
      const store = open(pool, { table });
      await store[make]();
      await admin.query(`ALTER TABLE ${quoted(table)} ENABLE ROW LEVEL SECURITY`);
      await admin.query(`ALTER TABLE ${quoted(table)} FORCE ROW LEVEL SECURITY`);
      const error = await rejection(uses[1](store));
      assertRefusal(error, /Row-level security is on.*policy/);
      assert.doesNotMatch(error.message, /GRANT/);
    });

    test('a pool with read-only transactions', async () => {
      const admin = newPool();
      const table = newName('t');
      await open(admin, { table })[make]();
      const pool = newPool({ options: '-c default_transaction_read_only=on' });
      const reading = open(pool, { table });
      assertRefusal(await rejection(uses[1](reading)), /default_transaction_read_only/);
      const other = open(pool, { table: newName('t') });
      assertRefusal(await rejection(other[make]()), /default_transaction_read_only/);
    });
  });
}

describe('the outbox', { skip }, () => {
  test('a caller’s transaction that is read-only, or whose role may not write', async () => {
    const admin = newPool();
    const table = newName('t');
    const store = postgresOutbox(admin, { table });
    await store.migrate();
    const client = await admin.connect();
    await client.query('BEGIN READ ONLY');
    assertRefusal(
      await rejection(store.enqueue([change], { client })),
      /Your transaction is read-only/,
    );
    await client.query('ROLLBACK');
    client.release();
    const { pool } = await newRole(admin, { max: 1 });
    const poor = await pool.connect();
    await poor.query('BEGIN');
    // A pool with one connection, held by the caller: no other query is possible.
    const own = postgresOutbox(pool, { table });
    const error = await rejection(own.enqueue([change], { client: poor }));
    assertRefusal(error, /GRANT SELECT, INSERT, UPDATE, DELETE/);
    await poor.query('ROLLBACK');
    poor.release();
  });

  test('tables that were removed are created again', async () => {
    const pool = newPool();
    const store = postgresOutbox(pool, { table: 'removed' });
    await store.enqueue([change]);
    await pool.query('DROP TABLE removed, removed_lanes, removed_version');
    assertRefusal(await rejection(store.stats()), /were removed; the next call creates them again/);
    await store.enqueue([change]);
    assert.equal((await store.stats()).pending, 1);
  });

  test('another table with the same name', async () => {
    const pool = newPool();
    await pool.query('CREATE TABLE theirs (id text)');
    const error = await rejection(postgresOutbox(pool, { table: 'theirs' }).migrate());
    assertRefusal(error, /already exists.*option table/);
  });
});

describe('a replica', { skip }, () => {
  test('is reported as one, by both stores', async () => {
    const admin = newPool();
    for (const { open, make } of Object.values(stores)) await open(admin, { table: make })[make]();
    await becomeReplica();
    const pool = newPool();
    for (const { open, make, uses } of Object.values(stores)) {
      const store = open(pool, { table: make });
      await uses[0](store);
      for (const use of uses.slice(1)) {
        assertRefusal(await rejection(use(store)), /read-only replica.*address of the primary/);
      }
      const fresh = open(pool, { table: 'fresh' });
      assertRefusal(await rejection(fresh[make]()), /read-only replica.*address of the primary/);
    }
  });
});
