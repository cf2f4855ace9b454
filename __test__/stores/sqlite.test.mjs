// Properties of the file: processes that die, processes that share it, permissions, files of another kind.
import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { randomUUID } from 'node:crypto';
import { existsSync, mkdirSync, mkdtempSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { createInterface } from 'node:readline';
import { after, test } from 'node:test';
import { fileURLToPath } from 'node:url';
import { sqliteConfigStore, sqliteMappingStore } from '../../index.mjs';
import { crmIdOf } from './sqlite-ids.mjs';

const require = createRequire(import.meta.url);
const { nativeStoreOf } = require('../../lib/stores/sqlite.js');
const { ask } = require('../../lib/stores/native-call.js');

const folder = mkdtempSync(path.join(tmpdir(), 'sqlite-'));
after(() => rmSync(folder, { recursive: true, force: true }));
const newFile = () => path.join(folder, `${randomUUID()}.db`);

const child = fileURLToPath(new URL('sqlite-child.mjs', import.meta.url));

/** SQLite's integrity check of the file. */
const integrityOf = (store) =>
  ask((dispatcher, id) => nativeStoreOf(store).integrity(dispatcher, id));

/**
 * Runs a writer.
 * @param {string[]} args
 * @param {(line: string, process: import('node:child_process').ChildProcess) => void} [onLine]
 */
async function write(args, onLine) {
  const writer = spawn(process.execPath, [child, ...args], {
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  const done = [];
  const lines = createInterface({ input: writer.stdout });
  lines.on('line', (line) => {
    done.push(line);
    onLine?.(line, writer);
  });
  const ended = new Promise((resolve) => lines.once('close', resolve));
  const how = await new Promise((resolve) =>
    writer.once('exit', (code, signal) => resolve(code ?? signal)),
  );
  await ended;
  return { how, done };
}

/** Checks that the file has every one of `everIds` with its CRM id. */
async function assertKept(file, everIds) {
  const store = sqliteMappingStore(file);
  assert.equal(await integrityOf(store), 'ok');
  const found = await store.findManyByEverIds(everIds, 'person');
  const crmIds = new Map(found.map((one) => [one.everId, one.crmId]));
  const lost = everIds.filter((everId) => crmIds.get(everId) !== crmIdOf(everId));
  assert.deepEqual(lost, []);
  await store.close();
}

for (const killAfter of [1, 2_500, 9_000]) {
  test(`kill -9 after ${killAfter} of 10,000 upserts loses none that was reported`, async () => {
    const file = newFile();
    let seen = 0;
    const { how, done } = await write([file, 'k', '10000', '64'], (_, writer) => {
      seen += 1;
      if (seen === killAfter) writer.kill('SIGKILL');
    });
    assert.equal(how, 'SIGKILL');
    assert.ok(done.length >= killAfter && done.length < 10_000, `${done.length} were reported`);
    // The last line may be incomplete.
    await assertKept(file, done.filter((line) => /^k-\d+$/.test(line)).slice(0, -1));
    // And the file can still be used.
    const { how: again } = await write([file, 'again', '100', '10']);
    assert.equal(again, 0);
  });
}

test('two processes at once on a new file', async () => {
  const file = newFile();
  const both = await Promise.all(['a', 'b'].map((prefix) => write([file, prefix, '2000', '16'])));
  for (const { how, done } of both) {
    assert.equal(how, 0);
    assert.equal(done.length, 2_000);
  }
  await assertKept(
    file,
    both.flatMap(({ done }) => done),
  );
});

test('stores on one file see each other’s mappings at once, under any path', async () => {
  const file = newFile();
  const roundabout = path.join(folder, '..', path.basename(folder), path.basename(file));
  const [one, other] = [sqliteMappingStore(file), sqliteMappingStore(roundabout)];
  const crmId = randomUUID();
  await one.upsertMapping({ everId: 'e', crmId, objectType: 'person' });
  await one.close();
  assert.equal((await other.findByEverId('e', 'person')).crmId, crmId);
  await other.close();
  // The last one cleans up.
  assert.ok(!existsSync(`${file}-wal`));
});

test('calls without await run in call order', async () => {
  const store = sqliteMappingStore(newFile());
  const ids = Array.from({ length: 500 }, () => randomUUID());
  const writes = ids.map((crmId) =>
    store.upsertMapping({ everId: 'e', crmId, objectType: 'person' }),
  );
  const last = store.findByEverId('e', 'person');
  await Promise.all(writes);
  assert.equal((await last)?.crmId, ids.at(-1));
  assert.equal((await store.findByEverId('e', 'person'))?.crmId, ids.at(-1));
  await store.close();
});

test('close waits for earlier calls', async () => {
  const file = newFile();
  const store = sqliteMappingStore(file);
  const writes = Array.from({ length: 500 }, (_, at) =>
    store.upsertMapping({ everId: `k-${at}`, crmId: crmIdOf(`k-${at}`), objectType: 'person' }),
  );
  await Promise.all([...writes, store.close()]);
  await assertKept(
    file,
    writes.map((_, at) => `k-${at}`),
  );
});

test('only the owner can read the file', { skip: process.platform === 'win32' }, async () => {
  const file = newFile();
  const store = sqliteMappingStore(file);
  await store.upsertMapping({ everId: 'e', crmId: randomUUID(), objectType: 'person' });
  for (const name of [file, `${file}-wal`]) assert.equal(statSync(name).mode & 0o777, 0o600, name);
  await store.close();
});

test('an impossible path is refused at once', () => {
  const directory = path.join(folder, 'directory');
  mkdirSync(directory);
  for (const bad of [undefined, '', 'nul\0', directory, path.join(folder, 'missing', 'x.db')]) {
    for (const make of [sqliteMappingStore, sqliteConfigStore]) {
      assert.throws(
        () => make(bad),
        (error) => {
          assert.equal(error.code, 'VALIDATION_ERROR');
          assert.equal(error.details.field, 'path');
          return true;
        },
      );
    }
  }
});

test('a file of another kind is not changed, and the error says so', async () => {
  const text = newFile();
  writeFileSync(
    text,
    'this is no database, but a text that is long enough to be looked at '.repeat(20),
  );
  const store = sqliteMappingStore(text);
  await assert.rejects(store.findByEverId('e', 'person'), (error) => {
    assert.equal(error.code, 'OPERATION_FAILED');
    assert.equal(error.details.reason, 'STORE');
    assert.match(error.message, /not an SQLite database/);
    assert.ok(error.message.includes(text));
    return true;
  });
  assert.equal(statSync(text).size, 68 * 20);
  await store.close();
});

test('a file that could not be opened is tried again', async () => {
  const directory = path.join(folder, 'comes and goes');
  mkdirSync(directory);
  const store = sqliteMappingStore(path.join(directory, 'x.db'));
  rmSync(directory, { recursive: true });
  await assert.rejects(store.findByEverId('e', 'person'), /cannot be opened.*may write to it/);
  mkdirSync(directory);
  assert.equal(await store.findByEverId('e', 'person'), null);
  await store.close();
});
