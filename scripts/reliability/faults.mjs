// The fault suite: upserts under each fault, followed by a check of all records.
//   npm run reliability -- faults [--records 10000] [--seed 1] [--only reset,reorder] [--together 6]
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import {
  createTwentyCrmOutbox,
  createTwentyCrmSyncService,
  isTwentyCrmError,
  sqliteMappingStore,
  sqliteOutbox,
} from '../../index.mjs';
import { startFaultProxy } from './support/fault-proxy.mjs';
import { rows as allRows } from './support/fault-rows.mjs';
import { flags } from './support/flags.mjs';
import { audit, company, POISON, person, violations } from './support/population.mjs';
import { seeded } from './support/random.mjs';
import { startRestartableSim } from './support/restartable-sim.mjs';
import { counts, head, line, number } from './support/table.mjs';
import { whyNoWallClock, withOwnClock } from './support/wall-clock.mjs';
import { note, noteOne, pieces, pool } from './support/work.mjs';

/** @typedef {import('./support/population.mjs').Outcome} Outcome */
/** @typedef {import('./support/fault-rows.mjs').Row} Row */
/** @typedef {import('./support/fault-rows.mjs').Sim} Sim */

/**
 * @typedef {object} Result
 * @property {import('./support/population.mjs').Count} count After the faults.
 * @property {import('./support/population.mjs').Count} healed After failed records were written again without faults.
 * @property {number} requests
 * @property {number} injected
 * @property {Record<string, number>} faults By name.
 * @property {number} pauses How often the outbox had to be resumed.
 * @property {number} seconds
 */

/** A fifth of the records are companies, the others people. */
const COMPANY_SHARE = 0.2;
/** How they are written: a third of both in each way. */
const WAYS = /** @type {const} */ (['bulk', 'single', 'outbox']);
/** The server permanently refuses one person in this many. */
const POISON_EVERY = 200;
const FIRST_POISON = 7;
const SINGLES_AT_ONCE = 16;
const OUTBOX_BATCH = 60;
/** Far more than any regular answer here; endless ones reach it sooner than the default. */
const LONGEST_ANSWER = 4 * 1024 * 1024;
/** Timeout for faults that do not stall the client: a busy machine must not cause timeouts. */
const PATIENCE_MS = 10_000;
/** Far longer than an outbox takes: one that does not finish is an error. */
const OUTBOX_PATIENCE_MS = 900_000;
const OWN_CLOCK_ROW = new URL('./support/own-clock-row.mjs', import.meta.url);

/**
 * Runs a row in this process, or in its own process if it needs one.
 * @param {Row} row
 * @param {{ records: number, seed: number, sim: Sim, timeoutMs: number }} how
 * @returns {Promise<Result>}
 */
export function play(row, { sim, ...how }) {
  if (row.hasOwnClock) return withOwnClock(OWN_CLOCK_ROW, { ...how, name: row.name });
  return runRow(row, { ...how, sim });
}

/**
 * @param {Row} row
 * @param {{ records: number, seed: number, sim: Sim, timeoutMs: number,
 *   clock?: import('./support/fault-rows.mjs').OwnClock }} how
 * @returns {Promise<Result>}
 */
export async function runRow(row, { records, seed, sim, timeoutMs: shortMs, clock }) {
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
      ...{ maxResponseBytes: LONGEST_ANSWER, ...row.retries },
    },
    options,
  );
  const calm = createTwentyCrmSyncService(patient, options);
  const direct = createTwentyCrmSyncService({ baseUrl: sim.baseUrl, apiKey: sim.apiKey });
  const population = populate(records, !row.mixesAnswers);
  const poisoned = new Set(
    population.filter(({ isPoisoned }) => isPoisoned).map(({ externalId }) => externalId),
  );
  const outboxFile = path.join(folder, 'outbox.sqlite');
  /** @param {Map<string, Outcome>} outcomes */
  const take = (outcomes) => count({ sim, store, outcomes, poisoned });
  try {
    await prepare(calm, direct, population);
    proxy.requests = 0;
    if (row.options) await sim.setOptions(row.options);
    await sim.addFaults(REFUSED);
    const scene = row.scene({ random, proxy, sim, timeoutMs, clock });
    proxy.scene = scene;
    /** @type {Map<string, Outcome>} */
    const outcomes = new Map();
    const pauses = await write(service, population, outboxFile, outcomes);
    await atRest(proxy, sim);
    const requests = proxy.requests;
    const counted = await take(outcomes);

    const failed = population.filter(
      ({ externalId }) => outcomes.get(externalId)?.error !== undefined,
    );
    await write(calm, failed, outboxFile, outcomes);
    const healed = await take(outcomes);
    const seconds = (performance.now() - start) / 1000;
    const faults = Object.fromEntries(proxy.injected);
    const throttled = row.options
      ? (await sim.stats()).rateLimited - (scene.refusedOthers?.() ?? 0)
      : 0;
    const injected = proxy.faults + throttled;
    return { count: counted, healed, requests, injected, faults, pauses, seconds };
  } finally {
    await store.close();
    await proxy.close();
    rmSync(folder, { recursive: true, force: true });
  }
}

