// The lifetime suite: services, requests, worker threads and processes come and go, and must leave nothing behind.
//   npm run reliability -- lifetime [--services 20000] [--requests 1000000] [--workers 200] [--exits 500]
import { spawn } from 'node:child_process';
import { createInterface } from 'node:readline';
import { setTimeout as sleep } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { startSim } from '../../__test__/helpers/sim.mjs';
import { startFaultProxy } from './support/fault-proxy.mjs';
import { flags } from './support/flags.mjs';
import { encode } from './support/http-frames.mjs';
import { FLAT_PERCENT, unevenness } from './support/resources.mjs';
import { counts, head, line, number } from './support/table.mjs';
import { pool } from './support/work.mjs';

const PART = fileURLToPath(new URL('./support/lifetime-part.mjs', import.meta.url));
const CASES = fileURLToPath(new URL('../../__test__/fixtures/process-cases.mjs', import.meta.url));

/**
 * Answers as the fixtures expect: `/ok` at once, `/hang` and any other path never. @returns
 * {import('./support/fault-proxy.mjs').Scene}
 */
const fixtureScene = () => ({
  request: () => ({
    name: 'fixture',
    phase: 'whole',
    play(exchange) {
      if (exchange.request.path !== '/ok') return;
      const body = Buffer.from('{}');
      exchange.send(encode({ status: 200, headers: [['Content-Type', 'application/json']], body }));
    },
  }),
});

/**
 * @typedef {object} PartResult
 * @property {string} what
 * @property {number} count
 * @property {Record<string, number>} outcomes
 * @property {string[]} crashes Any irregular end.
 * @property {number[]} samples Memory, in megabytes.
 * @property {number} before Descriptors at the start.
 * @property {number} after Descriptors after everything was closed.
 */

/**
 * Runs one part in its own process.
 * @param {'services' | 'requests' | 'workers'} part
 * @param {number} count
 * @returns {Promise<PartResult>}
 */
export async function runPart(part, count) {
  const sim = await startSim({ logSize: 1 });
  // A proxy in between, so that the other side can close all connections at the end.
  const proxy = part === 'workers' ? await startFaultProxy(sim.baseUrl) : undefined;
  if (proxy) proxy.scene = fixtureScene();
  const args = [part, String(count), proxy?.baseUrl ?? sim.baseUrl, sim.apiKey];
  const child = spawn(process.execPath, ['--expose-gc', PART, ...args], {
    stdio: ['pipe', 'pipe', 'inherit'],
  });
  const ended = new Promise((resolve) => {
    child.once('close', (code, signal) => resolve(code ?? signal));
  });
  /** @type {any} */
  const said = {};
  for await (const text of createInterface({ input: child.stdout })) {
    Object.assign(said, JSON.parse(text));
    if ('after' in said) break;
    await proxy?.close();
    await sim.stop();
    child.stdin.write('closed\n');
  }
  const end = await ended;
  await sim.stop();
  const unexpected = Object.keys(said.outcomes ?? {}).filter((name) => /^ended with/.test(name));
  return {
    what: part,
    count,
    outcomes: said.outcomes ?? {},
    crashes: [...unexpected, ...(end === 0 ? [] : [`the process ended with ${end}`])],
    samples: said.samples ?? [],
    before: said.before ?? 0,
    after: said.after ?? Number.NaN,
  };
}

/**
 * Processes that exit with 200 calls in flight.
 * @param {number} count
 * @returns {Promise<PartResult>}
 */
export async function runExits(count) {
  const proxy = await startFaultProxy('http://127.0.0.1:1');
  proxy.scene = fixtureScene();
  /** @type {PartResult} */
  const result = {
    ...{ what: 'exits', count, outcomes: {}, crashes: [], samples: [] },
    ...{ before: 0, after: 0 },
  };
  const kinds = /** @type {const} */ ([
    ['exit', 3],
    ['exitBusy', 4],
    ['terminated', 'SIGTERM'],
  ]);
  await pool(
    Array.from({ length: count }, (_, at) => at),
    2,
    async (at) => {
      const [name, expected] = kinds[at % kinds.length];
      const child = spawn(process.execPath, [CASES, name, proxy.baseUrl], { stdio: 'pipe' });
      let stderr = '';
      child.stderr.on('data', (chunk) => (stderr += chunk));
      child.stdout.on('data', () => name === 'terminated' && child.kill('SIGTERM'));
      const end = await new Promise((resolve) => {
        child.once('close', (code, signal) => resolve(code ?? signal));
      });
      const how = end === expected && stderr === '' ? 'ended as told' : `${name}: ${end} ${stderr}`;
      result.outcomes[how] = (result.outcomes[how] ?? 0) + 1;
      if (how !== 'ended as told') result.crashes.push(how);
    },
  );
  // Connections of dead processes that the system keeps would remain here.
  await proxy.close();
  // The last exits may not have been reported to this process yet: wait two seconds at most.
  for (let looks = 0; proxy.open > 0 && looks < 100; looks += 1) await sleep(20);
  result.after = proxy.open;
  return result;
}

const TITLES = [
  'what comes and goes',
  ...['how many', 'outcomes', 'crashes', 'memory after a third', 'at the end'],
  ...['least to most, last two thirds', 'descriptors before', 'after'],
];

/** @param {PartResult} result */
export function tableLine({ what, count, outcomes, crashes, samples, before, after }) {
  const mb = (/** @type {number | undefined} */ value) => (value ? `${value.toFixed(1)} MB` : '–');
  return line([
    what,
    ...[number(count), counts(outcomes), crashes.length],
    ...[mb(samples[Math.floor(samples.length / 3)]), mb(samples.at(-1))],
    samples.length > 0 ? `${unevenness(samples).toFixed(1)} %` : '–',
    ...[before, after],
  ]);
}

/** The problems of a part, in words. @param {PartResult} result */
export function complaints({ what, crashes, samples, before, after }) {
  return [
    ...crashes,
    ...(samples.length > 0 && unevenness(samples) > FLAT_PERCENT
      ? [`${what}: memory is not flat: ${samples.map((mb) => mb.toFixed(1)).join(' ')}`]
      : []),
    ...(after > before ? [`${what}: ${after - before} descriptors are left`] : []),
  ];
}

/**
 * @param {string[]} args
 * @param {import('./support/report.mjs').Report} report
 * @returns {Promise<number>} Number of problems.
 */
export async function main(args, report) {
  const { services, requests, workers, exits } = flags(args, {
    ...{ services: 20_000, requests: 1_000_000, workers: 200, exits: 500 },
  });
  report.say(`\nLifetime suite\n\n${head(TITLES)}`);
  let wrong = 0;
  for (const run of [
    () => runPart('services', services),
    () => runPart('requests', requests),
    () => runPart('workers', workers),
    () => runExits(exits),
  ]) {
    const result = await run();
    report.say(tableLine(result));
    for (const complaint of complaints(result)) {
      wrong += 1;
      console.error(`  ${complaint}`);
    }
  }
  return wrong;
}
