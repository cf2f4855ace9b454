// Every row of the error table: the server's answer, and the error that the caller gets.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { createTwentyCrmSyncService, isTwentyCrmError, TwentyCrmApiError } from '../index.mjs';
import { newPerson, rejection, useSim } from './helpers/crm.mjs';
import { clientOf, closedPort, coreError, json, KEY, serve } from './helpers/servers.mjs';

const crm = useSim({ preset: 'provisioned' });

const permission = coreError(
  400,
  'Entity performing the request does not have permission',
  'Error',
  'PERMISSION_DENIED',
);
const auth = (statusCode, message, error) => ({ statusCode, messages: [message], error });
const graphql = (message, extensions) => ({ errors: [{ message, extensions }], data: null });
const metadataError = {
  statusCode: 400,
  error: 'METADATA_VALIDATION_ERROR',
  message: 'Multiple validation errors occurred while creating field',
  errors: {
    fieldMetadata: [
      { errors: [{ code: 'NOT_AVAILABLE', message: 'Name "city" is not available' }] },
    ],
  },
};

/**
 * One row: the answer, and its error. `again` says whether a read is retried.
 * @typedef {object} Row
 * @property {string} name
 * @property {string} [path]
 * @property {number} status
 * @property {unknown} body
 * @property {string} code
 * @property {boolean} [retryable]
 * @property {boolean} [again] Default: as `retryable`.
 * @property {string} [reason]
 * @property {RegExp} [says]
 */

/** @type {Row[]} */
const table = [
  {
    name: 'a garbage key',
    status: 401,
    body: auth(401, 'Token invalid.', 'UNAUTHENTICATED'),
    code: 'AUTH_ERROR',
    reason: 'invalid',
    says: /key/,
  },
  {
    name: 'an expired key',
    status: 401,
    body: auth(401, 'Token has expired.', 'UNAUTHENTICATED'),
    code: 'AUTH_ERROR',
    reason: 'expired',
    says: /expired/,
  },
  {
    name: 'a revoked key',
    status: 403,
    body: auth(403, 'This API Key is revoked', 'FORBIDDEN_EXCEPTION'),
    code: 'AUTH_ERROR',
    reason: 'revoked',
    says: /revoked/,
  },
  {
    name: 'no key on arrival',
    status: 403,
    body: auth(403, 'Missing authentication token', 'FORBIDDEN_EXCEPTION'),
    code: 'AUTH_ERROR',
    reason: 'missing',
  },
  {
    name: 'no permission, core REST',
    status: 400,
    body: permission,
    code: 'AUTH_ERROR',
    reason: 'permission',
    says: /permission/,
  },
  {
    name: 'no permission, metadata',
    status: 403,
    body: { ...permission, statusCode: 403 },
    code: 'AUTH_ERROR',
    reason: 'permission',
  },
  {
    name: 'no key, GraphQL',
    path: '/graphql',
    status: 200,
    body: graphql('Token invalid.', { code: 'UNAUTHENTICATED' }),
    code: 'AUTH_ERROR',
    reason: 'invalid',
  },
  {
    name: 'no permission, GraphQL',
    path: '/graphql',
    status: 200,
    body: graphql('Entity performing the request does not have permission', { code: 'FORBIDDEN' }),
    code: 'AUTH_ERROR',
    reason: 'permission',
  },
  {
    name: 'invalid data',
    status: 500,
    body: coreError(500, 'Data validation error.'),
    code: 'VALIDATION_ERROR',
    reason: 'DATA',
  },
  {
    name: 'too large',
    status: 500,
    body: 'request entity too large',
    code: 'VALIDATION_ERROR',
    reason: 'TOO_LARGE',
    says: /too large/,
  },
  {
    name: '408',
    status: 408,
    body: {},
    code: 'SERVER_ERROR',
    retryable: true,
  },
  ...[500, 501, 502, 503, 504, 520, 524, 599].map((status) => ({
    name: String(status),
    status,
    body: coreError(status, 'It broke'),
    code: 'SERVER_ERROR',
    retryable: true,
    says: /It broke/,
  })),
  {
    name: 'a bare 500',
    status: 500,
    body: 'Internal server error',
    code: 'SERVER_ERROR',
    retryable: true,
    says: /Internal server error/,
  },
  ...[
    'connect ECONNREFUSED 127.0.0.1:5432',
    'connect ETIMEDOUT 10.0.0.7:5432',
    'read ECONNRESET',
    'Connection terminated unexpectedly',
    'Query read timeout',
  ].map((message) => ({
    name: `400 ${message}`,
    status: 400,
    body: coreError(400, message),
    code: 'SERVER_ERROR',
    retryable: true,
    says: new RegExp(message.slice(0, 10)),
  })),
  {
    name: 'a query that took too long',
    status: 400,
    body: coreError(400, 'Query read timeout', 'Error', 'QUERY_READ_TIMEOUT'),
    code: 'SERVER_ERROR',
    retryable: true,
  },
  {
    name: 'a 400, messages as a list',
    status: 400,
    body: coreError(400, 'Object person doesn\'t have any "nope" field.', 'BadRequestException'),
    code: 'VALIDATION_ERROR',
    says: /doesn't have any "nope" field/,
  },
  {
    name: 'a 400, message as a text',
    status: 400,
    body: { message: 'Unexpected token', error: 'Bad Request', statusCode: 400 },
    code: 'VALIDATION_ERROR',
    says: /Unexpected token/,
  },
  {
    name: 'a 400, message as a list',
    status: 400,
    body: { message: ['url must be a URL', 'x'], error: 'Bad Request', statusCode: 400 },
    code: 'VALIDATION_ERROR',
    says: /url must be a URL/,
  },
  {
    name: 'a 400 of the metadata',
    status: 400,
    body: metadataError,
    code: 'VALIDATION_ERROR',
    says: /Name "city" is not available/,
  },
  {
    name: 'a duplicate',
    status: 400,
    body: coreError(400, 'A duplicate entry was detected', 'BadRequestException'),
    code: 'VALIDATION_ERROR',
    reason: 'DUPLICATE',
    says: /duplicate/i,
  },
  ...[405, 410, 415, 418, 422, 451].map((status) => ({
    name: String(status),
    status,
    body: {},
    code: 'VALIDATION_ERROR',
    says: new RegExp(String(status)),
  })),
  ...[413, 431].map((status) => ({
    name: String(status),
    status,
    body: {},
    code: 'VALIDATION_ERROR',
    reason: 'TOO_LARGE',
  })),
  {
    name: '404',
    status: 404,
    body: coreError(404, 'Record not found', 'NotFoundException'),
    code: 'NOT_FOUND',
    says: /Record not found/,
  },
  {
    name: '404 of a path',
    status: 404,
    body: { message: 'Cannot GET /rest', error: 'Not Found', statusCode: 404 },
    code: 'NOT_FOUND',
  },
  {
    name: '402',
    status: 402,
    body: {},
    code: 'OPERATION_FAILED',
    reason: 'QUOTA',
  },
  {
    name: '409 quota',
    status: 409,
    body: coreError(409, 'Workspace record limit reached', 'ConflictException', 'QUOTA_EXHAUSTED'),
    code: 'OPERATION_FAILED',
    reason: 'QUOTA',
  },
  {
    name: 'GraphQL, null where data should be',
    path: '/graphql',
    status: 200,
    body: graphql('Unknown argument', { code: 'GRAPHQL_VALIDATION_FAILED' }),
    code: 'VALIDATION_ERROR',
    says: /Unknown argument/,
  },
  {
    name: 'GraphQL, an internal failure',
    path: '/graphql',
    status: 200,
    body: graphql('It broke', { code: 'INTERNAL_SERVER_ERROR' }),
    code: 'SERVER_ERROR',
    retryable: true,
  },
  {
    name: 'a page',
    status: 200,
    body: '<!doctype html><title>Twenty</title>',
    code: 'UNKNOWN',
    reason: 'NOT_TWENTY',
    says: /base URL/,
  },
  {
    name: 'plain words',
    status: 200,
    body: 'OK',
    code: 'UNKNOWN',
    reason: 'NOT_TWENTY',
  },
];

