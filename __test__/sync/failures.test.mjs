// The outcome of an upsert if the server, the key or the network is at fault: the rows of docs/errors.md.
import assert from 'node:assert/strict';
import { createServer } from 'node:http';
import { test } from 'node:test';
import { createTwentyCrmSyncService, isTwentyCrmError, TwentyCrmApiError } from '../../index.mjs';
import { newPerson, rejection, useSim } from '../helpers/crm.mjs';

const crm = useSim({ preset: 'provisioned' });

/** A service with a short timeout, in a process that has read the schema. @param {object} config */
async function impatient(config) {
  await crm.service().upsertPerson(newPerson());
  return crm.service({}, config);
}

test('a key without permission: AUTH_ERROR, nothing written, one schema reading by OpenAPI', async () => {
  const service = crm.service({}, { apiKey: crm.sim.keys.readOnly });
  const error = await rejection(service.upsertPerson(newPerson()));
  assert.ok(error instanceof TwentyCrmApiError && isTwentyCrmError(error));
  assert.equal(error.code, 'AUTH_ERROR');
  assert.equal(error.isRetryable, false);
  assert.equal(error.details.reason, 'permission');
  assert.equal((await crm.sim.records('people')).length, 0);
});

test('a revoked, an expired and an invalid key each have their own error', async () => {
  for (const [key, status, reason] of [
    [crm.sim.keys.revoked, 403, 'revoked'],
    [crm.sim.keys.expired, 401, 'expired'],
    ['no-such-key-at-all', 401, 'invalid'],
  ]) {
    const error = await rejection(crm.service({}, { apiKey: key }).upsertPerson(newPerson()));
    assert.equal(error.code, 'AUTH_ERROR', reason);
    assert.equal(error.status, status, reason);
    assert.equal(error.details.reason, reason);
    assert.equal(error.isRetryable, false);
    assert.ok(!JSON.stringify(error).includes(key));
  }
});

test('a key without the right to metadata can still write', async () => {
  const service = crm.service({}, { apiKey: crm.sim.keys.noMetadata });
  const person = newPerson({ job_title: 'Reader', plan: 'premium' });
  const result = await service.upsertPerson(person);
  assert.equal(result.created, true);
  assert.equal(result.data.plan, 'premium');
  service.clearCache();
  const again = await service.upsertPerson(person);
  assert.equal(again.id, result.id);
  assert.equal(again.created, false);
});

test('a base URL that is not the API’s own address is never blamed on a record, alone and in bulk', async () => {
  for (const path of ['/rest', '/graphql', '/objects/people']) {
    const service = crm.service({}, { baseUrl: `${crm.sim.baseUrl}${path}` });
    const errors = [await rejection(service.upsertPerson(newPerson()))];
    for await (const { error } of service.syncPersons([newPerson()])) errors.push(error);
    for (const error of errors) {
      assert.equal(error.code, 'UNKNOWN', path);
      assert.equal(error.details.reason, 'NOT_TWENTY');
      assert.match(error.message, /without \/rest/);
    }
  }
});

test('a wrong base URL that answers HTML is reported as not Twenty', async () => {
  const server = createServer((_, response) => {
    response.setHeader('content-type', 'text/html');
    response.end('<!doctype html><title>Welcome</title>');
  });
  await new Promise((resolve) => server.listen(0, '127.0.0.1', () => resolve(undefined)));
  const { port } = /** @type {import('node:net').AddressInfo} */ (server.address());
  try {
    const service = createTwentyCrmSyncService({
      baseUrl: `http://127.0.0.1:${port}`,
      apiKey: 'some-api-key-1234',
    });
    const error = await rejection(service.upsertPerson(newPerson()));
    assert.equal(error.code, 'UNKNOWN');
    assert.equal(error.isRetryable, false);
    assert.match(error.message, /base URL/);
  } finally {
    server.closeAllConnections();
    await new Promise((resolve) => server.close(resolve));
  }
});

test('a body that stalls on every attempt: a look-up confirms the write, and there is one record', async () => {
  const service = await impatient({ timeout: 300 });
  await crm.sim.addFaults({ method: 'POST', path: '/rest/people', action: { type: 'stallBody' } });
  const person = newPerson();
  const result = await service.upsertPerson(person);
  assert.equal(result.created, true);
  const rows = (await crm.sim.records('people')).filter(
    (row) => row.externalId === person.external_id,
  );
  assert.equal(rows.length, 1);
});

