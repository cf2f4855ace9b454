// The outbox with the real service on the simulator: outages, refused keys, the rate limit, many records.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import {
  createTwentyCrmOutbox,
  createTwentyCrmSyncService,
  sqliteMappingStore,
  sqliteOutbox,
} from '../../index.mjs';
import { useSim } from '../helpers/crm.mjs';
import { person } from './helpers.mjs';

const crm = useSim({ preset: 'provisioned' });

/** Almost no wait. */
const HASTY = { initialBackoffMs: 1, maxBackoffMs: 2, pollIntervalMs: 5 };

function newOutbox(
  options,
  service = crm.service({ mappingStore: sqliteMappingStore(':memory:') }),
) {
  const errors = [];
  const outbox = createTwentyCrmOutbox({
    service,
    store: sqliteOutbox(':memory:'),
    onError: (error, { kind }) => errors.push([kind, error.code]),
    ...HASTY,
    ...options,
  });
  return { outbox, errors };
}

const rowsOf = async (plural, key) =>
  new Map((await crm.sim.records(plural)).map((row) => [row[key], row]));

test('people with their companies are delivered in batches, once each', async () => {
  const { outbox } = newOutbox();
  await Promise.all(
    Array.from({ length: 1_000 }, (_, at) =>
      outbox.enqueuePerson(person(`b${at}`, { company_external_id: `bc${at % 20}` })),
    ),
  );
  for (let at = 0; at < 20; at += 1) {
    await outbox.enqueueCompany({ external_id: `bc${at}`, name: `Company ${at}` });
  }
  const requests = await crm.requestsOf(() => outbox.drain());
  const people = await rowsOf('people', 'externalId');
  const companies = await rowsOf('companies', 'externalId');
  for (let at = 0; at < 1_000; at += 1) {
    assert.equal(people.get(`b${at}`).companyId, companies.get(`bc${at % 20}`).id);
  }
  assert.equal((await crm.sim.records('people')).filter((row) => row.externalId).length, 1_000);
  assert.ok(requests < 40, `${requests} requests`);
});

test('edits made during an outage are complete after it, and people are linked', async () => {
  const { outbox, errors } = newOutbox();
  await crm.sim.addFaults({ action: { type: 'status', status: 503 } });
  outbox.start();
  for (let round = 0; round < 20; round += 1) {
    for (let at = 0; at < 10; at += 1) {
      await outbox.enqueuePerson(
        person(`o${at}`, {
          total_submissions: round,
          company_external_id: 'oc',
          ...(round === 3 && { city: 'Lyon' }),
        }),
      );
    }
    if (round === 10) await outbox.enqueueCompany({ external_id: 'oc', name: 'Acme' });
  }
  assert.equal((await outbox.stats()).pending, 11);
  await crm.sim.clearFaults();
  await outbox.drain();
  const people = await rowsOf('people', 'externalId');
  const { id } = (await rowsOf('companies', 'externalId')).get('oc');
  for (let at = 0; at < 10; at += 1) {
    const { totalSubmissions, city, companyId } = people.get(`o${at}`);
    assert.deepEqual([totalSubmissions, city, companyId], [19, 'Lyon', id]);
  }
  assert.equal((await outbox.stats()).deadLetters, 0);
  assert.ok(errors.length > 0 && errors.every(([kind]) => kind === 'away'), `${errors}`);
  await outbox.close();
});

test('a revoked key pauses the outbox; with a good one everything is delivered', async () => {
  const store = sqliteOutbox(':memory:');
  const revoked = createTwentyCrmSyncService({
    baseUrl: crm.sim.baseUrl,
    apiKey: crm.sim.keys.revoked,
  });
  const { outbox, errors } = newOutbox({ store }, revoked);
  for (let at = 0; at < 5; at += 1) await outbox.enqueuePerson(person(`k${at}`));
  await assert.rejects(outbox.drain(), { code: 'AUTH_ERROR' });
  assert.deepEqual(errors, [['paused', 'AUTH_ERROR']]);
  const { state, pending, deadLetters } = await outbox.stats();
  assert.deepEqual([state, pending, deadLetters], ['paused', 5, 0]);
  await newOutbox({ store }).outbox.drain();
  const people = await rowsOf('people', 'externalId');
  for (let at = 0; at < 5; at += 1) assert.ok(people.has(`k${at}`));
});

