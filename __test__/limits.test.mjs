// Servers that send endlessly, and callers that pass endless input: a typed error, and no more is read than allowed.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { gzipSync } from 'node:zlib';
import { createTwentyCrmSyncService } from '../index.mjs';
import { newCompany, newPerson, rejection, useSim } from './helpers/crm.mjs';
import { clientOf, deferred, json, KEY, proxy, serve, serveRaw } from './helpers/servers.mjs';

const crm = useSim({ preset: 'provisioned' });

const MIB = 1024 * 1024;

/**
 * A server that sends `piece` again and again as long as the client reads.
 * @param {string} head
 * @param {string} piece
 */
async function endless(head, piece) {
  const big = Buffer.from(piece.repeat(Math.ceil(65_536 / piece.length)), 'latin1');
  let written = 0;
  const ended = deferred();
  const server = await serveRaw((socket) => {
    socket.write(head);
    const push = () => {
      while (!socket.destroyed && socket.write(big)) written += big.length;
      if (!socket.destroyed) written += big.length;
    };
    socket.on('drain', push);
    socket.on('close', () => ended.resolve());
    push();
  });
  return {
    ...server,
    /** The bytes that the server could send before the client closed the connection. */
    async bytes() {
      await ended.promise;
      return written;
    },
  };
}

const OK = 'HTTP/1.1 200 OK\r\ncontent-type: application/json\r\n';
/** The bytes that system buffers may hold on both sides of a connection. */
const IN_FLIGHT = 12 * MIB;

/** @param {any} error @param {string} what */
function assertTooLarge(error, what) {
  assert.equal(error?.code, 'OPERATION_FAILED', `${what}: ${error?.message}`);
  assert.equal(error.details.reason, 'TOO_LARGE', what);
  assert.equal(error.isRetryable, false);
  assert.ok(error.message.length < 500);
}

test('endless bodies', async () => {
  const bodies = {
    'closed by nobody': [`${OK}\r\n"`, 'x'],
    chunked: [`${OK}transfer-encoding: chunked\r\n\r\n`, `400\r\n${'x'.repeat(0x400)}\r\n`],
    announced: [`${OK}content-length: 900000000000\r\n\r\n"`, 'x'],
    'an error': [
      'HTTP/1.1 500 Oops\r\ntransfer-encoding: chunked\r\n\r\n',
      `400\r\n${'x'.repeat(0x400)}\r\n`,
    ],
    'a redirect': [
      'HTTP/1.1 302 Found\r\nlocation: /y\r\ntransfer-encoding: chunked\r\n\r\n',
      `400\r\n${'x'.repeat(0x400)}\r\n`,
    ],
  };
  for (const [name, [head, piece]] of Object.entries(bodies)) {
    const server = await endless(head, piece);
    const { error } = await clientOf(server.baseUrl, { maxResponseBytes: MIB }).get('/x');
    assertTooLarge(error, name);
    assert.match(error.message, /larger than 1048576 bytes/);
    assert.match(error.message, /maxResponseBytes/);
    const bytes = await server.bytes();
    assert.ok(bytes < MIB + IN_FLIGHT, `${name}: ${bytes} bytes`);
  }
});

test('the limit is exact, and the default is 64 MiB', async () => {
  const server = await serve(({ url }, response) => {
    const text = `"${'x'.repeat(Number(url.slice(1)) - 2)}"`;
    response.writeHead(200, { 'content-type': 'application/json' }).end(text);
  });
  const small = clientOf(server.baseUrl, { maxResponseBytes: 2048 });
  assert.equal((await small.get('/2048')).data.length, 2046);
  assertTooLarge((await small.get('/2049')).error, 'one more');
  const client = clientOf(server.baseUrl);
  assert.equal((await client.get(`/${64 * MIB}`)).success, true);
  assertTooLarge((await client.get(`/${64 * MIB + 1}`)).error, 'one more than the default');
});

test('endless header sections', async () => {
  const heads = {
    'a line': ['HTTP/1.1 200 OK\r\nx-a: ', 'x'],
    'a reason': ['HTTP/1.1 200 ', 'x'],
    'a million headers': [OK, 'x-a: 1\r\n'],
    'headers that continue': [OK, 'x-a: 1\r\n '],
  };
  for (const [name, [head, piece]] of Object.entries(heads)) {
    const server = await endless(head, piece);
    const { error } = await clientOf(server.baseUrl, { maxRetries: 0 }).get('/x');
    assert.ok(
      ['OPERATION_FAILED', 'NETWORK_ERROR'].includes(error?.code),
      `${name}: ${error?.message}`,
    );
    if (error.code === 'OPERATION_FAILED') {
      assertTooLarge(error, name);
      assert.match(error.message, /its head is too large/);
    }
    const bytes = await server.bytes();
    assert.ok(bytes < IN_FLIGHT, `${name}: ${bytes} bytes`);
  }
});

