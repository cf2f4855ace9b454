// The soak test: mixed load with faults on the simulator for a while, with repeated comparison of every record.
//   npm run reliability -- soak [--minutes 60] [--rate 100] [--people 4000] [--seed 1]
import { spawn } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { createInterface } from 'node:readline';
import { setTimeout as sleep } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { sqliteMappingStore } from '../../index.mjs';
import { startFaultProxy } from './support/fault-proxy.mjs';
import { flags } from './support/flags.mjs';
import { stateOf } from './support/population.mjs';
import { seeded } from './support/random.mjs';
import { FLAT_PERCENT, unevenness } from './support/resources.mjs';
import { startRestartableSim } from './support/restartable-sim.mjs';
import { soakScenes } from './support/soak-scene.mjs';
import { counts, head, line, number } from './support/table.mjs';

/** @typedef {import('./support/fault-rows.mjs').Sim} Sim */

const CLIENT = fileURLToPath(new URL('./support/soak-client.mjs', import.meta.url));
/** Interval of the comparisons. */
const STRETCH_MS = 60_000;
/** Memory still grows shortly after the start; it counts from the third stretch on. */
const WARM_UP = 2;
/** With at least this many stretches, the memory of the last two thirds is judged. */
const JUDGED_FROM = 9;
/** Additional descriptors that are tolerated at the end, after the server has closed all connections. */
const SPARE_DESCRIPTORS = 2;

/**
 * @typedef {object} Report
 * @property {number} seconds Under load.
 * @property {number} operations
 * @property {number} records Written or asked for.
 * @property {Record<string, number>} kinds Operations by name.
 * @property {Record<string, number>} errors Typed errors by code.
 * @property {number} requests That came to the proxy.
 * @property {Record<string, number>} faults By name.
 * @property {number} compared Records, over all comparisons.
 * @property {number} mappings Compared likewise.
 * @property {number[]} residentMb One for each stretch.
 * @property {number[]} descriptors Likewise.
 * @property {string[]} complaints
 */

/** Drives the process under load with commands and answers. */
class Client {
  /** @param {object} input */
  constructor(input) {
    this.child = spawn(process.execPath, ['--expose-gc', CLIENT, JSON.stringify(input)], {
      stdio: ['pipe', 'pipe', 'inherit'],
    });
    this.ended = new Promise((resolve) => {
      this.child.once('close', (code, signal) => resolve(code ?? signal));
    });
    this.lines = createInterface({ input: this.child.stdout })[Symbol.asyncIterator]();
  }

  /** @param {object} command */
  tell(command) {
    this.child.stdin.write(`${JSON.stringify(command)}\n`);
  }

  /** Its next line. @returns {Promise<any>} */
  async hear() {
    const { value, done } = await this.lines.next();
    if (done) throw new Error(`the client of the soak ended with ${await this.ended}`);
    return JSON.parse(value);
  }

  async end() {
    this.tell({ do: 'end' });
    return this.ended;
  }
}

/**
 * @param {{ seed: number, people: number, rate: number, stretches: number, operations?: number,
 *   events: import('./support/soak-scene.mjs').Events,
 *   onStretch?: (report: Report, stretch: number) => void }} how `operations`: of each stretch; by default a stretch
 *   takes a minute.
 * @returns {Promise<Report>}
 */
export async function soak({ seed, people, rate, stretches, operations, events, onStretch }) {
  const sim = await startRestartableSim({ logSize: 1 });
  const proxy = await startFaultProxy(sim.baseUrl);
  const folder = mkdtempSync(path.join(tmpdir(), 'soak-'));
  const random = seeded(seed);
  const nextScene = soakScenes({ random, proxy, sim, events });
  const client = new Client({
    ...{ baseUrl: proxy.baseUrl, apiKey: sim.apiKey, folder, seed: seed + 1, rate, people },
  });
  /** @type {Report} */
  const report = {
    ...{ seconds: 0, operations: 0, records: 0, kinds: {}, errors: {}, requests: 0, faults: {} },
    ...{ compared: 0, mappings: 0, residentMb: [], descriptors: [], complaints: [] },
  };
  try {
    for (let stretch = 1; stretch <= stretches; stretch += 1) {
      const start = performance.now();
      proxy.scene = nextScene();
      client.tell({ do: 'go', operations });
      if (operations === undefined) await sleep(STRETCH_MS);
      else await client.hear();
      report.seconds += (performance.now() - start) / 1000;
      // The faults end before the comparison, but not their effects.
      const { end } = proxy.scene;
      proxy.scene = {};
      await end?.();
      await sim.setOptions({ databaseDown: false });
      client.tell({ do: 'rest' });
      const said = await client.hear();
      await proxy.settled();
      Object.assign(report, {
        ...{ operations: said.operations, records: said.records, kinds: said.kinds },
        ...{ errors: said.errors, requests: proxy.requests },
        faults: Object.fromEntries(proxy.injected),
      });
      // Kept connections are not a leak: descriptors are compared without them.
      await proxy.down();
      client.tell({ do: 'resources' });
      const { residentMb, descriptors } = await client.hear();
      await proxy.listen();
      report.residentMb.push(residentMb);
      report.descriptors.push(descriptors);
      const learnt = await compare(sim, path.join(folder, 'mappings.sqlite'), said.states, report);
      report.complaints.push(
        ...said.complaints.filter(
          (/** @type {string} */ words) => !report.complaints.includes(words),
        ),
      );
      client.tell({ do: 'learn', states: learnt });
      await client.hear();
      onStretch?.(report, stretch);
    }
    report.complaints.push(...drift(report));
    const code = await client.end();
    if (code !== 0) report.complaints.push(`the client ended with ${code}`);
    return report;
  } finally {
    client.child.kill('SIGKILL');
    await proxy.close();
    await sim.stop();
    rmSync(folder, { recursive: true, force: true });
  }
}

