// One measurement: a new simulator, and a new process that does the work.
import { spawn } from 'node:child_process';
import path from 'node:path';
import { startSim } from '../__test__/helpers/sim.mjs';
import { root, targetDir } from '../scripts/support/process.mjs';
import { openClient } from './clients/index.mjs';
import { people } from './people.mjs';

/**
 * @typedef {object} Sample
 * @property {number} units Records or requests done.
 * @property {number} wallMs
 * @property {number | null} cpuMs
 * @property {number} [mainMs]
 * @property {{ p50: number, p99: number, max: number }} [delayMs]
 * @property {number | null} peakRssMb
 * @property {number} [grownMb]
 * @property {number} requests
 * @property {number} writes
 */

/** Contenders in the Rust program. */
const bare = ['ceiling', 'bare-upserts', 'hyper'];

const executable = process.platform === 'win32' ? 'bench-ceiling.exe' : 'bench-ceiling';
const ceiling = path.join(targetDir, 'release', executable);
const childFile = path.join(root, 'bench', 'child.mjs');

/**
 * @param {string} command
 * @param {string[]} args
 * @param {string} stdin
 * @returns {Promise<string>}
 */
function run(command, args, stdin) {
  return new Promise((resolve, reject) => {
    const child = spawn(command, args, { cwd: root, stdio: ['pipe', 'pipe', 'inherit'] });
    let stdout = '';
    child.stdout.setEncoding('utf8').on('data', (text) => {
      stdout += text;
    });
    child.on('error', reject);
    child.on('close', (code) => {
      if (code === 0) resolve(stdout);
      else reject(new Error(`${path.basename(command)} ${args.at(-1)} ended with code ${code}`));
    });
    child.stdin.end(stdin);
  });
}

/** The simulator's allocator keeps freed memory, so that memory of the warm-up is reused. */
const SIM_ENVIRONMENT = { MIMALLOC_PURGE_DELAY: '-1' };

/** A server that has been running for a while has already allocated memory, compiled patterns and warmed caches. */
const WARM_UP_BATCHED = 2000;
const WARM_UP_SINGLE = 200;

/**
 * Warms up a new simulator: runs both measured ways of writing, and then resets it.
 * @param {import('./scenarios.mjs').Sim} sim
 */
async function warmUp({ baseUrl, apiKey, reset, setOptions }) {
  const server = { baseUrl, apiKey };
  const rows = people(WARM_UP_BATCHED);
  const noService = { insertUs: 0, updateUs: 0, lookupUs: 0 };
  await setOptions({ latencyMs: 0, serviceTimes: noService });
  await (await openClient('ours', server)).sync(rows);
  await (await openClient('undici-pool', server)).sync(rows.slice(0, WARM_UP_SINGLE));
  await reset();
  // After the reset, the first request for the schema would have to serialise it again.
  const headers = { authorization: `Bearer ${apiKey}` };
  await (await fetch(`${baseUrl}/rest/metadata/objects?limit=200`, { headers })).text();
}

/**
 * @param {import('./scenarios.mjs').Scenario} scenario
 * @param {string} contender
 * @param {boolean} watched
 */
async function once(scenario, contender, watched) {
  const sim = await startSim({ ...scenario.sim, logSize: 0, env: SIM_ENVIRONMENT });
  try {
    await warmUp(sim);
    const prepared = (await scenario.prepare?.(sim)) ?? {};
    const { job, stdin = '' } = scenario.contenders[contender](prepared);
    const server = { baseUrl: sim.baseUrl, apiKey: sim.apiKey };
    const text = JSON.stringify({ client: contender, ...job, server, watched });
    const stdout = bare.includes(contender)
      ? await run(ceiling, [text], stdin)
      : await run(process.execPath, [childFile, text], '');
    return JSON.parse(stdout);
  } finally {
    await sim.stop();
  }
}

/**
 * Measures the cost and, in a second run, the delay of the event loop, if there is one.
 * @param {import('./scenarios.mjs').Scenario} scenario
 * @param {string} contender
 * @returns {Promise<Sample>}
 */
export async function sample(scenario, contender) {
  const cost = await once(scenario, contender, false);
  if (bare.includes(contender) || !scenario.isWatched) return cost;
  const { delayMs } = await once(scenario, contender, true);
  return { ...cost, delayMs };
}
