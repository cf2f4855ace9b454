// The API key never appears in errors, objects or output of a program.
import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { after, test } from 'node:test';
import { fileURLToPath } from 'node:url';
import { inspect } from 'node:util';
import {
  createTwentyCrmSyncService,
  sqliteConfigStore,
  sqliteMappingStore,
  TwentyCrmApiService,
  TwentyCrmConfigRepository,
  TwentyCrmRestClient,
  TwentyCrmSyncService,
} from '../index.mjs';
import { newCompany, newPerson, useSim } from './helpers/crm.mjs';
import { listen, notingLogger } from './helpers/listening.mjs';
import { closedPort, json, KEY, serve, serveRaw } from './helpers/servers.mjs';

const crm = useSim({ preset: 'provisioned' });

/** Every character that a key may contain besides letters and digits. */
const ODD_KEY = 'k3y/with+all"the:odd%characters&more=1<2>3\'4`5{6}7|8~9^';

/** A piece this long would give the key away, even if the rest was cut off. */
const PIECE = 12;

/** All texts that can be made from a value. @param {any} value */
function* texts(value) {
  yield inspect(value, { depth: Number.POSITIVE_INFINITY, showHidden: true, getters: true });
  yield inspect(value, { depth: Number.POSITIVE_INFINITY, customInspect: false });
  yield JSON.stringify(value) ?? '';
  yield String(value);
  if (value instanceof Error) {
    yield value.stack ?? '';
    yield inspect(value.cause, { depth: Number.POSITIVE_INFINITY, showHidden: true });
  }
  if (typeof value === 'object' && value !== null) {
    for (const key of Reflect.ownKeys(value)) yield String(value[key]);
    if (typeof value.message === 'string') yield value.message;
    if (typeof value.details?.originalError === 'string') yield value.details.originalError;
  }
}

/** @param {any} value @param {string} key @param {string} where */
function assertNoKey(value, key, where) {
  const spellings = [key, encodeURIComponent(key), JSON.stringify(key).slice(1, -1)];
  spellings.push(Buffer.from(key).toString('base64'), Buffer.from(`:${key}`).toString('base64'));
  for (const text of texts(value)) {
    for (const spelling of spellings) {
      for (let at = 0; at + PIECE <= spelling.length; at += 1) {
        const piece = spelling.slice(at, at + PIECE);
        assert.ok(!text.includes(piece), `${where}: "${piece}" of the key is in ${text}`);
      }
    }
  }
}

/** @param {import('node:http').IncomingHttpHeaders} headers */
const bearer = (headers) => String(headers.authorization ?? '');

/**
 * What a malicious or verbose server does with the key that it received.
 * @type {Record<string, (key: string, response: import('node:http').ServerResponse, url: string) => void>}
 */
