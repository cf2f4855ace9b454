// An AbortSignal ends a call in any phase, with the signal's reason, and closes the socket.
import assert from 'node:assert/strict';
import { getEventListeners } from 'node:events';
import { test } from 'node:test';
import { createTwentyCrmSyncService, TwentyCrmApiService } from '../index.mjs';
import { newPerson, rejection, useSim } from './helpers/crm.mjs';
import { clientOf, coreError, deferred, json, KEY, proxy, serve } from './helpers/servers.mjs';

const crm = useSim({ preset: 'provisioned' });

/** A server that never answers. It reports when a request has arrived and when its socket was closed. */
async function silentServer() {
  const arrived = deferred();
  const closed = deferred();
  const server = await serve((_, response) => {
    response.socket?.once('close', closed.resolve);
    arrived.resolve();
  });
  return { ...server, arrived: arrived.promise, closed: closed.promise };
}

const listeners = (signal) => getEventListeners(signal, 'abort').length;

test('a signal that has already aborted: the call rejects with its reason, and nothing is sent', async () => {
  const server = await serve((_, response) => json(response, 200, {}));
  const client = clientOf(server.baseUrl);
  const service = createTwentyCrmSyncService({ baseUrl: server.baseUrl, apiKey: KEY });
  const api = new TwentyCrmApiService();
  for (const reason of [new Error('enough'), 'a text', 0, null, { any: 'thing' }, Symbol('x')]) {
    const options = { signal: AbortSignal.abort(reason) };
    for (const call of [
      () => client.get('/x', options),
      () => client.get('/x', undefined, options),
      () => client.post('/x', {}, options),
      () => client.put('/x', {}, options),
      () => client.patch('/x', {}, options),
      () => client.delete('/x', options),
      () => service.upsertPerson(newPerson(), options),
      () => service.upsertCompany({ external_id: 'c', name: 'Acme' }, options),
      () => api.testConnection(server.baseUrl, KEY, options),
      () => api.isReachable(server.baseUrl, options),
    ]) {
      assert.equal(await rejection(call()), reason);
    }
    assert.equal(listeners(options.signal), 0);
  }
  const plain = await rejection(client.get('/x', { signal: AbortSignal.abort() }));
  assert.equal(plain.name, 'AbortError');
  assert.equal(server.seen.length, 0);
});

test('an abort in flight rejects with the reason and closes the socket', async () => {
  for (const call of [
    (client, options) => client.get('/x', options),
    (client, options) => client.post('/x', { a: 1 }, options),
    (client, options) => client.delete('/x', options),
  ]) {
    const server = await silentServer();
    const controller = new AbortController();
    const outcome = rejection(call(clientOf(server.baseUrl), { signal: controller.signal }));
    await server.arrived;
    const reason = new Error('enough');
    controller.abort(reason);
    assert.equal(await outcome, reason);
    await server.closed;
    assert.equal(server.seen.length, 1, 'no repeat');
    assert.equal(listeners(controller.signal), 0);
  }
});

test('an abort while the body stalls closes the socket', async () => {
  const started = deferred();
  const closed = deferred();
  const server = await serve((_, response) => {
    response.writeHead(200, { 'content-type': 'application/json', 'content-length': 100 });
    response.write('{"a":', () => started.resolve());
    response.socket?.once('close', closed.resolve);
  });
  const controller = new AbortController();
  const outcome = rejection(clientOf(server.baseUrl).get('/x', { signal: controller.signal }));
  await started.promise;
  controller.abort();
  assert.equal(await outcome, controller.signal.reason);
  await closed.promise;
});

test('aborting an upsert in flight closes its socket', async () => {
  const server = await silentServer();
  const service = createTwentyCrmSyncService({ baseUrl: server.baseUrl, apiKey: KEY });
  const controller = new AbortController();
  const outcome = rejection(service.upsertPerson(newPerson(), { signal: controller.signal }));
  await server.arrived;
  const reason = new Error('enough');
  controller.abort(reason);
  assert.equal(await outcome, reason);
  await server.closed;
  assert.equal(listeners(controller.signal), 0);
});

