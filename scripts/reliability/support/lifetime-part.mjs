// One part of the lifetime suite in its own process, so that its memory can be measured. Prints one line of JSON.
//   node --expose-gc lifetime-part.mjs PART COUNT BASE_URL API_KEY
import { Worker } from 'node:worker_threads';
import {
  createTwentyCrmSyncService,
  sqliteMappingStore,
  TwentyCrmRestClient,
  TwentyCrmSyncService,
} from '../../../index.mjs';
import { descriptors, descriptorsLeft, residentMb } from './resources.mjs';
import { pool } from './work.mjs';

const [part, countText, baseUrl, apiKey] = process.argv.slice(2);
const count = Number(countText);
const SAMPLES = 30;
const WORKER = new URL('../../../__test__/fixtures/worker.mjs', import.meta.url);

/** @type {number[]} */
const samples = [];
/** @type {Record<string, number>} */
const outcomes = {};
const tally = (/** @type {string} */ outcome) => {
  outcomes[outcome] = (outcomes[outcome] ?? 0) + 1;
};

/** Runs `work` on each number, several at once, in `SAMPLES` stretches; memory is measured after each. */
async function inStretches(
  /** @type {number} */ atOnce,
  /** @type {(at: number) => Promise<unknown>} */ work,
) {
  for (let stretch = 0; stretch < SAMPLES; stretch += 1) {
    const from = Math.floor((count * stretch) / SAMPLES);
    const to = Math.floor((count * (stretch + 1)) / SAMPLES);
    const numbers = Array.from({ length: to - from }, (_, at) => from + at);
    await pool(numbers, atOnce, work);
    samples.push(await residentMb());
  }
}

/** @type {Record<string, () => Promise<void>>} */
const parts = {
  /** Services of all kinds, most of them never used: half share a workspace, half have their own. */
  services: () =>
    inStretches(8, async (at) => {
      const key = at % 2 ? apiKey : `${apiKey}-${at}`;
      const config = { baseUrl, apiKey: key, maxRetries: 0, maxRequestsPerMinute: 10_000 + at };
      const mappingStore = at % 16 === 0 ? sqliteMappingStore(':memory:') : undefined;
      const options = { namespace: `site-${at}`, mappingStore, onWarning: () => {} };
      const service =
        at % 3 === 0
          ? new TwentyCrmSyncService(new TwentyCrmRestClient(config), mappingStore)
          : createTwentyCrmSyncService(config, options);
      service.getCacheStats();
      if (at % 50 === 1) {
        const { created } = await service.upsertPerson({
          external_id: `p-${at % 500}`,
          name: 'Jane Doe',
          email: `p-${at}@people.example`,
        });
        tally(created ? 'created' : 'updated');
      }
      await mappingStore?.close();
    }),

  /** Requests that succeed, that fail, and that are aborted. */
  async requests() {
    const client = new TwentyCrmRestClient({ baseUrl, apiKey, maxRetries: 0 });
    await inStretches(64, async (at) => {
      if (at % 100 === 99) {
        const controller = new AbortController();
        const answer = client.get('/rest/people?limit=1', { signal: controller.signal });
        setImmediate(() => controller.abort());
        await answer.then(
          () => tally('answered before it was aborted'),
          () => tally('aborted'),
        );
      } else if (at % 20 === 19) {
        const answer = await client.get('/rest/people/20202020-0000-4000-8000-000000000000');
        tally(answer.success ? 'answered' : answer.error.code);
      } else {
        const { success } = await client.get('/rest/people?limit=2');
        tally(success ? 'answered' : 'failed');
      }
    });
    await client.close();
  },

  /** Worker threads that are ended with calls in flight. */
  workers: () =>
    inStretches(4, async (at) => {
      const name = ['hang', 'busy', 'upserts', 'exit'][at % 4];
      const worker = new Worker(WORKER, { workerData: { baseUrl, name } });
      const code = await new Promise((resolve, reject) => {
        worker.once('message', () => worker.terminate());
        worker.once('error', reject);
        worker.once('exit', resolve);
      });
      tally(code === (name === 'exit' ? 7 : 1) ? 'ended as told' : `ended with ${code}`);
    }),
};

// Everything that is created once is created before the measurement.
const warm = new TwentyCrmRestClient({ baseUrl, apiKey, maxRetries: 0 });
await warm.get('/ok');
const before = descriptors();
await parts[part]();
process.stdout.write(`${JSON.stringify({ samples, outcomes, before })}\n`);
// The server now closes its side, and reports it.
await new Promise((resolve) => process.stdin.once('data', resolve));
process.stdout.write(`${JSON.stringify({ after: await descriptorsLeft(before) })}\n`);
process.exit(0);
