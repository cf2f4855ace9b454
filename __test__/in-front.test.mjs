// Something in front of Twenty (proxy, firewall, CDN, cache, login page) answers instead of it: the REST client, the
// sync, the connection test and the diagnosis say whose refusal it is. Also keys that Twenty cannot read.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { brotliCompressSync, deflateSync, gzipSync } from 'node:zlib';
import { createTwentyCrmSyncService, TwentyCrmApiService, TwentyCrmRestClient } from '../index.mjs';
import { newPerson, rejection } from './helpers/crm.mjs';
import { clientOf, json, KEY, serve } from './helpers/servers.mjs';

const api = new TwentyCrmApiService();

/**
 * A server that gives every request the same answer.
 * @param {number} status
 * @param {import('node:http').OutgoingHttpHeaders} headers
 * @param {string | Buffer} [body]
 */
const answering = (status, headers, body) =>
  serve((_, response) => response.writeHead(status, headers).end(body));

/** @param {string} baseUrl */
const serviceOf = (baseUrl) =>
  createTwentyCrmSyncService({ baseUrl, apiKey: KEY, maxRetries: 1, initialBackoffMs: 1 });

const html = { 'content-type': 'text/html' };
const page = '<!doctype html><title>Just a moment...</title>';
const jsonType = { 'content-type': 'application/json' };

/** @type {[string, number, import('node:http').OutgoingHttpHeaders, string | undefined, RegExp][]} */
const refusals = [
  ['a CDN’s page', 403, { ...html, 'cf-ray': '8f1-FRA' }, page, /web page, from Cloudflare/],
  ['a firewall’s page', 401, { ...html, server: 'BigIP' }, page, /web page, from BigIP/],
  ['plain text', 403, { 'content-type': 'text/plain' }, 'Access denied', /plain text/],
  ['no body', 403, {}, undefined, /without a body/],
  ['no body, 401', 401, {}, undefined, /without a body/],
  ['basic auth', 401, { 'www-authenticate': 'Basic realm="Staging"' }, '', /: Basic\)/],
  ['digest auth', 401, { ...html, 'www-authenticate': 'Digest nonce="x"' }, page, /: Digest\)/],
  ['an API gateway', 403, jsonType, '{"message":"Forbidden"}', /JSON that is not Twenty/],
  ['another framework', 401, jsonType, '{"status":401,"error":"Unauthorized"}', /JSON/],
];

for (const [name, status, headers, body, says] of refusals) {
  test(`${name}: the key and its role are not blamed`, async () => {
    const server = await answering(status, headers, body);
    const { error } = await clientOf(server.baseUrl).get('/rest/people');
    const thrown = await rejection(serviceOf(server.baseUrl).upsertPerson(newPerson()));
    const [bulk] = await collect(serviceOf(server.baseUrl).syncPersons([newPerson()]));
    for (const failure of [error, thrown, bulk.error]) {
      const { code, details, isRetryable, message } = failure;
      assert.deepEqual(
        { code, reason: details.reason, status: failure.status, isRetryable },
        { code: 'AUTH_ERROR', reason: 'GATEWAY', status, isRetryable: false },
        message,
      );
      assert.match(message, says);
      assert.doesNotMatch(message, /Roles|new key|check it/);
      assert.equal(details.serverError, undefined);
    }
    const tested = await api.testConnection(server.baseUrl, KEY);
    assert.equal(tested.details?.error, 'AUTH_ERROR (GATEWAY)');
    assert.match(tested.message, says);
    const { findings } = await api.diagnose({ baseUrl: server.baseUrl, apiKey: KEY });
    const finding = findings.find(({ status: verdict }) => verdict === 'error');
    assert.equal(finding?.check, 'twenty', JSON.stringify(findings));
    assert.match(finding?.advice ?? '', /in front of Twenty/);
    assert.ok(!findings.some(({ check }) => check === 'api_key'), 'nobody has looked at the key');
  });
}

/** @param {AsyncIterable<any>} results */
async function collect(results) {
  const all = [];
  for await (const result of results) all.push(result);
  return all;
}

test('a firewall that lets the health route through is still recognised', async () => {
  const server = await serve(({ url }, response) => {
    if (url === '/healthz') json(response, 200, { status: 'ok' });
    else response.writeHead(403, { ...html, 'cf-mitigated': 'challenge' }).end(page);
  });
  const { findings } = await api.diagnose({ baseUrl: server.baseUrl, apiKey: KEY });
  const [finding] = findings.filter(({ status }) => status === 'error');
  assert.equal(finding.check, 'twenty');
  assert.match(finding.message, /only lets browsers through/);
});

test('an incomplete key is named as the cause, and not the base URL', async () => {
  const words = 'Unknown token error.';
  const server = await serve(({ url }, response) => {
    if (url === '/healthz') return json(response, 200, { status: 'ok' });
    if (url !== '/graphql')
      return json(response, 400, { statusCode: 400, messages: [words], error: 'INVALID_INPUT' });
    const extensions = { subCode: 'INVALID_INPUT', code: 'BAD_USER_INPUT' };
    return json(response, 200, { errors: [{ message: words, extensions }] });
  });
  const client = clientOf(server.baseUrl);
  const failures = [
    (await client.get('/rest/people')).error,
    (await client.get('/rest/metadata/objects')).error,
    (await client.post('/graphql', { query: '{ people { totalCount } }' })).error,
    await rejection(serviceOf(server.baseUrl).upsertPerson(newPerson())),
  ];
  for (const { code, details, message, isRetryable } of failures) {
    assert.deepEqual([code, details.reason, isRetryable], ['AUTH_ERROR', 'invalid', false]);
    assert.match(message, /end is probably missing.*[Cc]opy the whole key/);
    assert.doesNotMatch(message, /base URL/);
  }
  const tested = await api.testConnection(server.baseUrl, KEY);
  assert.equal(tested.details?.error, 'AUTH_ERROR (invalid)');
  assert.doesNotMatch(tested.message, /base URL/i);
  const { findings } = await api.diagnose({ baseUrl: server.baseUrl, apiKey: KEY });
  const finding = findings.find(({ status }) => status === 'error');
  assert.equal(finding?.check, 'api_key');
  assert.match(finding?.advice ?? '', /whole/);
});