/**
 * @typedef {{ kind: 'person' | 'company', at: number, externalId: string, way: (typeof WAYS)[number],
 *   isPoisoned: boolean }} Member
 */

/**
 * The server's answer to a write with an invalid value.
 * @type {import('../../sim/npm/index.js').TwentySimFault}
 */
const REFUSED = {
  path: '/rest/',
  bodyContains: `"${POISON}"`,
  action: {
    type: 'status',
    status: 400,
    body: {
      statusCode: 400,
      error: 'BadRequestException',
      messages: [`Invalid value '${POISON}' for field "jobTitle"`],
    },
  },
};

/** @param {number} records @param {boolean} hasPoison @returns {Member[]} */
function populate(records, hasPoison) {
  const companies = Math.round(records * COMPANY_SHARE);
  return Array.from({ length: records }, (_, number) => {
    const kind = number < companies ? 'company' : 'person';
    const at = kind === 'company' ? number : number - companies;
    const externalId = `${kind === 'company' ? 'c' : 'p'}-${at}`;
    const isPoisoned = hasPoison && kind === 'person' && at % POISON_EVERY === FIRST_POISON;
    return { kind, at, externalId, way: WAYS[Math.floor(at / 3) % WAYS.length], isPoisoned };
  });
}

/**
 * Of every three records, one exists and is known, one exists and is unknown to this client, and one is new.
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
    const healthy = part.map((member) => ({ ...member, isPoisoned: false }));
    await bulk(service, healthy, 'v1', outcomes, 1000);
    for (const { error } of outcomes.values()) if (error) throw error;
  }
}

/** The version that all records are written as during the faults. */
const VERSION = 'v2';

/**
 * @param {import('../../index.js').TwentyCrmSyncService} service
 * @param {Member[]} members
 * @param {string} outboxFile
 * @param {Map<string, Outcome>} outcomes
 * @returns {Promise<number>} How often the outbox had to be resumed.
 */
async function write(service, members, outboxFile, outcomes) {
  const by = (/** @type {Member['way']} */ wanted) => members.filter(({ way }) => way === wanted);
  const inBulk = by('bulk');
  // Small runs send many requests, each of which may be hit by a fault.
  const size = Math.min(400, Math.max(20, Math.ceil(inBulk.length / 20)));
  const [pauses] = await Promise.all([
    throughOutbox(service, by('outbox'), outboxFile, outcomes),
    bulk(service, inBulk, VERSION, outcomes, size),
    pool(by('single'), SINGLES_AT_ONCE, (member) =>
      noteOne(
        member.externalId,
        member.kind === 'person'
          ? service.upsertPerson(personOf(member, VERSION))
          : service.upsertCompany(company(member.at, VERSION)),
        outcomes,
      ),
    ),
  ]);
  return pauses;
}

/** @param {Member} member @param {string} version */
const personOf = ({ at, isPoisoned }, version) => person(at, isPoisoned ? POISON : version);

/**
 * @param {import('../../index.js').TwentyCrmSyncService} service
 * @param {Member[]} members
 * @param {string} outboxFile
 * @param {Map<string, Outcome>} outcomes
 */
async function throughOutbox(service, members, outboxFile, outcomes) {
  const outbox = createTwentyCrmOutbox({
    ...{ service, store: sqliteOutbox(outboxFile), batchSize: OUTBOX_BATCH },
    ...{ initialBackoffMs: 10, maxBackoffMs: 100 },
  });
  try {
    await pool(members, SINGLES_AT_ONCE, (member) =>
      member.kind === 'person'
        ? outbox.enqueuePerson(personOf(member, VERSION))
        : outbox.enqueueCompany(company(member.at, VERSION)),
    );
    const pauses = await emptied(outbox);
    for (const { externalId } of members) outcomes.set(externalId, { isDelivered: true });
    for (const { externalId, error } of await outbox.deadLetters({ limit: 10_000 })) {
      outcomes.set(externalId, { error, isDead: true });
    }
    return pauses;
  } finally {
    await outbox.close();
  }
}

/**
 * Waits until the outbox is empty. If it pauses because of the key or the address, it is resumed, as an operator would
 * do.
 * @param {import('../../index.js').TwentyCrmOutbox} outbox
 * @returns {Promise<number>} How often.
 */
async function emptied(outbox) {
  const signal = AbortSignal.timeout(OUTBOX_PATIENCE_MS);
  for (let pauses = 0; ; pauses += 1) {
    try {
      await outbox.drain({ signal });
      return pauses;
    } catch (error) {
      if (signal.aborted || !isTwentyCrmError(error)) throw error;
      await sleep(100);
    }
  }
}

