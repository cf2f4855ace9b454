// The outbox on a real PostgreSQL server: the contract, the caller's transactions, instances that start at once.
import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { createTwentyCrmOutbox, postgresOutbox } from '../../index.mjs';
import { usePostgres } from '../helpers/postgres-pools.mjs';
import { outboxStoreContract } from './contract.mjs';
import { company, FakeService, newOutbox, person } from './helpers.mjs';

const { newPool, skip } = await usePostgres();

let tables = 0;
const newTable = () => {
  tables += 1;
  return `outbox "${tables}"`;
};

const shared = skip ? undefined : newPool();
outboxStoreContract('PostgreSQL', (now) => postgresOutbox(shared, { table: newTable(), now }), {
  skip,
});

const change = (externalId, fields = {}, entity = 'person', needs = null) => ({
  entity,
  externalId,
  needs,
  payload: JSON.stringify({ external_id: externalId, ...fields }),
});
const claim = (store, token, options) =>
  store.claim({ token, limit: 100, leaseMs: 60_000, isProbe: false, ...options });
const namesOf = (claims) => claims.map(({ externalId }) => externalId);
const remove = ({ entity, externalId, changes }) => ({
  entity,
  externalId,
  remove: changes.map(({ id }) => id),
  rewrite: [],
  lane: null,
});

