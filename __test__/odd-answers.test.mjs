// Answers that are not valid HTTP, or not JSON in UTF-8: they are understood, or give a typed error, and leftover bytes
// are never taken for the answer to another request.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { brotliCompressSync, gzipSync } from 'node:zlib';
import { isTwentyCrmError } from '../index.mjs';
import { clientOf, serve, serveRaw } from './helpers/servers.mjs';

const BODY = '{"a":1}';
const JSON_TYPE = 'content-type: application/json\r\n';
const GOOD = `HTTP/1.1 200 OK\r\n${JSON_TYPE}content-length: 7\r\n\r\n${BODY}`;

/** @param {any} answer @param {string} what */
function assertTyped(answer, what) {
  assert.equal(answer.success, false, what);
  assert.ok(isTwentyCrmError(answer.error), what);
  assert.ok(answer.error.message.length < 1_000, what);
}

test('bodies compressed without a request for it, complete or cut off', async () => {
  for (const [encoding, whole] of /** @type {const} */ ([
    ['gzip', gzipSync(BODY)],
    ['br', brotliCompressSync(BODY)],
  ])) {
    for (const body of [whole, whole.subarray(0, -3), whole.subarray(0, 1), Buffer.alloc(0)]) {
      for (const status of [200, 400, 503]) {
        const server = await serve((_, response) => {
          const head = { 'content-type': 'application/json', 'content-encoding': encoding };
          response.writeHead(status, head).end(body);
        });
        const answer = await clientOf(server.baseUrl, { maxRetries: 0 }).get('/x');
        if (status === 200 && body.length === 0) continue;
        assertTyped(answer, `${encoding}, ${body.length} bytes, ${status}`);
      }
    }
  }
});

test('JSON in another encoding than UTF-8', async () => {
  const utf16be = Buffer.from(BODY, 'utf16le').swap16();
  for (const [name, body] of /** @type {const} */ ([
    ['UTF-16LE', Buffer.from(BODY, 'utf16le')],
    ['UTF-16LE with a mark', Buffer.from(`\ufeff${BODY}`, 'utf16le')],
    ['UTF-16BE', utf16be],
    ['UTF-16BE with a mark', Buffer.concat([Buffer.from([0xfe, 0xff]), utf16be])],
  ])) {
    for (const status of [200, 400]) {
      const server = await serve((_, response) =>
        response.writeHead(status, { 'content-type': 'application/json' }).end(body),
      );
      assertTyped(await clientOf(server.baseUrl).get('/x'), `${name}, ${status}`);
    }
  }
});

test('invalid UTF-8 within a text is read as fetch reads it', async () => {
  for (const body of [
    Buffer.from('{"a":"\u00e9"}', 'latin1'),
    Buffer.from([...Buffer.from('{"a":"'), 0xe2, 0x82, 0x22, 0x7d]),
  ]) {
    const server = await serve((_, response) =>
      response.writeHead(200, { 'content-type': 'application/json' }).end(body),
    );
    const answer = await clientOf(server.baseUrl).get('/x');
    assert.deepEqual(answer.data, await (await fetch(server.baseUrl)).json());
  }
});

