// A process that writes mappings into an SQLite file and says of each that it is done.
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
    // Not through a stream: once this returns, nothing that happens to this process can take it back.
    writeSync(1, `${everId}\n`);
  }
}

await Promise.all(Array.from({ length: Number(atOnce) }, work));
await store.close();
