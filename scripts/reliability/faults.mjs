// The fault suite: so many upserts under each fault, and then the count.
//   npm run reliability -- faults [--records 10000] [--seed 1] [--only reset,reorder]
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { startSim } from '../../__test__/helpers/sim.mjs';
import { createTwentyCrmSyncService, sqliteMappingStore } from '../../index.mjs';
import { startFaultProxy } from './support/fault-proxy.mjs';
import { rows as allRows } from './support/fault-rows.mjs';
import { flags } from './support/flags.mjs';
import { audit, company, person, violations } from './support/population.mjs';
import { seeded } from './support/random.mjs';
import { counts, head, line, number } from './support/table.mjs';
import { note, noteOne, pieces, pool } from './support/work.mjs';

/** @typedef {import('./support/population.mjs').Outcome} Outcome */
/** @typedef {import('./support/fault-rows.mjs').Row} Row */
/** @typedef {import('./support/fault-rows.mjs').Sim} Sim */

/**
 * @typedef {object} Result
 * @property {import('./support/population.mjs').Count} count After the faults.
 * @property {import('./support/population.mjs').Count} healed After what had failed was written again without faults.
 * @property {number} requests
 * @property {number} injected
 * @property {Record<string, number>} faults By name.
 * @property {number} seconds
 */

/** A fifth of the records are companies, the others people; half of both go through bulk runs, half one by one. */
const COMPANY_SHARE = 0.2;
const SINGLES_AT_ONCE = 16;
/** Timeout where no fault makes the client wait: that the machine is busy is not the subject. */
const PATIENCE_MS = 10_000;

/**
 * @param {Row} row
 * @param {{ records: number, seed: number, sim: Sim, timeoutMs: number }} how
 * @returns {Promise<Result>}
 */
export async function runRow(row, { records, seed, sim, timeoutMs: shortMs }) {
  const start = performance.now();
  const timeoutMs = row.isSlow ? shortMs : PATIENCE_MS;
  await sim.reset();
  const random = seeded(seed);
  const proxy = await startFaultProxy(sim.baseUrl);
  const folder = mkdtempSync(path.join(tmpdir(), 'faults-'));
  const store = sqliteMappingStore(path.join(folder, 'mappings.sqlite'));
  const options = { mappingStore: store, defaultCountry: 'DE' };
  const patient = { baseUrl: proxy.baseUrl, apiKey: sim.apiKey };
  const service = createTwentyCrmSyncService(
    {
      ...patient,
      ...{ timeout: timeoutMs, initialBackoffMs: 10, maxBackoffMs: 100, maxThrottleWaitMs: 20_000 },
    },
    options,
  );
  const calm = createTwentyCrmSyncService(patient, options);
  const direct = createTwentyCrmSyncService({ baseUrl: sim.baseUrl, apiKey: sim.apiKey });
  const population = populate(records);
  try {
    await prepare(calm, direct, population);
    proxy.requests = 0;
    if (row.options) await sim.setOptions(row.options);
    proxy.scene = row.scene({ random, proxy, sim, timeoutMs });
    /** @type {Map<string, Outcome>} */
    const outcomes = new Map();
    await write(service, population, 'v2', outcomes);
    await atRest(proxy, sim);
    const requests = proxy.requests;
    const count = await take(sim, store, outcomes, 'v2');

    const failed = population.filter(
      ({ externalId }) => outcomes.get(externalId)?.error !== undefined,
    );
    await write(calm, failed, 'v2', outcomes);
    const healed = await take(sim, store, outcomes, 'v2');
    const seconds = (performance.now() - start) / 1000;
    const faults = Object.fromEntries(proxy.injected);
    const throttled = row.options ? (await sim.stats()).rateLimited : 0;
    return { count, healed, requests, injected: proxy.faults + throttled, faults, seconds };
  } finally {
    await store.close();
    await proxy.close();
    rmSync(folder, { recursive: true, force: true });
  }
}

/** @typedef {{ kind: 'person' | 'company', at: number, externalId: string, isBulk: boolean }} Member */

/** @param {number} records @returns {Member[]} */
function populate(records) {
  const companies = Math.round(records * COMPANY_SHARE);
  return Array.from({ length: records }, (_, number) => {
    const kind = number < companies ? 'company' : 'person';
    const at = kind === 'company' ? number : number - companies;
    const externalId = `${kind === 'company' ? 'c' : 'p'}-${at}`;
    return { kind, at, externalId, isBulk: at % 2 === 0 };
  });
}

/**
 * Of each three records one is there and known, one is there and not known to this client, and one is new.
 * @param {import('../../index.js').TwentyCrmSyncService} known
 * @param {import('../../index.js').TwentyCrmSyncService} unknown
 * @param {Member[]} population
 */