test('a server that stalls before it reads: TIMEOUT, retryable, with the attempts', async () => {
  const service = await impatient({ timeout: 300, maxRetries: 2 });
  await crm.sim.addFaults({ method: 'POST', action: { type: 'stallHeaders' } });
  const error = await rejection(service.upsertPerson(newPerson()));
  // The look-up that could confirm the write stalls as well, so the outcome is unknown, and the error says so.
  assert.equal(error.code, 'OPERATION_FAILED');
  assert.equal(error.isRetryable, true);
  assert.equal(error.details.reason, 'OUTCOME_UNKNOWN');
  assert.equal(error.details.originalCode, 'TIMEOUT');
  assert.equal(error.details.attempt, 3);
});

test('a read that stalls is a TIMEOUT', async () => {
  const service = await impatient({ timeout: 300, maxRetries: 1 });
  await crm.sim.addFaults({ method: 'POST', path: '/graphql', action: { type: 'stallBody' } });
  const person = newPerson({ company_external_id: 'some-company' });
  const error = await rejection(service.upsertPerson(person));
  assert.equal(error.code, 'TIMEOUT');
  assert.equal(error.isRetryable, true);
  const rows = await crm.sim.records('people');
  assert.ok(rows.every((row) => row.externalId !== person.external_id));
});

test('no listener: NETWORK_ERROR, retryable', async () => {
  const server = createServer();
  await new Promise((resolve) => server.listen(0, '127.0.0.1', () => resolve(undefined)));
  const { port } = /** @type {import('node:net').AddressInfo} */ (server.address());
  await new Promise((resolve) => server.close(resolve));
  const service = createTwentyCrmSyncService({
    baseUrl: `http://127.0.0.1:${port}`,
    apiKey: 'some-api-key-1234',
    initialBackoffMs: 1,
    maxRetries: 1,
  });
  const error = await rejection(service.upsertPerson(newPerson()));
  assert.equal(error.code, 'NETWORK_ERROR');
  assert.equal(error.isRetryable, true);
});

test('5xx and an unreachable database are retried, and then succeed', async () => {
  const service = crm.service();
  await service.upsertPerson(newPerson());
  for (const action of [
    { type: 'status', status: 503, body: { message: 'unavailable' } },
    { type: 'databaseDown' },
    { type: 'rateLimited', ttlMs: 100 },
    { type: 'truncateBody' },
    { type: 'resetMidBody' },
  ]) {
    await crm.sim.addFaults({ method: 'POST', path: '/rest/people', times: 2, action });
    const result = await service.upsertPerson(newPerson());
    assert.equal(result.created, true, action.type);
    await crm.sim.clearFaults();
  }
});

test('a failed look-up is never taken for "no such row"', async () => {
  const person = newPerson();
  await crm.service().upsertPerson(person);
  const stranger = newPerson({ email: person.email });
  for (const body of [
    {
      data: { people: null },
      errors: [{ message: 'broken', extensions: { code: 'INTERNAL_SERVER_ERROR' } }],
    },
    { data: { people: null } },
    { errors: [{ message: 'broken', extensions: { code: 'BAD_USER_INPUT' } }] },
  ]) {
    await crm.sim.addFaults({
      method: 'POST',
      path: '/graphql',
      action: { type: 'status', status: 200, body },
    });
    const service = crm.service({}, { maxRetries: 0 });
    const error = await rejection(service.upsertPerson(stranger));
    assert.ok(['VALIDATION_ERROR', 'SERVER_ERROR'].includes(error.code), error.code);
    await crm.sim.clearFaults();
  }
  assert.equal((await crm.sim.records('people')).length, 1);
});

