// What is retried, what never is, and the limits of retries.
import assert from 'node:assert/strict';
import { randomUUID } from 'node:crypto';
import { test } from 'node:test';
import { useSim } from './helpers/crm.mjs';
import { clientOf, coreError, json, serve, serveRaw } from './helpers/servers.mjs';

const crm = useSim({ preset: 'provisioned' });

const unavailable = coreError(503, 'Service unavailable');

/** A server that fails the first `times` requests. @param {number} times @param {number} [status] */
const failing = (times, status = 503) =>
  serve(({ number }, response) => {
    if (number <= times) json(response, status, { ...unavailable, statusCode: status });
    else json(response, 200, { data: { ok: true } });
  });

test('a temporary failure is retried with the same idempotency key', async () => {
  const server = await failing(2);
  const client = clientOf(server.baseUrl);
  assert.equal((await client.post('/rest/people', { name: {} })).success, true);
  assert.equal((await client.post('/rest/people', { name: {} })).success, true);
  const keys = server.seen.map(({ headers }) => headers['idempotency-key']);
  assert.equal(keys.length, 4);
  assert.ok(keys[0]);
  assert.deepEqual(keys.slice(0, 3), Array(3).fill(keys[0]));
  assert.notEqual(keys[3], keys[0]);
  assert.equal(new Set(server.seen.map(({ body }) => body)).size, 1);
});

test('the caller’s idempotency key is sent with every attempt', async () => {
  const server = await serve(({ number }, response) => {
    if (number < 3) response.socket?.destroy();
    else json(response, 201, {});
  });
  const options = { idempotencyKey: 'import-7' };
  const made = await clientOf(server.baseUrl).post('/rest/people', {}, options);
  assert.equal(made.success, true, made.error?.message);
  assert.deepEqual(
    server.seen.map(({ headers }) => headers['idempotency-key']),
    ['import-7', 'import-7', 'import-7'],
  );
});

test('it gives up after maxRetries retries, and says so', async () => {
  for (const maxRetries of [0, 1, 3]) {
    const server = await failing(99);
    const { error } = await clientOf(server.baseUrl, { maxRetries }).get('/rest/people');
    assert.equal(server.seen.length, maxRetries + 1);
    assert.equal(error.code, 'SERVER_ERROR');
    assert.equal(error.status, 503);
    assert.equal(error.isRetryable, true);
    assert.equal(error.details.attempt, maxRetries + 1);
    assert.equal(error.details.maxRetries, maxRetries);
    assert.match(error.message, /Service unavailable/);
  }
});

test('skipRetry makes one attempt only', async () => {
  const server = await failing(99);
  const { error } = await clientOf(server.baseUrl).get('/rest/people', { skipRetry: true });
  assert.equal(error.code, 'SERVER_ERROR');
  assert.equal(server.seen.length, 1);

  const limited = await serve((_, response) =>
    json(response, 429, coreError(429, 'Limit reached (100 tokens per 60000 ms)')),
  );
  const throttled = await clientOf(limited.baseUrl).get('/rest/people', { skipRetry: true });
  assert.equal(throttled.error.code, 'RATE_LIMIT');
  assert.equal(limited.seen.length, 1);
});

test('a plain POST is not retried if its answer was lost', async () => {
  for (const type of ['resetAfter', 'resetMidBody', 'truncateBody']) {
    await crm.sim.reset();
    await crm.sim.addFaults({ method: 'POST', times: 1, action: { type } });
    const { success, error } = await crm.client().post('/rest/people', { jobTitle: type });
    assert.equal(success, false);
    assert.equal(error.code, 'NETWORK_ERROR', `${type}: ${error.message}`);
    assert.equal(error.isRetryable, true);
    assert.equal(error.details.reason, 'OUTCOME_UNKNOWN');
    assert.equal(error.details.attempt, 1);
    assert.equal((await crm.sim.records('people')).length, 1, 'one record, not two');
    assert.equal((await crm.sim.log()).length, 1);
  }
});

test('nor after a timeout or a gateway’s error', async () => {
  await crm.sim.addFaults({ method: 'POST', times: 1, action: { type: 'stallHeaders' } });
  const late = await crm.client().post('/rest/people', {}, { timeout: 60 });
  assert.equal(late.error.code, 'TIMEOUT');
  assert.equal(late.error.details.reason, 'OUTCOME_UNKNOWN');
  assert.equal((await crm.sim.records('people')).length, 1);

  for (const status of [502, 504]) {
    const server = await failing(1, status);
    const { error } = await clientOf(server.baseUrl).post('/rest/people', {});
    assert.equal(error.code, 'SERVER_ERROR');
    assert.equal(error.details.reason, 'OUTCOME_UNKNOWN');
    assert.equal(server.seen.length, 1);
  }
});

