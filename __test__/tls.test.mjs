// Which servers a client trusts: only those that prove their identity, and every refusal says what to do.
import assert from 'node:assert/strict';
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { after, test } from 'node:test';
import {
  createTwentyCrmSyncService,
  TwentyCrmApiError,
  TwentyCrmApiService,
  TwentyCrmRestClient,
} from '../index.mjs';
import { runApart } from './helpers/apart.mjs';
import { authority, certificate } from './helpers/certificates.mjs';
import { clientOf, json, KEY, serveTls } from './helpers/servers.mjs';

const folder = mkdtempSync(path.join(tmpdir(), 'tls-'));
after(() => rmSync(folder, { recursive: true, force: true }));

const issuer = authority();
const good = certificate({ name: 'crm', hosts: ['localhost'], issuer });

/** @param {import('./helpers/certificates.mjs').Certificate} shown The certificate that the server presents. */
async function serverWith(shown) {
  const server = await serveTls(shown, (_, response) => json(response, 200, { ok: 1 }));
  return { ...server, baseUrl: `https://localhost:${server.port}` };
}

/**
 * A refusal: a typed error, logged, and nothing sent.
 * @param {Awaited<ReturnType<typeof serverWith>>} server
 * @param {any} ca
 * @param {RegExp} message
 */
async function refuses(server, ca, message) {
  const seenBefore = server.seen.length;
  const { success, error } = await clientOf(server.baseUrl, { ca, maxRetries: 0 }).post('/x', {});
  assert.equal(success, false);
  assert.equal(error.code, 'NETWORK_ERROR');
  assert.equal(error.details?.reason, 'TLS');
  assert.match(error.message, message);
  assert.equal(error.details?.outcomeUnknown, undefined, 'nothing was sent');
  assert.equal(server.seen.length, seenBefore, 'no request arrived, and no key');
}

const UNKNOWN_ISSUER =
  /self-signed, or this machine does not trust its CA.*as ca.*NODE_EXTRA_CA_CERTS/;

test('a custom certificate authority, in every form that Node.js accepts', async () => {
  const server = await serverWith(good);
  const forms = [
    issuer.cert,
    Buffer.from(issuer.cert),
    new Uint8Array(Buffer.from(issuer.cert)),
    [issuer.cert],
    [Buffer.from(authority('Another').cert), issuer.cert],
    `# a bundle\n${authority('Another').cert}\n# and\n${issuer.cert}`,
    issuer.cert.replaceAll('\n', '\r\n'),
  ];
  for (const ca of forms) {
    const answer = await clientOf(server.baseUrl, { ca }).get('/x');
    assert.deepEqual(answer, { success: true, data: { ok: 1 } });
  }
  assert.equal(server.seen.at(-1)?.headers.authorization, `Bearer ${KEY}`);
});

test('without it, or with another one, the server is refused', async () => {
  const server = await serverWith(good);
  for (const ca of [undefined, null, authority().cert, authority('Another').cert]) {
    await refuses(server, ca, UNKNOWN_ISSUER);
  }
});

test('a connection that one client trusts is not shared with a client that does not', async () => {
  const server = await serverWith(good);
  assert.equal((await clientOf(server.baseUrl, { ca: issuer.cert }).get('/x')).success, true);
  await refuses(server, undefined, UNKNOWN_ISSUER);
  assert.equal((await clientOf(server.baseUrl, { ca: issuer.cert }).get('/x')).success, true);
  assert.equal(server.sockets.size, 1, 'those of one trust share it');
});

test('a self-signed certificate is refused, and accepted if it is given as ca', async () => {
  for (const isAuthority of [false, true]) {
    const own = certificate({ name: 'crm', hosts: ['localhost'], isAuthority });
    const server = await serverWith(own);
    await refuses(server, undefined, /self-signed.*as ca.*NODE_EXTRA_CA_CERTS/);
    const another = certificate({ name: 'crm', hosts: ['localhost'], isAuthority });
    await refuses(server, another.cert, /self-signed/);
    assert.equal((await clientOf(server.baseUrl, { ca: own.cert }).get('/x')).success, true);
  }
});

test('a given self-signed certificate must still be valid now and for this host', async () => {
  for (const isAuthority of [false, true]) {
    const old = certificate({
      name: 'crm',
      hosts: ['localhost'],
      isAuthority,
      fromDays: -9,
      toDays: -2,
    });
    await refuses(await serverWith(old), old.cert, /has expired/);
    const other = certificate({ name: 'crm', hosts: ['crm.example.com'], isAuthority });
    await refuses(await serverWith(other), other.cert, /is for another host/);
  }
});