for (const row of table) {
  test(`${row.name}: ${row.code}`, async () => {
    const raw = row.status === 200 && typeof row.body === 'string';
    const server = await serve((_, response) => {
      if (raw) response.writeHead(200, { 'content-type': 'text/html' }).end(row.body);
      else json(response, row.status, row.body);
    });
    const client = clientOf(server.baseUrl, { maxRetries: 1 });
    const { success, error } = row.path
      ? await client.post(row.path, { query: '{ people { totalCount } }' })
      : await client.get('/rest/people');
    assert.equal(success, false);
    assert.ok(isTwentyCrmError(error));
    const { code, status, isRetryable, details, message } = error;
    const { retryable = false, again = retryable } = row;
    assert.deepEqual(
      { code, status, isRetryable, reason: details.reason },
      { code: row.code, status: row.status, isRetryable: retryable, reason: row.reason },
      message,
    );
    if (row.says) assert.match(message, row.says);
    assert.equal(server.seen.length, again ? 2 : 1);
    assert.equal(details.attempt, server.seen.length);
    assert.equal(details.maxRetries, 1);
    assert.equal(typeof details.originalError, 'string');
  });
}

test('the rate limit, in REST and in GraphQL', async () => {
  const words = 'Limit reached (100 tokens per 60000 ms)';
  for (const [path, status, body] of [
    ['/rest/people', 429, coreError(429, words, 'HttpException')],
    ['/graphql', 200, graphql(words, { code: 'BAD_USER_INPUT', subCode: 'LIMIT_REACHED' })],
    ['/graphql', 200, graphql('Slow down', { code: 'RATE_LIMITED' })],
  ]) {
    const server = await serve((_, response) => json(response, Number(status), body));
    const client = clientOf(server.baseUrl);
    const query = { query: '{ people { totalCount } }' };
    const { error } = await client.post(String(path), query, { skipRetry: true });
    assert.equal(error.code, 'RATE_LIMIT', error.message);
    assert.equal(error.isRetryable, true);
    assert.equal(error.status, status);
  }
});

