// Counters of a client and a service, read on demand.
import assert from 'node:assert/strict';
import { createRequire } from 'node:module';
import { test } from 'node:test';
import {
  createTwentyCrmSyncService,
  memoryMappingStore,
  TwentyCrmErrorCode,
  TwentyCrmSchemaService,
  TwentyCrmSyncService,
} from '../../index.mjs';
import { newCompany, newPerson, useSim } from '../helpers/crm.mjs';
import { clientOf, closedPort, deferred, json, serve } from '../helpers/servers.mjs';
import { withSim } from '../helpers/sim.mjs';

const { quantileOf } = createRequire(import.meta.url)('../../lib/observability/stats.js');
const crm = useSim();

const BOUNDS = [
  ...[1, 2.5, 5, 10, 25, 50, 75, 100, 250, 500, 750],
  ...[1000, 2500, 5000, 7500, 10000, 30000, 60000, Number.POSITIVE_INFINITY],
];

/** The counters at the start of a process. */
const LIMITS = {
  maxPeopleDepartures: 2,
  maxCompanyDepartures: 2,
  maxBatches: 4,
  batchRecords: 200,
  lookUpRecords: 1000,
};

test('all counters exist and are zero before the first request', async () => {
  const server = await serve((_, response) => json(response, 200, {}));
  const zero = {
    requests: 0,
    retries: 0,
    throttled: 0,
    failures: 0,
    failuresByCode: Object.fromEntries(Object.values(TwentyCrmErrorCode).map((code) => [code, 0])),
    aborted: 0,
    inFlight: 0,
    retryWaitMs: 0,
    throttleWaitMs: 0,
    bytesSent: 0,
    bytesReceived: 0,
    droppedEvents: 0,
    latency: {
      ...{ count: 0, sumMs: 0, maxMs: 0, p50Ms: 0, p90Ms: 0, p99Ms: 0 },
      buckets: BOUNDS.map((leMs) => ({ leMs, count: 0 })),
    },
    workspace: {
      ...{ throttled: 0, isThrottled: false },
      learnt: { departures: 0, ...LIMITS },
    },
    cache: { hits: 0, misses: 0, storeHits: 0 },
  };
  const client = clientOf(server.baseUrl);
  assert.deepEqual(client.stats(), zero);
  assert.deepEqual(new TwentyCrmSyncService(client).stats(), zero);
  const unsent = createTwentyCrmSyncService(/** @type {any} */ (undefined), { mode: 'disabled' });
  const nothing = Object.fromEntries(Object.keys(LIMITS).map((name) => [name, 0]));
  const { workspace, ...others } = zero;
  const learnt = { departures: 0, ...nothing };
  assert.deepEqual(
    unsent.stats(),
    { ...others, workspace: { ...workspace, learnt } },
    'a service that sends nothing',
  );
});

test('requests, retries, refusals, waits and bytes are counted', async () => {
  const limited = { statusCode: 429, messages: ['Limit reached (1000 tokens per 1000 ms)'] };
  const ok = { data: 'é'.repeat(10) };
  const server = await serve(({ number, url }, response) => {
    if (url === '/no') json(response, 404, {});
    else if (number === 1) json(response, 503, {});
    else if (number === 2) json(response, 429, limited);
    else json(response, 200, ok);
  });
  const client = clientOf(server.baseUrl);
  assert.equal((await client.get('/yes')).success, true);
  assert.equal((await client.get('/no')).success, false);
  assert.equal((await client.post('/yes', { a: 'ü' })).success, true);
  const stats = client.stats();
  assert.equal(stats.requests, 5);
  assert.equal(stats.retries, 2);
  assert.equal(stats.throttled, 1);
  assert.equal(stats.failures, 1);
  assert.equal(stats.failuresByCode.NOT_FOUND, 1);
  assert.equal(stats.inFlight, 0);
  assert.equal(stats.bytesSent, Buffer.byteLength('{"a":"ü"}'));
  const bodies = [{}, limited, ok, {}, ok].map((body) => Buffer.byteLength(JSON.stringify(body)));
  assert.equal(
    stats.bytesReceived,
    bodies.reduce((a, b) => a + b),
  );
  assert.equal(stats.workspace.throttled, 1);
  const { latency } = stats;
  assert.equal(latency.count, 5);
  assert.equal(
    latency.buckets.reduce((total, { count }) => total + count, 0),
    5,
  );
  assert.ok(latency.maxMs > 0 && latency.sumMs >= latency.maxMs);
  assert.ok(latency.p50Ms <= latency.p90Ms && latency.p90Ms <= latency.p99Ms);
  assert.ok(latency.p99Ms <= latency.maxMs);
});

