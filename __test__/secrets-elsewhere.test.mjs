// Secrets around the client: outbox, command line, webhooks, proxies. None appears in their output or errors.
import assert from 'node:assert/strict';
import { randomBytes } from 'node:crypto';
import { mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { after, test } from 'node:test';
import { inspect } from 'node:util';
import {
  createTwentyCrmOutbox,
  createTwentyCrmSyncService,
  sqliteOutbox,
  verifyTwentyWebhook,
} from '../index.mjs';
import { envOf, file, run } from './cli/cli.mjs';
import { runApart } from './helpers/apart.mjs';
import { newPerson } from './helpers/crm.mjs';
import { listen, notingLogger } from './helpers/listening.mjs';
import { closedPort, json, KEY, serve } from './helpers/servers.mjs';
import { FakeClock } from './outbox/helpers.mjs';

/** A piece this long would give a secret away. */
const PIECE = 12;

/** @param {unknown} value @param {string} secret @param {string} where */
function assertHidden(value, secret, where) {
  const shown = [
    typeof value === 'string' ? value : '',
    inspect(value, { depth: Number.POSITIVE_INFINITY, showHidden: true, getters: true }),
    inspect(value, { depth: Number.POSITIVE_INFINITY, customInspect: false }),
    JSON.stringify(value) ?? '',
    value instanceof Error ? `${value.stack}${inspect(value.cause)}` : '',
  ];
  const spellings = [secret, encodeURIComponent(secret), Buffer.from(secret).toString('base64')];
  for (const text of shown) {
    for (const spelling of spellings) {
      for (let at = 0; at + PIECE <= spelling.length; at += 1) {
        const piece = spelling.slice(at, at + PIECE);
        assert.ok(!text.includes(piece), `${where}: "${piece}" is in ${text.slice(0, 2_000)}`);
      }
    }
  }
}

/** A server that answers every request with the key that it received. @param {number} status */
const echo = (status) =>
  serve(({ headers }, response) => {
    const key = String(headers.authorization).replace('Bearer ', '');
    json(response, status, {
      statusCode: status,
      error: key,
      messages: [`you sent ${key}`],
      code: key,
    });
  });

const folder = mkdtempSync(path.join(tmpdir(), 'secrets-elsewhere-'));
after(() => rmSync(folder, { recursive: true, force: true }));

/** The content of a store's files, including its log. */
const bytesOf = (/** @type {string} */ name) =>
  readdirSync(folder)
    .filter((one) => one.startsWith(name))
    .map((one) => readFileSync(path.join(folder, one)).toString('latin1'))
    .join('\n');

for (const status of [400, 401, 404, 429, 500]) {
  test(`an outbox whose CRM sends the key back with ${status}`, async () => {
    const server = await echo(status);
    const secret = randomBytes(32).toString('base64');
    const name = `outbox-${status}.sqlite`;
    const { logger, lines } = notingLogger();
    const { events, stop } = listen();
    const service = createTwentyCrmSyncService(
      {
        ...{ baseUrl: server.baseUrl, apiKey: KEY, maxRetries: 0, maxThrottleWaitMs: 1 },
        ...{ logger, logLevel: 'debug' },
      },
      {},
    );
    /** @type {unknown[]} */
    const told = [];
    const store = sqliteOutbox(path.join(folder, name), { secret });
    const outbox = createTwentyCrmOutbox({
      ...{ service, store, clock: new FakeClock() },
      onError: (...facts) => told.push(facts),
      onDeadLetter: (letter) => told.push(letter),
    });
    const person = newPerson({ job_title: 'a title that nobody else has' });
    told.push(await outbox.enqueuePerson(person));
    // As in a round of the worker; waiting changes go on waiting.
    const flushed = await outbox.flush({ timeoutMs: 1 }).catch((error) => error);
    const seen = [flushed, await outbox.stats(), await outbox.deadLetters(), told];
    stop();
    assert.ok(server.seen.length > 0 && told.length > 1, 'it was tried, and something was told');
    for (const what of [...seen, outbox, store, lines, events]) {
      assertHidden(what, KEY, `outbox, ${status}`);
      assertHidden(what, secret, `outbox, ${status}`);
    }
    for (const when of ['open', 'closed']) {
      const bytes = bytesOf(name);
      assert.ok(bytes.length > 0);
      for (const hidden of [KEY, secret, 'a title that nobody', person.email]) {
        assert.ok(!bytes.includes(hidden), `${hidden} is in the ${when} files`);
      }
      if (when === 'open') await outbox.close();
    }
    await server.close();
  });
}

test('refused secrets of stores are not shown', () => {
  const short = 'sh0rt-s3cret-of-x';
  for (const options of [
    { secret: short },
    { secrets: [short] },
    { secrets: [randomBytes(32).toString('hex'), short] },
    { secret: short, secrets: [short] },
    { secrets: short },
    { secret: { it: short } },
    { secrets: [{ toJSON: () => assert.fail(short) }] },
    { secret: Object.assign([short], { toJSON: () => [10n, short] }) },
  ]) {
    try {
      sqliteOutbox(':memory:', /** @type {any} */ (options));
      assert.fail('it was taken');
    } catch (error) {
      assert.equal(error.code, 'VALIDATION_ERROR', String(error));
      assertHidden(error, short, inspect(options));
    }
  }
});

test('a refused webhook shows no secret, whatever the problem', () => {
  const secret = 'whsec-0123456789abcdefghij';
  const good = { secret, headers: {}, rawBody: '{}' };
  const revoked = Proxy.revocable([secret], {});
  revoked.revoke();
  for (const options of [
    good,
    { ...good, secret: { secret } },
    { ...good, secret: [secret, 5] },
    { ...good, secret: Array.from({ length: 50 }, () => secret) },
    { ...good, secret: revoked.proxy },
    { ...good, headers: { 'x-twenty-webhook-timestamp': secret } },
    {
      ...good,
      headers: {
        'x-twenty-webhook-timestamp': '1790000000000',
        'x-twenty-webhook-signature': '0'.repeat(64),
      },
    },
    { ...good, rawBody: 5 },
    { ...good, now: secret },
  ]) {
    try {
      verifyTwentyWebhook(/** @type {any} */ (options));
      assert.fail('it was taken');
    } catch (error) {
      assert.equal(error.name, 'TwentyCrmApiError', String(error));
      assertHidden(error, secret, 'a webhook');
    }
  }
});

test('the command line never prints the key', async () => {
  const server = await echo(400);
  const records = file('people.ndjson', `${JSON.stringify(newPerson())}\n`);
  const rejects = path.join(folder, 'rejects.ndjson');
  const password = 'p4ssw0rd-of-the-url';
  const withPassword = server.baseUrl.replace('//', `//user:${password}@`);
  const commands = [
    ['doctor'],
    ['doctor', '--json'],
    ['schema', 'plan'],
    ['upsert', 'person', JSON.stringify(newPerson())],
    ['upsert', 'person', JSON.stringify(newPerson()), '--json'],
    ['sync', 'people', records, '--rejects', rejects],
    ['sync', 'people', records, '--json'],
  ];
  for (const [name, env] of Object.entries({
    good: envOf({ baseUrl: server.baseUrl, apiKey: KEY }),
    'no key': envOf({ baseUrl: server.baseUrl, apiKey: `${KEY} x` }),
    'a key of two lines': envOf({ baseUrl: server.baseUrl, apiKey: `${KEY}\n${KEY}` }),
    'a key as the address': envOf({ baseUrl: KEY, apiKey: KEY }),
    'a password in the address': envOf({ baseUrl: withPassword, apiKey: KEY }),
    'a password with signs': envOf({
      baseUrl: withPassword.replace('//user:', '//us@er:a/b'),
      apiKey: KEY,
    }),
  })) {
    for (const args of name === 'good' ? commands : commands.slice(0, 4)) {
      const { code, stdout, stderr } = await run(args, {
        env: { ...env, NODE_DEBUG: 'http,net', DEBUG: '*', RUST_LOG: 'trace', RUST_BACKTRACE: '1' },
      });
      assert.notEqual(code, 0, `${name}: ${args[0]}`);
      for (const secret of [KEY, password]) {
        assertHidden(stdout + stderr, secret, `${name}: ${args.slice(0, 2).join(' ')}`);
      }
    }
  }
  assert.ok(server.seen.length > 0);
  assertHidden(bytesOf('rejects'), KEY, 'the file of rejects');
});

test('no error contains the credentials of a proxy, however they are written', async () => {
  const port = await closedPort();
  const password = 'pr0xy-p4ssw0rd-0123';
  const names = ['HTTPS_PROXY', 'HTTP_PROXY', 'ALL_PROXY'];
  const hosts = [`127.0.0.1:${port}`, '127.0.0.1:99999', 'no-such-proxy.invalid', ''];
  const userinfos = [
    `user:${password}`,
    `${password}:`,
    password,
    `user:${password}%40x%2f`,
    `us%3Aer:${password}`,
  ];
  for (const [at, userinfo] of userinfos.entries()) {
    for (const [shift, host] of hosts.entries()) {
      const name = names[(at + shift) % names.length];
      const { answers, output } = await runApart(
        { [name]: `http://${userinfo}@${host}`, RUST_LOG: 'trace', NODE_DEBUG: 'net,tls' },
        { config: { baseUrl: 'https://crm.invalid', apiKey: KEY, timeout: 2_000 } },
      );
      assert.equal(answers[0].success, false);
      for (const secret of [password, KEY]) {
        assertHidden([answers, output], secret, `${name} ${userinfo} ${host}`);
      }
    }
  }
});
