// What the environment says, and what a service makes of it.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { inspect } from 'node:util';
import { isTwentyCrmError, readTwentyCrmEnvConfig } from '../../index.mjs';

test('an empty environment is a switched-off configuration', () => {
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

test('blanks around a value do not count, and a blank variable is none', () => {
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

test('only `true` switches on', () => {
  for (const value of ['false', '0', '1', 'yes', 'on', 'truthy']) {
    assert.equal(readTwentyCrmEnvConfig({ TWENTY_CRM_ENABLED: value }).enabled, false, value);
  }
});

test('a value that means nothing is refused, and its variable named', () => {
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

test("without an argument it is this process's environment", (t) => {
  const earlier = process.env.TWENTY_CRM_BASE_URL;
  t.after(() => {
    if (earlier === undefined) delete process.env.TWENTY_CRM_BASE_URL;
    else process.env.TWENTY_CRM_BASE_URL = earlier;
  });
  process.env.TWENTY_CRM_BASE_URL = 'https://from-process.example';
  assert.equal(readTwentyCrmEnvConfig().baseUrl, 'https://from-process.example');
});

test('printing it shows no key', () => {
  const config = readTwentyCrmEnvConfig({ TWENTY_CRM_API_KEY: 'key-0123456789' });
  assert.ok(!inspect({ nested: config }, { depth: null }).includes('key-0123'));
  assert.equal(config.apiKey, 'key-0123456789');
});