/**
 * @param {import('../../index.js').TwentyCrmSyncService} service
 * @param {Member[]} members
 * @param {string} version
 * @param {Map<string, Outcome>} outcomes
 * @param {number} size Records in a run.
 */
async function bulk(service, members, version, outcomes, size) {
  const of = (/** @type {string} */ wanted) => members.filter(({ kind }) => kind === wanted);
  for (const piece of pieces(of('company'), size)) {
    await note(service.syncCompanies(piece.map(({ at }) => company(at, version))), outcomes);
  }
  for (const piece of pieces(of('person'), size)) {
    await note(service.syncPersons(piece.map((member) => personOf(member, version))), outcomes);
  }
}

/**
 * The faults end, and everything still in flight arrives.
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
 * @param {{ sim: Sim, store: import('../../index.js').ClosableMappingStore, outcomes: Map<string, Outcome>,
 *   poisoned: Set<string> }} what
 */
async function count({ sim, store, outcomes, poisoned }) {
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
  return audit({ rows: { people, companies }, outcomes, version: VERSION, mappings, poisoned });
}

const TITLES = [
  'fault',
  ...['records', 'written', 'typed errors', 'of unknown outcome, written', 'dead letters'],
  ...['doubled', 'lost', 'other violations', 'requests', 'faults', 'healed by a repeat'],
];

/** Whether a repeat without faults has written everything that the server accepts. @param {Result} result */
export const isHealed = ({ healed }) =>
  healed.ok + healed.refused === healed.records && violations(healed) === 0;

/** @param {Row} row @param {Result} result */
export function tableLine({ title }, result) {
  const { count, healed, requests, injected } = result;
  const others = violations(count) - count.doubled - count.lost;
  return line([
    title,
    ...[number(count.records), number(count.ok), counts(count.errors), number(count.unknown)],
    ...[count.dead, count.doubled, count.lost, others, number(requests), number(injected)],
    isHealed(result) ? 'all' : `${number(healed.ok)} (${counts(healed.errors)})`,
  ]);
}

/**
 * Plays rows, several at once with a server for each; `tell` is called for them in order.
 * @param {Row[]} chosen
 * @param {{ records: number, seed: number, timeoutMs: number, together: number }} how
 * @param {(row: Row, result: Result | Error) => void} tell With an error if the row did not finish.
 */
async function playAll(chosen, { together, ...how }, tell) {
  /** @type {Map<Row, Result | Error>} */
  const results = new Map();
  const next = chosen.values();
  let told = 0;
  const player = async () => {
    const sim = await startRestartableSim({ logSize: 1 });
    try {
      for (const row of next) {
        results.set(row, await play(row, { ...how, sim }).catch((error) => error));
        if (process.env.RELIABILITY_VERBOSE) console.error(`  ${row.name} is done`);
        for (let result = results.get(chosen[told]); result; result = results.get(chosen[told])) {
          tell(chosen[told], result);
          told += 1;
        }
      }
    } finally {
      await sim.stop();
    }
  };
  await Promise.all(Array.from({ length: together }, player));
}

/**
 * @param {string[]} args
 * @param {import('./support/report.mjs').Report} report
 * @returns {Promise<number>} Number of rows with problems.
 */
export async function main(args, report) {
  const { records, seed, only, timeout, together } = flags(args, {
    ...{ records: 10_000, seed: 1, only: '', timeout: 600, together: 6 },
  });
  const words = only.split(',').filter((word) => word !== '');
  let wrong = 0;
  const chosen = allRows.filter(({ name, hasOwnClock }) => {
    const why = hasOwnClock ? whyNoWallClock() : undefined;
    if (why !== undefined) console.error(`${name} is skipped: ${why}`);
    if (why !== undefined) wrong += 1;
    return why === undefined && (words.length === 0 || words.some((word) => name.includes(word)));
  });
  report.say(`\nFault suite, seed ${seed}\n\n${head(TITLES)}`);
  await playAll(chosen, { records, seed, timeoutMs: timeout, together }, (row, result) => {
    if (result instanceof Error) {
      wrong += 1;
      console.error(`  ${row.name}: ${result.stack}`);
      return;
    }
    report.say(tableLine(row, result));
    const complaints = [...result.count.complaints, ...result.healed.complaints];
    const isWrong = complaints.length > 0 || !isHealed(result);
    if (isWrong) wrong += 1;
    if (isWrong || process.env.RELIABILITY_VERBOSE) {
      const { seconds, pauses, faults } = result;
      console.error(`  ${row.name}: ${seconds.toFixed(1)} s, ${pauses} pauses, ${counts(faults)}`);
      for (const complaint of complaints) console.error(`  ${complaint}`);
    }
  });
  return wrong;
}
