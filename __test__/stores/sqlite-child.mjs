// A process that writes mappings into an SQLite file, and reports each one that is done.
//   node sqlite-child.mjs FILE PREFIX COUNT AT_ONCE
import { writeSync } from 'node:fs';
import { sqliteMappingStore } from '../../index.mjs';
import { crmIdOf } from './sqlite-ids.mjs';

const [file, prefix, count, atOnce] = process.argv.slice(2);
const store = sqliteMappingStore(file);
const numbers = Array.from({ length: Number(count) }, (_, at) => at).values();

async function work() {
  for (const number of numbers) {
    const everId = `${prefix}-${number}`;
    await store.upsertMapping({ everId, crmId: crmIdOf(everId), objectType: 'person' });
    // Not through a stream: a synchronous write is safe even if the process is killed right after it.
    writeSync(1, `${everId}\n`);
  }
}

await Promise.all(Array.from({ length: Number(atOnce) }, work));
await store.close();