test('a header section with a million headers that does end', async () => {
  const server = await serveRaw((socket) =>
    socket.end(`${OK}${'x-a: 1\r\n'.repeat(1_000_000)}content-length: 2\r\n\r\n{}`),
  );
  const { error } = await clientOf(server.baseUrl).get('/x');
  assertTooLarge(error, 'a million headers');
});

test('endless trailers and chunk extensions', async () => {
  const chunked = `${OK}transfer-encoding: chunked\r\n\r\n`;
  for (const [name, head, piece] of [
    ['a trailer', `${chunked}2\r\n{}\r\n0\r\nx-a: `, 'x'],
    ['trailers', `${chunked}2\r\n{}\r\n0\r\n`, 'x-a: 1\r\n'],
    ['an extension', `${chunked}2;`, 'x'],
    ['a chunk size', chunked, 'f'],
  ]) {
    const server = await endless(head, piece);
    const { error } = await clientOf(server.baseUrl, { maxRetries: 0 }).get('/x');
    assert.equal(error?.code, 'NETWORK_ERROR', `${name}: ${error?.message}`);
    const bytes = await server.bytes();
    assert.ok(bytes < IN_FLIGHT, `${name}: ${bytes} bytes`);
  }
});

test('endless interim answers, and answers sent byte by byte, end with the timeout', async () => {
  const interim = await endless('', 'HTTP/1.1 100 Continue\r\n\r\n');
  const answer = await clientOf(interim.baseUrl, { maxRetries: 0, timeout: 100 }).get('/x');
  assert.equal(answer.error?.code, 'TIMEOUT', answer.error?.message);
  await interim.bytes();
  const zeros = await endless(`${OK}transfer-encoding: chunked\r\n\r\n`, '0');
  const size = await clientOf(zeros.baseUrl, { maxRetries: 0, timeout: 100 }).get('/x');
  assert.equal(size.error?.code, 'TIMEOUT', size.error?.message);

  const slow = await serveRaw((socket) => {
    const text = `${OK}content-length: 1000000\r\n\r\n"`;
    let at = 0;
    const drip = setInterval(() => socket.write(text[at++] ?? 'x'), 1);
    socket.on('close', () => clearInterval(drip));
  });
  const { error } = await clientOf(slow.baseUrl, { maxRetries: 0, timeout: 100 }).get('/x');
  assert.equal(error?.code, 'TIMEOUT');
});

test('nothing is ever decompressed', async () => {
  const bomb = gzipSync(Buffer.alloc(256 * MIB));
  const server = await serve((_, response) => {
    response.writeHead(200, { 'content-type': 'application/json', 'content-encoding': 'gzip' });
    response.end(bomb);
  });
  const { error } = await clientOf(server.baseUrl).get('/x');
  assert.equal(server.seen[0].headers['accept-encoding'], 'identity');
  assert.equal(error.code, 'UNKNOWN');
  assert.equal(error.details.reason, 'CODING');
});

const deep = (/** @type {number} */ depth, open = '[', close = ']') =>
  open.repeat(depth) + close.repeat(depth);

test('JSON from the server that is nested too deeply, as an answer and as an error', async () => {
  for (const body of [
    deep(1_000_000),
    '['.repeat(5_000_000),
    deep(300_000, '{"data":', '}').replace('{"data":}', '{}'),
    `{"errors":${deep(100_000)}}`,
    `{"messages":${deep(100_000)}}`,
    `{"data":{"people":{"edges":${deep(100_000)}}}}`,
  ]) {
    for (const status of [200, 400, 401, 429, 500]) {
      const server = await serve((_, response) =>
        response.writeHead(status, { 'content-type': 'application/json' }).end(body),
      );
      const client = clientOf(server.baseUrl, { maxRetries: 0, maxThrottleWaitMs: 1 });
      for (const path of ['/rest/people', '/graphql']) {
        const answer = await client.post(path, {});
        if (answer.success) assert.equal(status, 200);
        else assert.ok(answer.error.message.length < 1000, answer.error.message);
        if (status !== 200) assert.equal(answer.success, false);
      }
      await server.close();
    }
  }
});

