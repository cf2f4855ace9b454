// Enqueued changes: the order of delivery, and what is refused. No server, no real time.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import {
  createTwentyCrmOutbox,
  createTwentyCrmSyncService,
  postgresOutbox,
  sqliteOutbox,
} from '../../index.mjs';
import { company, FakeService, invalid, newOutbox, person } from './helpers.mjs';

test('several edits of a record are delivered as one, field by field', async () => {
  const { outbox, service } = newOutbox();
  await outbox.enqueuePerson(person('1', { plan: 'free', city: 'Lyon', phone: '1' }));
  await outbox.enqueuePerson(person('1', { plan: 'premium', city: undefined, job_title: null }));
  await outbox.enqueuePerson(person('1', { name: 'New Name', phone: null }));
  const { pending, changes } = await outbox.stats();
  assert.deepEqual([pending, changes], [1, 3]);
  await outbox.drain();
  assert.deepEqual(service.runs, [
    {
      entity: 'person',
      inputs: [
        person('1', {
          name: 'New Name',
          plan: 'premium',
          city: 'Lyon',
          phone: null,
          job_title: null,
        }),
      ],
    },
  ]);
});

test('companies are delivered before people, and all in batches', async () => {
  const { outbox, service } = newOutbox({ batchSize: 3 });
  await outbox.enqueuePerson(person('p1', { company_external_id: 'c2' }));
  await outbox.enqueuePerson(person('p2'));
  await outbox.enqueueCompany(company('c1'));
  await outbox.enqueueCompany(company('c2'));
  await outbox.enqueuePerson(person('p3'));
  await outbox.drain();
  assert.deepEqual(service.sent, ['*c1 *c2', 'p2', 'p1 p3']);
});

test('inputs that a service would refuse are refused before they are stored', async () => {
  const { outbox } = newOutbox();
  const throwing = Object.defineProperty({}, 'external_id', {
    enumerable: true,
    get() {
      throw new Error('no');
    },
  });
  const cycle = person('1');
  cycle.self = cycle;
  for (const [field, call] of [
    ['external_id', () => outbox.enqueuePerson({ name: 'x', email: 'x@example.com' })],
    ['external_id', () => outbox.enqueuePerson(person('nul \0'))],
    ['external_id', () => outbox.enqueuePerson(throwing)],
    ['name', () => outbox.enqueuePerson(person('1', { name: ' ' }))],
    ['email', () => outbox.enqueuePerson(person('1', { email: 'nope' }))],
    [
      'total_submissions',
      () => outbox.enqueuePerson(person('1', { total_submissions: Number.NaN })),
    ],
    ['self', () => outbox.enqueuePerson(cycle)],
    ['name', () => outbox.enqueueCompany({ external_id: '1' })],
    ['input', () => outbox.enqueueCompany(undefined)],
    ['input', () => outbox.enqueueCompany([company('1')])],
    ['client', () => outbox.enqueueCompany(company('1'), { client: {} })],
    ['client', () => outbox.enqueuePerson(person('1'), { client: null })],
    ['client', () => outbox.enqueueCompany(company('1'), { client: undefined })],
    ['client', () => outbox.enqueuePerson(person('1'), Object.create({ client: null }))],
  ]) {
    await assert.rejects(call(), (error) => {
      assert.equal(error.code, 'VALIDATION_ERROR', `${error}`);
      assert.equal(error.details.field, field);
      return true;
    });
  }
  await assert.rejects(outbox.enqueuePerson(person('half \ud800')), { code: 'VALIDATION_ERROR' });
  assert.equal((await outbox.stats()).changes, 0);
});

test('inputs that the service’s options allow are accepted', async () => {
  const event = [];
  const lax = createTwentyCrmSyncService(
    {},
    { mode: 'platform', invalidEmail: 'leave_out', publish: (one) => event.push(one) },
  );
  const bad = person('1', { email: 'nope' });
  const { outbox } = newOutbox({ service: lax });
  await outbox.enqueuePerson(bad);
  await outbox.drain();
  assert.equal(event[0].payload.email, 'nope');
  await newOutbox({ invalidEmail: 'leave_out' }).outbox.enqueuePerson(bad);
});