const echoes = {
  'shape 1': (key, response) =>
    json(response, 400, { statusCode: 400, error: key, messages: [key] }),
  'shape 2': (key, response) => json(response, 400, { message: key, error: key, statusCode: 400 }),
  'shape 2, a list': (key, response) => json(response, 400, { message: ['a', key], error: 'x' }),
  'shape 3': (key, response) =>
    json(response, 400, {
      statusCode: 400,
      error: 'METADATA_VALIDATION_ERROR',
      message: key,
      errors: { fieldMetadata: [{ errors: [{ code: key, message: key }] }] },
    }),
  'shape 4': (key, response) => json(response, 500, key),
  'shape 5': (key, response) =>
    json(response, 401, { statusCode: 401, messages: [key], error: key }),
  code: (key, response) => json(response, 400, { statusCode: 400, messages: ['x'], code: key }),
  unknown: (key, response) => json(response, 418, { [key]: { [key]: [key] } }),
  graphql: (key, response) =>
    json(response, 200, { errors: [{ message: key, extensions: { code: key, subCode: key } }] }),
  page: (key, response) =>
    response.writeHead(200, { 'content-type': 'text/html' }).end(`<p>${key}`),
  'error page': (key, response) => response.writeHead(502).end(`<pre>Authorization: ${key}</pre>`),
  'text/plain': (key, response) => response.writeHead(400).end(key),
  'rate limit': (key, response) => json(response, 429, { messages: [key], retryAfterSeconds: key }),
  headers: (key, response) =>
    json(
      response,
      500,
      {},
      { 'x-key': key, 'retry-after': key, etag: key, 'www-authenticate': key },
    ),
  reason: (key, response) => response.writeHead(500, key).end(),
  'redirect, path': (key, response) => redirect(response, `https://evil.example/${key}`),
  'redirect, encoded': (key, response) =>
    redirect(response, `https://evil.example/?k=${encodeURIComponent(key)}`),
  'redirect, form': (key, response) =>
    redirect(response, `https://evil.example/?${new URLSearchParams({ key })}`),
  'redirect, fragment': (key, response) => redirect(response, `https://evil.example/#${key}`),
  'redirect, user': (key, response) =>
    redirect(
      response,
      `https://${encodeURIComponent(key)}:${encodeURIComponent(key)}@evil.example/`,
    ),
  'redirect, host': (key, response) =>
    redirect(response, `https://${key.replaceAll(/[^a-z0-9]/gi, '')}.evil.example/`),
  'redirect, relative': (key, response, url) =>
    url.includes('?again') ? json(response, 500, [key]) : redirect(response, `/?again=${key}`),
  // Long texts are cut somewhere, but never so that half of the key is left.
  ...Object.fromEntries(
    [150, 190, 195, 480, 490, 495, 499].map((length) => [
      `after ${length} characters`,
      (/** @type {string} */ key, /** @type {any} */ response) =>
        json(response, 400, { messages: [`${'x'.repeat(length)}${key}`], error: 'Error' }),
    ]),
  ),
  ...Object.fromEntries(
    [120, 170, 180, 190].map((length) => [
      `a redirect after ${length} characters`,
      (/** @type {string} */ key, /** @type {any} */ response) =>
        redirect(response, `https://evil.example/${'x'.repeat(length)}${encodeURIComponent(key)}`),
    ]),
  ),
};

/** @param {import('node:http').ServerResponse} response @param {string} location */
function redirect(response, location) {
  // Node refuses some characters in a header; a server would have to encode them as well.
  response.writeHead(302, { location: location.replaceAll(/[^\x21-\x7e]/g, '') }).end();
}

/**
 * Checks that there is something to search: a line for each call, and events of each channel. The number of requests
 * depends on the server: if it refuses the first because of a limit, there are no more.
 * @param {unknown[]} lines @param {{ name: string }[]} events
 */
function assertTold(lines, events) {
  const count = (/** @type {string} */ name) =>
    events.filter((event) => event.name === name).length;
  assert.ok(lines.length > 10, `${lines.length} lines`);
  assert.ok(count('request:start') > 0, 'requests');
  assert.equal(count('request:end'), count('request:start'));
  for (const [name, calls] of /** @type {const} */ ([
    ['upsert', 3],
    ['bulk', 1],
  ])) {
    assert.deepEqual([count(`${name}:start`), count(`${name}:end`)], [calls, calls], name);
  }
}