test('a look-up that fails leaves the outcome certain: nothing was written', async () => {
  const action = { type: 'status', status: 502, body: {} };
  await crm.sim.addFaults({ method: 'POST', path: '/graphql', action });
  const service = crm.service({}, { maxRetries: 1 });
  const calls = {
    upsert: () => service.upsertPerson(newPerson({ company_external_id: 'some-company' })),
    find: () => service.findPerson('whoever'),
    bulk: async () => {
      for await (const { error } of service.syncPersons([newPerson()])) throw error;
    },
  };
  for (const [name, call] of Object.entries(calls)) {
    const error = await rejection(call());
    assert.equal(error.code, 'SERVER_ERROR', name);
    assert.equal(error.status, 502, name);
    assert.equal(error.isRetryable, true, name);
    assert.ok(!('outcomeUnknown' in error.details) && !('reason' in error.details), name);
    assert.doesNotMatch(error.message, /may have carried it out/, name);
  }
  assert.equal((await crm.sim.records('people')).length, 0);
});

test('a look-up that returns unrequested rows fails', async () => {
  const person = newPerson();
  await crm.service().upsertPerson(person);
  const foreign = {
    id: '20202020-0000-4000-8000-000000000001',
    externalId: 'foreign',
    createdAt: '2026-01-01T00:00:00.000Z',
    updatedAt: '2026-01-01T00:00:00.000Z',
    deletedAt: null,
    emails: { primaryEmail: 'foreign@example.com' },
  };
  const body = {
    data: {
      people: { pageInfo: { hasNextPage: false, endCursor: null }, edges: [{ node: foreign }] },
    },
  };
  await crm.sim.addFaults({
    method: 'POST',
    path: '/graphql',
    action: { type: 'status', status: 200, body },
  });
  const failed = await rejection(crm.service().findPerson(person.external_id));
  assert.deepEqual([failed.code, failed.details.reason], ['OPERATION_FAILED', 'LOOKUP_FAILED']);
  // If answers are mixed up, a refusal may belong to another write that was refused before.
  const double = newPerson({ email: person.email });
  const open = await rejection(crm.service().upsertPerson(double));
  assert.deepEqual(
    [open.details.reason, open.details.originalCode, open.isRetryable],
    ['OUTCOME_UNKNOWN', 'OPERATION_FAILED', true],
  );
});

/** A refusal in the form of REST routes, which GraphQL never sends. @param {string} message */
const restRefusal = (message) => ({
  type: 'status',
  status: 400,
  body: { statusCode: 400, error: 'BadRequestException', messages: [message] },
});

test('a look-up that gets another request’s refusal is repeated', async () => {
  const person = newPerson();
  await crm.service().upsertPerson(person);
  for (const action of [
    restRefusal('Invalid object value'),
    restRefusal('A duplicate entry was detected'),
    { type: 'status', status: 404, body: { statusCode: 404, messages: ['Record not found'] } },
  ]) {
    await crm.sim.addFaults({ method: 'POST', path: '/graphql', times: 1, action });
    const service = crm.service();
    assert.equal((await service.upsertPerson(person)).created, false);
    await crm.sim.addFaults({ method: 'POST', path: '/graphql', times: 1, action });
    service.clearCache();
    for await (const { status } of service.syncPersons([person])) assert.equal(status, 'updated');
    await crm.sim.clearFaults();
  }
  assert.equal((await crm.sim.records('people')).length, 1);
});

test('different refusals of other requests mean the network, the same one twice means the server', async () => {
  const person = newPerson();
  await crm.service().upsertPerson(person);
  const path = '/graphql';
  await crm.sim.addFaults(
    ['one', 'two', 'three'].map((word) => ({ path, times: 1, action: restRefusal(word) })),
  );
  const mixed = await rejection(crm.service().upsertPerson(person));
  // "Already exists" was the answer to an earlier write, or to somebody else's.
  assert.deepEqual([mixed.details.originalCode, mixed.isRetryable], ['NETWORK_ERROR', true]);
  assert.equal(mixed.details.reason, 'OUTCOME_UNKNOWN');

  await crm.sim.clearFaults();
  await crm.sim.addFaults({ path, action: restRefusal('Not today') });
  const service = crm.service();
  const lookUps = await crm.requestsOf(async () => {
    const error = await rejection(service.upsertPerson(person));
    assert.deepEqual(
      [error.code, error.status, error.isRetryable],
      ['VALIDATION_ERROR', 400, false],
    );
    assert.match(error.message, /Not today/);
  });
  assert.ok(lookUps >= 2);
  await crm.sim.clearFaults();
  assert.equal((await crm.sim.records('people')).length, 1);
});

