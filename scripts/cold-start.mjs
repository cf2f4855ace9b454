// What the addon costs a process that starts cold: `require` plus the first call, over a Node that does nothing.
// Fresh processes, interleaved so that a busy machine slows both kinds alike; medians. Exits 1 above the limit.
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import http from 'node:http';
import { buildAddon } from './build.mjs';
import { root } from './support/process.mjs';

const limitMs = 15;
const rounds = 25;

// Each child prints one JSON object: what it measured itself, in milliseconds.
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

/** @param {number[]} values */
const median = (values) => values.toSorted((a, b) => a - b)[Math.floor(values.length / 2)];

/** @param {Record<string, number>[]} samples */
const medians = (samples) =>
  Object.fromEntries(
    Object.keys(samples[0]).map((key) => [key, median(samples.map((sample) => sample[key]))]),
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

const bareMs = medians(bare)['whole process'];
const { 'whole process': addonMs, ...parts } = medians(addon);
const overMs = addonMs - bareMs;
console.log(`medians of ${rounds} fresh processes each`);
for (const [part, ms] of Object.entries(parts)) console.log(`  ${part}: ${ms.toFixed(1)} ms`);
console.log(`  whole process: ${addonMs.toFixed(1)} ms, bare Node ${bareMs.toFixed(1)} ms`);
console.log(
  `require and first call over a bare Node start: ${overMs.toFixed(1)} ms, limit ${limitMs} ms`,
);
if (overMs > limitMs) {
  console.log('too slow');
  process.exitCode = 1;
}