test('it is retried with an idempotency key, or with an id in its body', async () => {
  await crm.sim.addFaults({ method: 'POST', times: 1, action: { type: 'resetAfter' } });
  const id = randomUUID();
  const answer = await crm.client().post('/rest/people', { id });
  assert.equal(answer.success, false, 'Twenty says that the record is there already');
  assert.equal(answer.error.code, 'VALIDATION_ERROR');
  assert.equal(answer.error.details.reason, 'DUPLICATE');
  assert.equal(answer.error.details.outcomeUnknown, true, 'so the first attempt may have made it');
  assert.equal((await crm.sim.records('people')).length, 1);
  assert.equal((await crm.sim.log()).length, 2);

  const server = await failing(1, 502);
  const keyed = await clientOf(server.baseUrl).post('/x', {}, { idempotencyKey: 'k' });
  assert.equal(keyed.success, true);
  assert.equal(server.seen.length, 2);
});

test('a plain POST that was not sent, or that the server refused temporarily, is retried', async () => {
  for (const [status, message] of [
    [503, 'Service unavailable'],
    [500, 'Internal server error'],
    [408, 'Request timeout'],
    [400, 'connect ECONNREFUSED 127.0.0.1:5432'],
  ]) {
    const server = await serve(({ number }, response) => {
      if (number === 1) json(response, Number(status), coreError(Number(status), String(message)));
      else json(response, 201, {});
    });
    const answer = await clientOf(server.baseUrl).post('/rest/people', {});
    assert.equal(answer.success, true, `${status}: ${answer.error?.message}`);
    assert.equal(server.seen.length, 2);
  }
});

test('reads, and writes that name their record, are retried after a lost answer', async () => {
  const id = randomUUID();
  const client = crm.client();
  for (const type of ['resetBefore', 'resetAfter', 'resetMidBody', 'truncateBody']) {
    await crm.sim.reset();
    assert.equal((await client.post('/rest/people', { id })).success, true);
    for (const call of [
      () => client.get(`/rest/people/${id}`),
      () => client.patch(`/rest/people/${id}`, { city: 'Lyon' }),
      () => client.put(`/rest/people/${id}`, { city: 'Lyon' }),
      () => client.delete(`/rest/people/${id}?soft_delete=true`),
      () => client.post('/graphql', { query: '{ people { edges { node { id } } } }' }),
    ]) {
      await crm.sim.addFaults({ times: 1, action: { type } });
      const answer = await call();
      assert.equal(answer.success, true, `${type}, ${call}: ${answer.error?.message}`);
    }
  }
});

test('a connection that the server has closed in the meantime costs nothing', async () => {
  // Keep-alive, but closed after each answer: the next request finds a dead connection, and must not fail because of
  // it.
  const server = await serve((_, response) => {
    json(response, 200, {}, { connection: 'keep-alive' });
    response.on('finish', () => response.socket?.end());
  });
  const client = clientOf(server.baseUrl, { maxRetries: 0 });
  for (let round = 0; round < 10; round += 1) {
    const answer = await client.get('/x');
    assert.equal(answer.success, true, answer.error?.message);
  }
});

test('an answer that is not HTTP, ends early or is reset is a network error', async () => {
  const endings = {
    garbage: (socket) => socket.end('SSH-2.0-OpenSSH_9.2\r\n'),
    nothing: (socket) => socket.end(),
    reset: (socket) => socket.resetAndDestroy(),
    'half a head': (socket) => socket.end('HTTP/1.1 200 OK\r\ncontent-le'),
    'half a body': (socket) => socket.end('HTTP/1.1 200 OK\r\ncontent-length: 10\r\n\r\n{"a"'),
    'half a chunk': (socket) =>
      socket.end('HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\na\r\n{"a"'),
  };
  for (const [name, ending] of Object.entries(endings)) {
    const server = await serveRaw(ending);
    const { success, error } = await clientOf(server.baseUrl, { maxRetries: 1 }).get('/x');
    assert.equal(success, false, name);
    assert.equal(error.code, 'NETWORK_ERROR', `${name}: ${error.message}`);
    assert.equal(error.isRetryable, true);
    assert.equal(error.status, undefined);
    assert.equal(typeof error.details.originalError, 'string');
    assert.ok(error.details.originalError.length > 0);
    assert.equal(server.connections, 2, `${name} is tried again`);
  }
});