async function prepare(known, unknown, population) {
  for (const [service, rest] of /** @type {const} */ ([
    [known, 0],
    [unknown, 1],
  ])) {
    const part = population.filter(({ at }) => at % 3 === rest);
    const outcomes = new Map();
    await bulk(service, part, 'v1', outcomes, 1000);
    for (const { error } of outcomes.values()) if (error) throw error;
  }
}

/**
 * @param {import('../../index.js').TwentyCrmSyncService} service
 * @param {Member[]} members
 * @param {string} version
 * @param {Map<string, Outcome>} outcomes
 */
async function write(service, members, version, outcomes) {
  const inBulk = members.filter(({ isBulk }) => isBulk);
  const alone = members.filter(({ isBulk }) => !isBulk);
  // Small runs make many requests, each of which may be hit.
  const size = Math.min(400, Math.max(20, Math.ceil(inBulk.length / 20)));
  await Promise.all([
    bulk(service, inBulk, version, outcomes, size),
    pool(alone, SINGLES_AT_ONCE, ({ kind, at, externalId }) =>
      noteOne(
        externalId,
        kind === 'person'
          ? service.upsertPerson(person(at, version))
          : service.upsertCompany(company(at, version)),
        outcomes,
      ),
    ),
  ]);
}

/**
 * @param {import('../../index.js').TwentyCrmSyncService} service
 * @param {Member[]} members
 * @param {string} version
 * @param {Map<string, Outcome>} outcomes
 * @param {number} size Records in a run.
 */
async function bulk(service, members, version, outcomes, size) {
  const numbers = (/** @type {string} */ kind) =>
    members.filter((member) => member.kind === kind).map(({ at }) => at);
  for (const piece of pieces(numbers('company'), size)) {
    await note(service.syncCompanies(piece.map((at) => company(at, version))), outcomes);
  }
  for (const piece of pieces(numbers('person'), size)) {
    await note(service.syncPersons(piece.map((at) => person(at, version))), outcomes);
  }
}

/**
 * The faults end, and all that is still on its way arrives.
 * @param {import('./support/fault-proxy.mjs').FaultProxy} proxy
 * @param {Sim} sim
 */
async function atRest(proxy, sim) {
  const { end } = proxy.scene;
  proxy.scene = {};
  await end?.();
  await proxy.settled();
  await sim.setOptions({ databaseDown: false, rateLimits: {} });
}

/**
 * @param {Sim} sim
 * @param {import('../../index.js').ClosableMappingStore} store
 * @param {Map<string, Outcome>} outcomes
 * @param {string} version
 */
async function take(sim, store, outcomes, version) {
  const [people, companies] = await Promise.all([sim.records('people'), sim.records('companies')]);
  const ids = [...outcomes.keys()];
  const mappings = [
    ...(await store.findManyByEverIds(
      ids.filter((id) => id.startsWith('p')),
      'person',
    )),
    ...(await store.findManyByEverIds(
      ids.filter((id) => id.startsWith('c')),
      'company',
    )),
  ];
  return audit({ rows: { people, companies }, outcomes, version, mappings });
}

const TITLES = [
  'fault',
  ...['records', 'written', 'typed errors', 'of unknown outcome, written', 'doubled', 'lost'],
  ...['other violations', 'requests', 'faults', 'healed by a repeat'],
];

/** @param {Row} row @param {Result} result */
export function tableLine({ title }, { count, healed, requests, injected }) {
  const others = violations(count) - count.doubled - count.lost;
  return line([
    title,
    ...[number(count.records), number(count.ok), counts(count.errors), number(count.unknown)],
    ...[count.doubled, count.lost, others, number(requests), number(injected)],
    healed.ok === healed.records && violations(healed) === 0
      ? 'all'
      : `${number(healed.ok)} (${counts(healed.errors)})`,
  ]);
}

/** @param {string[]} args @returns {Promise<number>} How many rows are wrong. */
export async function main(args) {
  const { records, seed, only, timeout } = flags(args, {
    records: 10_000,
    seed: 1,
    only: '',
    timeout: 300,
  });
  const words = only.split(',').filter((word) => word !== '');
  const chosen = allRows.filter(
    ({ name }) => words.length === 0 || words.some((word) => name.includes(word)),
  );
  const sim = await startSim({ logSize: 1 });
  let wrong = 0;
  console.log(`\nFault suite, seed ${seed}\n\n${head(TITLES)}`);
  try {
    for (const row of chosen) {
      const result = await runRow(row, { records, seed, sim, timeoutMs: timeout });
      console.log(tableLine(row, result));
      const complaints = [...result.count.complaints, ...result.healed.complaints];
      const isWrong = complaints.length > 0 || result.healed.ok < result.healed.records;
      if (isWrong) wrong += 1;
      if (isWrong || process.env.RELIABILITY_VERBOSE) {
        console.error(`  ${row.name}: ${result.seconds.toFixed(1)} s, ${counts(result.faults)}`);
        for (const complaint of complaints) console.error(`  ${complaint}`);
      }
    }
  } finally {
    await sim.stop();
  }
  return wrong;
}