/** Every method, and its outcome. @param {string} baseUrl @param {string} apiKey */
async function everything(baseUrl, apiKey) {
  const config = { baseUrl, apiKey, maxRetries: 1, initialBackoffMs: 1, maxBackoffMs: 1 };
  const bounds = { timeout: 200, maxThrottleWaitMs: 5 };
  // All events and logs of the calls are searched as well.
  const { logger, lines } = notingLogger();
  const { events, stop } = listen();
  const retries = [];
  const onRetry = (/** @type {unknown} */ event) => retries.push(event);
  const told = { logger, logLevel: /** @type {const} */ ('debug'), onRetry };
  const client = new TwentyCrmRestClient({ ...config, ...bounds, ...told });
  const warnings = [];
  const service = new TwentyCrmSyncService(client);
  const warned = createTwentyCrmSyncService(
    { ...config, ...bounds },
    { onWarning: (warning) => warnings.push(warning) },
  );
  const api = new TwentyCrmApiService();
  const outcomes = await Promise.all(
    [
      client.get('/rest/people'),
      client.post('/rest/people', {}),
      client.post('/graphql', { query: '{ people { totalCount } }' }),
      client.patch('/rest/people/1', {}),
      client.delete('/rest/people/1'),
      client.get(`/rest/people?token=${apiKey}`),
      client.get(`/rest/people?token=${encodeURIComponent(apiKey)}`),
      client.get(`/rest/${apiKey}`),
      client.get(`/rest/${encodeURIComponent(apiKey)}/people`),
      client.get(`/${'x'.repeat(190)}?token=${encodeURIComponent(apiKey)}`),
      service.upsertPerson(newPerson({ phone: 'nonsense' })),
      warned.upsertPerson(newPerson({ phone: 'nonsense' })),
      warned.upsertCompany(newCompany()),
      // Its own timeout is too long for a test.
      api.testConnection(baseUrl, apiKey, { signal: AbortSignal.timeout(400) }),
    ].map((promise) => Promise.resolve(promise).catch((error) => error)),
  );
  await service.syncPersons([newPerson()]).then(undefined, () => {});
  stop();
  assertTold(lines, events);
  return {
    outcomes,
    objects: [client, service, warned, api],
    stats: [client.stats(), service.stats()],
    warnings,
    lines,
    events,
    retries,
  };
}

for (const [keyName, key] of Object.entries({ 'a JWT': KEY, 'an odd key': ODD_KEY })) {
  test(`servers that send the key back (${keyName})`, async () => {
    for (const [name, echo] of Object.entries(echoes)) {
      const server = await serve(({ headers, url }, response) => {
        const got = bearer(headers).replace('Bearer ', '');
        assert.equal(got, key);
        echo(got, response, url);
      });
      const { outcomes, ...others } = await everything(server.baseUrl, key);
      for (const outcome of outcomes) {
        const isData = outcome?.success === true;
        // A success contains the server's own JSON, unchanged.
        if (!isData) assertNoKey(outcome, key, `${name} (${keyName})`);
      }
      assertNoKey(others, key, name);
      await server.close();
    }
  });

  test(`raw TCP servers that send the key back (${keyName})`, async () => {
    const raw = {
      'in a broken head': (authorization) => `HTTP/1.1 200 OK\r\n${authorization}\0\r\n\r\n`,
      'as the protocol': (authorization) => `${authorization}\r\n\r\n`,
      'in a truncated body': (authorization) =>
        `HTTP/1.1 400 Bad\r\ncontent-length: 9999\r\n\r\n{"messages":["${authorization}`,
      'in a bad chunk size': (authorization) =>
        `HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\n${authorization}\r\n`,
    };
    for (const [name, answer] of Object.entries(raw)) {
      const server = await serveRaw((socket, text) => {
        const authorization = /authorization: (.*)\r\n/i.exec(text)?.[1];
        if (authorization !== undefined) socket.end(answer(authorization));
      });
      const { outcomes, ...others } = await everything(server.baseUrl, key);
      for (const outcome of outcomes) assertNoKey(outcome, key, name);
      assertNoKey(others, key, name);
      await server.close();
    }
  });
}