/**
 * @param {Sim} sim
 * @param {string} file
 * @param {[string, string[]][]} states
 * @param {Report} report
 * @returns {Promise<[string, string][]>} The actual state, for records with several possible ones.
 */
async function compare(sim, file, states, report) {
  const [people, companies] = await Promise.all([sim.records('people'), sim.records('companies')]);
  /** @type {Map<string, import('./support/population.mjs').Row>} */
  const rows = new Map();
  /** @type {Map<string, string>} */
  const owners = new Map();
  const complain = (/** @type {string} */ words) => {
    if (report.complaints.length < 50) report.complaints.push(words);
  };
  for (const row of [...people, ...companies]) {
    if (rows.has(row.externalId)) complain(`${row.externalId} has more than one row`);
    rows.set(row.externalId, row);
    owners.set(row.id, row.externalId);
  }
  /** @type {[string, string][]} */
  const learnt = [];
  for (const [externalId, possible] of states) {
    const state = stateOf(rows.get(externalId));
    report.compared += 1;
    rows.delete(externalId);
    if (!possible.includes(state)) {
      complain(`${externalId} is ${state}, not ${possible.join(' or ')}`);
    }
    if (possible.length > 1 || possible[0] !== state) learnt.push([externalId, state]);
  }
  for (const externalId of rows.keys()) complain(`nobody asked for ${externalId}`);
  const store = sqliteMappingStore(file);
  for (const kind of /** @type {const} */ (['person', 'company'])) {
    const ids = states.map(([id]) => id).filter((id) => id[0] === kind[0]);
    for (const { everId, crmId } of await store.findManyByEverIds(ids, kind)) {
      report.mappings += 1;
      const owner = owners.get(crmId);
      // A destroyed row leaves its mapping, which the next upsert corrects.
      if (owner !== undefined && owner !== everId) complain(`${everId} is mapped to ${owner}`);
    }
  }
  await store.close();
  return learnt;
}

/** Resources that the process holds beyond the limits, in words. @param {Report} report @returns {string[]} */
function drift({ residentMb, descriptors }) {
  const [first, last] = [descriptors[0], descriptors.at(-1) ?? 0];
  const shown = residentMb.map((mb) => mb.toFixed(1)).join(' ');
  return [
    ...(last > first + SPARE_DESCRIPTORS ? [`${last - first} descriptors are left`] : []),
    ...(residentMb.length >= JUDGED_FROM && unevenness(residentMb) > FLAT_PERCENT
      ? [`memory is not flat: ${shown}`]
      : []),
  ];
}

const TITLES = [
  'soak',
  ...['operations', 'records', 'load held', 'requests', 'faults', 'typed errors'],
  ...[
    'records compared',
    'differences',
    'memory at start',
    'at end',
    'least to most, last two thirds',
    'descriptors at start',
    'at end',
  ],
];

/** @param {Report} report */
export function tableLine(report) {
  const { seconds, operations, records, requests, faults, errors, compared, complaints } = report;
  const { residentMb, descriptors } = report;
  const start = Math.min(WARM_UP, residentMb.length - 1);
  const injected = Object.values(faults).reduce((sum, count) => sum + count, 0);
  return line([
    `${(seconds / 60).toFixed(0)} minutes`,
    ...[number(operations), number(records), `${number(records / seconds)} records/s`],
    ...[number(requests), number(injected), counts(errors)],
    ...[number(compared), complaints.length],
    ...[`${residentMb[start].toFixed(1)} MB`, `${residentMb.at(-1)?.toFixed(1)} MB`],
    ...[`${unevenness(residentMb).toFixed(1)} %`, descriptors[0], descriptors.at(-1) ?? 0],
  ]);
}

/**
 * @param {string[]} args
 * @param {import('./support/report.mjs').Report} report
 * @returns {Promise<number>} Number of problems.
 */
export async function main(args, report) {
  const { minutes, rate, people, seed } = flags(args, {
    ...{ minutes: 60, rate: 100, people: 4_000, seed: 1 },
  });
  let told = 0;
  const found = await soak({
    ...{ seed, people, rate, stretches: minutes },
    events: { single: 0.03, everyRequests: [1_000, 3_000], lastMs: [200, 3_000] },
    onStretch(so, stretch) {
      // At once and not after an hour, while the situation can still be examined.
      for (const complaint of so.complaints.slice(told)) console.error(`  ${complaint}`);
      told = so.complaints.length;
      const faults = Object.values(so.faults).reduce((sum, count) => sum + count, 0);
      console.log(
        `minute ${stretch}: ${number(so.records)} records (${number(so.records / so.seconds)}/s), ${number(so.requests)} requests, ${number(faults)} faults, ${number(so.compared)} compared, ${so.complaints.length} differences, ${so.residentMb.at(-1)?.toFixed(1)} MB, ${so.descriptors.at(-1)} descriptors`,
      );
    },
  });
  report.say(`\nSoak, seed ${seed}, ${rate} records/s asked for\n`);
  report.say(`${head(TITLES)}\n${tableLine(found)}\n`);
  report.say(`Operations: ${counts(found.kinds)}.\n\nFaults: ${counts(found.faults)}.`);
  for (const complaint of found.complaints.slice(told)) console.error(`  ${complaint}`);
  return found.complaints.length;
}
