// One configuration: the store's or, without one, the environment's; masked wherever it may be seen.
import assert from 'node:assert/strict';
import { randomBytes } from 'node:crypto';
import { mkdtempSync, readdirSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { test } from 'node:test';
import { inspect } from 'node:util';
import {
  createTwentyCrmError,
  isTwentyCrmError,
  sqliteConfigStore,
  TwentyCrmApiError,
  TwentyCrmConfigRepository,
  TwentyCrmErrorCode,
} from '../../index.mjs';
import { rejection } from '../helpers/crm.mjs';

const envKey = 'env-key-0123456789';
const storedKey = 'db-key-9876543210';
const env = {
  TWENTY_CRM_BASE_URL: 'https://env.example.com',
  TWENTY_CRM_API_KEY: envKey,
  TWENTY_CRM_ENABLED: 'true',
  TWENTY_CRM_SYNC_MODE: 'direct_crm',
};
const update = {
  baseUrl: 'https://db.example.com',
  apiKey: storedKey,
  enabled: true,
  syncMode: 'platform',
};

/** A store like the template's database service: one row, created once. */
function memoryStore() {
  /** @type {any} */
  let row = null;
  const calls = [];
  return {
    calls,
    async getConfig() {
      return row && { ...row };
    },
    async createConfig(data, userId) {
      calls.push(['create', userId]);
      if (row !== null) throw new Error('duplicate key value violates unique constraint');
      const now = new Date('2026-01-01T00:00:00Z');
      row = { id: 'row-1', ...data, createdBy: userId, updatedBy: userId, createdAt: now };
      row.updatedAt = now;
      return { ...row };
    },
    async updateConfig(id, data, userId) {
      calls.push(['update', userId]);
      assert.equal(id, row.id);
      row = { ...row, ...data, updatedBy: userId, updatedAt: new Date('2026-01-02T00:00:00Z') };
      return { ...row };
    },
  };
}

test('nothing stored and nothing in the environment: no configuration', async () => {
  for (const store of [null, memoryStore()]) {
    const repository = new TwentyCrmConfigRepository({ store, env: {} });
    assert.equal(await repository.getConfig(), null);
    assert.equal(await repository.getRawConfig(), null);
    assert.equal(await repository.hasConfig(), false);
  }
  const keyOnly = new TwentyCrmConfigRepository({
    store: null,
    env: { TWENTY_CRM_API_KEY: envKey },
  });
  assert.equal(await keyOnly.getConfig(), null, 'half a configuration is none');
});

test('from the environment: id env, masked; raw with the key', async () => {
  const repository = new TwentyCrmConfigRepository({ store: memoryStore(), env });
  const { updatedAt, ...config } = await repository.getConfig();
  assert.deepEqual(config, {
    id: 'env',
    baseUrl: 'https://env.example.com',
    apiKey: '****6789',
    enabled: true,
    syncMode: 'direct_crm',
    updatedBy: null,
  });
  assert.ok(updatedAt instanceof Date);
  const raw = await repository.getRawConfig();
  assert.equal(raw.apiKey, envKey);
  assert.deepEqual([raw.createdBy, raw.updatedBy], [null, null]);
  assert.equal(await repository.hasConfig(), true);
});

test('the first save creates, the next one updates, and both override the environment', async () => {
  const store = memoryStore();
  const repository = new TwentyCrmConfigRepository({ store, env });
  const saved = await repository.saveConfig(update, 'admin-1');
  assert.deepEqual(saved, {
    id: 'row-1',
    baseUrl: 'https://db.example.com',
    apiKey: '****3210',
    enabled: true,
    syncMode: 'platform',
    updatedBy: 'admin-1',
    updatedAt: new Date('2026-01-01T00:00:00Z'),
  });
  assert.deepEqual(await repository.getConfig(), saved);
  assert.equal((await repository.getRawConfig()).apiKey, storedKey);

  const again = await repository.saveConfig({ ...update, enabled: false }, 'admin-2');
  assert.equal(again.enabled, false);
  assert.equal(again.updatedBy, 'admin-2');
  assert.equal((await repository.getRawConfig()).createdBy, 'admin-1');
  assert.deepEqual(store.calls, [
    ['create', 'admin-1'],
    ['update', 'admin-2'],
  ]);
});

test('with a stored configuration, an invalid environment does not matter', async () => {
  const store = memoryStore();
  const bad = { ...env, TWENTY_CRM_SYNC_MODE: 'manual' };
  const repository = new TwentyCrmConfigRepository({ store, env: bad });
  const error = await rejection(repository.getConfig());
  assert.equal(error.code, 'VALIDATION_ERROR');
  assert.equal(error.details.field, 'TWENTY_CRM_SYNC_MODE');
  await repository.saveConfig(update, 'admin');
  assert.equal((await repository.getConfig()).id, 'row-1');
});

test('an invalid cache TTL does not keep an admin from the configuration', async () => {
  const bad = { ...env, TWENTY_CRM_CACHE_TTL_MS: 'five minutes' };
  const repository = new TwentyCrmConfigRepository({ store: null, env: bad });
  assert.equal((await repository.getConfig()).id, 'env');
});

test('the environment is read at every call', async () => {
  const changing = { ...env };
  const repository = new TwentyCrmConfigRepository({ store: null, env: changing });
  assert.equal((await repository.getConfig()).enabled, true);
  changing.TWENTY_CRM_ENABLED = 'false';
  assert.equal((await repository.getConfig()).enabled, false);
});

test('two first saves at once result in one configuration', async () => {
  const store = memoryStore();
  const repository = new TwentyCrmConfigRepository({ store, env: {} });
  const saved = await Promise.all([
    repository.saveConfig(update, 'a'),
    repository.saveConfig(update, 'b'),
  ]);
  assert.deepEqual(
    saved.map(({ id }) => id),
    ['row-1', 'row-1'],
  );
  assert.deepEqual(store.calls.map(([what]) => what).sort(), ['create', 'create', 'update']);
});

test('an invalid configuration is not stored', async () => {
  const store = memoryStore();
  const repository = new TwentyCrmConfigRepository({ store, env: {} });
  const error = await rejection(
    repository.saveConfig({ ...update, baseUrl: 'nope', apiKey: 'short!' }, 'admin'),
  );
  assert.ok(isTwentyCrmError(error));
  assert.equal(error.code, 'VALIDATION_ERROR');
  assert.equal(error.details.field, 'baseUrl');
  assert.deepEqual(
    error.details.issues.map(({ path }) => path.join('.')),
    ['baseUrl', 'apiKey'],
  );
  assert.ok(!JSON.stringify(error).includes('short!'));
  assert.deepEqual(store.calls, []);
});

test('a store failure is an error that says so, and never shows the key', async () => {
  const failing = {
    getConfig: () => null,
    createConfig: (data) => {
      throw new Error(`insert failed, params: ${data.baseUrl},${data.apiKey}`);
    },
    updateConfig: () => null,
  };
  const repository = new TwentyCrmConfigRepository({ store: failing, env: {} });
  const error = await rejection(repository.saveConfig(update, 'admin'));
  assert.ok(isTwentyCrmError(error));
  assert.equal(error.code, 'OPERATION_FAILED');
  assert.equal(error.details.reason, 'CONFIG_STORE');
  assert.match(error.message, /insert failed/);
  assert.ok(!inspect(error, { depth: null, showHidden: true }).includes(storedKey));

  const down = { ...failing, getConfig: () => Promise.reject(new Error('connection refused')) };
  const unread = new TwentyCrmConfigRepository({ store: down, env });
  for (const call of ['getConfig', 'getRawConfig', 'hasConfig']) {
    const error = await rejection(unread[call]());
    assert.equal(error.details.reason, 'CONFIG_STORE', call);
    assert.match(error.message, /connection refused/);
  }
});

test('without a store nothing can be saved', async () => {
  const repository = new TwentyCrmConfigRepository({ store: null, env });
  const error = await rejection(repository.saveConfig(update, 'a'));
  assert.equal(error.code, 'OPERATION_FAILED');
  assert.match(error.message, /store/);
});

test('by default it is kept in a file of the working directory, created by the first save', async (t) => {
  const earlier = process.cwd();
  const folder = mkdtempSync(path.join(tmpdir(), 'config-'));
  process.chdir(folder);
  t.after(() => {
    process.chdir(earlier);
    rmSync(folder, { recursive: true, force: true });
  });
  const repository = new TwentyCrmConfigRepository({ env });
  assert.equal((await repository.getConfig()).id, 'env');
  assert.deepEqual(readdirSync(folder), [], 'reading makes no file');

  const saved = await repository.saveConfig(update, 'admin');
  assert.deepEqual([saved.apiKey, saved.updatedBy], ['****3210', 'admin']);
  const another = new TwentyCrmConfigRepository({ env });
  assert.deepEqual(await another.getConfig(), saved);
  assert.equal((await another.getRawConfig()).apiKey, storedKey);
  const changed = await another.saveConfig({ ...update, enabled: false }, 'admin-2');
  assert.equal(changed.id, saved.id);
  assert.equal((await repository.getConfig()).enabled, false);
});

test('two first saves at once into one encrypted file', async (t) => {
  const folder = mkdtempSync(path.join(tmpdir(), 'config-'));
  const store = sqliteConfigStore(path.join(folder, 'crm.db'), {
    secret: randomBytes(32).toString('base64'),
  });
  t.after(async () => {
    await store.close();
    rmSync(folder, { recursive: true, force: true });
  });
  const repository = new TwentyCrmConfigRepository({ store, env: {} });
  const [first, second] = await Promise.all([
    repository.saveConfig(update, 'a'),
    repository.saveConfig(update, 'b'),
  ]);
  assert.equal(first.id, second.id);
  assert.equal((await repository.getRawConfig()).apiKey, storedKey);
});

test('an object that is not a store is refused by name', () => {
  for (const store of [{}, { getConfig() {} }, 5, { ...memoryStore(), updateConfig: 1 }]) {
    assert.throws(
      () => new TwentyCrmConfigRepository({ store }),
      (/** @type {any} */ error) => isTwentyCrmError(error) && error.details?.field === 'store',
    );
  }
});

test('errors of this package are passed on unchanged', async () => {
  const own = new TwentyCrmApiError(
    createTwentyCrmError(TwentyCrmErrorCode.OPERATION_FAILED, 'no secret fits', {
      details: { reason: 'SECRET' },
    }),
  );
  const store = { ...memoryStore(), getConfig: () => Promise.reject(own) };
  assert.equal(await rejection(new TwentyCrmConfigRepository({ store }).getRawConfig()), own);
});

test('options that cannot be read are refused by name', () => {
  const unreadable = {
    get store() {
      throw new Error('no');
    },
  };
  const { proxy, revoke } = Proxy.revocable({}, {});
  revoke();
  for (const options of [unreadable, { store: proxy }, 5, 'store']) {
    assert.throws(() => new TwentyCrmConfigRepository(options), isTwentyCrmError);
  }
  new TwentyCrmConfigRepository(null);
  new TwentyCrmConfigRepository();
});

test('a row from a database without dates and booleans', async () => {
  const store = {
    ...memoryStore(),
    getConfig: () => ({
      ...update,
      id: 7,
      enabled: 1,
      createdAt: '2026-01-01T00:00:00Z',
      updatedAt: 1_767_225_600_000,
    }),
  };
  const raw = await new TwentyCrmConfigRepository({ store, env: {} }).getRawConfig();
  assert.deepEqual(raw, {
    ...update,
    id: '7',
    createdBy: null,
    updatedBy: null,
    createdAt: new Date('2026-01-01T00:00:00Z'),
    updatedAt: new Date('2026-01-01T00:00:00Z'),
  });
});

test('printed objects show no key', async () => {
  const store = memoryStore();
  const repository = new TwentyCrmConfigRepository({ store, env });
  const fromEnv = await repository.getRawConfig();
  await repository.saveConfig(update, 'admin');
  const stored = await repository.getRawConfig();
  for (const thing of [repository, fromEnv, stored, { config: [stored] }]) {
    const text = inspect(thing, { depth: null, showHidden: true });
    assert.ok(!text.includes(storedKey) && !text.includes(envKey), text);
  }
});