test('a write that got another request’s refusal may be done: if nothing else is certain, the error says so', async () => {
  const wrong = { type: 'status', status: 200, body: { data: { companies: { edges: [] } } } };
  const duplicate = { ...restRefusal('A duplicate entry was detected'), process: true };
  for (const isBulk of [false, true]) {
    const person = newPerson({ job_title: 'before' });
    const service = crm.service({}, { maxRetries: 0 });
    await service.upsertPerson(person);
    const input = { ...person, job_title: 'after' };
    await crm.sim.addFaults([
      { path: '/rest/', bodyContains: '"after"', times: 1, action: duplicate },
      // A bulk run looks rows up first, and then checks the refused ones.
      { path: '/graphql', ...(isBulk && { nth: 2 }), action: wrong },
    ]);
    let error;
    if (isBulk) {
      for await (const result of service.syncPersons([input])) error = result.error;
    } else {
      error = await rejection(service.upsertPerson(input));
    }
    assert.deepEqual([error.details.reason, error.isRetryable], ['OUTCOME_UNKNOWN', true]);
    const rows = await crm.sim.records('people');
    const row = rows.find((/** @type {any} */ one) => one.externalId === person.external_id);
    assert.equal(row.jobTitle, 'after');
    await crm.sim.clearFaults();
  }
});

test('a field that is removed, and one that is added, while the process runs', async () => {
  const warnings = [];
  const service = crm.service({
    onWarning: (/** @type {any} */ warning) => warnings.push(warning),
  });
  const person = newPerson({ job_title: 'A', account_type: 'business' });
  await service.upsertPerson(person);
  const client = crm.client();
  const objects = /** @type {any} */ (await client.get('/rest/metadata/objects?limit=200'));
  const list = objects.data.data.objects ?? objects.data.data;
  const people = list.find((/** @type {any} */ object) => object.nameSingular === 'person');
  const field = people.fields.find(
    (/** @type {any} */ candidate) => candidate.name === 'accountType',
  );
  assert.equal((await client.delete(`/rest/metadata/fields/${field.id}`)).success, true);
  const result = await service.upsertPerson({ ...person, job_title: 'B' });
  assert.equal(result.data.job_title, 'B');
  assert.equal(result.data.account_type, null);
  assert.equal(warnings.at(-1).reason, 'missing_field');
});

/** All rows of a person, including deleted ones. @param {{ external_id: string }} person */
async function rowsOf({ external_id }) {
  const rows = await crm.sim.records('people');
  return rows.filter((/** @type {any} */ row) => row.externalId === external_id);
}

test('a deleted row whose write lost its answer is still restored, and not reported as written before that', async () => {
  const person = newPerson();
  const service = crm.service({}, { maxRetries: 0 });
  const { id } = await service.upsertPerson(person);
  const lost = { method: 'PATCH', path: `/rest/people/${id}`, times: 1 };
  for (const [at, action] of [
    { type: 'resetAfter' },
    { type: 'truncateBody' },
    { type: 'resetMidBody' },
  ].entries()) {
    await service.deletePerson(person.external_id);
    await crm.sim.addFaults({ ...lost, action });
    const job = `Job ${at}`;
    const written = await service.upsertPerson({ ...person, job_title: job });
    assert.deepEqual([written.id, written.updated], [id, true]);
    assert.deepEqual(
      (await rowsOf(person)).map((row) => [row.id, row.deletedAt, row.jobTitle]),
      [[id, null, job]],
    );
  }
});

test('a row to restore whose answer shows it deleted: it is looked up again', async () => {
  const person = newPerson();
  const service = crm.service();
  const { id } = await service.upsertPerson(person);
  await service.deletePerson(person.external_id);
  const [row] = await rowsOf(person);
  // Again the answer to the earlier write: this write never reached the server.
  const body = { data: { updatePerson: row } };
  await crm.sim.addFaults({
    method: 'PATCH',
    path: `/rest/people/${id}`,
    bodyContains: '"deletedAt":null',
    times: 1,
    action: { type: 'status', status: 200, body },
  });
  await service.upsertPerson({ ...person, job_title: 'CEO' });
  assert.deepEqual(
    (await rowsOf(person)).map((row) => [row.id, row.deletedAt, row.jobTitle]),
    [[id, null, 'CEO']],
  );
});
