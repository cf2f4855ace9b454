// Kills a process at random moments while it fills and empties an outbox, and then checks the rows in the CRM.
//   npm run reliability -- crash-outbox                    200 kills on SQLite
//   npm run reliability -- crash-outbox --kills 50 --seed 7 --store postgres
import { spawn } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';
import { startPostgres } from '../../__test__/helpers/postgres.mjs';
import { startSim } from '../../__test__/helpers/sim.mjs';
import { sqliteMappingStore } from '../../index.mjs';
import { changeAt, randomAt } from './crash-outbox-changes.mjs';
import { flags } from './support/flags.mjs';
import { head, line, number } from './support/table.mjs';

const CHILD = fileURLToPath(new URL('crash-outbox-child.mjs', import.meta.url));

/** Average number of changes that the process enqueues before a kill. */
const CHANGES_PER_LIFE = 60;

/** The shortest lease that the outbox allows, so that records of a killed process are free again soon. */
const LEASE_MS = 1_000;

/**
 * @typedef {object} CrashOptions
 * @property {number} kills
 * @property {number} seed
 * @property {'sqlite' | 'postgres'} [store]
 */

/**
 * @typedef {object} CrashReport
 * @property {number} kills
 * @property {number} killedInDelivery kills while records were in flight
 * @property {number} changes durably enqueued
 * @property {number} records in the CRM
 * @property {string[]} lost records or values that differ from the changes
 * @property {string[]} doubled
 * @property {string[]} disordered writes of an older change after a newer one
 * @property {string[]} strayed mappings to a wrong record
 * @property {number} seconds
 */

/**
 * @param {CrashOptions} options
 * @returns {Promise<CrashReport | { skip: string }>}
 */
export async function crashOutbox({ kills, seed, store = 'sqlite' }) {
  const postgres = store === 'postgres' ? await startPostgres() : undefined;
  if (postgres !== undefined && 'skip' in postgres) return postgres;
  const folder = mkdtempSync(path.join(tmpdir(), 'crash-outbox-'));
  const sim = await startSim({ preset: 'provisioned', latencyMs: 3, logSize: 100_000 });
  try {
    const setting = {
      baseUrl: sim.baseUrl,
      apiKey: sim.apiKey,
      file: path.join(folder, 'outbox.db'),
      postgres: postgres?.config,
      seed,
      records: { people: 60, companies: 12 },
      leaseMs: LEASE_MS,
      // One after the other, so that the order of the changes is the order of their numbers.
      atOnce: 1,
    };
    const total = kills * CHANGES_PER_LIFE;
    const startedMs = performance.now();
    let from = 0;
    let killedInDelivery = 0;
    for (let kill = 0; kill < kills; kill += 1) {
      const random = (/** @type {number} */ what) => randomAt(seed + 1, kill * 4 + what);
      const reached = await live(
        { ...setting, from, to: total },
        {
          // When nothing is left to enqueue, the process is killed while it delivers.
          lines: Math.floor(random(0) * CHANGES_PER_LIFE * 2),
          delayMs: Math.floor(random(1) ** 3 * 120),
        },
      );
      from = Math.max(from, reached.last + 1);
      killedInDelivery += (await isBusy(sim)) ? 1 : 0;
    }
    const { last, how } = await live({ ...setting, from, to: Math.max(total, from + 1) });
    if (how !== 0) throw new Error(`the last life ended with ${how}`);
    const changes = Math.max(from, last + 1);
    const seconds = (performance.now() - startedMs) / 1_000;
    const found = await compare(sim, setting, changes);
    return { kills, killedInDelivery, changes, ...found, seconds };
  } finally {
    await sim.stop();
    if (postgres !== undefined) await postgres.stop();
    rmSync(folder, { recursive: true, force: true });
  }
}

/** Whether the simulator has received requests since the last check, so the kill interrupted a delivery. */
const seenBy = new WeakMap();
async function isBusy(/** @type {any} */ sim) {
  const { total } = await sim.stats();
  const before = seenBy.get(sim) ?? 0;
  seenBy.set(sim, total);
  return total > before;
}

/**
 * Runs the process until it is killed or ends.
 * @param {object} setting
 * @param {{ lines: number, delayMs: number }} [death] kill it this long after this many lines; without it, the process
 * ends by itself
 * @returns {Promise<{ last: number, how: number | string | null }>} `last`: the last change that was reported as
 * durable
 */