/** Each answer is everything that a connection gets; the connection then stays open. */
const MEANT = {
  'interim answers': `HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 103 Early Hints\r\nlink: </x>\r\n\r\n${GOOD}`,
  'chunks with extensions and trailers': `HTTP/1.1 200 OK\r\n${JSON_TYPE}transfer-encoding: chunked\r\n\r\n3;x=y\r\n{"a\r\n4\r\n":1}\r\n0\r\nx-t: 1\r\n\r\n`,
  'a name in capitals': `HTTP/1.1 200 OK\r\n${JSON_TYPE}TRANSFER-ENCODING: Chunked\r\n\r\n7\r\n${BODY}\r\n0\r\n\r\n`,
  'the same length twice': GOOD.replace(
    'content-length: 7',
    'content-length: 7\r\ncontent-length: 7',
  ),
};
const head = (/** @type {string} */ lines) => `HTTP/1.1 200 OK\r\n${JSON_TYPE}${lines}\r\n\r\n`;
const ODD = {
  'two lengths': head('content-length: 7\r\ncontent-length: 5') + BODY,
  'a length that is negative': head('content-length: -7') + BODY,
  'a length with a sign': head('content-length: +7') + BODY,
  'a length beyond 64 bits': head('content-length: 99999999999999999999999') + BODY,
  'a length that is a list': head('content-length: 7, 5') + BODY,
  'a length and chunks': `${head('content-length: 3\r\ntransfer-encoding: chunked')}7\r\n${BODY}\r\n0\r\n\r\n`,
  'chunks in chunks': `${head('transfer-encoding: chunked, chunked')}7\r\n${BODY}\r\n0\r\n\r\n`,
  'an encoding that nobody knows': `${head('transfer-encoding: xchunked')}7\r\n${BODY}\r\n0\r\n\r\n`,
  'gzip before chunks': `${head('transfer-encoding: gzip, chunked')}7\r\n${BODY}\r\n0\r\n\r\n`,
  'chunks before gzip': `${head('transfer-encoding: chunked, gzip')}7\r\n${BODY}\r\n0\r\n\r\n`,
  'a chunk size that is negative': `${head('transfer-encoding: chunked')}-7\r\n${BODY}\r\n0\r\n\r\n`,
  'a chunk size with a prefix': `${head('transfer-encoding: chunked')}0x7\r\n${BODY}\r\n0\r\n\r\n`,
  'a chunk that is longer than its size': `${head('transfer-encoding: chunked')}5\r\n${BODY}\r\n0\r\n\r\n`,
  'a body where there is none': `HTTP/1.1 204 No Content\r\n\r\n${GOOD}`,
  'other protocols': `HTTP/1.1 101 Switching Protocols\r\nupgrade: x\r\nconnection: upgrade\r\n\r\n${GOOD}`,
  'another version': GOOD.replace('HTTP/1.1', 'HTTP/3.0'),
  'a status of two digits': GOOD.replace('200', '20'),
  'a status beyond all': GOOD.replace('200', '999'),
  'a blank before a colon': head('content-length : 7') + BODY,
  'NUL in a header': head('x-a: \0\r\ncontent-length: 7') + BODY,
  'no HTTP': BODY,
};

/** A second answer after the first, which nobody asked for. */
const POISON = `HTTP/1.1 200 OK\r\n${JSON_TYPE}content-length: 12\r\n\r\n{"poison":1}`;

test('odd but valid HTTP answers are understood', async () => {
  for (const [name, text] of Object.entries(MEANT)) {
    const server = await serveRaw((socket) => socket.write(text, 'latin1'));
    const answer = await clientOf(server.baseUrl, { maxRetries: 0, timeout: 2_000 }).get('/x');
    assert.deepEqual(answer.data, { a: 1 }, `${name}: ${answer.error?.message}`);
  }
});

test('invalid HTTP gives typed errors, and bytes after it are not the next answer', async () => {
  for (const [name, text] of Object.entries(ODD)) {
    for (const behind of ['', POISON]) {
      let asked = 0;
      const server = await serveRaw((socket) => {
        asked += 1;
        if (asked === 1) socket.write(text + behind, 'latin1');
        else socket.write(GOOD, 'latin1');
      });
      const client = clientOf(server.baseUrl, { maxRetries: 0, timeout: 300 });
      const answer = await client.get('/x');
      if (answer.success) assert.ok(!JSON.stringify(answer.data ?? null).includes('poison'), name);
      else assertTyped(answer, name);
      const next = await client.get('/x');
      assert.deepEqual(next.data, { a: 1 }, `${name}, the next: ${next.error?.message}`);
    }
  }
});
