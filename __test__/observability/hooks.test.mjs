// Hooks of the caller: called with the right arguments, in the right async context, and unable to do harm.
import assert from 'node:assert/strict';
import { AsyncLocalStorage } from 'node:async_hooks';
import { test } from 'node:test';
import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';
import {
  createTwentyCrmSyncService,
  TwentyCrmRestClient,
  TwentyCrmSyncService,
} from '../../index.mjs';
import { newPerson, rejection, useSim } from '../helpers/crm.mjs';
import { notingLogger, warningsOf } from '../helpers/listening.mjs';
import { clientOf, deferred, json, KEY, serve } from '../helpers/servers.mjs';

const crm = useSim();

setFlagsFromString('--expose-gc');
const collectGarbage = runInNewContext('gc');

/** Refuses the first `times` requests. */
const failing = (times, status = 503) =>
  serve(({ number }, response) => json(response, number <= times ? status : 200, {}));

test('onRetry is called before every retry, with its cause', async () => {
  const server = await failing(2);
  const events = [];
  const client = clientOf(server.baseUrl, {
    onRetry: (event) => events.push({ ...event, sent: server.seen.length }),
  });
  const path = '/rest/people?filter=emails.primaryEmail[eq]:jane@acme.example';
  assert.equal((await client.get(path)).success, true);
  assert.equal(events.length, 2);
  for (const [at, { delayMs, sent, operationId, ...event }] of events.entries()) {
    assert.ok(delayMs >= 0 && delayMs <= 2, `${delayMs} ms`);
    assert.ok(sent >= at + 1);
    assert.ok(operationId > 0);
    assert.deepEqual(event, {
      method: 'GET',
      path: '/rest/people',
      attempt: at + 1,
      code: 'SERVER_ERROR',
      status: 503,
      retriesLeft: 2 - at,
    });
  }
});

test('a client and a service that were dropped during a call still call their hooks', async () => {
  for (const start of [
    (config, onRetry) => new TwentyCrmRestClient({ ...config, onRetry }).get('/x'),
    (config, onRetry) => createTwentyCrmSyncService(config, { onRetry }).upsertPerson(newPerson()),
    (config, onRetry) =>
      createTwentyCrmSyncService(config, { onRetry }).upsertManyPersons([newPerson()]),
  ]) {
    const [arrived, released] = [deferred(), deferred()];
    const { baseUrl } = await serve(async ({ number }, response) => {
      arrived.resolve();
      await released.promise;
      json(response, number === 1 ? 503 : 401, {});
    });
    const events = [];
    const config = { baseUrl, apiKey: KEY, initialBackoffMs: 1, maxBackoffMs: 1 };
    const call = start(config, (event) => events.push(event)).catch(() => {});
    await arrived.promise;
    for (let round = 0; round < 3; round += 1) {
      collectGarbage();
      await new Promise((resolve) => setImmediate(resolve));
    }
    released.resolve();
    await call;
    assert.ok(events.length > 0, String(start));
  }
});

test('it is not called for a failure that is not retried', async () => {
  const server = await failing(9);
  const events = [];
  const onRetry = (event) => events.push(event);
  await clientOf(server.baseUrl, { onRetry }).get('/x', { skipRetry: true });
  await clientOf(server.baseUrl, { onRetry, maxRetries: 0 }).get('/x');
  assert.deepEqual(events, []);
});

test('a service calls its own hook, or else its client’s, and no other', async () => {
  const told = { client: 0, service: 0, other: 0 };
  const hook = (name) => () => {
    told[name] += 1;
  };
  const { baseUrl } = await failing(Number.POSITIVE_INFINITY);
  const config = { maxRetries: 1 };
  const client = clientOf(baseUrl, { ...config, onRetry: hook('client') });
  clientOf(baseUrl, { ...config, onRetry: hook('other') });
  const own = { apiKey: KEY, baseUrl, ...config, initialBackoffMs: 1, maxBackoffMs: 1 };
  const both = createTwentyCrmSyncService(
    { ...own, onRetry: hook('client') },
    { onRetry: hook('service') },
  );
  await client.get('/x');
  assert.deepEqual(told, { client: 1, service: 0, other: 0 });
  await rejection(new TwentyCrmSyncService(client).upsertPerson(newPerson()));
  assert.ok(told.client > 1);
  const ofClient = told.client;
  await rejection(both.upsertPerson(newPerson()));
  assert.equal(told.client, ofClient);
  assert.ok(told.service > 0);
  assert.equal(told.other, 0);
});

