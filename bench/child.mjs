// One measurement in a process of its own: `node bench/child.mjs '<job>'`. Prints one line of JSON.
import { openClient } from './clients/index.mjs';
import { people, streamOf } from './people.mjs';
import { measure, peakRssMb, watch } from './probe.mjs';

/** @typedef {import('./clients/index.mjs').Client} Client */

/**
 * @typedef {object} Job
 * @property {string} client
 * @property {import('./clients/index.mjs').Server} server
 * @property {'upsertMany' | 'upsertEach' | 'sync' | 'again' | 'stream' | 'get'} kind
 * @property {boolean} [watched] Measure the event loop's delay instead of the cost.
 * @property {number} [count] Records.
 * @property {number} [chunksInFlight] For clients that write in chunks.
 * @property {number} [inFlight] Requests at once.
 * @property {number} [warmUpMs]
 * @property {number} [durationMs]
 * @property {string[]} [paths] Requested round robin.
 */

/** Memory growth of a stream counts from here: by then everything that is set up once exists. */
const SETTLED_AT = 10_000;

/** @typedef {typeof measure | typeof watch} Probe */

/** @param {Probe} probe @param {Client} client @param {Job} job */
async function get(probe, client, { inFlight = 1, warmUpMs = 0, durationMs = 0, paths = [] }) {
  let units = 0;
  const load = async (/** @type {number} */ forMs) => {
    units = 0;
    const end = performance.now() + forMs;
    await Promise.all(
      Array.from({ length: inFlight }, async (_, loop) => {
        for (let at = loop; performance.now() < end; at += inFlight) {
          await client.get(paths[at % paths.length]);
          units += 1;
        }
      }),
    );
  };
  await load(warmUpMs);
  const cost = await probe(() => load(durationMs));
  return { ...cost, units };
}

/** @param {Probe} probe @param {Client} client @param {number} count */
async function stream(probe, client, count) {
  let settledMb = 0;
  const cost = await probe(() =>
    client.sync(streamOf(count), (done) => {
      if (settledMb === 0 && done >= SETTLED_AT) settledMb = peakRssMb();
    }),
  );
  return { ...cost, units: count, grownMb: peakRssMb() - settledMb };
}

/** Number of requests that the simulator has received. @param {string} baseUrl @param {RegExp} routes */
async function requestsSeen(baseUrl, routes) {
  const { default: http } = await import('node:http');
  /** @type {any} */
  const stats = await new Promise((resolve, reject) => {
    const request = http.get(`${baseUrl}/__sim/stats`, (answer) => {
      let text = '';
      answer.setEncoding('utf8').on('data', (part) => {
        text += part;
      });
      answer.on('end', () => resolve(JSON.parse(text)));
    });
    request.on('error', reject);
  });
  return Object.entries(stats.routes)
    .filter(([route]) => routes.test(route))
    .reduce((sum, [, count]) => sum + count, 0);
}

/** @param {Job} job */
async function main(job) {
  const client = await openClient(job.client, job.server);
  const { count = 0 } = job;
  const inputs = job.kind === 'stream' ? [] : people(count);
  if (job.kind === 'again') await client.sync(inputs);
  const { baseUrl } = job.server;
  const before = await requestsSeen(baseUrl, /./);
  const writesBefore = await requestsSeen(baseUrl, /^(POST|PATCH) \/rest/);
  const probe = job.watched ? watch : measure;
  const cost = await {
    upsertMany: async () => ({
      ...(await probe(() => client.upsertMany(inputs, job.chunksInFlight))),
      units: count,
    }),
    upsertEach: async () => ({ ...(await probe(() => client.upsertEach(inputs))), units: count }),
    sync: async () => ({ ...(await probe(() => client.sync(inputs))), units: count }),
    again: async () => ({ ...(await probe(() => client.sync(inputs))), units: count }),
    stream: () => stream(probe, client, count),
    get: () => get(probe, client, job),
  }[job.kind]();
  const requests = (await requestsSeen(baseUrl, /./)) - before;
  const writes = (await requestsSeen(baseUrl, /^(POST|PATCH) \/rest/)) - writesBefore;
  console.log(JSON.stringify({ ...cost, requests, writes }));
}

await main(JSON.parse(process.argv[2]));
// Idle keep-alive connections must not keep the process alive.
process.exit(0);
