// HTTP proxies from the environment: used when they should be, and never shown a key over TLS.
import assert from 'node:assert/strict';
import { once } from 'node:events';
import http from 'node:http';
import net from 'node:net';
import { after, test } from 'node:test';
import { runApart } from './helpers/apart.mjs';
import { authority, certificate } from './helpers/certificates.mjs';
import { closedPort, json, KEY, serveRaw, serveTls } from './helpers/servers.mjs';

const PASSWORD = 'pr0xy-passw0rd';
const BASIC = `Basic ${Buffer.from(`user:${PASSWORD}`).toString('base64')}`;
const issuer = authority();
const crm = await serveTls(
  certificate({ name: 'crm', hosts: ['crm.example'], issuer }),
  ({ headers }, response) =>
    json(response, 200, { host: headers.host, key: headers.authorization }),
);

/**
 * A proxy that connects every tunnel to one local port, and answers plain requests itself.
 * @param {number} target
 * @param {number} [status] Its answer to all CONNECT requests.
 */
async function startProxy(target, status = 200) {
  /** @type {{ method: string, url: string, headers: http.IncomingHttpHeaders }[]} */
  const seen = [];
  /** All traffic, as the proxy saw it. */
  const bytes = { text: '' };
  const sockets = new Set();
  const note = ({ method = '', url = '', headers }) => seen.push({ method, url, headers });
  const server = http.createServer((request, response) => {
    note(request);
    json(response, 200, { by: 'proxy' });
  });
  server.on('connection', (socket) => {
    sockets.add(socket);
    socket.on('error', () => {});
    socket.on('data', (data) => (bytes.text += data.toString('latin1')));
  });
  server.on('connect', (request, socket) => {
    note(request);
    bytes.text += JSON.stringify(request.headers);
    if (status !== 200) {
      socket.end(`HTTP/1.1 ${status} No\r\ncontent-length: 0\r\n\r\n`);
      return;
    }
    const onward = net.connect(target, '127.0.0.1');
    sockets.add(onward);
    onward.on('error', () => socket.destroy());
    socket.write('HTTP/1.1 200 OK\r\n\r\n');
    socket.on('data', (data) => (bytes.text += data.toString('latin1')));
    onward.on('data', (data) => (bytes.text += data.toString('latin1')));
    socket.pipe(onward).pipe(socket);
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  const { port } = /** @type {net.AddressInfo} */ (server.address());
  after(() => {
    server.close();
    for (const socket of sockets) socket.destroy();
  });
  return { port, seen, bytes, url: `http://127.0.0.1:${port}` };
}

const secure = { baseUrl: 'https://crm.example', apiKey: KEY, ca: issuer.cert };
const plain = { baseUrl: 'http://crm.example', apiKey: KEY };

test('an https server is reached through a tunnel, and the proxy sees nothing of it', async () => {
  const paths = Array.from({ length: 10 }, (_, at) => `/rest/people?limit=${at + 1}`);
  for (const name of ['HTTPS_PROXY', 'https_proxy', 'ALL_PROXY', 'all_proxy']) {
    const proxy = await startProxy(crm.port);
    const { answers, output } = await runApart(
      { [name]: proxy.url.replace('//', `//user:${PASSWORD}@`) },
      { config: secure, paths },
    );
    assert.equal(answers.length, paths.length);
    for (const answer of answers) {
      assert.deepEqual(answer, {
        success: true,
        data: { host: 'crm.example', key: `Bearer ${KEY}` },
      });
    }
    // Sometimes a request starts before the previous tunnel is known to be free, and opens its own.
    const tunnels = proxy.seen.length;
    assert.ok(tunnels > 0 && tunnels < paths.length, `${tunnels} tunnels: none was used again`);
    for (const { method, url, headers } of proxy.seen) {
      assert.deepEqual({ method, url }, { method: 'CONNECT', url: 'crm.example:443' });
      assert.equal(headers['proxy-authorization'], BASIC);
      assert.equal(headers.authorization, undefined);
    }
    assert.ok(!proxy.bytes.text.includes(KEY), 'the key is in nothing that the proxy saw');
    assert.ok(!output.includes(PASSWORD));
  }
});

test('a proxy that intercepts TLS is refused like any untrusted server', async () => {
  const spy = await serveTls(
    certificate({ name: 'crm', hosts: ['crm.example'], issuer: authority('Spy') }),
  );
  const proxy = await startProxy(spy.port);
  const { answers } = await runApart({ HTTPS_PROXY: proxy.url }, { config: secure });
  assert.equal(answers[0].error.code, 'NETWORK_ERROR');
  assert.equal(answers[0].error.details.reason, 'TLS');
  assert.match(answers[0].error.message, /through the proxy http:\/\/127\.0\.0\.1:\d+/);
  assert.equal(spy.seen.length, 0);
});

test('an http server is reached through the proxy, with an absolute URL', async () => {
  for (const name of ['HTTP_PROXY', 'http_proxy', 'ALL_PROXY']) {
    const proxy = await startProxy(crm.port);
    const url = proxy.url.replace('//', `//user:${PASSWORD}@`);
    const { answers, output } = await runApart({ [name]: url }, { config: plain });
    assert.deepEqual(answers, [{ success: true, data: { by: 'proxy' } }]);
    assert.equal(proxy.seen[0].url, 'http://crm.example/rest/people');
    assert.equal(proxy.seen[0].headers['proxy-authorization'], BASIC);
    assert.ok(!output.includes(PASSWORD));
  }
});

test('a proxy is used only for the addresses that it is set for', async () => {
  for (const [env, config] of [
    [{ HTTP_PROXY: '' }, plain],
    [{ HTTPS_PROXY: 'PROXY' }, plain],
    [{ HTTP_PROXY: 'PROXY' }, secure],
    [{ ALL_PROXY: 'PROXY', NO_PROXY: 'crm.example' }, secure],
    [{ HTTP_PROXY: 'PROXY', no_proxy: 'other.example, crm.example' }, plain],
    [{ HTTP_PROXY: 'PROXY', NO_PROXY: '.example' }, plain],
    [{ HTTP_PROXY: 'PROXY', NO_PROXY: '*' }, plain],
    // The environment variable that a web server makes from a visitor's request header (httpoxy).
    [{ HTTP_PROXY: 'PROXY', REQUEST_METHOD: 'GET' }, plain],
  ]) {
    const proxy = await startProxy(crm.port);
    const named = Object.entries(env).map(([name, value]) => [
      name,
      value.replace('PROXY', proxy.url),
    ]);
    const { answers } = await runApart(Object.fromEntries(named), {
      config: /** @type {any} */ (config),
    });
    assert.equal(answers[0].error.details.reason, 'DNS', JSON.stringify({ env, answers }));
    assert.equal(proxy.seen.length, 0);
    assert.equal(proxy.bytes.text, '');
  }
});

test('this machine is reached without a proxy', async () => {
  const proxy = await startProxy(crm.port);
  const local = await serveTls(certificate({ name: 'local', hosts: ['localhost'], issuer }));
  const { answers } = await runApart(
    { ALL_PROXY: proxy.url },
    { config: { ...secure, baseUrl: `https://localhost:${local.port}` } },
  );
  assert.equal(answers[0].success, true);
  assert.equal(proxy.seen.length, 0);
});

test('a failing proxy is named, without its password', async () => {
  const dead = `http://user:${PASSWORD}@127.0.0.1:${await closedPort()}`;
  const nameless = `http://user:${PASSWORD}@no-such-proxy.invalid:3128`;
  const urls = [dead, nameless];
  for (const status of [407, 403, 502]) {
    const { port } = await startProxy(crm.port, status);
    urls.push(`http://user:${PASSWORD}@127.0.0.1:${port}`);
  }
  const silent = await serveRaw((socket) => socket.end('SSH-2.0-OpenSSH\r\n'));
  urls.push(`http://user:${PASSWORD}@127.0.0.1:${silent.port}`);
  let refusedLogins = 0;
  for (const url of urls) {
    const { answers, output } = await runApart({ HTTPS_PROXY: url }, { config: secure });
    const { error } = answers[0];
    assert.equal(error.code, 'NETWORK_ERROR', JSON.stringify(error));
    assert.ok(error.isRetryable);
    const shown = url.replace(`user:${PASSWORD}@`, '');
    assert.equal(error.details.proxy, shown);
    assert.ok(error.message.includes(`through the proxy ${shown}`), error.message);
    assert.ok(error.message.includes('HTTPS_PROXY'), error.message);
    const wantsLogin = /requires a user and a password/.test(error.message);
    assert.equal(error.details.reason === 'PROXY_AUTH', wantsLogin);
    if (wantsLogin) refusedLogins += 1;
    assert.ok(!output.includes(PASSWORD) && !output.includes(BASIC.slice(6)), output);
    assert.equal(error.details.outcomeUnknown, undefined);
  }
  assert.equal(refusedLogins, 1, 'the one that answered with 407');
});

test('a SOCKS proxy is refused, and nothing is sent to it', async () => {
  const socks = await serveRaw(() => assert.fail('something was sent'));
  for (const config of [secure, plain]) {
    const { answers, output } = await runApart(
      { ALL_PROXY: `socks5h://user:${PASSWORD}@127.0.0.1:${socks.port}` },
      { config },
    );
    assert.match(answers[0].error.details.originalError, /SOCKS proxy, and only HTTP proxies/);
    assert.ok(!output.includes(PASSWORD));
  }
  assert.equal(socks.connections, 0);
});

test('blanks, line breaks and quotes around a variable are trimmed', async () => {
  const around = [
    (/** @type {string} */ url) => ` ${url} `,
    (/** @type {string} */ url) => `${url}\n`,
    (/** @type {string} */ url) => `"${url}"`,
    (/** @type {string} */ url) => `'${url}'\r\n`,
  ];
  for (const [at, [name, config]] of /** @type {const} */ ([
    ['HTTPS_PROXY', secure],
    ['http_proxy', plain],
    ['ALL_PROXY', secure],
    ['all_proxy', plain],
  ]).entries()) {
    for (const write of [around[at], around[(at + 2) % around.length]]) {
      const proxy = await startProxy(crm.port);
      const value = write(proxy.url.replace('//', `//user:${PASSWORD}@`));
      const { answers } = await runApart({ [name]: value }, { config });
      assert.equal(answers[0].success, true, `${name}=${JSON.stringify(value)}`);
      assert.equal(proxy.seen[0].headers['proxy-authorization'], BASIC);
      const direct = await runApart({ [name]: value, NO_PROXY: write('crm.example') }, { config });
      assert.equal(direct.answers[0].error.details.reason, 'DNS');
      assert.equal(proxy.seen.length, 1);
    }
  }
});

test('credentials are sent as intended, whatever characters they contain', async () => {
  for (const [written, meant] of [
    ['user:p@ss', 'user:p@ss'],
    ['user:p%40ss', 'user:p@ss'],
    ['me@corp.example:p@s@s', 'me@corp.example:p@s@s'],
    ['user:%23%2F%3F%3A%25', 'user:#/?:%'],
    ['user:pässwörd', 'user:pässwörd'],
    ['user', 'user:'],
  ]) {
    for (const [name, config] of /** @type {const} */ ([
      ['HTTPS_PROXY', secure],
      ['HTTP_PROXY', plain],
    ])) {
      const proxy = await startProxy(crm.port);
      const { answers } = await runApart(
        { [name]: proxy.url.replace('//', `//${written}@`) },
        { config },
      );
      assert.equal(answers[0].success, true, written);
      const sent = Buffer.from(meant).toString('base64');
      assert.equal(proxy.seen[0].headers['proxy-authorization'], `Basic ${sent}`, written);
    }
  }
});

test('an unreadable address is refused by the name of its variable, and nothing is sent', async () => {
  const proxy = await startProxy(crm.port);
  const at = `127.0.0.1:${proxy.port}`;
  const names = /** @type {const} */ ([
    ['HTTPS_PROXY', secure],
    ['http_proxy', plain],
    ['ALL_PROXY', secure],
  ]);
  const values = [
    ...[...'#/?\\'].flatMap((character) => [
      `http://user:${PASSWORD}${character}x@${at}`,
      `http://user:12${character}${PASSWORD}@${at}`,
    ]),
    `http://user:${PASSWORD}\n@${at}`,
    `"http://${at}`,
    `http=${at};https=${at}`,
    `http://${at},http://${at}`,
    `ftp://${at}`,
    `http://user:${PASSWORD}@`,
    `\${PROXY}`,
  ];
  for (const [index, value] of values.entries()) {
    const [name, config] = names[index % names.length];
    const { answers, output } = await runApart({ [name]: value }, { config });
    const { error } = answers[0];
    assert.deepEqual([error.code, error.details.reason], ['NETWORK_ERROR', 'PROXY'], value);
    assert.ok(error.isRetryable, 'a waiting outbox must not give records up for it');
    assert.match(
      error.message,
      new RegExp(`was not sent: ${name} in the environment is not a proxy address`),
    );
    assert.equal(error.details.proxy, undefined);
    assert.ok(!output.includes(PASSWORD) && !output.includes('127.0.0.1'), output);
  }
  assert.equal(proxy.bytes.text, '');
});

test('a failing proxy is named without any part of an unencoded password', async () => {
  const port = await closedPort();
  for (const password of [`${PASSWORD}@x`, `@${PASSWORD}`, `a@${PASSWORD}@b`]) {
    for (const [name, config] of /** @type {const} */ ([
      ['HTTPS_PROXY', secure],
      ['HTTP_PROXY', plain],
    ])) {
      const url = `http://user:${password}@127.0.0.1:${port}`;
      const { answers, output } = await runApart({ [name]: url }, { config });
      assert.equal(answers[0].error.details.proxy, `http://127.0.0.1:${port}`);
      assert.ok(!output.includes(PASSWORD), output);
    }
  }
});