test('servers that cannot be reached, stall, reset, or refuse', async () => {
  const dead = `http://127.0.0.1:${await closedPort()}`;
  for (const baseUrl of [dead, 'http://no-such-host.invalid', crm.sim.baseUrl]) {
    const { outcomes, ...others } = await everything(baseUrl, KEY);
    for (const outcome of outcomes) assertNoKey(outcome, KEY, baseUrl);
    assertNoKey(others, KEY, baseUrl);
  }
  const { baseUrl } = crm.sim;
  const secure = baseUrl.replace('http:', 'https:');
  assertNoKey((await everything(secure, KEY)).outcomes, KEY, 'TLS');

  for (const action of [
    ...['resetBefore', 'resetAfter', 'resetMidBody', 'truncateBody', 'html', 'databaseDown'],
    ...['stallHeaders', 'stallBody'],
  ]) {
    await crm.sim.reset();
    await crm.sim.addFaults({ action: { type: action } });
    const { outcomes, ...others } = await everything(baseUrl, crm.sim.apiKey);
    for (const outcome of outcomes) assertNoKey(outcome, crm.sim.apiKey, action);
    assertNoKey(others, crm.sim.apiKey, action);
  }
  for (const purpose of ['readOnly', 'noMetadata', 'revoked', 'expired']) {
    await crm.sim.reset();
    const key = crm.sim.keys[purpose];
    const { outcomes, ...others } = await everything(baseUrl, key);
    for (const outcome of outcomes) assertNoKey(outcome, key, purpose);
    assertNoKey(others, key, purpose);
  }
});

test('refused configurations do not show the key', async () => {
  const good = { baseUrl: 'https://crm.example.com', apiKey: KEY };
  const bad = [
    { ...good, apiKey: `${KEY}\r\nX-Evil: 1` },
    { ...good, apiKey: `${KEY} 1` },
    { ...good, apiKey: `${KEY}é` },
    { ...good, apiKey: [KEY] },
    { ...good, apiKey: { key: KEY } },
    { ...good, baseUrl: `https://user:${KEY}@crm.example.com` },
    { ...good, baseUrl: `https://crm.example.com?key=${KEY}` },
    { ...good, baseUrl: `https://crm.example.com/${KEY}\n1` },
    { ...good, baseUrl: `${KEY}` },
    { ...good, baseUrl: `https://${KEY}:99999` },
    { ...good, timeout: KEY },
    { ...good, maxRetries: KEY },
    KEY,
  ];
  const api = new TwentyCrmApiService();
  for (const config of bad) {
    try {
      new TwentyCrmRestClient(/** @type {any} */ (config));
      assert.fail(`taken: ${inspect(config)}`);
    } catch (error) {
      assert.equal(error.code, 'VALIDATION_ERROR', String(error));
      assertNoKey(error, KEY, inspect(config));
    }
    const { baseUrl, apiKey } = /** @type {any} */ (config);
    if (typeof apiKey === 'string') {
      assertNoKey(await api.testConnection(baseUrl, apiKey), KEY, 'testConnection');
    }
  }
});

test('refused paths, headers and options do not show the key', async () => {
  const server = await serve((_, response) => json(response, 200, {}));
  const client = new TwentyCrmRestClient({ baseUrl: server.baseUrl, apiKey: KEY });
  for (const call of [
    () => client.get(`//evil.example/${KEY}`),
    () => client.get(`https://evil.example/?k=${KEY}`),
    () => client.get(`/x?k=${KEY}\r\n`),
    () => client.get('/x', { headers: { authorization: `Bearer ${KEY}` } }),
    () => client.get('/x', { headers: { 'x-key': `${KEY}\r\n` } }),
    () => client.get('/x', { headers: { [`${KEY} `]: 'x' } }),
    () => client.get('/x', { headers: { 'x-key': /** @type {any} */ ([KEY]) } }),
    () => client.get('/x', { headers: { [KEY]: /** @type {any} */ (5) } }),
    () => client.get('/x', { headers: { [`${'x'.repeat(880)}${KEY} `]: 'x' } }),
    () => client.post('/x', {}, { idempotencyKey: `${KEY}\n` }),
    () => client.post('/x', {}, { timeout: /** @type {any} */ (KEY) }),
  ]) {
    const answer = await call();
    assert.equal(answer.success, false, String(call));
    assertNoKey(answer, KEY, String(call));
  }
  assert.equal(server.seen.length, 0);
});

