// One contract for every store.
import { mkdtempSync, rmSync } from 'node:fs';
import { createRequire } from 'node:module';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { after } from 'node:test';
import { memoryMappingStore, sqliteMappingStore } from '../../index.mjs';
import { BatchStore, RepositoryLikeStore } from './caller-stores.mjs';
import { storeContract } from './contract.mjs';

const { portOf } = createRequire(import.meta.url)('../../lib/stores/port.js');

const folder = mkdtempSync(path.join(tmpdir(), 'stores-'));
after(() => rmSync(folder, { recursive: true, force: true }));

let files = 0;
storeContract('memory', () => memoryMappingStore());
storeContract('SQLite', () => {
  files += 1;
  return sqliteMappingStore(path.join(folder, `mappings-${files}.db`));
});
storeContract('SQLite in memory', () => sqliteMappingStore(':memory:'));
// As the core sees them.
storeContract('an object like the template’s repository', () => portOf(new RepositoryLikeStore()), {
  isOurs: false,
});
storeContract('an object with calls for many, without promises', () => portOf(new BatchStore()), {
  isOurs: false,
});