test('onRetry and logger run in the async context of their call', async () => {
  const { baseUrl } = await failing(Number.POSITIVE_INFINITY);
  const request = new AsyncLocalStorage();
  const seen = new Set();
  const note = () => seen.add(request.getStore());
  const logger = { debug: note, info: note, warn: note, error: note };
  const client = clientOf(baseUrl, { maxRetries: 1, onRetry: note, logger, logLevel: 'debug' });
  const service = new TwentyCrmSyncService(client);
  for (const name of ['one', 'two']) {
    seen.clear();
    await request.run(name, () =>
      Promise.all([client.get('/x'), rejection(service.upsertPerson(newPerson()))]),
    );
    assert.deepEqual([...seen], [name]);
  }
});

const secret = 'what the hook was given';
const bad = {
  'throws an Error': () => {
    throw new Error(secret);
  },
  'throws something else': () => {
    throw secret;
  },
  'throws what cannot be shown': () => {
    throw new Proxy(
      {},
      {
        get() {
          throw new Error(secret);
        },
      },
    );
  },
  rejects: () => Promise.reject(new TypeError(secret)),
  'gives a thenable that throws': () => ({
    // biome-ignore lint/suspicious/noThenProperty: the test is about it
    then() {
      throw new Error(secret);
    },
  }),
};

for (const [how, hook] of Object.entries(bad)) {
  test(`a hook that ${how} affects no call, and causes one warning`, async () => {
    const broken = { onRetry: () => hook(), onWarning: () => hook(), onProgress: () => hook() };
    const server = await failing(2);
    const client = clientOf(server.baseUrl, { onRetry: broken.onRetry });
    const service = crm.service({ onWarning: broken.onWarning });
    const warnings = await warningsOf(async () => {
      assert.equal((await client.get('/x')).success, true);
      for (let round = 0; round < 2; round += 1) {
        const made = await service.upsertPerson(newPerson({ phone: 'nonsense' }));
        assert.equal(made.created, true);
      }
      const { onProgress } = broken;
      const summary = await service.syncPersons([newPerson({ phone: 'nonsense' })], { onProgress });
      assert.deepEqual([summary.created, summary.warnings], [1, 1]);
    });
    const names = warnings.map(({ name, code, message }) => {
      assert.equal(name, 'TwentyCrmHookWarning');
      assert.equal(code, 'TWENTY_CRM_HOOK_FAILED');
      assert.ok(!message.includes(secret), message);
      return message.split(' ', 1)[0];
    });
    assert.deepEqual(names.sort(), ['onProgress', 'onRetry', 'onWarning']);
  });
}

test('a logger that throws, rejects or is gone affects no call', async () => {
  for (const hook of Object.values(bad)) {
    const { baseUrl } = await failing(1);
    const write = () => hook();
    const logger = { debug: write, info: write, warn: write, error: write };
    const warnings = await warningsOf(async () => {
      const client = clientOf(baseUrl, { logger, logLevel: 'debug' });
      assert.equal((await client.get('/x')).success, true);
    });
    assert.equal(warnings.length, 1);
    assert.match(warnings[0].message, /^logger\.\w+ /);
  }
  const { baseUrl } = await failing(1);
  const { logger } = notingLogger();
  const client = clientOf(baseUrl, { logger });
  Object.defineProperty(logger, 'warn', {
    get() {
      throw new Error('gone');
    },
  });
  assert.equal((await client.get('/x')).success, true);
});

test('values that are not hooks are refused by name', () => {
  const config = { baseUrl: 'http://127.0.0.1:1', apiKey: KEY };
  const { logger } = notingLogger();
  for (const [field, options] of /** @type {const} */ ([
    ['onRetry', { onRetry: 'x' }],
    ['onRetry', { onRetry: {} }],
    ['logger', { logger: {} }],
    ['logger', { logger: 'console' }],
    ['logger', { logger: { ...logger, warn: undefined } }],
    ['logger', { logger: () => {} }],
    ['logLevel', { logLevel: 'verbose' }],
    ['logLevel', { logLevel: 3 }],
    ['logLevel', { logger, logLevel: 'trace' }],
  ])) {
    for (const make of [
      () => clientOf(config.baseUrl, /** @type {any} */ (options)),
      () => createTwentyCrmSyncService(config, /** @type {any} */ (options)),
    ]) {
      assert.throws(make, (/** @type {any} */ error) => {
        assert.equal(error.code, 'VALIDATION_ERROR');
        assert.equal(error.details.field, field);
        return true;
      });
    }
  }
  for (const none of [undefined, null]) {
    const options = /** @type {any} */ ({ onRetry: none, logger: none, logLevel: none });
    createTwentyCrmSyncService({ ...config, ...options }, options);
  }
});