test('no listener, no such host, no TLS: NETWORK_ERROR', async () => {
  const port = await closedPort();
  const server = await serve((_, response) => json(response, 200, {}));
  for (const [baseUrl, reason] of [
    [`http://127.0.0.1:${port}`, 'CONNECT'],
    ['http://no-such-host.invalid', 'DNS'],
    [`https://127.0.0.1:${server.port}`, 'TLS'],
  ]) {
    const { error } = await clientOf(baseUrl, { maxRetries: 1 }).post('/rest/people', {});
    assert.equal(error.code, 'NETWORK_ERROR', baseUrl);
    assert.equal(error.isRetryable, true);
    assert.equal(error.status, undefined);
    assert.equal(error.details.reason, reason, error.message);
    assert.equal(error.details.attempt, 2, 'nothing had left, so a POST is tried again');
    assert.ok(error.details.originalError.length > 0);
    assert.ok(error.message.includes(new URL(baseUrl).host), error.message);
  }
  assert.equal(server.seen.length, 0);
});

test('no message contains a Rust type', async () => {
  for (const row of table) {
    const server = await serve((_, response) => json(response, row.status, row.body));
    const { error } = await clientOf(server.baseUrl, { maxRetries: 0 }).get('/rest/people');
    const text = JSON.stringify(error ?? null);
    assert.doesNotMatch(text, /\w::\w|Some\(|None\b|Ok\(|Err\(|reqwest|hyper|serde|tokio/, text);
  }
});

test('the simulator’s keys: each is refused in its own way', async () => {
  const { readOnly, revoked, expired } = crm.sim.keys;
  for (const [apiKey, reason, status] of [
    [readOnly, 'permission', 400],
    [revoked, 'revoked', 403],
    [expired, 'expired', 401],
    ['not-a-key', 'invalid', 401],
  ]) {
    const { error } = await crm.client({ apiKey }).post('/rest/people', {});
    const { code, details, isRetryable } = error;
    assert.deepEqual(
      { code, reason: details.reason, status: error.status, isRetryable },
      { code: 'AUTH_ERROR', reason, status, isRetryable: false },
    );
    const thrown = await rejection(crm.service({}, { apiKey }).upsertPerson(newPerson()));
    assert.ok(thrown instanceof TwentyCrmApiError);
    assert.equal(thrown.code, 'AUTH_ERROR');
    assert.equal(thrown.details.reason, reason, thrown.message);
  }
  assert.equal((await crm.sim.records('people')).length, 0);
});

test('an upsert fails as the table says, too', async () => {
  const page = await serve((_, response) => response.end('<!doctype html>'));
  const down = await serve((_, response) => json(response, 503, coreError(503, 'Down')));
  const silent = await serve(() => {});
  const redirect = await serve((_, response) => {
    response.writeHead(301, { location: 'https://crm.example.com/' }).end();
  });
  const port = await closedPort();
  for (const [baseUrl, code, isRetryable, reason] of [
    [page.baseUrl, 'UNKNOWN', false, 'NOT_TWENTY'],
    [down.baseUrl, 'SERVER_ERROR', true, undefined],
    [silent.baseUrl, 'TIMEOUT', true, undefined],
    [redirect.baseUrl, 'OPERATION_FAILED', false, 'REDIRECT'],
    [`http://127.0.0.1:${port}`, 'NETWORK_ERROR', true, 'CONNECT'],
  ]) {
    const config = { baseUrl, apiKey: KEY, maxRetries: 1, initialBackoffMs: 1, timeout: 100 };
    const service = createTwentyCrmSyncService(config);
    const error = await rejection(service.upsertPerson(newPerson()));
    assert.ok(error instanceof TwentyCrmApiError);
    assert.equal(error.code, code, error.message);
    assert.equal(error.isRetryable, isRetryable);
    assert.equal(error.details?.reason, reason);
  }
});

test('a write whose answers are all lost: OPERATION_FAILED, outcome unknown', async () => {
  const service = crm.service({}, { maxRetries: 1 });
  await service.upsertPerson(newPerson());
  await crm.sim.addFaults({ action: { type: 'resetAfter' } });
  const error = await rejection(service.upsertPerson(newPerson()));
  assert.equal(error.code, 'OPERATION_FAILED', error.message);
  assert.equal(error.isRetryable, true);
  assert.equal(error.details.reason, 'OUTCOME_UNKNOWN');
});