async function live(setting, death) {
  const child = spawn(process.execPath, [CHILD, JSON.stringify(setting)], {
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  let last = -1;
  let lines = 0;
  const dies = () => child.kill('SIGKILL');
  if (death?.lines === 0) setTimeout(dies, death.delayMs);
  const reader = createInterface({ input: child.stdout });
  reader.on('line', (line) => {
    lines += 1;
    const number = /^e (\d+)$/.exec(line)?.[1];
    if (number !== undefined) last = Math.max(last, Number(number));
    if (lines === death?.lines || (death !== undefined && line === 'enqueued')) {
      setTimeout(dies, death?.delayMs);
    }
  });
  const read = new Promise((resolve) => reader.once('close', resolve));
  const how = await new Promise((resolve) =>
    child.once('exit', (code, signal) => resolve(code ?? signal)),
  );
  await read;
  return { last, how };
}

/**
 * Compares the simulator's rows with the changes.
 * @param {any} sim
 * @param {any} setting
 * @param {number} changes
 */
async function compare(sim, { seed, records, file }, changes) {
  /** @type {Map<string, any>} */
  const wanted = new Map();
  for (let number = 0; number < changes; number += 1) {
    const { entity, input } = changeAt(seed, number, records);
    const key = `${entity} ${input.external_id}`;
    wanted.set(key, { ...wanted.get(key), ...input });
  }
  const people = (await sim.records('people')).filter((/** @type {any} */ row) => row.externalId);
  const companies = (await sim.records('companies')).filter(
    (/** @type {any} */ row) => row.externalId,
  );
  /** @type {Map<string, any[]>} */
  const found = new Map();
  for (const [entity, rows] of /** @type {const} */ ([
    ['person', people],
    ['company', companies],
  ])) {
    for (const row of rows) {
      const key = `${entity} ${row.externalId}`;
      found.set(key, [...(found.get(key) ?? []), row]);
    }
  }
  const companyIds = new Map(companies.map((/** @type {any} */ row) => [row.externalId, row.id]));
  const lost = [...wanted].flatMap(([key, input]) => {
    const row = found.get(key)?.[0];
    if (row === undefined) return [`${key} is missing`];
    const fields = /^person /.test(key)
      ? {
          name: `${row.name.firstName} ${row.name.lastName}`,
          job_title: row.jobTitle,
          city: row.city,
          total_submissions: row.totalSubmissions,
          company: row.companyId,
        }
      : { name: row.name, status: row.status };
    const should = { ...input, company: companyIds.get(input.company_external_id) };
    return Object.entries(fields)
      .filter(([field, value]) => (value || null) !== (should[field] ?? null))
      .map(([field, value]) => `${key}: ${field} is ${value}, not ${should[field]}`);
  });
  const doubled = [...found].filter(([, rows]) => rows.length > 1).map(([key]) => key);
  return {
    records: people.length + companies.length,
    lost,
    doubled,
    disordered: disorder(await sim.log()),
    strayed: await strayed(file, [
      ['person', people],
      ['company', companies],
    ]),
  };
}

/**
 * Writes of people with an older change than an earlier write had.
 * @param {{ method: string, path: string, body: string, status: number }[]} log
 */
function disorder(log) {
  /** @type {Map<string, number>} */
  const newest = new Map();
  const found = [];
  for (const { method, body, status } of log) {
    if (method === 'GET' || status > 299 || !body.includes('totalSubmissions')) continue;
    for (const row of [JSON.parse(body)].flat()) {
      const key = row.emails?.primaryEmail;
      const number = row.totalSubmissions;
      if (typeof key !== 'string' || typeof number !== 'number') continue;
      const before = newest.get(key) ?? -1;
      if (number < before) found.push(`${key}: ${number} after ${before}`);
      newest.set(key, Math.max(before, number));
    }
  }
  return found;
}

/**
 * Mappings that lead to another record's row, or to none.
 * @param {string} file
 * @param {[ 'person' | 'company', any[] ][]} rowsByEntity
 */
async function strayed(file, rowsByEntity) {
  const store = sqliteMappingStore(file);
  const found = [];
  for (const [entity, rows] of rowsByEntity) {
    const everIds = rows.map((row) => row.externalId);
    const idOf = new Map(rows.map((row) => [row.externalId, row.id]));
    for (const { everId, crmId } of await store.findManyByEverIds(everIds, entity)) {
      if (idOf.get(everId) !== crmId) found.push(`${entity} ${everId} → ${crmId}`);
    }
  }
  await store.close();
  return found;
}

const TITLES = [
  'outbox in',
  ...['kills', 'with requests since the last', 'changes enqueued', 'records', 'lost', 'doubled'],
  ...['out of order', 'wrong mappings'],
];

/**
 * @param {string[]} args
 * @param {import('./support/report.mjs').Report} report
 * @returns {Promise<number>} Number of problems.
 */
export async function main(args, report) {
  const { kills, seed, store } = flags(args, { kills: 200, seed: 1, store: 'sqlite' });
  if (store !== 'sqlite' && store !== 'postgres') throw new Error('--store sqlite|postgres');
  const found = await crashOutbox({ kills, seed, store });
  if ('skip' in found) throw new Error(found.skip);
  const wrong = [found.lost, found.doubled, found.disordered, found.strayed];
  report.say(`\nCrash suite, outbox, seed ${seed}\n\n${head(TITLES)}`);
  report.say(
    line([
      store === 'postgres' ? 'PostgreSQL' : 'SQLite',
      ...[found.kills, found.killedInDelivery, number(found.changes), found.records],
      ...wrong.map((list) => list.length),
    ]),
  );
  for (const words of wrong.flat().slice(0, 20)) console.error(`  ${words}`);
  return wrong.flat().length;
}