test('no object made from the key shows it', async () => {
  const config = { baseUrl: crm.sim.baseUrl, apiKey: crm.sim.apiKey };
  const client = new TwentyCrmRestClient(config);
  const service = createTwentyCrmSyncService(config);
  await service.upsertPerson(newPerson());
  await client.get('/rest/people?limit=1');
  const shown = { client, service, stats: client.stats(), cache: service.getCacheStats() };
  assertNoKey({ ...shown, entries: service.cacheEntries() }, config.apiKey, 'objects');
  for (const thing of [client, service, TwentyCrmRestClient, TwentyCrmSyncService]) {
    assertNoKey(thing, config.apiKey, 'inspect');
  }
});

test('a process that prints all its objects shows no secret', async () => {
  const server = await serve(({ headers }, response) =>
    json(response, 500, { statusCode: 500, messages: [bearer(headers)] }),
  );
  const fixture = fileURLToPath(new URL('./fixtures/talkative.mjs', import.meta.url));
  const child = spawn(process.execPath, [fixture], {
    env: {
      ...process.env,
      BASE_URL: server.baseUrl,
      RUST_LOG: 'trace',
      RUST_BACKTRACE: 'full',
      NODE_DEBUG: 'http,net,tls,stream,timer',
      DEBUG: '*',
    },
    stdio: ['pipe', 'pipe', 'pipe'],
  });
  // Through stdin, so that the key is in no environment or argument that could be printed.
  child.stdin.end(KEY);
  let output = '';
  for (const stream of [child.stdout, child.stderr]) stream.on('data', (text) => (output += text));
  const code = await new Promise((resolve) => child.once('close', resolve));
  assert.equal(code, 1, output);
  assert.match(output, /SERVER_ERROR/);
  assert.match(output, /TwentyCrmApiError/, 'the unhandled rejection is shown');
  assertNoKey(output, KEY, 'the output');
});

test('nothing on disk shows the key or the secret', async () => {
  const folder = mkdtempSync(path.join(tmpdir(), 'secrets-'));
  after(() => rmSync(folder, { recursive: true, force: true }));
  const [old, current] = [randomBytes(32).toString('base64'), randomBytes(32).toString('base64')];
  const file = path.join(folder, 'crm.sqlite');
  const keys = [crm.sim.apiKey, KEY, ODD_KEY];
  const lookEverywhere = (/** @type {string} */ when) => {
    const names = readdirSync(folder);
    assert.ok(names.includes('crm.sqlite'));
    for (const name of names) {
      const bytes = readFileSync(path.join(folder, name)).toString('latin1');
      for (const secret of [...keys, old, current]) {
        assertNoKey({ bytes }.bytes, secret, `${name} ${when}`);
        const hex = Buffer.from(secret).toString('hex');
        assert.ok(!bytes.toLowerCase().includes(hex.slice(0, 24)), `${name} ${when}, in hex`);
      }
    }
  };
  const data = {
    baseUrl: crm.sim.baseUrl,
    enabled: true,
    syncMode: /** @type {const} */ ('direct_crm'),
  };
  const first = sqliteConfigStore(file, { secret: old });
  const repository = new TwentyCrmConfigRepository({ store: first, env: {} });
  // Changed and changed back: overwritten data may remain in free pages and in the log.
  for (const apiKey of [...keys, ...keys]) {
    const saved = await repository.saveConfig({ ...data, apiKey }, 'admin');
    assertNoKey(saved, apiKey, 'what is saved');
    lookEverywhere('while it is open');
  }
  await first.close();
  const second = sqliteConfigStore(file, { secrets: [current, old] });
  await second.reencrypt();
  const mappingStore = sqliteMappingStore(file);
  const service = createTwentyCrmSyncService(
    { baseUrl: crm.sim.baseUrl, apiKey: crm.sim.apiKey },
    { mappingStore },
  );
  await service.upsertPerson(newPerson());
  lookEverywhere('with mappings beside it');
  await second.deleteConfig((await second.getConfig())?.id ?? '');
  await second.close();
  await mappingStore.close();
  lookEverywhere('after all');
});
