// Plays the same scenarios on a real Twenty server and on the simulator: every step must have the same outcome, and the
// rows must be the same at the end. Use a test workspace: it must be empty, and is emptied afterwards.
//   TWENTY_CRM_BASE_URL=… TWENTY_CRM_API_KEY=… npm run reliability -- compare [--scenarios 200] [--seed 1]
import { isDeepStrictEqual } from 'node:util';
import { startSim } from '../../__test__/helpers/sim.mjs';
import { TwentyCrmRestClient, TwentyCrmSchemaService } from '../../index.mjs';
import { ComparedServer } from './support/compared-server.mjs';
import { flags } from './support/flags.mjs';
import { seeded } from './support/random.mjs';
import { scenario } from './support/scenario.mjs';
import { head, line, number } from './support/table.mjs';

/**
 * @typedef {object} Difference
 * @property {number} scenario
 * @property {unknown} step Or `rows`.
 * @property {unknown} one
 * @property {unknown} other
 */

/**
 * @param {ComparedServer} one
 * @param {ComparedServer} other
 * @param {{ scenarios: number, seed: number, first?: number }} how
 * @param {(difference: Difference) => void} onDifference
 */
export async function compare(one, other, { scenarios, seed, first = 0 }, onDifference) {
  let steps = 0;
  let rows = 0;
  for (let at = first; at < first + scenarios; at += 1) {
    const random = seeded(seed * 1_000_003 + at);
    const story = scenario(random, `s${seed}x${at}`);
    let differs = false;
    for (const [nth, step] of story.entries()) {
      const name = `${seed} ${at} ${nth}`;
      const [here, there] = await Promise.all([one.play(step, name), other.play(step, name)]);
      steps += 1;
      if (isDeepStrictEqual(plain(here), plain(there))) continue;
      onDifference({ scenario: at, step, one: here, other: there });
      differs = true;
      break;
    }
    for (const plural of /** @type {const} */ (['people', 'companies'])) {
      const [here, there] = await Promise.all([one.rows(plural), other.rows(plural)]);
      rows += here.length;
      if (differs || isDeepStrictEqual(here, there)) continue;
      onDifference({ scenario: at, step: `rows of ${plural}`, one: here, other: there });
    }
    await Promise.all([one.empty(), other.empty()]);
  }
  return { steps, rows };
}

/** Removes undefined members, which JSON does not have. @param {unknown} value */
const plain = (value) => JSON.parse(JSON.stringify(value ?? null));

/** The differences, with their place. @param {any} one @param {any} other @param {string} [at] @returns {string[]} */
function differing(one, other, at = '') {
  if (isDeepStrictEqual(one, other)) return [];
  const isInside = [one, other].every((value) => typeof value === 'object' && value !== null);
  if (!isInside) return [`${at}: real ${JSON.stringify(one)}, simulated ${JSON.stringify(other)}`];
  const names = [...new Set([...Object.keys(one), ...Object.keys(other)])];
  return names.flatMap((name) => differing(one[name], other[name], `${at}/${name}`));
}

export const TITLES = ['compared', 'scenarios', 'steps', 'rows', 'differences'];

/**
 * @param {string[]} args
 * @param {import('./support/report.mjs').Report} report
 * @returns {Promise<number>} Number of problems.
 */
export async function main(args, report) {
  const how = flags(args, { scenarios: 200, seed: 1, first: 0 });
  const { TWENTY_CRM_BASE_URL: baseUrl, TWENTY_CRM_API_KEY: apiKey } = process.env;
  if (!baseUrl || !apiKey) {
    throw new Error('set TWENTY_CRM_BASE_URL and TWENTY_CRM_API_KEY to a test workspace');
  }
  const real = new ComparedServer({ baseUrl, apiKey });
  const rows = await real.count();
  if (rows > 0) throw new Error(`${baseUrl} has ${rows} people and companies: it has to be empty`);
  await new TwentyCrmSchemaService(new TwentyCrmRestClient({ baseUrl, apiKey })).apply();
  const sim = await startSim({ preset: 'provisioned', logSize: 1 });
  try {
    let differences = 0;
    const simulated = new ComparedServer({ baseUrl: sim.baseUrl, apiKey: sim.apiKey });
    const counted = await compare(real, simulated, how, ({ scenario, step, one, other }) => {
      differences += 1;
      console.error(`\nscenario ${scenario}: ${JSON.stringify(step)}`);
      for (const text of differing(plain(one), plain(other))) console.error(`  ${text}`);
    });
    const cells = [number(how.scenarios), number(counted.steps), number(counted.rows), differences];
    report.say(`\nA real server and the simulator, seed ${how.seed}\n\n${head(TITLES)}`);
    report.say(line(['a real server with the simulator', ...cells]));
    return differences;
  } finally {
    await sim.stop();
  }
}
