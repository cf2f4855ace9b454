// A bulk run in its own process, which reports the outcome of each record: crash-bulk.mjs kills it.
import { writeSync } from 'node:fs';
import { createTwentyCrmSyncService, sqliteMappingStore } from '../../../index.mjs';
import { company, person } from './population.mjs';

const { baseUrl, apiKey, file, people, companies, version } = JSON.parse(process.argv[2]);

const store = sqliteMappingStore(file);
const service = createTwentyCrmSyncService(
  { baseUrl, apiKey, initialBackoffMs: 10, maxBackoffMs: 100 },
  { mappingStore: store, defaultCountry: 'DE' },
);

/** @param {import('../../../index.js').SyncRun<any>} run */
async function report(run) {
  for await (const { externalId, id, error } of run) {
    // Not through a stream: a synchronous write is safe even if the process is killed right after it.
    writeSync(1, `${JSON.stringify({ externalId, id, error })}\n`);
  }
}

/** @template T @param {number} count @param {(at: number) => T} make */
function* stream(count, make) {
  for (let at = 0; at < count; at += 1) yield make(at);
}

await report(service.syncCompanies(stream(companies, (at) => company(at, version))));
await report(service.syncPersons(stream(people, (at) => person(at, version))));
await store.close();