test('expired, not yet valid, and for another host', async () => {
  const cases = [
    [{ hosts: ['localhost'], fromDays: -9, toDays: -2 }, /has expired: renew it/],
    [{ hosts: ['localhost'], fromDays: 2, toDays: 9 }, /is not valid yet/],
    [{ hosts: ['crm.example.com'] }, /is for another host/],
    [{ hosts: ['*.localhost'] }, /is for another host/],
    [{ hosts: [] }, /TLS|certificate/],
  ];
  for (const [wanted, message] of cases) {
    const shown = certificate({ name: 'localhost', issuer, .../** @type {any} */ (wanted) });
    await refuses(await serverWith(shown), issuer.cert, /** @type {RegExp} */ (message));
  }
});

test('a server’s certificate is not an authority for others', async () => {
  const forged = certificate({ name: 'forged', hosts: ['localhost'], issuer: good });
  const server = await serverWith({ ...forged, cert: forged.cert + good.cert });
  await refuses(server, issuer.cert, /certificate/);
});

test('an invalid ca is refused at once, by name', () => {
  const bad = [
    '',
    '/etc/ssl/ca.pem',
    'no certificate',
    issuer.key,
    issuer.cert.slice(0, -40),
    issuer.cert.replace(/\n.{20}/, '\nAAAAAAAAAAAAAAAAAAAA'),
    Buffer.from([0x30, 0x82]),
    5,
    5n,
    true,
    {},
    Symbol('x'),
    [],
    [issuer.cert, 5],
    [issuer.cert, 'none'],
    () => {},
    new Proxy([], { get: () => assert.fail('asked') }),
  ];
  for (const ca of bad) {
    assert.throws(
      () =>
        new TwentyCrmRestClient({
          baseUrl: 'https://x.example',
          apiKey: KEY,
          ca: /** @type {any} */ (ca),
        }),
      (error) => {
        assert.ok(error instanceof TwentyCrmApiError, String(error));
        assert.equal(error.code, 'VALIDATION_ERROR');
        assert.equal(error.details?.field, 'ca', error.message);
        return true;
      },
      typeof ca === 'string' ? ca : typeof ca,
    );
  }
});

test('everything that connects accepts ca', async () => {
  const server = await serverWith(good);
  const config = { baseUrl: server.baseUrl, apiKey: KEY, ca: issuer.cert };
  const api = new TwentyCrmApiService();
  assert.equal(await api.isReachable(server.baseUrl), false);
  assert.equal(await api.isReachable(server.baseUrl, { ca: Buffer.from(issuer.cert) }), true);
  const tested = await api.testConnection(server.baseUrl, KEY);
  assert.match(tested.message, /as ca/);
  const trusted = await api.testConnection(server.baseUrl, KEY, { ca: issuer.cert });
  assert.doesNotMatch(trusted.message, /as ca/);
  const reached = (/** @type {import('../index.js').Diagnosis} */ { findings }) =>
    findings.find(({ check }) => check === 'reachable')?.status;
  assert.equal(reached(await api.diagnose(config)), 'ok');
  assert.equal(reached(await api.diagnose({ ...config, ca: undefined })), 'error');
  const seen = server.seen.length;
  await assert.rejects(createTwentyCrmSyncService(config).findPerson('cli_1'));
  assert.ok(server.seen.length > seen, 'the service speaks to the server');
});

test('authorities from the environment are used, in Node.js’ way and in OpenSSL’s', async () => {
  const server = await serverWith(good);
  const file = path.join(folder, 'authorities.pem');
  writeFileSync(file, `# ours\n${issuer.cert}`);
  const selfSigned = certificate({ name: 'crm', hosts: ['localhost'], isAuthority: true });
  const ownServer = await serverWith(selfSigned);
  const ownFile = path.join(folder, 'own.pem');
  writeFileSync(ownFile, selfSigned.cert);
  const missing = path.join(folder, 'missing.pem');
  const empty = path.join(folder, 'empty');
  mkdirSync(empty);
  for (const [env, target, success] of [
    [{ NODE_EXTRA_CA_CERTS: file }, server, true],
    [{ SSL_CERT_FILE: file }, server, process.platform === 'linux'],
    [{ NODE_EXTRA_CA_CERTS: ownFile }, ownServer, true],
    [{ NODE_EXTRA_CA_CERTS: missing }, server, false],
    [{ NODE_EXTRA_CA_CERTS: '' }, server, false],
    [{ SSL_CERT_FILE: missing, SSL_CERT_DIR: empty }, server, false],
    [{ NODE_TLS_REJECT_UNAUTHORIZED: '0' }, server, false],
  ]) {
    const { baseUrl } = /** @type {any} */ (target);
    const { answers } = await runApart(/** @type {any} */ (env), {
      config: { baseUrl, apiKey: KEY },
    });
    assert.equal(answers[0].success, success, JSON.stringify({ env, answers }));
    if (success) continue;
    const advice = Object.values(/** @type {any} */ (env)).includes(empty)
      ? /has no CA certificates: install them/
      : UNKNOWN_ISSUER;
    assert.match(answers[0].error.message, advice);
  }
});
