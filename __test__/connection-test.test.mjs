// TwentyCrmApiService: what a person who sets up the connection is told.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { createTwentyCrmSyncService, TwentyCrmApiService } from '../index.mjs';
import { newPerson, rejection, useSim } from './helpers/crm.mjs';
import { closedPort, coreError, deferred, json, KEY, serve } from './helpers/servers.mjs';

const crm = useSim({ preset: 'provisioned' });
const api = new TwentyCrmApiService();

/** @param {unknown} result */
function assertShape(result) {
  const { ok, latencyMs, message, details, ...others } = /** @type {any} */ (result);
  assert.equal(typeof ok, 'boolean');
  assert.ok(Number.isInteger(latencyMs) && latencyMs >= 0);
  assert.ok(typeof message === 'string' && message.length > 0);
  if (details !== undefined) {
    assert.ok(details.status === undefined || Number.isInteger(details.status));
    assert.ok(details.error === undefined || typeof details.error === 'string');
    assert.deepEqual(
      Object.keys(details).filter((key) => !['status', 'error'].includes(key)),
      [],
    );
  }
  assert.deepEqual(others, {});
}

test('a good key: ok, with one request that changes nothing', async () => {
  const result = await api.testConnection(crm.sim.baseUrl, crm.sim.apiKey);
  assertShape(result);
  assert.equal(result.ok, true, result.message);
  assert.deepEqual(result.details, { status: 200 });
  const log = await crm.sim.log();
  assert.deepEqual(
    log.map(({ method }) => method),
    ['GET'],
  );
});

test('a read-only key is accepted, and so is a base URL with a trailing slash', async () => {
  const readOnly = await api.testConnection(crm.sim.baseUrl, crm.sim.keys.readOnly);
  assert.equal(readOnly.ok, true, readOnly.message);
  assert.equal((await api.testConnection(`${crm.sim.baseUrl}/`, crm.sim.apiKey)).ok, true);
  const pasted = await api.testConnection(` ${crm.sim.baseUrl}\n`, `${crm.sim.apiKey}\n`);
  assert.equal(pasted.ok, true, pasted.message);
  assert.equal(await api.isReachable(`${crm.sim.baseUrl}\n`), true);
});

