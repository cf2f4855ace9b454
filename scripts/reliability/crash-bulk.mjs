// The crash suite for bulk runs: the process is killed in the middle of a run, started again, and finishes.
//   npm run reliability -- crash-bulk [--kills 200] [--seed 1] [--people 800]
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { startSim } from '../../__test__/helpers/sim.mjs';
import { createTwentyCrmSyncService, sqliteMappingStore } from '../../index.mjs';
import { startFaultProxy } from './support/fault-proxy.mjs';
import { flags } from './support/flags.mjs';
import { audit, company, person, VIOLATIONS } from './support/population.mjs';
import { seeded } from './support/random.mjs';
import { head, line, number } from './support/table.mjs';
import { killAt, randomMoment, startVictim } from './support/victim.mjs';
import { note } from './support/work.mjs';

/** @typedef {Awaited<ReturnType<typeof startSim>>} Sim */
/** @typedef {import('./support/population.mjs').Outcome} Outcome */

const VICTIM = new URL('./support/bulk-victim.mjs', import.meta.url);

/**
 * @typedef {object} Result
 * @property {number} kills
 * @property {number} records Of all runs; each one was finished eventually.
 * @property {number} compared Rows, in the comparisons after each kill and each end.
 * @property {number} reported Records that a process reported as written before it was killed.
 * @property {Record<(typeof VIOLATIONS)[number], number>} violations
 * @property {string[]} complaints
 * @property {number} restarts Processes that were started after a kill.
 */

/**
 * @param {{ sim: Sim, kills: number, seed: number, people: number }} how
 * @param {(kills: number) => void} [onKill]
 * @returns {Promise<Result>}
 */
export async function crashBulk({ sim, kills, seed, people }, onKill = () => {}) {
  const random = seeded(seed);
  /** @type {Result} */
  const result = {
    ...{ kills: 0, records: 0, compared: 0, reported: 0, restarts: 0, complaints: [] },
    violations: {
      ...{ doubled: 0, lost: 0, silent: 0, untyped: 0, foreign: 0, wrongMappings: 0, misjudged: 0 },
    },
  };
  // Requests of a run, learnt from earlier runs.
  let expected = Math.ceil(people / 100) * 2;
  while (result.kills < kills) {
    expected = await round({ sim, random, people, expected, kills, result });
    onKill(result.kills);
  }
  return result;
}

/**
 * One run from beginning to end, killed as often as necessary.
 * @param {{ sim: Sim, random: import('./support/random.mjs').Random, people: number, expected: number, kills: number,
 *   result: Result }} how
 */
async function round({ sim, random, people, expected, kills, result }) {
  const companies = Math.ceil(people / 4);
  const folder = mkdtempSync(path.join(tmpdir(), 'crash-'));
  const file = path.join(folder, 'mappings.sqlite');
  await sim.reset();
  await seed(sim, random, people);
  const proxy = await startFaultProxy(sim.baseUrl);
  const input = { baseUrl: proxy.baseUrl, apiKey: sim.apiKey, file, people, companies };
  /** @type {Map<string, Outcome>} */
  let outcomes = new Map();
  try {
    for (let isDone = false; !isDone; ) {
      outcomes = new Map();
      const earlier = proxy.requests;
      const victim = startVictim(VICTIM, { ...input, version: 'v2' }, ({ externalId, ...rest }) =>
        outcomes.set(externalId, rest),
      );
      if (result.kills < kills) {
        const moment = randomMoment(random, expected);
        proxy.scene = killAt({ ...moment, request: earlier + moment.request }, victim.kill);
      }
      const { code, signal } = await victim.ended;
      proxy.scene = {};
      await proxy.settled();
      isDone = code === 0;
      if (isDone) expected = Math.max(2, proxy.requests - earlier);
      else if (signal === 'SIGKILL') result.kills += 1;
      else throw new Error(`the process of the run ended with ${code ?? signal}`);
      if (!isDone) {
        result.restarts += 1;
        result.reported += outcomes.size;
      }
      // Records reported as written must be there, at any later time.
      await compare(sim, file, outcomes, result);
    }
    result.records += outcomes.size;
    const missing = people + companies - outcomes.size;
    if (missing > 0) {
      result.violations.untyped += missing;
      result.complaints.push(`untyped: ${missing} records were not answered`);
    }
    return expected;
  } finally {
    await proxy.close();
    rmSync(folder, { recursive: true, force: true });
  }
}