test('in platform mode each record is published once', async () => {
  const events = [];
  const service = createTwentyCrmSyncService(
    {},
    { mode: 'platform', publish: async (event) => events.push(event) },
  );
  const { outbox } = newOutbox({ service });
  await outbox.enqueuePerson(person('1', { plan: 'a' }));
  await outbox.enqueuePerson(person('1', { plan: 'b' }));
  await outbox.enqueueCompany(company('2'));
  await outbox.drain();
  assert.deepEqual(
    events.map(({ type, payload }) => [type, payload.external_id, payload.plan]),
    [
      ['company.upsert', '2', undefined],
      ['person.upsert', '1', 'b'],
    ],
  );
});

test('a publish function that throws for one record holds back only that one', async () => {
  const published = [];
  const service = createTwentyCrmSyncService(
    {},
    {
      mode: 'platform',
      publish: async ({ payload }) => {
        if (payload.external_id === '1') throw new Error('the queue refuses it');
        published.push(payload.external_id);
      },
    },
  );
  const { outbox, errors } = newOutbox({ service });
  for (const id of ['1', '2', '3']) await outbox.enqueuePerson(person(id));
  const { delivered, pending } = await outbox.flush({ timeoutMs: 1 });
  assert.deepEqual([delivered, pending, published], [2, 1, ['2', '3']]);
  assert.deepEqual(
    errors.map(({ kind, records }) => [kind, records]),
    [['records', 1]],
  );
  assert.equal((await outbox.stats()).deadLetters, 0);
});

test('changes are enqueued in call order, awaited or not', async () => {
  const { outbox, service } = newOutbox();
  await Promise.all(
    Array.from({ length: 500 }, (_, at) => outbox.enqueuePerson(person('1', { plan: `${at}` }))),
  );
  await outbox.drain();
  assert.equal(service.crm.get('person:1').plan, '499');
  assert.equal(service.runs.length, 1);
});

test('edits during delivery arrive in order, and the last one wins', async () => {
  const { outbox, service } = newOutbox();
  const seen = [];
  service.answer = ({ total_submissions: count }) => {
    seen.push(count);
  };
  outbox.start();
  for (let at = 1; at <= 300; at += 1) {
    await outbox.enqueuePerson(person('1', { total_submissions: at }));
  }
  await outbox.drain();
  await outbox.stop();
  assert.deepEqual(
    seen,
    [...seen].sort((a, b) => a - b),
  );
  assert.equal(seen.at(-1), 300);
});

test('a closed outbox rejects with a clear error', async () => {
  const { outbox, service } = newOutbox();
  const last = outbox.enqueuePerson(person('1'));
  // As `await using` does.
  await outbox[Symbol.asyncDispose]();
  await last;
  await outbox.close();
  for (const call of [
    () => outbox.enqueuePerson(person('1')),
    () => outbox.drain(),
    () => outbox.flush(),
    () => outbox.stats(),
  ]) {
    await assert.rejects(call(), { code: 'OPERATION_FAILED', message: /closed/ });
  }
  assert.throws(() => outbox.start(), /closed/);
  assert.deepEqual(service.runs, []);
});

