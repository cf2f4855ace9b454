// The same contract for both stores; PostgreSQL is in postgres.test.mjs.
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { after } from 'node:test';
import { sqliteOutbox } from '../../index.mjs';
import { outboxStoreContract } from './contract.mjs';

const folder = mkdtempSync(path.join(tmpdir(), 'outbox-'));
after(() => rmSync(folder, { recursive: true, force: true }));

let files = 0;
const newFile = () => {
  files += 1;
  return path.join(folder, `${files}.db`);
};
outboxStoreContract('SQLite', (now) => sqliteOutbox(newFile(), { now }));
outboxStoreContract('SQLite in memory', (now) => sqliteOutbox(':memory:', { now }));
outboxStoreContract('SQLite, encrypted', (now) =>
  sqliteOutbox(newFile(), { now, secret: 'a secret of thirty-two bytes, no less' }),
);
