// The REST client on a real server: requests, answers, options, and its life.
import assert from 'node:assert/strict';
import { randomUUID } from 'node:crypto';
import { test } from 'node:test';
import { isTwentyCrmError, TwentyCrmApiError, TwentyCrmRestClient } from '../index.mjs';
import { useSim } from './helpers/crm.mjs';
import { clientOf, json, KEY, serve } from './helpers/servers.mjs';

const crm = useSim({ preset: 'provisioned' });

/** The simulator's log of requests. @returns {Promise<any[]>} */
const sent = () => crm.sim.log();

/** The same request with Node's own client. @param {string} path */
async function plainly(path) {
  const headers = { authorization: `Bearer ${crm.sim.apiKey}` };
  return (await fetch(crm.sim.baseUrl + path, { headers })).json();
}

/** The request that an echo server received. @param {(client: TwentyCrmRestClient) => Promise<any>} work */
async function seenBy(work) {
  const server = await serve((_, response) => json(response, 200, { data: {} }));
  const answer = await work(clientOf(server.baseUrl));
  assert.equal(answer.success, true, answer.error?.message);
  assert.equal(server.seen.length, 1);
  return server.seen[0];
}

test('a record is created, read, changed and deleted, and the data is the server’s JSON unchanged', async () => {
  const client = crm.client();
  const id = randomUUID();
  const name = { firstName: 'Zoë 🎈', lastName: 'O’Brien' };
  const made = await client.post('/rest/people', { id, name });
  assert.equal(made.success, true);
  assert.deepEqual(Object.keys(made), ['success', 'data']);
  assert.equal(made.data.data.createPerson.id, id);
  assert.deepEqual(made.data.data.createPerson.name, name);

  const read = await client.get(`/rest/people/${id}`);
  assert.deepEqual(read, { success: true, data: await plainly(`/rest/people/${id}`) });

  const patched = await client.patch(`/rest/people/${id}`, { jobTitle: 'Director' });
  assert.equal(patched.data.data.updatePerson.jobTitle, 'Director');
  const put = await client.put(`/rest/people/${id}`, { city: 'Lyon' });
  assert.equal(put.data.data.updatePerson.jobTitle, 'Director', 'Twenty’s PUT merges');

  const list = await client.get('/rest/people?filter=city[eq]:"Lyon"&limit=1');
  assert.deepEqual(
    list.data.data.people.map((person) => person.id),
    [id],
  );

  const deleted = await client.delete(`/rest/people/${id}`);
  assert.deepEqual(deleted, { success: true, data: { data: { deletePerson: { id } } } });
  const gone = await client.get(`/rest/people/${id}`);
  assert.deepEqual(Object.keys(gone), ['success', 'error']);
  assert.equal(gone.success, false);
  assert.equal(gone.error.code, 'NOT_FOUND');
  assert.equal(gone.error.status, 404);
  assert.ok(isTwentyCrmError(gone.error));
  assert.equal(Object.getPrototypeOf(gone.error), Object.prototype, 'a plain object');
});

test('an answer without a body gives null', async () => {
  const server = await serve(({ url }, response) => {
    response.writeHead(url === '/204' ? 204 : 200).end();
  });
  const client = clientOf(server.baseUrl);
  assert.deepEqual(await client.delete('/204'), { success: true, data: null });
  assert.deepEqual(await client.post('/200', {}), { success: true, data: null });
});

test('any JSON value is an answer', async () => {
  const texts = ['[]', '[1,{"a":null}]', '"text"', 'true', '-1.5e3', 'null', ' {"a":1}\n'];
  const server = await serve(({ url }, response) => {
    response.writeHead(200, { 'content-type': 'application/json' });
    response.end(texts[Number(url.slice(1))]);
  });
  const client = clientOf(server.baseUrl);
  for (const [index, text] of texts.entries()) {
    assert.deepEqual(await client.get(`/${index}`), { success: true, data: JSON.parse(text) });
  }
});

test('every request names its client and what it accepts, and asks for no compression', async () => {
  const { headers, body } = await seenBy((client) => client.post('/rest/people', { a: 'é' }));
  assert.equal(headers.authorization, `Bearer ${KEY}`);
  assert.match(headers['user-agent'] ?? '', /^twenty-crm-native\/\d+\.\d+\.\d+/);
  assert.match(headers.accept ?? '', /json/);
  assert.match(headers['content-type'] ?? '', /^application\/json/);
  assert.equal(headers['accept-encoding'], 'identity');
  assert.equal(headers['content-length'], String(Buffer.byteLength('{"a":"é"}')));
  assert.equal(body, '{"a":"é"}');
});

