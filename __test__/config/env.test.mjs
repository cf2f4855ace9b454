// The environment's settings, and the services made from them.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { inspect } from 'node:util';
import {
  createTwentyCrmSyncServiceFromEnv,
  isTwentyCrmError,
  readTwentyCrmEnvConfig,
  TwentyCrmConfigRepository,
} from '../../index.mjs';

test('an empty environment means switched off', () => {
  assert.deepEqual(readTwentyCrmEnvConfig({}), { enabled: false, syncMode: 'disabled' });
});

test('all five variables are read', () => {
  assert.deepEqual(
    readTwentyCrmEnvConfig({
      TWENTY_CRM_BASE_URL: 'https://crm.example.com',
      TWENTY_CRM_API_KEY: 'key-0123456789',
      TWENTY_CRM_ENABLED: 'true',
      TWENTY_CRM_SYNC_MODE: 'platform',
      TWENTY_CRM_CACHE_TTL_MS: '60000',
      TWENTY_CRM_SOMETHING: 'else',
    }),
    {
      baseUrl: 'https://crm.example.com',
      apiKey: 'key-0123456789',
      enabled: true,
      syncMode: 'platform',
      cacheTtlMs: 60_000,
    },
  );
});

test('surrounding blanks are trimmed, and a blank variable counts as not set', () => {
  assert.deepEqual(
    readTwentyCrmEnvConfig({
      TWENTY_CRM_BASE_URL: ' https://crm.example.com\r',
      TWENTY_CRM_API_KEY: '  ',
      TWENTY_CRM_ENABLED: ' TRUE ',
      TWENTY_CRM_SYNC_MODE: '',
      TWENTY_CRM_CACHE_TTL_MS: '\n',
    }),
    { baseUrl: 'https://crm.example.com', enabled: true, syncMode: 'disabled' },
  );
});

test('only `true` switches it on', () => {
  for (const value of ['false', '0', '1', 'yes', 'on', 'truthy']) {
    assert.equal(readTwentyCrmEnvConfig({ TWENTY_CRM_ENABLED: value }).enabled, false, value);
  }
});

test('an invalid value is refused, and its variable named', () => {
  const bad = {
    TWENTY_CRM_SYNC_MODE: ['manual', 'Direct_CRM', 'direct'],
    TWENTY_CRM_CACHE_TTL_MS: ['5m', '-1', '1.5', '1e3', 'NaN', '99999999999999999999', '0x10'],
  };
  for (const [name, values] of Object.entries(bad)) {
    for (const value of values) {
      assert.throws(
        () => readTwentyCrmEnvConfig({ [name]: value }),
        (/** @type {any} */ error) =>
          isTwentyCrmError(error) &&
          error.code === 'VALIDATION_ERROR' &&
          error.details?.field === name &&
          error.message.startsWith(name),
        value,
      );
    }
  }
  assert.equal(readTwentyCrmEnvConfig({ TWENTY_CRM_CACHE_TTL_MS: '0' }).cacheTtlMs, 0);
});

test('without an argument, process.env is used', (t) => {
  const earlier = process.env.TWENTY_CRM_BASE_URL;
  t.after(() => {
    if (earlier === undefined) delete process.env.TWENTY_CRM_BASE_URL;
    else process.env.TWENTY_CRM_BASE_URL = earlier;
  });
  process.env.TWENTY_CRM_BASE_URL = 'https://from-process.example';
  assert.equal(readTwentyCrmEnvConfig().baseUrl, 'https://from-process.example');
});

test('printing the settings shows no key', () => {
  const config = readTwentyCrmEnvConfig({ TWENTY_CRM_API_KEY: 'key-0123456789' });
  assert.ok(!inspect({ nested: config }, { depth: null }).includes('key-0123'));
  assert.equal(config.apiKey, 'key-0123456789');
});

test('a factory reads only variables that no option overrides', () => {
  const connection = {
    TWENTY_CRM_BASE_URL: 'https://crm.example.com',
    TWENTY_CRM_API_KEY: 'key-0123456789',
  };
  const bad = { TWENTY_CRM_CACHE_TTL_MS: '300s', TWENTY_CRM_SYNC_MODE: 'bogus' };
  const make = (/** @type {any} */ options, /** @type {any} */ env) => () =>
    createTwentyCrmSyncServiceFromEnv(options, { ...connection, ...env });
  assert.doesNotThrow(make({ cacheTtlMs: 300, mode: 'direct_crm' }, bad));
  assert.doesNotThrow(make(300, { TWENTY_CRM_CACHE_TTL_MS: '300s' }));
  assert.doesNotThrow(make(300, { ...bad, TWENTY_CRM_ENABLED: 'false' }));
  assert.throws(make(300, bad), /TWENTY_CRM_SYNC_MODE/);
  assert.throws(make(undefined, { TWENTY_CRM_CACHE_TTL_MS: '300s' }), /TWENTY_CRM_CACHE_TTL_MS/);
});

test('without a configured server, an invalid mode does not break the admin page', async () => {
  const env = { TWENTY_CRM_SYNC_MODE: 'bogus' };
  const repository = new TwentyCrmConfigRepository({ store: null, env });
  assert.equal(await repository.getConfig(), null);
  const set = {
    ...env,
    TWENTY_CRM_BASE_URL: 'https://a.example',
    TWENTY_CRM_API_KEY: 'k'.repeat(10),
  };
  const other = new TwentyCrmConfigRepository({ store: null, env: set });
  await assert.rejects(other.getConfig(), /TWENTY_CRM_SYNC_MODE/);
});