test('invalid options and arguments are refused by name', async () => {
  const store = sqliteOutbox(':memory:');
  const service = new FakeService();
  for (const [field, options] of [
    ['options', undefined],
    ['service', {}],
    ['service', { service: { syncPersons() {} }, store }],
    ['store', { service }],
    ['store', { service, store: { enqueue() {} } }],
    ['batchSize', { service, store, batchSize: 0 }],
    ['batchSize', { service, store, batchSize: Number.NaN }],
    ['leaseMs', { service, store, leaseMs: 10 }],
    ['maxBackoffMs', { service, store, maxBackoffMs: 3_600_001 }],
    ['leaseMs', { service, store, leaseMs: 1_800_001 }],
    ['leaseMS', { service, store, leaseMS: 60_000 }],
    ['onError', { service, store, onError: 'log' }],
    ['clock', { service, store, clock: {} }],
    ['invalidEmail', { service, store, invalidEmail: 'maybe' }],
  ]) {
    assert.throws(
      () => createTwentyCrmOutbox(options),
      (error) => {
        assert.equal(error.code, 'VALIDATION_ERROR', `${field}: ${error}`);
        assert.equal(error.details.field, field);
        return true;
      },
    );
  }
  const outbox = createTwentyCrmOutbox({ service, store });
  for (const [field, call] of [
    ['timeoutMs', () => outbox.flush({ timeoutMs: -1 })],
    ['timeoutMs', () => outbox.stop({ timeoutMs: 0.5 })],
    ['signal', () => outbox.drain({ signal: {} })],
    ['limit', () => outbox.deadLetters({ limit: 0 })],
    ['after', () => outbox.deadLetters({ after: '7' })],
    ['id', () => outbox.retryDeadLetter('cli_1')],
    ['id', () => outbox.purge({ id: 'people:1' })],
    ['olderThanMs', () => outbox.purge({ olderThanMs: 'all' })],
    ['pending', () => outbox.purge({ pending: 'yes' })],
    ['all', () => outbox.purge({ pending: true, all: 'yes' })],
    ['all', () => outbox.purge({ id: 'person:1', pending: true, all: true })],
    ['olderThanMs', () => outbox.retryDeadLetters({ olderThanMs: -1 })],
    ['olderThanMs', () => outbox.retryDeadLetters({ olderThanMs: undefined })],
    ['id', () => outbox.retryDeadLetters({ id: 'person:1' })],
    ['timeoutMS', () => outbox.flush({ timeoutMS: 1 })],
    ['timeout', () => outbox.stop({ timeout: 1 })],
    ['timeoutMs', () => outbox.drain({ timeoutMs: 1 })],
    ['page', () => outbox.deadLetters({ page: 1 })],
    ['cliënt', () => outbox.enqueuePerson(person('1'), { cliënt: null })],
  ]) {
    await assert.rejects(call(), (error) => {
      assert.equal(error.code, 'VALIDATION_ERROR', `${field}: ${error}`);
      assert.equal(error.details.field, field);
      return true;
    });
  }
  for (const bad of [undefined, '', 'nul\0']) {
    assert.throws(() => sqliteOutbox(bad), { code: 'VALIDATION_ERROR' });
  }
  assert.throws(() => sqliteOutbox(':memory:', { secret: 'short' }), { code: 'VALIDATION_ERROR' });
  assert.throws(() => sqliteOutbox(':memory:', { secrett: 'x' }), {
    details: { field: 'secrett' },
  });
  const pool = { query: () => assert.fail('asked') };
  assert.throws(() => postgresOutbox(pool, { tabel: 'x' }), { details: { field: 'tabel' } });
});

test('a purge with an undefined id never deletes all records', async () => {
  const { outbox, service } = newOutbox();
  service.answer = ({ external_id: id }) => (id === 'dead' ? invalid : undefined);
  await outbox.enqueuePerson(person('dead'));
  await outbox.drain();
  for (const id of ['1', '2']) await outbox.enqueuePerson(person(id));
  for (const [field, options] of [
    ['id', { id: undefined, pending: true }],
    ['id', { id: null, pending: true }],
    ['id', { id: undefined }],
    ['id', { pending: true }],
    ['id', { pending: true, olderThanMs: 0 }],
    ['id', { id: undefined, pending: true, all: true }],
    ['olderThanMs', { olderThanMs: undefined }],
    ['olderThanMs', { olderThanMs: null, pending: true, all: true }],
    ['Id', { Id: 'person:1', pending: true }],
    ['ids', { ids: ['person:1'], pending: true, all: true }],
  ]) {
    await assert.rejects(outbox.purge(options), (error) => {
      assert.equal(error.code, 'VALIDATION_ERROR');
      assert.equal(error.details.field, field);
      assert.ok(error.message.includes(field), error.message);
      return true;
    });
  }
  const { pending, deadLetters } = await outbox.stats();
  assert.deepEqual([pending, deadLetters], [2, 1]);
  assert.equal(await outbox.purge({ id: 'person:1', pending: true }), 1);
  assert.equal(await outbox.purge({ all: true }), 1, 'dead letters only');
  assert.equal(await outbox.purge({ pending: true, all: true }), 1);
});