test('requests in flight and aborted requests are counted', async () => {
  const arrived = deferred();
  const server = await serve(() => arrived.resolve());
  const client = clientOf(server.baseUrl);
  const controller = new AbortController();
  const hanging = client.get('/x', { signal: controller.signal });
  await arrived.promise;
  assert.equal(client.stats().inFlight, 1);
  controller.abort();
  await assert.rejects(hanging, { name: 'AbortError' });
  while (client.stats().inFlight > 0) await new Promise((resolve) => setImmediate(resolve));
  const { aborted, latency, failures } = client.stats();
  assert.deepEqual([aborted, latency.count, failures], [1, 0, 0]);
});

test('failed connections are counted by error class', async () => {
  const client = clientOf(`http://127.0.0.1:${await closedPort()}`, { maxRetries: 1 });
  await client.get('/x');
  const { requests, retries, failures, failuresByCode, bytesReceived } = client.stats();
  assert.deepEqual([requests, retries, failures, bytesReceived], [2, 1, 1, 0]);
  assert.equal(failuresByCode.NETWORK_ERROR, 1);
});

test('a service counts its own requests, a client those of its services, a workspace all', async () => {
  const client = crm.client();
  const one = new TwentyCrmSyncService(client);
  const two = new TwentyCrmSyncService(client);
  await one.upsertPerson(newPerson());
  const single = one.stats().requests;
  assert.ok(single > 0);
  const { requests } = await one.syncPersons([newPerson(), newPerson()]);
  assert.equal(one.stats().requests, single + requests, 'bulk runs count');
  assert.equal(two.stats().requests, 0);
  await two.upsertCompany(newCompany());
  await client.get('/rest/people?limit=1');
  await new TwentyCrmSchemaService(client).plan();
  const ofServices = one.stats().requests + two.stats().requests;
  assert.ok(client.stats().requests >= ofServices + 2);
  assert.equal(crm.client().stats().requests, 0, 'other clients do not');

  await crm.sim.addFaults({ action: { type: 'rateLimited', ttlMs: 1000 }, times: 1 });
  const before = one.stats().workspace.throttled;
  await two.upsertCompany(newCompany());
  if (two.stats().throttled > 0) {
    assert.equal(one.stats().throttled, 0);
    assert.equal(one.stats().workspace.throttled, before + 1);
  } else assert.fail('the simulator refused nothing');
});

test('remembered ids are cache hits, and those from the store are counted separately', async () => {
  const mappingStore = memoryMappingStore();
  const service = crm.service({ mappingStore });
  const person = newPerson();
  await service.upsertPerson(person);
  assert.deepEqual(service.stats().cache, { hits: 0, misses: 1, storeHits: 0 });
  await service.upsertPerson({ ...person, city: 'Lyon' });
  assert.deepEqual(service.stats().cache, { hits: 1, misses: 1, storeHits: 0 });
  service.clearCache();
  await service.upsertPerson({ ...person, city: 'Paris' });
  assert.deepEqual(service.stats().cache, { hits: 1, misses: 2, storeHits: 1 });
  await service.syncPersons([person, newPerson()]);
  assert.deepEqual(service.stats().cache, { hits: 2, misses: 3, storeHits: 1 });
});

test('quantiles assume durations evenly spread within a bucket', () => {
  const bounds = [10, 20, 40];
  const of = (share, counts, max) => quantileOf(share, counts, bounds, max);
  assert.equal(of(0.5, [0, 0, 0, 0], 0), 0);
  assert.equal(of(0.5, [10, 0, 0, 0], 10), 5);
  assert.equal(of(0.9, [50, 40, 10, 0], 40), 20);
  assert.equal(of(0.99, [50, 40, 10, 0], 40), 38);
  assert.equal(of(0.5, [1, 0, 0, 0], 4), 2, 'never beyond the longest');
  assert.equal(of(0.99, [0, 0, 0, 4], 1000), 40 + 960 * 0.99, 'above all bounds up to the longest');
});

test('the learnt concurrency is reported', async () => {
  await withSim({ preset: 'provisioned' }, async (sim) => {
    const service = createTwentyCrmSyncService({ baseUrl: sim.baseUrl, apiKey: sim.apiKey });
    const person = (/** @type {number} */ at) => ({
      external_id: `p-${at}`,
      name: 'Jane Doe',
      email: `p-${at}@example.com`,
    });
    await Promise.all(Array.from({ length: 600 }, (_, at) => service.upsertPerson(person(at))));
    const { learnt } = service.stats().workspace;
    assert.ok(learnt.departures >= 3, `${learnt.departures} departures`);
    assert.ok(learnt.maxPeopleDepartures > 2, 'more at once, while all goes well');
    assert.equal(learnt.maxCompanyDepartures, 2);
  });
});