test('each cause has its own message and its own details', async () => {
  const page = await serve((_, response) => {
    response.setHeader('content-type', 'text/html').end('<!doctype html><title>Twenty</title>');
  });
  const otherJson = await serve((_, response) => json(response, 200, { hello: 'world' }));
  const words = await serve((_, response) => response.end('It works!'));
  const notFound = await serve((_, response) => json(response, 404, { message: 'Cannot GET' }));
  const down = await serve((_, response) => json(response, 502, {}));
  const cut = await serve((_, response) => response.socket?.destroy());
  const forbidden = await serve((_, response) =>
    json(
      response,
      400,
      coreError(
        400,
        'Entity performing the request does not have permission',
        'Error',
        'PERMISSION_DENIED',
      ),
    ),
  );
  const limited = await serve((_, response) =>
    json(response, 429, coreError(429, 'Limit reached (100 tokens per 60000 ms)')),
  );
  const moved = await serve((_, response) => {
    response.writeHead(301, { location: 'https://crm.example.com/rest/people' }).end();
  });
  const port = await closedPort();
  const { revoked, expired } = crm.sim.keys;
  const { baseUrl } = crm.sim;

  /** @type {[string, string, string, number | undefined, RegExp, RegExp][]} */
  const cases = [
    ['invalid key', baseUrl, 'not-a-key', 401, /AUTH_ERROR.*invalid/, /key/i],
    ['expired key', baseUrl, expired, 401, /AUTH_ERROR.*expired/, /expired/],
    ['a path of it', `${baseUrl}/rest`, crm.sim.apiKey, 400, /VALIDATION_ERROR/, /without \/rest/],
    ['revoked key', baseUrl, revoked, 403, /AUTH_ERROR.*revoked/, /revoked/],
    ['no permission', forbidden.baseUrl, KEY, 400, /AUTH_ERROR.*permission/, /permission/],
    ['a web page', page.baseUrl, KEY, 200, /UNKNOWN.*NOT_TWENTY/, /base URL/],
    ['words', words.baseUrl, KEY, 200, /UNKNOWN.*NOT_TWENTY/, /base URL/],
    ['other JSON', otherJson.baseUrl, KEY, 200, /UNKNOWN.*NOT_TWENTY/, /base URL/],
    ['404', notFound.baseUrl, KEY, 404, /NOT_FOUND/, /base URL/],
    ['down', down.baseUrl, KEY, 502, /SERVER_ERROR/, /502/],
    ['cut', cut.baseUrl, KEY, undefined, /NETWORK_ERROR/, /broke/],
    ['throttled', limited.baseUrl, KEY, 429, /RATE_LIMIT/, /limit/i],
    ['moved', moved.baseUrl, KEY, 301, /OPERATION_FAILED.*REDIRECT/, /crm\.example\.com/],
    ['nobody', `http://127.0.0.1:${port}`, KEY, undefined, /NETWORK_ERROR.*CONNECT/, /connect/i],
    ['no host', 'http://no-such-host.invalid', KEY, undefined, /NETWORK_ERROR.*DNS/, /found/],
    ['no TLS', baseUrl.replace('http:', 'https:'), KEY, undefined, /NETWORK_ERROR.*TLS/, /secure/i],
    ['no URL', 'crm example', KEY, undefined, /VALIDATION_ERROR/, /baseUrl/],
    ['no scheme', 'crm.example.com', KEY, undefined, /VALIDATION_ERROR/, /https:\/\//],
    ['no base URL', '', KEY, undefined, /VALIDATION_ERROR/, /baseUrl/],
    ['no key', baseUrl, '', undefined, /VALIDATION_ERROR/, /apiKey/],
    ['a key with a line break', baseUrl, 'a\nb', undefined, /VALIDATION_ERROR/, /apiKey/],
  ];
  const messages = new Map();
  for (const [name, url, key, status, error, says] of cases) {
    const result = await api.testConnection(url, key);
    assertShape(result);
    assert.equal(result.ok, false, name);
    assert.equal(result.details?.status, status, `${name}: ${result.message}`);
    assert.match(result.details?.error ?? '', error, name);
    assert.match(result.message, says, name);
    if (key !== '') assert.ok(!JSON.stringify(result).includes(key), name);
    messages.set(name, result.message.replaceAll(/\d+/g, '0'));
  }
  for (const name of ['words', 'other JSON']) messages.delete(name);
  assert.equal(new Set(messages.values()).size, messages.size, [...messages.values()].join('\n'));
});

test('it makes one attempt: no retry, no wait', async () => {
  const down = await serve((_, response) =>
    json(response, 503, coreError(503, 'Down'), { 'retry-after': '60' }),
  );
  assert.equal((await api.testConnection(down.baseUrl, KEY)).ok, false);
  assert.equal(down.seen.length, 1);
});

test('a stalling server: a signal bounds the test', async () => {
  const arrived = deferred();
  const silent = await serve(() => arrived.resolve());
  const controller = new AbortController();
  const outcome = rejection(api.testConnection(silent.baseUrl, KEY, { signal: controller.signal }));
  await arrived.promise;
  controller.abort('too slow');
  assert.equal(await outcome, 'too slow');
});

test('any arguments give a result, not an exception', async () => {
  const odd = [undefined, null, 5, {}, [], Symbol('x'), () => {}, Object.create(null), 10n];
  for (const value of odd) {
    const one = await api.testConnection(/** @type {any} */ (value), KEY);
    assertShape(one);
    assert.equal(one.ok, false);
    assert.match(one.message, /baseUrl/);
    const two = await api.testConnection(crm.sim.baseUrl, /** @type {any} */ (value));
    assertShape(two);
    assert.equal(two.ok, false);
    assert.match(two.message, /apiKey/);
    assert.equal(await api.isReachable(/** @type {any} */ (value)), false);
  }
  assert.equal((await crm.sim.log()).length, 0);
});

test('isReachable: whether a server answers, without a key', async () => {
  assert.equal(await api.isReachable(crm.sim.baseUrl), true);
  const plain = await serve((_, response) => json(response, 404, {}));
  assert.equal(await api.isReachable(plain.baseUrl), true);
  assert.equal(plain.seen.length, 1);
  const gateway = await serve((_, response) => json(response, 502, {}));
  assert.equal(await api.isReachable(gateway.baseUrl), false);
  assert.equal(await api.isReachable(`http://127.0.0.1:${await closedPort()}`), false);
  assert.equal(await api.isReachable('http://no-such-host.invalid'), false);
  assert.equal(await api.isReachable('not a URL'), false);
  for (const { headers } of [...plain.seen, ...gateway.seen]) {
    assert.doesNotMatch(headers.authorization ?? '', new RegExp(KEY));
  }
});

test('a base URL with /rest, or with https:// but no TLS, is named as the cause', async () => {
  for (const [baseUrl, advice] of [
    [`${crm.sim.baseUrl}/rest`, /Leave \/rest out of baseUrl\.$/],
    [crm.sim.baseUrl.replace('http:', 'https:'), /does not speak TLS there: use http:\/\//],
  ]) {
    const config = { baseUrl, apiKey: crm.sim.apiKey, maxRetries: 0 };
    const error = await rejection(createTwentyCrmSyncService(config).upsertPerson(newPerson()));
    assert.match(error.message, advice);
  }
});