describe('PostgreSQL', { skip }, () => {
  test('a change exists exactly if the caller’s transaction commits', async () => {
    const pool = newPool();
    await pool.query('CREATE TABLE profiles (id text PRIMARY KEY)');
    const { outbox, service } = newOutbox({ store: postgresOutbox(pool, { table: newTable() }) });
    for (const end of ['ROLLBACK', 'COMMIT']) {
      const client = await pool.connect();
      await client.query('BEGIN');
      await client.query('INSERT INTO profiles VALUES ($1)', [end]);
      assert.deepEqual(await outbox.enqueuePerson(person(end), { client }), {
        id: `person:${end}`,
      });
      await outbox.enqueueCompany(company(end), { client });
      assert.equal((await outbox.stats()).pending, 0, 'not before the end of the transaction');
      await client.query(end);
      client.release();
    }
    await outbox.drain();
    assert.deepEqual(service.sent, ['*COMMIT', 'COMMIT']);
    assert.equal((await pool.query('SELECT id FROM profiles')).rows.length, 1);
  });

  test('a pool whose only connection the caller holds is enough', async () => {
    const table = newTable();
    await postgresOutbox(newPool(), { table }).migrate();
    const pool = newPool({ max: 1 });
    const store = postgresOutbox(pool, { table });
    const client = await pool.connect();
    await client.query('BEGIN');
    await store.enqueue([change('1')], { client });
    await client.query('COMMIT');
    client.release();
    assert.deepEqual(namesOf(await claim(store, 't')), ['1']);
  });

  test('a failed transaction is left to the caller', async () => {
    const pool = newPool();
    const store = postgresOutbox(pool, { table: newTable() });
    await store.migrate();
    const client = await pool.connect();
    await client.query('BEGIN');
    await assert.rejects(client.query('SELECT nonsense'));
    await assert.rejects(store.enqueue([change('1')], { client }), {
      code: 'OPERATION_FAILED',
      isRetryable: false,
      message: /transaction is aborted/,
    });
    await client.query('ROLLBACK');
    client.release();
    assert.equal((await store.stats()).pending, 0);
  });

  test('a change that commits late does not disturb a claimed record, and is not lost', async () => {
    const pool = newPool();
    const store = postgresOutbox(pool, { table: newTable() });
    await store.migrate();
    const late = await pool.connect();
    await late.query('BEGIN');
    await store.enqueue([change('1', { plan: 'late' })], { client: late });
    await store.enqueue([change('1', { plan: 'early' })]);
    const first = await claim(store, 'a');
    assert.deepEqual(
      first[0].changes.map(({ payload }) => JSON.parse(payload).plan),
      ['early'],
    );
    await late.query('COMMIT');
    late.release();
    assert.deepEqual(await claim(store, 'b'), []);
    assert.deepEqual(await store.settle({ token: 'a', records: first.map(remove) }), [true]);
    const [second] = await claim(store, 'c');
    assert.deepEqual(
      second.changes.map(({ payload }) => JSON.parse(payload).plan),
      ['late'],
    );
  });

  test('no call waits for a caller’s transaction', async () => {
    const pool = newPool();
    const store = postgresOutbox(pool, { table: newTable() });
    await store.enqueue([change('1')]);
    const open = await pool.connect();
    await open.query('BEGIN');
    await store.enqueue([change('1'), change('2')], { client: open });
    await store.enqueue([change('1'), change('2')]);
    const claims = await claim(store, 'a');
    assert.deepEqual(namesOf(claims), ['1', '2']);
    assert.deepEqual(await store.settle({ token: 'a', records: claims.map(remove) }), [true, true]);
    await open.query('COMMIT');
    open.release();
    assert.deepEqual(namesOf(await claim(store, 'b')), ['1', '2']);
  });

  test('in sessions of any isolation level', async () => {
    for (const level of ['repeatable read', 'serializable']) {
      const options = `-c default_transaction_isolation=${level.replace(' ', '\\ ')}`;
      const table = newTable();
      const stores = Array.from({ length: 4 }, () =>
        postgresOutbox(newPool({ options, max: 2 }), { table }),
      );
      const names = Array.from({ length: 40 }, (_, at) => `id ${at}`);
      await stores[0].enqueue(names.map((name) => change(name)));
      const seen = [];
      await Promise.all(
        stores.map(async (store, at) => {
          for (let round = 0; seen.length < names.length; round += 1) {
            const token = `${at} ${round}`;
            const claims = await retried(() => claim(store, token, { limit: 5 }));
            seen.push(...namesOf(claims));
            await retried(() => store.settle({ token, records: claims.map(remove) }));
          }
        }),
      );
      assert.deepEqual(seen.sort(), [...names].sort(), level);
    }
  });

  /** A race that is lost too often is reported as retryable. */
  async function retried(work) {
    while (true) {
      try {
        return await work();
      } catch (error) {
        if (!error.isRetryable) throw error;
      }
    }
  }

  test('instances that start at once create the tables once', async () => {
    const table = newTable();
    const stores = Array.from({ length: 8 }, () => postgresOutbox(newPool({ max: 1 }), { table }));
    await Promise.all(stores.map((store, at) => store.enqueue([change(`${at}`)])));
    assert.equal((await stores[0].stats()).pending, 8);
    await Promise.all(stores.map((store) => store.migrate()));
  });

  test('tables of a newer version are not changed, and the error says so', async () => {
    const table = newTable();
    const pool = newPool();
    await postgresOutbox(pool, { table }).migrate();
    const version = `"${`${table}_version`.replaceAll('"', '""')}"`;
    await pool.query(`UPDATE ${version} SET version = 99`);
    const store = postgresOutbox(pool, { table });
    await assert.rejects(store.enqueue([change('1')]), {
      code: 'OPERATION_FAILED',
      isRetryable: false,
      message: /newer version of twenty-crm-native: update the package/,
    });
    assert.equal((await pool.query(`SELECT version FROM ${version}`)).rows[0].version, 99);
    // An instance that was already running while another one migrated learns it from the database.
    const racing = postgresOutbox(
      {
        query: (text, values) =>
          pool.query(
            text.includes('to_regclass') ? 'SELECT false AS found' : text,
            text.includes('to_regclass') ? [] : values,
          ),
      },
      { table },
    );
    await assert.rejects(racing.stats(), /newer version of twenty-crm-native/);
  });

  test('a role that may not create tables works once they exist', async () => {
    const table = 'for_a_plain_role';
    const admin = newPool();
    await admin.query('CREATE ROLE plain LOGIN');
    await admin.query('REVOKE CREATE ON SCHEMA public FROM PUBLIC');
    const store = postgresOutbox(newPool({ user: 'plain' }), { table });
    await assert.rejects(store.stats(), { isRetryable: false, message: /permission denied/ });
    await postgresOutbox(admin, { table }).migrate();
    for (const suffix of ['', '_lanes', '_version']) {
      await admin.query(`GRANT SELECT, INSERT, UPDATE, DELETE ON ${table}${suffix} TO plain`);
    }
    await store.enqueue([change('1')]);
    const claims = await claim(store, 't');
    assert.deepEqual(await store.settle({ token: 't', records: claims.map(remove) }), [true]);
  });

  test('names of tables and schemas may contain anything', async () => {
    const pool = newPool();
    await pool.query('CREATE SCHEMA "it\'s; odd"');
    const store = postgresOutbox(pool, { schema: "it's; odd", table: '"; DROP TABLE x; --' });
    await store.enqueue([change('1')]);
    assert.equal((await store.stats()).pending, 1);
  });

  test('errors of a server that is down are retryable', async () => {
    const store = postgresOutbox(newPool({ host: '/nowhere' }));
    await assert.rejects(store.enqueue([change('1')]), { isRetryable: true });
  });

  test('two instances share the work, and each record is delivered once', async () => {
    const table = newTable();
    const service = new FakeService();
    const outboxes = Array.from({ length: 2 }, () =>
      createTwentyCrmOutbox({
        service,
        store: postgresOutbox(newPool({ max: 3 }), { table }),
        batchSize: 10,
      }),
    );
    await Promise.all(
      Array.from({ length: 100 }, (_, at) => outboxes[at % 2].enqueuePerson(person(`${at}`))),
    );
    await Promise.all(outboxes.map((outbox) => outbox.drain()));
    const sent = service.runs.flatMap(({ inputs }) => inputs.map((one) => one.external_id));
    assert.deepEqual(sent.sort(), Array.from({ length: 100 }, (_, at) => `${at}`).sort());
    await Promise.all(outboxes.map((outbox) => outbox.close()));
  });
});

test('invalid arguments are refused', () => {
  for (const bad of [undefined, null, {}, 'postgres://localhost']) {
    assert.throws(() => postgresOutbox(bad), { code: 'VALIDATION_ERROR' });
  }
  const pool = { query: async () => ({ rows: [] }) };
  for (const table of ['', 'x'.repeat(49), 7]) {
    assert.throws(() => postgresOutbox(pool, { table }), { code: 'VALIDATION_ERROR' });
  }
});

test('an invalid client is refused before any query', async () => {
  const pool = { query: () => assert.fail('asked') };
  const { outbox } = newOutbox({ store: postgresOutbox(pool) });
  for (const client of [null, undefined, {}, 5, 'tx', { query: 'SELECT' }]) {
    const options = /** @type {any} */ ({ client });
    for (const call of [
      () => outbox.enqueuePerson(person('1'), options),
      () => outbox.enqueueCompany(company('1'), options),
    ]) {
      await assert.rejects(call(), (error) => {
        assert.deepEqual([error.code, error.details.field], ['VALIDATION_ERROR', 'client']);
        return true;
      });
    }
  }
  await assert.rejects(postgresOutbox(pool).enqueue([change('1')], { client: {} }), {
    code: 'VALIDATION_ERROR',
    details: { field: 'client' },
  });
});