test('without a body, none is sent', async () => {
  for (const body of [undefined, null]) {
    const request = await seenBy((client) => client.patch('/x', body));
    assert.equal(request.body, '');
    assert.equal(request.headers['content-type'], undefined);
  }
});

test('get and delete accept their options as the second or the third argument', async () => {
  const options = { headers: { 'x-trace': 'yes' } };
  const calls = [
    (client) => client.get('/x', options),
    (client) => client.get('/x', undefined, options),
    (client) => client.get('/x', null, options),
    (client) => client.delete('/x', options),
    (client) => client.delete('/x', undefined, options),
    (client) => client.delete('/x', null, options),
    (client) => client.post('/x', {}, options),
    (client) => client.put('/x', {}, options),
    (client) => client.patch('/x', {}, options),
  ];
  for (const call of calls) {
    assert.equal((await seenBy(call)).headers['x-trace'], 'yes', String(call));
  }
  const withBody = await seenBy((client) => client.delete('/x', { ids: [1] }, options));
  assert.equal(withBody.body, '{"ids":[1]}');
  assert.equal(withBody.headers['x-trace'], 'yes');
});

test('a path in the base URL comes before every path', async () => {
  const server = await serve((_, response) => json(response, 200, {}));
  for (const base of ['/twenty', '/twenty/']) {
    const client = clientOf(server.baseUrl + base);
    await client.get('/rest/people?limit=1');
    await client.get('rest/people');
  }
  const urls = server.seen.map(({ url }) => url);
  const two = ['/twenty/rest/people?limit=1', '/twenty/rest/people'];
  assert.deepEqual(urls, [...two, ...two]);
});