test('the timeout covers connecting, headers and body of each attempt', async () => {
  for (const type of ['stallHeaders', 'stallBody']) {
    await crm.sim.reset();
    await crm.sim.addFaults({ action: { type } });
    const client = crm.client({ maxRetries: 1 });
    const { error } = await client.get('/rest/people', { timeout: 40 });
    assert.equal(error.code, 'TIMEOUT', type);
    assert.equal(error.isRetryable, true);
    assert.equal(error.status, undefined);
    assert.equal(error.details.attempt, 2);
    assert.equal(error.details.timeoutMs, 40);
    assert.equal((await crm.sim.stats()).total, 2);
  }
  const dribbling = await serveRaw((socket) => {
    socket.write('HTTP/1.1 200 OK\r\ncontent-length: 1000\r\n\r\n');
    const timer = setInterval(() => socket.write(' '), 5);
    socket.on('close', () => clearInterval(timer));
  });
  const slow = await clientOf(dribbling.baseUrl, { maxRetries: 0, timeout: 60 }).get('/x');
  assert.equal(slow.error.code, 'TIMEOUT', 'bytes now and then do not extend it');
});

test('the deadline limits the whole call', async () => {
  const silent = await serve(() => {});
  const options = { deadlineMs: 60 };
  const { error } = await clientOf(silent.baseUrl).get('/x', options);
  assert.equal(error.code, 'TIMEOUT');
  assert.equal(error.details.deadlineExceeded, true);
  assert.equal(silent.seen.length, 1);

  const busy = await serve((_, response) =>
    json(response, 503, unavailable, { 'retry-after': '60' }),
  );
  for (const client of [clientOf(busy.baseUrl, options), clientOf(busy.baseUrl)]) {
    busy.seen.length = 0;
    const answer = await client.get('/x', options);
    assert.equal(answer.error.code, 'SERVER_ERROR');
    assert.equal(answer.error.details.deadlineExceeded, true);
    assert.equal(busy.seen.length, 1, 'a wait that would pass it is not begun');
  }
});

test('a rate limit makes the whole workspace wait', async () => {
  const server = await serve(({ number }, response) => {
    if (number === 1)
      json(response, 429, coreError(429, 'Limit reached (1000 tokens per 1000 ms)'));
    else json(response, 200, {});
  });
  const client = clientOf(server.baseUrl, { maxRetries: 0 });
  assert.equal((await client.get('/x')).success, true, 'waiting uses up no retries');
  assert.equal(client.stats().throttled, 1);
});

test('a wait for the rate limit that would be too long does not begin', async () => {
  for (const [header, least, most] of [
    ['60', 60_000, 60_000],
    ['86400', 86_400_000, 86_400_000],
    [new Date(Date.now() + 90_000).toUTCString(), 60_000, 90_000],
  ]) {
    const server = await serve((_, response) =>
      json(response, 429, coreError(429, 'Too many requests'), { 'retry-after': String(header) }),
    );
    const client = clientOf(server.baseUrl, { maxThrottleWaitMs: 10 });
    const { error } = await client.get('/x');
    assert.equal(error.code, 'RATE_LIMIT');
    assert.equal(error.status, 429);
    assert.equal(error.isRetryable, true);
    const { retryAfterMs, waitMs } = error.details;
    assert.ok(retryAfterMs >= least && retryAfterMs <= most, `${header}: ${retryAfterMs}`);
    assert.ok(waitMs <= 120_000, `never believed beyond 120 s: ${waitMs}`);
    assert.equal(server.seen.length, 1);

    const next = await clientOf(server.baseUrl, { maxThrottleWaitMs: 10 }).get('/x');
    assert.equal(next.error.code, 'RATE_LIMIT', 'others of the workspace do not even ask');
    assert.equal(next.error.status, undefined);
    assert.equal(server.seen.length, 1);
  }
});

test('a 429 without any hint is retried like other failures', async () => {
  const server = await serve(({ number }, response) => {
    if (number < 3) json(response, 429, {});
    else json(response, 200, {});
  });
  assert.equal((await clientOf(server.baseUrl).get('/x')).success, true);
  assert.equal(server.seen.length, 3);

  const always = await serve((_, response) => json(response, 429, {}));
  const { error } = await clientOf(always.baseUrl, { maxRetries: 2 }).get('/x');
  assert.equal(error.code, 'RATE_LIMIT');
  assert.equal(always.seen.length, 3);
});

test('retries do not multiply an outage: the workspace’s retry budget runs out', async () => {
  const server = await failing(Number.POSITIVE_INFINITY);
  const client = clientOf(server.baseUrl, { maxRetries: 3 });
  const answers = [];
  for (let round = 0; round < 10; round += 1) {
    answers.push(...(await Promise.all(Array.from({ length: 10 }, () => client.get('/x')))));
  }
  assert.ok(answers.every(({ error }) => error.code === 'SERVER_ERROR'));
  assert.ok(answers.some(({ error }) => error.details.retryBudgetExhausted));
  assert.equal(server.seen.length, 200, '100 calls, and 500 tokens at 5 a repeat');
});