test('aborting a connection test in flight closes its socket', async () => {
  for (const call of ['testConnection', 'isReachable']) {
    const server = await silentServer();
    const controller = new AbortController();
    const api = new TwentyCrmApiService();
    const options = { signal: controller.signal };
    const outcome = rejection(
      call === 'testConnection'
        ? api.testConnection(server.baseUrl, KEY, options)
        : api.isReachable(server.baseUrl, options),
    );
    await server.arrived;
    controller.abort();
    assert.equal(await outcome, controller.signal.reason);
    await server.closed;
  }
});

test('an abort during the wait for the next attempt', async () => {
  const server = await serve(({ url }, response) => {
    if (url === '/ok') json(response, 200, {});
    else json(response, 503, coreError(503, 'Down'), { 'retry-after': '100' });
  });
  const client = clientOf(server.baseUrl);
  const controller = new AbortController();
  const outcome = rejection(client.get('/x', { signal: controller.signal }));
  // Two calls have been answered: by then the first answer was read long ago.
  const tries = () => server.seen.filter(({ url }) => url === '/x').length;
  while (tries() === 0) assert.equal((await client.get('/ok')).success, true);
  await client.get('/ok');
  await client.get('/ok');
  const reason = new Error('enough');
  controller.abort(reason);
  assert.equal(await outcome, reason);
  assert.equal(tries(), 1);
});

test('an abort during the wait for the rate limit', async () => {
  const server = await serve((_, response) =>
    json(response, 429, coreError(429, 'Too many requests'), { 'retry-after': '100' }),
  );
  const client = clientOf(server.baseUrl);
  const first = await client.get('/x', { skipRetry: true });
  assert.equal(first.error.code, 'RATE_LIMIT');
  // From here on every call of the workspace waits without being sent.
  const controller = new AbortController();
  const options = { signal: controller.signal };
  const service = createTwentyCrmSyncService({ baseUrl: server.baseUrl, apiKey: KEY });
  const outcomes = [
    rejection(client.get('/y', options)),
    rejection(client.post('/y', {}, options)),
    rejection(service.upsertPerson(newPerson(), options)),
  ];
  await new Promise((resolve) => setImmediate(resolve));
  const reason = new Error('enough');
  controller.abort(reason);
  assert.deepEqual(await Promise.all(outcomes), [reason, reason, reason]);
  assert.equal(server.seen.length, 1);
  assert.equal(listeners(controller.signal), 0);
});

test('AbortSignal.timeout rejects with its TimeoutError', async () => {
  const server = await silentServer();
  const signal = AbortSignal.timeout(30);
  const error = await rejection(clientOf(server.baseUrl).get('/x', { signal }));
  assert.equal(error, signal.reason);
  assert.equal(error.name, 'TimeoutError');
  // It may have fired before the request was sent; if it was sent, the socket is closed.
  if (server.seen.length > 0) await server.closed;
});

test('AbortSignal.any works like any other signal', async () => {
  const server = await silentServer();
  const controller = new AbortController();
  const signal = AbortSignal.any([controller.signal, new AbortController().signal]);
  const outcome = rejection(clientOf(server.baseUrl).get('/x', { signal }));
  await server.arrived;
  controller.abort('any');
  assert.equal(await outcome, 'any');
  await server.closed;
});

test('the caller’s onabort and listeners stay, and are called', async () => {
  const server = await silentServer();
  const controller = new AbortController();
  const heard = [];
  const onabort = () => heard.push('onabort');
  controller.signal.onabort = onabort;
  controller.signal.addEventListener('abort', () => heard.push('listener'));
  const outcome = rejection(clientOf(server.baseUrl).get('/x', { signal: controller.signal }));
  await server.arrived;
  assert.equal(controller.signal.onabort, onabort);
  controller.abort();
  await outcome;
  assert.deepEqual(heard, ['onabort', 'listener']);
  assert.equal(controller.signal.onabort, onabort);
});