test('quotes and header words around the base URL or the key are refused at construction', async () => {
  const baseUrl = 'https://crm.example.com';
  for (const [open, close] of ['""', "''", '“”', '„“', '«»', '``']) {
    for (const field of ['baseUrl', 'apiKey']) {
      const good = { baseUrl, apiKey: KEY };
      const config = { ...good, [field]: `${open}${good[field]}${close}` };
      for (const make of [
        () => new TwentyCrmRestClient(config),
        () => createTwentyCrmSyncService(config),
      ]) {
        assert.throws(make, (error) => {
          const { code, message, details } = /** @type {any} */ (error);
          assert.deepEqual([code, details.field], ['VALIDATION_ERROR', field]);
          assert.match(message, /quotes/);
          assert.ok(!JSON.stringify(error).includes(KEY));
          return true;
        });
      }
      const tested = await api.testConnection(config.baseUrl, config.apiKey);
      assert.match(tested.message, /quotes/);
      const { findings } = await api.diagnose(config);
      assert.deepEqual([findings[0].check, findings[0].status], ['config', 'error']);
    }
  }
  for (const apiKey of [
    `Bearer ${KEY}`,
    `Authorization: Bearer ${KEY}`,
    `${KEY.slice(0, 20)}\n${KEY.slice(20)}`,
    `${KEY.slice(0, 20)}\u200b${KEY.slice(20)}`,
  ]) {
    assert.throws(
      () => new TwentyCrmRestClient({ baseUrl, apiKey }),
      (error) => {
        const { message, details } = /** @type {any} */ (error);
        assert.equal(details.field, 'apiKey');
        assert.match(message, /Bearer|line break|invisible/);
        assert.ok(!message.includes(KEY.slice(0, 20)), message);
        return true;
      },
    );
  }
  new TwentyCrmRestClient({ baseUrl: ` ${baseUrl}\n`, apiKey: `\t${KEY}\r\n` });
});

test('an answer in an unrequested encoding is named as the cause', async () => {
  const body = '{"data":{"people":[]}}';
  for (const [coding, compressed] of /** @type {const} */ ([
    ['gzip', gzipSync(body)],
    ['br', brotliCompressSync(body)],
    ['deflate', deflateSync(body)],
    ['zstd', Buffer.from([0x28, 0xb5, 0x2f, 0xfd, 0, 1])],
  ])) {
    const server = await answering(200, { ...jsonType, 'content-encoding': coding }, compressed);
    const { error } = await clientOf(server.baseUrl).get('/rest/people');
    assert.deepEqual([error.code, error.details.reason], ['UNKNOWN', 'CODING'], error.message);
    assert.equal(error.details.coding, coding);
    assert.match(
      error.message,
      new RegExp(`encoded as ${coding}, which the client did not ask for`),
    );
    assert.equal(server.seen[0].headers['accept-encoding'], 'identity');
    const tested = await api.testConnection(server.baseUrl, KEY);
    assert.match(tested.message, /compresses/);
    const thrown = await rejection(serviceOf(server.baseUrl).upsertPerson(newPerson()));
    assert.match(thrown.message, new RegExp(`encoded as ${coding}`));
    const { findings } = await api.diagnose({ baseUrl: server.baseUrl, apiKey: KEY });
    const finding = findings.find(({ status }) => status === 'error');
    assert.match(finding?.advice ?? '', /compresses/);
  }
});

test('an unexpected 304, 407, 511 and Cloudflare’s statuses name their origin', async () => {
  /** @type {[number, string, string | undefined, boolean, RegExp][]} */
  const cases = [
    [304, 'OPERATION_FAILED', 'GATEWAY', false, /cache in front of Twenty/],
    [407, 'NETWORK_ERROR', 'PROXY_AUTH', true, /HTTP_PROXY/],
    [511, 'NETWORK_ERROR', 'GATEWAY', true, /sign-in/],
    [520, 'SERVER_ERROR', undefined, true, /Cloudflare/],
    [525, 'SERVER_ERROR', undefined, true, /TLS/],
    [526, 'SERVER_ERROR', undefined, true, /certificate/],
    [530, 'SERVER_ERROR', undefined, true, /tunnel/],
    [413, 'VALIDATION_ERROR', 'TOO_LARGE', false, /in front of Twenty/],
    [414, 'VALIDATION_ERROR', 'TOO_LARGE', false, /graphql/],
    [451, 'VALIDATION_ERROR', undefined, false, /legal/],
  ];
  for (const [status, code, reason, isRetryable, says] of cases) {
    const server = await answering(status, html, status === 304 ? undefined : page);
    const { error } = await clientOf(server.baseUrl, { maxRetries: 0 }).get('/rest/people');
    assert.deepEqual(
      [error?.code, error?.details.reason, error?.isRetryable, error?.status],
      [code, reason, isRetryable, status],
    );
    assert.match(error.message, says);
    assert.doesNotMatch(error.message, /API key/);
  }
  const cached = await answering(304, {});
  const asked = await clientOf(cached.baseUrl).get('/rest/people', {
    headers: { 'If-None-Match': 'W/"1"' },
  });
  assert.equal(asked.success, true);
});
