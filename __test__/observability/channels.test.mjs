// The events of the node:diagnostics_channel channels, and that they cost nothing without listeners.
import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { test } from 'node:test';
import { fileURLToPath } from 'node:url';
import { createTwentyCrmSyncService } from '../../index.mjs';
import { newCompany, newPerson, rejection, useSim } from '../helpers/crm.mjs';
import { declaredChannels } from '../helpers/declared-channels.mjs';
import { CHANNELS, listen } from '../helpers/listening.mjs';
import { clientOf, deferred, json, serve } from '../helpers/servers.mjs';

const crm = useSim();

test('the channels are the declared ones', () => {
  assert.deepEqual([...CHANNELS].sort(), declaredChannels());
});

test('a call’s request events come in order, before its result', async () => {
  const server = await serve(({ number }, response) =>
    json(response, number === 1 ? 503 : 200, { number }),
  );
  const { events, stop } = listen();
  const before = Date.now();
  await clientOf(server.baseUrl).post('/rest/people?upsert=true', { id: 'x' });
  stop();
  assert.deepEqual(
    events.map(({ name }) => name),
    ['request:start', 'request:end', 'retry', 'request:start', 'request:end'],
  );
  const [start, end, , , last] = events.map(({ event }) => event);
  const { requestId, operationId, startTimeMs } = start;
  const common = { method: 'POST', path: '/rest/people', attempt: 1, bytesSent: 10 };
  assert.ok(operationId > 0);
  assert.deepEqual(start, { ...common, requestId, operationId, startTimeMs });
  assert.ok(startTimeMs >= before - 1 && startTimeMs <= Date.now() + 1);
  const { durationMs } = end;
  assert.ok(durationMs > 0 && durationMs < 10_000);
  assert.deepEqual(end, {
    ...start,
    durationMs,
    status: 503,
    code: 'SERVER_ERROR',
    bytesReceived: 12,
    aborted: false,
  });
  assert.equal(last.status, 200);
  assert.equal(last.code, undefined);
  assert.notEqual(last.requestId, requestId);
});

test('single upserts, finds and deletes report their outcome', async () => {
  const service = crm.service();
  const person = newPerson({ phone: 'nonsense' });
  const { events, stop, of } = listen();
  await service.upsertPerson(person);
  await service.upsertPerson({ ...person, city: 'Lyon' });
  await service.upsertPerson({ ...person, city: 'Lyon' }, { skipUnchanged: true });
  await service.findPerson(person.external_id);
  await service.deletePerson(person.external_id);
  await service.findCompany('nobody');
  await service.deleteCompany('nobody');
  await rejection(service.upsertCompany({ ...newCompany(), name: /** @type {any} */ (7) }));
  stop();
  const ends = events.filter(({ name, event }) => name.endsWith(':end') && event.entity);
  assert.deepEqual(
    ends.map(({ name, event }) => [name, event.entity, event.outcome, event.code]),
    [
      ['upsert:end', 'person', 'created', undefined],
      ['upsert:end', 'person', 'updated', undefined],
      ['upsert:end', 'person', 'unchanged', undefined],
      ['find:end', 'person', 'found', undefined],
      ['delete:end', 'person', 'deleted', undefined],
      ['find:end', 'company', 'absent', undefined],
      ['delete:end', 'company', 'absent', undefined],
      ['upsert:end', 'company', 'failed', 'VALIDATION_ERROR'],
    ],
  );
  assert.equal(ends[0].event.warnings, 1);
  for (const { name, event } of ends) {
    const start = of(name.replace('end', 'start')).find(
      ({ operationId }) => operationId === event.operationId,
    );
    const { operationId, entity, externalId, startTimeMs } = event;
    assert.deepEqual(start, { operationId, entity, externalId, startTimeMs });
  }
  const operations = new Set(ends.map(({ event }) => event.operationId));
  assert.equal(operations.size, ends.length);
  for (const { operationId } of of('request:end')) assert.ok(operations.has(operationId));
});

