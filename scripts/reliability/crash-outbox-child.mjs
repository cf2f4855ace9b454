// A process that enqueues changes and delivers them in the background until it is killed.
//   node crash-outbox-child.mjs '{"from": 0, "to": 500, ...}'
//
// Prints a line for each durable change (`e 17`), the number of waiting changes at each check (`w 3`), and `done` when
// no change waits any more.
import { writeSync } from 'node:fs';
import {
  createTwentyCrmOutbox,
  createTwentyCrmSyncService,
  postgresOutbox,
  sqliteMappingStore,
  sqliteOutbox,
} from '../../index.mjs';
import { changeAt } from './crash-outbox-changes.mjs';

const { baseUrl, apiKey, file, postgres, seed, from, to, records, leaseMs, atOnce } = JSON.parse(
  process.argv[2],
);

// Not through a stream: a synchronous write is safe even if the process is killed right after it.
const say = (/** @type {string} */ line) => writeSync(1, `${line}\n`);

/** @returns {Promise<import('../../index.js').OutboxStore>} */
async function openStore() {
  if (postgres === undefined) return sqliteOutbox(file);
  // Without its own types; the store only needs `query`.
  const { default: pg } = await import(/** @type {string} */ ('pg'));
  return postgresOutbox(new pg.Pool({ ...postgres, max: 4 }));
}

const service = createTwentyCrmSyncService(
  { baseUrl, apiKey, initialBackoffMs: 5, maxBackoffMs: 50 },
  { mappingStore: sqliteMappingStore(file) },
);
const outbox = createTwentyCrmOutbox({
  service,
  store: await openStore(),
  leaseMs,
  batchSize: 60,
  pollIntervalMs: 50,
  initialBackoffMs: 10,
  maxBackoffMs: 100,
});
outbox.start();

let next = from;
async function enqueue() {
  while (next < to) {
    const number = next;
    next += 1;
    const { entity, input } = changeAt(seed, number, records);
    if (entity === 'person') await outbox.enqueuePerson(input);
    else await outbox.enqueueCompany(input);
    say(`e ${number}`);
  }
}

await Promise.all(Array.from({ length: atOnce }, enqueue));
say('enqueued');
await outbox.drain();
await outbox.close();
say('done');
process.exit(0);