test('JSON that is nested too deeply, in answers that the sync service reads', async () => {
  const bodies = [
    deep(100_000),
    `{"data":${deep(100_000)}}`,
    `{"data":{"createPerson":${deep(500)}}}`,
  ];
  for (const body of bodies) {
    for (const part of ['metadata', 'graphql', 'rest/people', 'rest/batch']) {
      const front = await proxy(crm.sim.baseUrl);
      const changed = await serve(async (request, response) => {
        if (request.url.includes(part)) {
          response.writeHead(200, { 'content-type': 'application/json' }).end(body);
          return;
        }
        const { method, url, headers } = request;
        const onward = await fetch(new URL(url, crm.sim.baseUrl), {
          method,
          headers: {
            authorization: String(headers.authorization),
            'content-type': 'application/json',
          },
          ...(request.body !== '' && { body: request.body }),
        });
        response.writeHead(onward.status, { 'content-type': 'application/json' });
        response.end(await onward.text());
      });
      const service = createTwentyCrmSyncService({
        baseUrl: changed.baseUrl,
        apiKey: crm.sim.apiKey,
        maxRetries: 0,
      });
      for (const work of [
        () => service.upsertPerson(newPerson()),
        () => service.findPerson('cli_none'),
        () => service.upsertManyPersons([newPerson(), newPerson()]),
      ]) {
        const outcome = await work().catch((error) => error);
        if (outcome instanceof Error) {
          assert.equal(outcome.name, 'TwentyCrmApiError', `${part}: ${outcome.stack}`);
          assert.ok(outcome.message.length < 1000);
        }
      }
      await changed.close();
      await front.close();
    }
  }
});

test('requests that are too large are refused by name before they are sent', async () => {
  const server = await serve((_, response) => json(response, 200, {}));
  const client = clientOf(server.baseUrl);
  const many = (/** @type {number} */ count) =>
    Object.fromEntries(Array.from({ length: count }, (_, at) => [`x-${at}`, '1']));
  for (const headers of [many(101), many(40_000), many(200_000), { 'x-a': 'x'.repeat(70_000) }]) {
    const { error } = await client.get('/x', { headers });
    assert.equal(error?.code, 'VALIDATION_ERROR', error?.message);
    assert.equal(error.details.field, 'headers');
  }
  for (const length of [70_000, 10_000_000]) {
    for (const path of [`/${'x'.repeat(length)}`, `/x?filter=${'é'.repeat(length)}`]) {
      const { error } = await client.get(path);
      assert.equal(error?.code, 'VALIDATION_ERROR', error?.message);
      assert.equal(error.details.field, 'path');
      assert.ok(error.message.length < 1000);
    }
  }
  assert.equal(server.seen.length, 0);
  assert.equal((await client.get(`/${'x'.repeat(8_000)}`, { headers: many(60) })).success, true);
});

test('records of any depth and size: written, or refused by name', async () => {
  const service = crm.service();
  /** @type {any} */
  let nested = {};
  for (let level = 0; level < 1_000; level += 1) nested = { nested };
  const wide = Object.fromEntries(Array.from({ length: 200_000 }, (_, at) => [`field${at}`, at]));
  for (const extra of [{ nested }, wide, { list: Array.from({ length: 500_000 }, () => 0) }]) {
    const result = await service.upsertPerson(newPerson(extra));
    assert.equal(result.created, true, 'what is no field is no hindrance');
  }
  for (const field of ['job_title', 'phone', 'website', 'company_name']) {
    const error = await rejection(service.upsertPerson(newPerson({ [field]: nested })));
    assert.equal(error.details.field, field);
  }
  for (const [name, input] of [
    ['phone', newPerson({ phone: '+1'.repeat(2_000_000) })],
    ['website', newPerson({ website: `https://x.example/${'a'.repeat(2_000_000)}` })],
    ['domain', newCompany({ domain_name: 'a.'.repeat(1_000_000) })],
  ]) {
    const upsert = name === 'domain' ? 'upsertCompany' : 'upsertPerson';
    const outcome = await service[upsert](/** @type {any} */ (input)).catch((error) => error);
    assert.ok(!(outcome instanceof Error) || outcome.name === 'TwentyCrmApiError', String(outcome));
  }
  const error = await rejection(
    service.upsertPerson(newPerson({ email: `${'a'.repeat(2_000_000)}@x.example` })),
  );
  assert.equal(error.details.field, 'email');
  assert.ok(error.message.length < 1000);
  const { apiKey } = crm.sim;
  assert.ok(!error.message.includes(apiKey) && apiKey !== KEY);
});