test('a bulk run is announced once, and its requests carry its id', async () => {
  const { of, stop } = listen();
  const good = Array.from({ length: 450 }, () => newPerson());
  const bad = [newPerson({ phone: /** @type {any} */ (7) }), newPerson({ phone: 'nonsense' })];
  await crm.service().syncPersons([...good, ...bad]);
  const stopped = crm.service().syncPersons([newPerson(), newPerson()]);
  for await (const _ of stopped) break;
  const controller = new AbortController();
  const aborted = crm.service().syncPersons([newPerson()], { signal: controller.signal });
  controller.abort();
  await rejection(aborted);
  stop();
  assert.deepEqual(of('upsert:start'), []);
  const [start] = of('bulk:start');
  const [end, second, third] = of('bulk:end');
  const { operationId, startTimeMs } = start;
  assert.deepEqual(start, { operationId, startTimeMs, entity: 'person' });
  assert.deepEqual(end, {
    ...start,
    durationMs: end.durationMs,
    outcome: 'done',
    total: 452,
    created: 451,
    updated: 0,
    unchanged: 0,
    published: 0,
    failed: 1,
    warnings: 1,
    requests: end.requests,
    failuresByCode: { VALIDATION_ERROR: 1 },
    warningsByReason: { 'phone/invalid_phone': 1 },
  });
  assert.ok(end.requests >= 3);
  const own = of('request:end').filter((event) => event.operationId === operationId);
  assert.equal(own.length, end.requests);
  assert.equal(second.outcome, 'stopped');
  assert.equal(second.total, 1);
  assert.equal(third.outcome, 'failed');
});

test('waits for the rate limit are announced', async () => {
  await crm.sim.addFaults({ action: { type: 'rateLimited', ttlMs: 1000 }, times: 1 });
  const { of, stop } = listen(['throttle', 'upsert:end']);
  await crm.service().upsertCompany(newCompany());
  stop();
  const [refused] = of('throttle');
  assert.equal(refused.cause, 'refused');
  assert.equal(refused.status, 429);
  assert.equal(refused.operationId, of('upsert:end')[0].operationId);
});

test('an aborted call publishes its end events', async () => {
  const arrived = deferred();
  const server = await serve(() => arrived.resolve());
  const service = createTwentyCrmSyncService({ baseUrl: server.baseUrl, apiKey: 'not-checked' });
  const { of, stop } = listen();
  const controller = new AbortController();
  const upsert = service.upsertPerson(newPerson(), { signal: controller.signal });
  await arrived.promise;
  controller.abort();
  await rejection(upsert);
  assert.equal(of('upsert:end')[0].outcome, 'aborted');
  while (of('request:end').length === 0) await new Promise((resolve) => setImmediate(resolve));
  stop();
  const [end] = of('request:end');
  assert.deepEqual([end.aborted, end.status, end.code], [true, undefined, undefined]);
});

test('a late subscriber gets later events only, and none after it has left', async () => {
  const server = await serve((_, response) => json(response, 200, {}));
  const client = clientOf(server.baseUrl);
  await client.get('/before');
  const { events, stop } = listen();
  await client.get('/during');
  stop();
  await client.get('/after');
  const paths = events.map(({ event }) => event.path);
  assert.deepEqual(paths, ['/during', '/during']);
});

test('without listeners no event is made, and no file for events is loaded', () => {
  const fixture = fileURLToPath(new URL('../fixtures/unwatched.mjs', import.meta.url));
  const ran = spawnSync(process.execPath, [fixture], {
    encoding: 'utf8',
    env: { ...process.env, BASE_URL: crm.sim.baseUrl, API_KEY: crm.sim.apiKey },
  });
  assert.equal(ran.stderr, '');
  assert.equal(ran.stdout, 'no event\n');
});
