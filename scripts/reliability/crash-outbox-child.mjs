// A process that enqueues changes and delivers them in the background, until somebody kills it.
//   node crash-outbox-child.mjs '{"from": 0, "to": 500, ...}'
// Says of each change that it is durable (`e 17`), of each look at the store how much waits (`w 3`), and `done` at the
// end, when nothing waits any more.
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

// Not through a stream: once this returns, nothing that happens to this process can take it back.
const say = (/** @type {string} */ line) => writeSync(1, `${line}\n`);

/** @returns {Promise<import('../../index.js').OutboxStore>} */
async function openStore() {
  if (postgres === undefined) return sqliteOutbox(file);
  // Without types of its own; the store asks for `query` alone.
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
