// Where a request may go: never outside the base URL, and along a redirect only where the key may be sent.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { clientOf, json, KEY, serve } from './helpers/servers.mjs';

const methods = /** @type {const} */ (['get', 'post', 'put', 'patch', 'delete']);

test('a path that could lead elsewhere is refused, and nothing is sent', async () => {
  const other = await serve((_, response) => json(response, 200, {}));
  const server = await serve((_, response) => json(response, 200, {}));
  const client = clientOf(`${server.baseUrl}/twenty`);
  const elsewhere = `127.0.0.1:${other.port}`;
  const paths = [
    ...['', `http://${elsewhere}/x`, `HTTP://${elsewhere}/x`, `//${elsewhere}/x`],
    ...[`///${elsewhere}/x`, `/\\${elsewhere}/x`, `\\\\${elsewhere}\\x`, `http:${elsewhere}`],
    ...['file:///etc/passwd', 'javascript:alert(1)', 'data:text/plain,x'],
    ...['..', '.', '../x', '/..', '/../x', '/rest/../../x', '/rest/./people', '/rest/..'],
    ...['/%2e%2e/x', '/rest/%2E%2E/x', '/rest/.%2e/x', '/rest/%2e%2e%2fx', '/rest/..%2fx'],
    ...['/rest/..%5cx', '/rest/..;/x', '/rest/..\\x'],
    ...['/rest/people\r\nX-Evil: 1', '/rest/people\nX', '/rest/people\r', '/re\tst', '/rest\0'],
    ...['/rest/people HTTP/1.1\r\nHost: evil', '/rest/\u0085', '/rest/%0d%0aX-Evil:%201', '/%00'],
    ...['/rest/people#fragment', '/rest/people?x=1\r\nX: 1', '/rest/people?x=\\'],
  ];
  for (const path of paths) {
    for (const method of path.includes('\r\n') ? methods : /** @type {const} */ (['get', 'post'])) {
      const { success, error } = await client[method](path);
      assert.equal(success, false, JSON.stringify(path));
      assert.equal(error.code, 'VALIDATION_ERROR', JSON.stringify(path));
      assert.equal(error.details?.field, 'path', JSON.stringify(path));
      assert.equal(error.isRetryable, false);
      assert.equal(error.status, undefined);
    }
  }
  for (const path of [undefined, null, 5, {}, [], Symbol('x'), new URL(other.baseUrl)]) {
    const { error } = await client.get(/** @type {any} */ (path));
    assert.equal(error.details.field, 'path');
  }
  assert.equal(server.seen.length, 0);
  assert.equal(other.seen.length, 0);
  assert.equal(client.stats().requests, 0);
});

test('harmless paths pass, percent-encoded where necessary', async () => {
  const server = await serve((_, response) => json(response, 200, {}));
  const client = clientOf(server.baseUrl);
  const paths = [
    ['/rest/people?filter=name[eq]:../x', '/rest/people?filter=name[eq]:../x'],
    ['/rest/people?next=http://x.example//y', '/rest/people?next=http://x.example//y'],
    ['/rest/people?q=é', '/rest/people?q=%C3%A9'],
    ['/rest/people?q=a b', '/rest/people?q=a%20b'],
    ['/rest/people?q=%0A', '/rest/people?q=%0A'],
    ['/rest/people?q=%2B', '/rest/people?q=%2B'],
    ['/rest/a..b/...', '/rest/a..b/...'],
  ];
  for (const [path, url] of paths) {
    assert.equal((await client.get(path)).success, true, path);
    assert.equal(server.seen.at(-1)?.url, url);
    assert.equal(server.seen.at(-1)?.headers.host, `127.0.0.1:${server.port}`);
  }
});

test('a read follows redirects on its own server, with the key', async () => {
  for (const status of [301, 302, 303, 307, 308]) {
    const server = await serve(({ url }, response) => {
      if (url === '/rest/people') response.writeHead(status, { location: '/moved?x=1' }).end();
      else json(response, 200, { here: url });
    });
    const answer = await clientOf(server.baseUrl).get('/rest/people');
    assert.deepEqual(answer, { success: true, data: { here: '/moved?x=1' } });
    assert.equal(server.seen[1].headers.authorization, `Bearer ${KEY}`);
    assert.equal(server.seen[1].method, 'GET');
  }
});

test('a read does not follow a redirect to another host, and the key never gets there', async () => {
  const other = await serve((_, response) => json(response, 200, { stolen: true }));
  const locations = [
    `http://127.0.0.1:${other.port}/rest/people`,
    `//127.0.0.1:${other.port}/rest/people`,
    `http://localhost:${other.port}/`,
    `http://[::1]:${other.port}/`,
    `https://127.0.0.1:${other.port}/`,
  ];
  for (const location of locations) {
    const server = await serve((_, response) => response.writeHead(302, { location }).end());
    const { success, error } = await clientOf(server.baseUrl).get('/rest/people');
    assert.equal(success, false);
    assert.equal(error.code, 'OPERATION_FAILED', location);
    assert.equal(error.status, 302);
    assert.equal(error.isRetryable, false);
    assert.equal(error.details?.reason, 'REDIRECT');
    assert.ok(error.message.includes(String(other.port)), `the message names it: ${error.message}`);
    assert.equal(server.seen.length, 1);
  }
  assert.equal(other.seen.length, 0);
  assert.equal(other.sockets.size, 0);
});

test('redirects with user names or unusual schemes are not followed', async () => {
  for (const location of [
    'javascript:alert(1)',
    'file:///etc/passwd',
    'http://u:p@HOST/',
    'http://',
  ]) {
    const server = await serve(({ headers }, response) =>
      response.writeHead(302, { location: location.replace('HOST', headers.host ?? '') }).end(),
    );
    const { error } = await clientOf(server.baseUrl).get('/x');
    assert.equal(error?.details?.reason, 'REDIRECT', location);
    assert.equal(server.seen.length, 1);
  }
});

test('a write never follows a redirect, not even on its own server', async () => {
  for (const status of [301, 302, 303, 307, 308]) {
    for (const method of /** @type {const} */ (['post', 'put', 'patch', 'delete'])) {
      const server = await serve((request, response) => {
        const location = `http://${request.headers.host}/new${request.url}`;
        if (request.url.startsWith('/new')) json(response, 200, {});
        else response.writeHead(status, { location }).end();
      });
      const body = method === 'delete' ? undefined : { id: 'x' };
      const { error } = await clientOf(server.baseUrl)[method]('/rest/people', body);
      assert.equal(error?.code, 'OPERATION_FAILED', `${method} ${status}`);
      assert.equal(error.status, status);
      assert.equal(error.isRetryable, false);
      assert.equal(error.details.reason, 'REDIRECT');
      assert.ok(error.message.includes(`127.0.0.1:${server.port}/new`), error.message);
      assert.equal(server.seen.length, 1);
    }
  }
});

test('circular redirects end, and so do those to nowhere', async () => {
  const circle = await serve((_, response) => response.writeHead(302, { location: '/x' }).end());
  const { error } = await clientOf(circle.baseUrl).get('/x');
  assert.equal(error.code, 'OPERATION_FAILED');
  assert.equal(error.details.reason, 'REDIRECT');
  assert.equal(circle.seen.length, 6, 'the request and five redirects');

  const nowhere = await serve((_, response) => response.writeHead(301).end());
  const lost = await clientOf(nowhere.baseUrl).get('/x');
  assert.equal(lost.error.details.reason, 'REDIRECT');
  assert.equal(nowhere.seen.length, 1);
});