test('a base URL with /rest at its end pauses the outbox, and drops no change', async () => {
  const service = crm.service({}, { baseUrl: `${crm.sim.baseUrl}/rest` });
  const { outbox, errors } = newOutbox({}, service);
  for (const id of ['u1', 'u2', 'u3']) await outbox.enqueuePerson(person(id));
  const { pending, deadLettered } = await outbox.flush({ timeoutMs: 50 });
  assert.deepEqual([pending, deadLettered], [3, 0]);
  assert.deepEqual(errors[0], ['paused', 'UNKNOWN']);
  await outbox.stop();
});

test('a record that the server refuses becomes a dead letter; others are delivered', async () => {
  const { outbox } = newOutbox();
  await crm.sim.addFaults({
    bodyContains: 'refused@example.com',
    method: 'POST',
    path: '/rest/',
    action: {
      type: 'status',
      status: 400,
      body: { statusCode: 400, error: 'BadRequestException', messages: ['Invalid value'] },
    },
  });
  for (const id of ['before', 'refused', 'after']) await outbox.enqueuePerson(person(id));
  await outbox.drain();
  const people = await rowsOf('people', 'externalId');
  assert.deepEqual(
    ['before', 'refused', 'after'].map((id) => people.has(id)),
    [true, false, true],
  );
  const [letter] = await outbox.deadLetters();
  assert.deepEqual([letter.id, letter.error.code], ['person:refused', 'VALIDATION_ERROR']);
  await crm.sim.clearFaults();
  await outbox.retryDeadLetter(letter.id);
  await outbox.drain();
  assert.ok((await rowsOf('people', 'externalId')).has('refused'));
});

test('refusals by a proxy, or during a server update, drop no change', async () => {
  const invalidQuery = {
    errors: [
      {
        message: 'Cannot query field "x" on type "Person".',
        extensions: { code: 'GRAPHQL_VALIDATION_FAILED' },
      },
    ],
  };
  const lookUps = { method: 'POST', path: '/graphql' };
  const writes = { method: 'POST', path: '/rest' };
  const page = { body: '<html>nope</html>', contentType: 'text/html' };
  const refused = [
    [lookUps, { status: 400, body: invalidQuery }],
    [lookUps, { status: 200, body: invalidQuery }],
    [lookUps, { status: 400, ...page }],
    [lookUps, { status: 413, body: { message: 'too large' } }],
    [writes, { status: 400, ...page }],
    [writes, { status: 400, body: { message: 'Bad request' } }],
    [writes, { status: 413, ...page }],
    [writes, { status: 405, body: { message: 'Method not allowed' } }],
  ];
  for (const [at, [where, answer]] of refused.entries()) {
    const ids = ['1', '2', '3'].map((id) => `refused-${at}-${id}`);
    const { outbox, errors } = newOutbox();
    for (const id of ids) await outbox.enqueuePerson(person(id));
    await crm.sim.addFaults({ ...where, action: { type: 'status', ...answer } });
    const { pending, deadLettered } = await outbox.flush({ timeoutMs: 50 });
    assert.deepEqual([pending, deadLettered], [3, 0], JSON.stringify(answer));
    assert.equal(errors[0][0], 'paused');
    await crm.sim.clearFaults();
    await outbox.drain();
    const people = await rowsOf('people', 'externalId');
    assert.ok(ids.every((id) => people.has(id)));
    await outbox.close();
  }
});

test('connections that break in any phase lose and duplicate nothing', async () => {
  const { outbox } = newOutbox({ batchSize: 40 });
  for (const type of [
    'resetBefore',
    'resetAfter',
    'resetMidBody',
    'truncateBody',
    'databaseDown',
  ]) {
    await crm.sim.addFaults({ probability: 0.1, action: { type } });
  }
  for (let at = 0; at < 200; at += 1) await outbox.enqueuePerson(person(`f${at}`));
  await outbox.drain();
  await crm.sim.clearFaults();
  const rows = (await crm.sim.records('people')).filter((row) => row.externalId?.startsWith('f'));
  assert.equal(rows.length, 200);
  assert.equal(new Set(rows.map((row) => row.externalId)).size, 200);
  assert.equal((await outbox.stats()).deadLetters, 0);
});