test('every write has its own idempotency key, reads have none', async () => {
  const client = crm.client();
  await client.post('/rest/people', {});
  await client.post('/rest/people', {});
  await client.post('/rest/people', {}, { idempotencyKey: 'order-66' });
  await client.post('/rest/people', {}, { headers: { 'Idempotency-Key': 'order-67' } });
  await client.get('/rest/people?limit=0');
  const keys = (await sent()).map(({ headers }) => headers['idempotency-key']);
  assert.equal(keys.length, 5);
  assert.match(keys[0], /^[0-9a-f]{8}-[0-9a-f]{4}-4[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$/);
  assert.match(keys[1], /^[0-9a-f-]{36}$/);
  assert.notEqual(keys[0], keys[1]);
  assert.deepEqual(keys.slice(2), ['order-66', 'order-67', undefined]);
});

test('200 requests at once each get their own answer', async () => {
  const client = crm.client();
  const ids = Array.from({ length: 200 }, () => randomUUID());
  const made = await Promise.all(
    ids.map((id) => client.post('/rest/people', { id, jobTitle: id })),
  );
  assert.deepEqual(
    made.map((answer) => answer.data?.data.createPerson.id ?? answer),
    ids,
  );
  const read = await Promise.all(ids.map((id) => client.get(`/rest/people/${id}`)));
  assert.deepEqual(
    read.map((answer) => answer.data?.data.person.jobTitle ?? answer),
    ids,
  );
  assert.equal((await crm.sim.records('people')).length, 200);
  assert.equal(client.stats().requests, 400);
});

test('connections are kept, and shared by clients', async () => {
  const server = await serve((_, response) => json(response, 200, {}));
  for (let round = 0; round < 50; round += 1) await clientOf(server.baseUrl).get('/x');
  assert.equal(server.seen.length, 50);
  // Sometimes a connection is not back in the pool when the next request is sent.
  assert.ok(server.sockets.size <= 5, `${server.sockets.size} connections for 50 requests`);
});

test('statistics count requests, retries, throttling and failures', async () => {
  const limited = { statusCode: 429, messages: ['Limit reached (1000 tokens per 1000 ms)'] };
  const server = await serve(({ number, url }, response) => {
    if (url === '/no') json(response, 404, {});
    else if (number === 1) json(response, 503, {});
    else if (number === 2) json(response, 429, limited);
    else json(response, 200, {});
  });
  const client = clientOf(server.baseUrl);
  const counted = () => {
    const { requests, retries, throttled, failures } = client.stats();
    return { requests, retries, throttled, failures };
  };
  assert.deepEqual(counted(), { requests: 0, retries: 0, throttled: 0, failures: 0 });
  assert.equal((await client.get('/yes')).success, true);
  assert.equal((await client.get('/no')).success, false);
  assert.deepEqual(counted(), { requests: 4, retries: 2, throttled: 1, failures: 1 });
  assert.equal(clientOf(server.baseUrl).stats().requests, 0, 'each client counts for itself');
});

test('a closed client refuses calls, and lets calls in flight finish', async () => {
  let answerNow = () => {};
  const server = await serve((_, response) => {
    answerNow();
    json(response, 200, { late: true });
  });
  const client = clientOf(server.baseUrl);
  const arrived = new Promise((resolve) => {
    answerNow = () => resolve(undefined);
  });
  const under = client.get('/x');
  await arrived;
  await client.close();
  assert.deepEqual(await under, { success: true, data: { late: true } });

  const { success, error } = await client.get('/x');
  assert.equal(success, false);
  assert.equal(error.code, 'OPERATION_FAILED');
  assert.equal(error.isRetryable, false);
  assert.equal(error.details.reason, 'CLOSED');
  assert.equal(server.seen.length, 1);
  assert.equal(await client.close(), undefined, 'twice is as good as once');
  assert.equal(client.stats().requests, 1);
  assert.equal((await clientOf(server.baseUrl).get('/x')).success, true, 'others go on');
});

test('await using closes the client', async () => {
  const server = await serve((_, response) => json(response, 200, {}));
  const client = clientOf(server.baseUrl);
  assert.equal(typeof client[Symbol.asyncDispose], 'function');
  await client[Symbol.asyncDispose]();
  assert.equal((await client.get('/x')).error.details.reason, 'CLOSED');
  assert.equal(server.seen.length, 0);
});

test('an invalid configuration is refused by name, when the client is made', () => {
  const good = { baseUrl: 'https://crm.example.com', apiKey: KEY };
  const cases = [
    ['config', undefined],
    ['config', null],
    ['config', 'https://crm.example.com'],
    ['baseUrl', { apiKey: KEY }],
    ['baseUrl', { ...good, baseUrl: '' }],
    ['baseUrl', { ...good, baseUrl: 7 }],
    ['baseUrl', { ...good, baseUrl: 'crm.example.com' }],
    ['baseUrl', { ...good, baseUrl: 'ftp://crm.example.com' }],
    ['baseUrl', { ...good, baseUrl: 'https://user:pass@crm.example.com' }],
    ['baseUrl', { ...good, baseUrl: 'https://crm.example.com?x=1' }],
    ['baseUrl', { ...good, baseUrl: 'https://crm.example.com/\r\nX: 1' }],
    ['apiKey', { baseUrl: good.baseUrl }],
    ['apiKey', { ...good, apiKey: '' }],
    ['apiKey', { ...good, apiKey: 5 }],
    ['apiKey', { ...good, apiKey: 'a\r\nX-Evil: 1' }],
    ['apiKey', { ...good, apiKey: 'a b' }],
    ['apiKey', { ...good, apiKey: 'clé' }],
    ['timeout', { ...good, timeout: 0 }],
    ['timeout', { ...good, timeout: -1 }],
    ['timeout', { ...good, timeout: Number.NaN }],
    ['timeout', { ...good, timeout: '5' }],
    ['timeout', { ...good, timeout: 1.5 }],
    ['maxRetries', { ...good, maxRetries: Number.POSITIVE_INFINITY }],
    ['maxRetries', { ...good, maxRetries: -1 }],
    ['initialBackoffMs', { ...good, initialBackoffMs: {} }],
    ['maxBackoffMs', { ...good, maxBackoffMs: true }],
    ['deadlineMs', { ...good, deadlineMs: 0 }],
    ['maxThrottleWaitMs', { ...good, maxThrottleWaitMs: 1e300 }],
    ['maxRequestsPerMinute', { ...good, maxRequestsPerMinute: 0 }],
  ];
  for (const [field, config] of cases) {
    assert.throws(
      () => new TwentyCrmRestClient(/** @type {any} */ (config)),
      (error) => {
        assert.ok(error instanceof TwentyCrmApiError, String(error));
        assert.equal(error.code, 'VALIDATION_ERROR');
        assert.equal(error.details?.field, field, error.message);
        assert.ok(error.message.includes(field) || field === 'config', error.message);
        assert.equal(error.isRetryable, false);
        return true;
      },
    );
  }
});

test('a base URL or a key that is missing: the error says where to get one', () => {
  for (const nothing of [null, undefined]) {
    const config = { baseUrl: nothing, apiKey: KEY };
    assert.throws(
      () => clientOf(/** @type {any} */ (nothing), config),
      /give the address.*variable/,
    );
    const keyless = { apiKey: nothing };
    assert.throws(() => clientOf('http://127.0.0.1:1', keyless), /create one in Twenty.*variable/);
  }
});

test('null and undefined mean "not given", in the configuration and in options', async () => {
  const server = await serve((_, response) => json(response, 200, { ok: true }));
  for (const nothing of [null, undefined]) {
    const client = clientOf(server.baseUrl, {
      timeout: nothing,
      maxRetries: nothing,
      initialBackoffMs: nothing,
      maxBackoffMs: nothing,
      deadlineMs: nothing,
      maxRequestsPerMinute: nothing,
      ca: nothing,
    });
    const options = {
      timeout: nothing,
      headers: nothing,
      skipRetry: nothing,
      idempotencyKey: nothing,
      signal: nothing,
    };
    const { success } = await client.post('/x', {}, /** @type {any} */ (options));
    assert.equal(success, true);
  }
  for (const { headers } of server.seen)
    assert.match(headers['idempotency-key'], /^[0-9a-f-]{36}$/);
});

test('blanks and line breaks around a stored URL or key are trimmed', async () => {
  const server = await serve((_, response) => json(response, 200, { ok: true }));
  const client = new TwentyCrmRestClient({
    baseUrl: ` ${server.baseUrl}/\n`,
    apiKey: `\t${KEY}\r\n`,
  });
  assert.equal((await client.get('/x')).success, true);
  assert.equal(server.seen[0].headers.authorization, `Bearer ${KEY}`);
});

test('invalid options are refused by name, and nothing is sent', async () => {
  const server = await serve((_, response) => json(response, 200, {}));
  const client = clientOf(server.baseUrl);
  const cases = [
    ['timeout', { timeout: 0 }],
    ['timeout', { timeout: Number.NaN }],
    ['timeout', { timeout: '10' }],
    ['deadlineMs', { deadlineMs: -1 }],
    ['deadlineMs', { deadlineMs: Number.NEGATIVE_INFINITY }],
    ['skipRetry', { skipRetry: 'yes' }],
    ['idempotencyKey', { idempotencyKey: '' }],
    ['idempotencyKey', { idempotencyKey: 5 }],
    ['idempotencyKey', { idempotencyKey: 'a\r\nX-Evil: 1' }],
    ['idempotencyKey', { idempotencyKey: 'x'.repeat(300) }],
    ['headers', { headers: 'x: 1' }],
    ['headers', { headers: ['x'] }],
    ['headers', { headers: { 'x-a': 1 } }],
    ['headers', { headers: { 'x-a': 'a\r\nX-Evil: 1' } }],
    ['headers', { headers: { 'x-a': 'a\nb' } }],
    ['headers', { headers: { 'x-a': 'a\0b' } }],
    ['headers', { headers: { 'x\r\nEvil': '1' } }],
    ['headers', { headers: { 'bad name': '1' } }],
    ['headers', { headers: { '': '1' } }],
    ['headers', { headers: { Authorization: 'Bearer other' } }],
    ['headers', { headers: { host: 'evil.example' } }],
    ['headers', { headers: { 'Content-Length': '0' } }],
    ['headers', { headers: { 'transfer-encoding': 'chunked' } }],
    ['signal', { signal: {} }],
    ['signal', { signal: 'abort' }],
    ['options', 'fast'],
    ['options', 5],
  ];
  for (const [field, options] of cases) {
    const { success, error } = await client.post('/x', {}, /** @type {any} */ (options));
    assert.equal(success, false, field);
    assert.equal(error.code, 'VALIDATION_ERROR', `${field}: ${error.message}`);
    assert.equal(error.details?.field, field, error.message);
    assert.ok(error.message.includes(field), error.message);
  }
  assert.equal(server.seen.length, 0);
});