test('one signal for 2,000 calls leaves no listener and causes no warning', async () => {
  const server = await serve(({ url }, response) => json(response, url === '/no' ? 404 : 200, {}));
  const client = clientOf(server.baseUrl);
  const { signal } = new AbortController();
  const warnings = [];
  const onWarning = (warning) => warnings.push(warning.name);
  process.on('warning', onWarning);
  for (let round = 0; round < 40; round += 1) {
    await Promise.all(
      Array.from({ length: 50 }, (_, at) => client.get(at % 2 ? '/no' : '/x', { signal })),
    );
  }
  await new Promise((resolve) => setImmediate(resolve));
  process.off('warning', onWarning);
  assert.equal(server.seen.length, 2000);
  assert.equal(listeners(signal), 0);
  assert.deepEqual(warnings, []);
});

test('an abort after the answer changes nothing', async () => {
  const server = await serve((_, response) => json(response, 200, { a: 1 }));
  const controller = new AbortController();
  const answer = await clientOf(server.baseUrl).get('/x', { signal: controller.signal });
  controller.abort();
  assert.deepEqual(answer, { success: true, data: { a: 1 } });
});

test('200 calls in flight, every second one aborted: the others get their answers', async () => {
  const waiting = [];
  const all = deferred();
  const server = await serve((_, response) => {
    waiting.push(response);
    if (waiting.length === 200) all.resolve();
  });
  const client = clientOf(server.baseUrl);
  const controller = new AbortController();
  const outcomes = Array.from({ length: 200 }, (_, at) =>
    client.get(`/${at}`, at % 2 ? { signal: controller.signal } : {}).catch((error) => error),
  );
  await all.promise;
  controller.abort('enough');
  for (const response of waiting) json(response, 200, { url: response.req.url });
  const answers = await Promise.all(outcomes);
  for (const [at, answer] of answers.entries()) {
    if (at % 2) assert.equal(answer, 'enough');
    else assert.deepEqual(answer, { success: true, data: { url: `/${at}` } });
  }
});

test('aborting one caller does not affect others who share the upsert', async () => {
  const front = await proxy(crm.sim.baseUrl);
  const config = { baseUrl: front.baseUrl, apiKey: crm.sim.apiKey };
  const service = createTwentyCrmSyncService(config);
  await service.upsertPerson(newPerson());

  // The leader is aborted while its write is in flight; seven more are queued.
  const person = newPerson();
  const writing = front.hold(({ body }) => body.includes(person.email));
  const controllers = Array.from({ length: 8 }, () => new AbortController());
  const calls = controllers.map(({ signal }, at) =>
    service.upsertPerson({ ...person, job_title: `Title ${at}` }, { signal }),
  );
  const outcomes = Promise.allSettled(calls);
  await writing;
  controllers[0].abort('leader');
  controllers[3].abort('in line');
  front.release();
  const settled = await outcomes;
  const ids = new Set();
  for (const [at, { status, value, reason }] of /** @type {any[]} */ (settled).entries()) {
    if (at === 0) assert.equal(reason, 'leader');
    else if (at === 3) assert.equal(reason, 'in line');
    else {
      assert.equal(status, 'fulfilled', String(reason?.message));
      ids.add(value.id);
    }
  }
  assert.equal(ids.size, 1);
  const rows = (await crm.sim.records('people')).filter(
    (row) => row.externalId === person.external_id,
  );
  assert.equal(rows.length, 1);
  assert.equal(rows[0].jobTitle, 'Title 7');
  await front.close();
});

test('a signal from another library works, and anything else is refused', async () => {
  const server = await silentServer();
  const foreign = new EventTarget();
  const signal = Object.assign(foreign, { aborted: false, reason: undefined });
  const outcome = rejection(clientOf(server.baseUrl).get('/x', { signal }));
  await server.arrived;
  Object.assign(signal, { aborted: true, reason: 'foreign' });
  signal.dispatchEvent(new Event('abort'));
  assert.equal(await outcome, 'foreign');
  await server.closed;

  const service = createTwentyCrmSyncService({ baseUrl: server.baseUrl, apiKey: KEY });
  const error = await rejection(
    service.upsertPerson(newPerson(), { signal: /** @type {any} */ ({}) }),
  );
  assert.equal(error.code, 'VALIDATION_ERROR');
  assert.equal(error.details.field, 'signal');
  assert.equal(server.seen.length, 1);
});
