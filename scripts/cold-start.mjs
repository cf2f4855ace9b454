// The cold-start cost of the addon: `require` plus the first call, compared with a Node that does nothing.
//   node scripts/cold-start.mjs            exits 1 above the limit
//   node scripts/cold-start.mjs --report   only prints the times, as in CI: they depend on the machine
//
// Uses new processes, interleaved so that a busy machine slows both kinds alike. The limit applies to the fastest run,
// as the process itself measures it: other programs can only add time, and a slower addon is slower at its best, too.
// Times of the whole process include a start and an end that vary more than that.
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import http from 'node:http';
import { buildAddon } from './build.mjs';
import { root } from './support/process.mjs';

const limitMs = 15;
const rounds = 25;

// Each child prints one JSON object with its own measurements, in milliseconds.
const children = {
  bare: "console.log('{}')",
  addon: `
    const begin = performance.now();
    const { TwentyCrmRestClient } = require('./index.js');
    const loaded = performance.now();
    const client = new TwentyCrmRestClient({ baseUrl: process.argv[1], apiKey: 'cold-start' });
    const constructed = performance.now();
    client.get('/rest/people').then((response) => {
      if (!response.success) throw new Error(response.error.message);
      const called = performance.now();
      console.log(JSON.stringify({
        require: loaded - begin,
        construct: constructed - loaded,
        'first call': called - constructed,
        sum: called - begin,
      }));
    });`,
};

/**
 * @param {string} code
 * @param {string} baseUrl
 * @returns {Promise<Record<string, number>>}
 */
async function measure(code, baseUrl) {
  const begin = performance.now();
  const child = spawn(process.execPath, ['-e', code, baseUrl], {
    cwd: root,
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  let printed = '';
  child.stdout.setEncoding('utf8').on('data', (text) => {
    printed += text;
  });
  const [exitCode] = await once(child, 'close');
  if (exitCode !== 0) throw new Error(`a measured process failed with code ${exitCode}`);
  return { 'whole process': performance.now() - begin, ...JSON.parse(printed) };
}

/** @typedef {(sorted: number[]) => number} Statistic */
/** @type {Record<string, Statistic>} */
const statistics = {
  median: (sorted) => sorted[Math.floor(sorted.length / 2)],
  quickest: (sorted) => sorted[0],
};

/**
 * @param {Record<string, number>[]} samples
 * @param {Statistic} statistic
 */
const summarise = (samples, statistic) =>
  Object.fromEntries(
    Object.keys(samples[0]).map((key) => {
      const values = samples.map((sample) => sample[key]);
      return [key, statistic(values.toSorted((a, b) => a - b))];
    }),
  );

await buildAddon('release');
const server = http.createServer((_request, response) => {
  response.setHeader('content-type', 'application/json');
  response.end('{"data":{"people":[]}}');
});
server.listen(0, '127.0.0.1');
await once(server, 'listening');
const { port } = /** @type {import('node:net').AddressInfo} */ (server.address());

/** @type {Record<string, number>[]} */
const bare = [];
/** @type {Record<string, number>[]} */
const addon = [];
for (let round = 0; round <= rounds; round += 1) {
  const pair = [
    await measure(children.bare, ''),
    await measure(children.addon, `http://127.0.0.1:${port}`),
  ];
  // The first round only warms the disk cache.
  if (round > 0) {
    bare.push(pair[0]);
    addon.push(pair[1]);
  }
}
server.close();

console.log(`${rounds} fresh processes of each kind, in milliseconds`);
for (const [name, statistic] of Object.entries(statistics)) {
  const bareMs = summarise(bare, statistic)['whole process'];
  const { 'whole process': addonMs, ...parts } = summarise(addon, statistic);
  const inWords = Object.entries(parts).map(([part, ms]) => `${part} ${ms.toFixed(1)}`);
  console.log(
    `  ${name}: ${inWords.join(', ')}; whole process ${addonMs.toFixed(1)}, bare Node ${bareMs.toFixed(1)}`,
  );
}
const { sum } = summarise(addon, statistics.quickest);
console.log(
  `require and first call over a bare Node start: ${sum.toFixed(1)} ms, limit ${limitMs} ms`,
);
if (sum > limitMs) {
  console.log('too slow');
  if (!process.argv.includes('--report')) process.exitCode = 1;
}