/**
 * A third of the people and companies exist already. @param {Sim} sim @param {import('./support/random.mjs').Random}
 * random @param {number} people
 */
async function seed(sim, random, people) {
  const service = createTwentyCrmSyncService({ baseUrl: sim.baseUrl, apiKey: sim.apiKey });
  service.clearCache();
  const some = Array.from({ length: people }, (_, at) => at).filter(() => random.chance(0.33));
  const outcomes = new Map();
  const known = some.filter((at) => at < people / 4);
  await note(service.syncCompanies(known.map((at) => company(at, 'v1'))), outcomes);
  await note(service.syncPersons(some.map((at) => person(at, 'v1'))), outcomes);
  for (const { error } of outcomes.values()) if (error) throw error;
}

/**
 * @param {Sim} sim
 * @param {string} file
 * @param {Map<string, Outcome>} outcomes
 * @param {Result} result
 */
async function compare(sim, file, outcomes, result) {
  const store = sqliteMappingStore(file);
  const [people, companies] = await Promise.all([sim.records('people'), sim.records('companies')]);
  const ids = (/** @type {any[]} */ rows) => rows.map(({ externalId }) => externalId ?? '?');
  const mappings = [
    ...(await store.findManyByEverIds(ids(people), 'person')),
    ...(await store.findManyByEverIds(ids(companies), 'company')),
  ];
  await store.close();
  const count = audit({ rows: { people, companies }, outcomes, version: 'v2', mappings });
  result.compared += people.length + companies.length;
  for (const what of VIOLATIONS) result.violations[what] += count[what];
  result.complaints.push(...count.complaints.slice(0, 20 - result.complaints.length));
  // Only kills disturb these runs, so any failure counts as a loss.
  for (const [externalId, { error }] of outcomes) {
    if (error === undefined) continue;
    result.violations.lost += 1;
    result.complaints.push(`lost: ${externalId}: ${JSON.stringify(error).slice(0, 300)}`);
  }
}

export const TITLES = [
  'killed in the middle of',
  ...['kills', 'records', 'rows compared', 'reported as written before a kill'],
  ...['doubled', 'lost', 'wrong mappings', 'other violations'],
];

/** @param {Result} result */
export function tableLine({ kills, records, compared, reported, violations }) {
  const { doubled, lost, wrongMappings, silent, untyped, foreign } = violations;
  return line([
    'a bulk run',
    ...[kills, number(records), number(compared), number(reported)],
    ...[doubled, lost, wrongMappings, silent + untyped + foreign],
  ]);
}

/**
 * @param {string[]} args
 * @param {import('./support/report.mjs').Report} report
 * @returns {Promise<number>} Number of problems.
 */
export async function main(args, report) {
  const { kills, seed, people } = flags(args, { kills: 200, seed: 1, people: 800 });
  const sim = await startSim({ logSize: 1 });
  try {
    const result = await crashBulk({ sim, kills, seed, people }, (done) => {
      if (process.stderr.isTTY) process.stderr.write(`\r${done} of ${kills} kills `);
    });
    report.say(`\nCrash suite, bulk, seed ${seed}\n\n${head(TITLES)}\n${tableLine(result)}`);
    for (const complaint of result.complaints) console.error(`  ${complaint}`);
    return result.complaints.length;
  } finally {
    await sim.stop();
  }
}
