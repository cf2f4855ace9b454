import assert from 'node:assert/strict';
import { randomBytes, randomUUID } from 'node:crypto';
import { mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { after, test } from 'node:test';
import { inspect } from 'node:util';
import { sqliteConfigStore, sqliteMappingStore } from '../../index.mjs';

const folder = mkdtempSync(path.join(tmpdir(), 'config-'));
after(() => rmSync(folder, { recursive: true, force: true }));
const newFile = () => path.join(folder, `${randomUUID()}.db`);
const newSecret = () => randomBytes(32).toString('base64');

const data = {
  baseUrl: 'https://crm.example.com',
  apiKey: 'the-very-secret-api-key',
  enabled: true,
  syncMode: 'direct_crm',
};

/** Whether the files of the database contain the text. */
function liesInFile(file, text) {
  return readdirSync(folder)
    .filter((name) => name.startsWith(path.basename(file)))
    .some((name) => readFileSync(path.join(folder, name)).includes(text));
}

for (const [how, options] of [
  ['in clear', undefined],
  ['encrypted', { secret: newSecret() }],
]) {
  test(`${how}: created, read, changed, deleted`, async () => {
    const file = newFile();
    const store = sqliteConfigStore(file, options);
    assert.equal(await store.getConfig(), null);
    const made = await store.createConfig(data, 'user-1');
    assert.deepEqual(await store.getConfig(), made);
    assert.ok(made.createdAt instanceof Date && Math.abs(made.createdAt - Date.now()) < 3_600_000);
    assert.deepEqual(made, {
      ...data,
      id: made.id,
      createdBy: 'user-1',
      updatedBy: 'user-1',
      createdAt: made.createdAt,
      updatedAt: made.createdAt,
    });

    const changed = await store.updateConfig(made.id, { enabled: false, syncMode: 'disabled' });
    assert.deepEqual(changed, {
      ...made,
      enabled: false,
      syncMode: 'disabled',
      updatedBy: null,
      updatedAt: changed.updatedAt,
    });
    assert.ok(changed.updatedAt > made.updatedAt);
    await store.close();

    const reopened = sqliteConfigStore(file, options);
    assert.deepEqual(await reopened.getConfig(), changed);
    assert.equal(await reopened.deleteConfig('another'), false);
    assert.equal(await reopened.deleteConfig(made.id), true);
    assert.equal(await reopened.getConfig(), null);
    await reopened.close();
  });
}

test('there is one configuration, however many callers try to create it', async () => {
  const store = sqliteConfigStore(newFile());
  const tries = await Promise.allSettled(
    Array.from({ length: 20 }, () => store.createConfig(data, 'u')),
  );
  assert.equal(tries.filter((one) => one.status === 'fulfilled').length, 1);
  for (const { reason } of tries.filter((one) => one.status === 'rejected')) {
    assert.equal(reason.code, 'OPERATION_FAILED');
    assert.equal(reason.details.reason, 'EXISTS');
  }
  await assert.rejects(store.updateConfig(randomUUID(), data, 'u'), { code: 'NOT_FOUND' });
  await store.close();
});

test('encrypted, the key is nowhere in the file', async () => {
  const file = newFile();
  const store = sqliteConfigStore(file, { secret: newSecret() });
  await store.createConfig(data, 'u');
  assert.ok(liesInFile(file, data.baseUrl), 'the search finds what is there');
  assert.ok(!liesInFile(file, data.apiKey));
  await store.close();
  assert.ok(!liesInFile(file, data.apiKey));
});

test('a wrong or missing secret is reported, without any part of the key', async () => {
  const file = newFile();
  const secret = newSecret();
  const store = sqliteConfigStore(file, { secret });
  const made = await store.createConfig(data, 'u');
  for (const options of [undefined, { secret: newSecret() }]) {
    const wrong = sqliteConfigStore(file, options);
    for (const call of [
      () => wrong.getConfig(),
      () => wrong.updateConfig(made.id, { enabled: false }),
    ]) {
      await assert.rejects(call(), (error) => {
        assert.equal(error.code, 'OPERATION_FAILED');
        assert.equal(error.details.reason, 'SECRET');
        assert.match(error.message, /secret/);
        for (const hidden of [data.apiKey, secret, options?.secret ?? secret]) {
          assert.ok(!inspect(error, { depth: 9 }).includes(hidden));
        }
        return true;
      });
    }
    await wrong.close();
  }
  assert.deepEqual(await store.getConfig(), made);
  await store.close();
});

test('a new key does not need the old secret', async () => {
  const file = newFile();
  const lost = sqliteConfigStore(file, { secret: newSecret() });
  const { id } = await lost.createConfig(data, 'u');
  await lost.close();
  const store = sqliteConfigStore(file, { secret: newSecret() });
  const saved = await store.updateConfig(id, { apiKey: 'another-api-key' }, 'u');
  assert.equal(saved.apiKey, 'another-api-key');
  assert.equal(saved.baseUrl, data.baseUrl);
  assert.deepEqual(await store.getConfig(), saved);
  await store.close();
});

test('secrets are rotated without an interruption', async () => {
  const file = newFile();
  const [old, renewed] = [newSecret(), newSecret()];
  const open = (secrets) => sqliteConfigStore(file, { secrets });
  const before = open([old]);
  const made = await before.createConfig(data, 'u');

  const both = open([renewed, old]);
  assert.deepEqual(await both.getConfig(), made);
  assert.equal(await both.reencrypt(), true);
  assert.equal(await both.reencrypt(), false);
  assert.deepEqual(await both.getConfig(), made);

  const after = open([renewed]);
  assert.deepEqual(await after.getConfig(), made);
  await assert.rejects(before.getConfig(), { code: 'OPERATION_FAILED' });
  for (const store of [before, both, after]) await store.close();
});

test('a key in plain text is encrypted, and wiped from the file', async () => {
  const file = newFile();
  const clear = sqliteConfigStore(file);
  const made = await clear.createConfig(data, 'u');
  assert.ok(liesInFile(file, data.apiKey));
  assert.equal(await clear.reencrypt(), false);
  const store = sqliteConfigStore(file, { secret: newSecret() });
  assert.deepEqual(await store.getConfig(), made);
  assert.equal(await store.reencrypt(), true);
  assert.ok(!liesInFile(file, data.apiKey));
  assert.deepEqual(await store.getConfig(), made);
  await clear.close();
  await store.close();
});

test('invalid arguments are refused by name', async () => {
  const file = newFile();
  for (const [options, field] of [
    [{ secret: 'short' }, 'secret'],
    [{ secret: 7 }, 'secret'],
    [{ secret: ['x'.repeat(40)] }, 'secret'],
    [{ secrets: [] }, 'secrets'],
    [{ secrets: 'x'.repeat(40) }, 'secrets'],
    [{ secret: newSecret(), secrets: [newSecret()] }, 'secret'],
  ]) {
    assert.throws(
      () => sqliteConfigStore(file, options),
      (error) => {
        assert.equal(error.code, 'VALIDATION_ERROR');
        assert.equal(error.details.field, field);
        return true;
      },
    );
  }
  const store = sqliteConfigStore(file);
  for (const [change, field] of [
    [{ baseUrl: 5 }, 'baseUrl'],
    [{ baseUrl: undefined }, 'baseUrl'],
    [{ apiKey: null }, 'apiKey'],
    [{ enabled: 'yes' }, 'enabled'],
    [{ syncMode: 'sometimes' }, 'syncMode'],
  ]) {
    await assert.rejects(store.createConfig({ ...data, ...change }, 'u'), (error) => {
      assert.equal(error.code, 'VALIDATION_ERROR');
      assert.equal(error.details.field, field);
      return true;
    });
  }
  await assert.rejects(store.createConfig(undefined, 'u'), { code: 'VALIDATION_ERROR' });
  assert.equal(await store.getConfig(), null);
  await store.close();
});

test('mappings and configuration share a file', async () => {
  const file = newFile();
  const [configs, mappings] = [sqliteConfigStore(file), sqliteMappingStore(file)];
  const crmId = randomUUID();
  await Promise.all([
    configs.createConfig(data, 'u'),
    mappings.upsertMapping({ everId: 'e', crmId, objectType: 'company' }),
  ]);
  assert.equal((await configs.getConfig()).apiKey, data.apiKey);
  assert.equal((await mappings.findByEverId('e', 'company')).crmId, crmId);
  await Promise.all([configs.close(), mappings.close()]);
});
