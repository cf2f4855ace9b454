// The comparison of servers in its short form: two simulators instead of a simulator and a real server. The long form:
// npm run reliability -- compare
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { compare } from '../../scripts/reliability/compare.mjs';
import { ComparedServer } from '../../scripts/reliability/support/compared-server.mjs';
import { startSim } from '../helpers/sim.mjs';

/**
 * @param {import('../helpers/sim.mjs').SimOptions[]} options Of the two servers.
 * @param {{ scenarios: number, seed: number }} how
 */
async function compareTwo([one, other], how) {
  const sims = [await startSim({ ...one, logSize: 1 }), await startSim({ ...other, logSize: 1 })];
  /** @type {import('../../scripts/reliability/compare.mjs').Difference[]} */
  const differences = [];
  try {
    const [here, there] = sims.map(
      ({ baseUrl, apiKey }) => new ComparedServer({ baseUrl, apiKey }),
    );
    const counted = await compare(here, there, how, (difference) => differences.push(difference));
    return { differences, ...counted };
  } finally {
    for (const sim of sims) await sim.stop();
  }
}

test('the same stories have the same outcome on equal servers', async () => {
  const how = { scenarios: 150, seed: 20_261_126 };
  const { differences, steps, rows } = await compareTwo([{}, {}], how);
  assert.deepEqual(differences, []);
  assert.ok(steps > 1_000 && rows > 400, `${steps} steps, ${rows} rows`);
});

test('a server that differs is detected', async () => {
  const servers = [{}, { preset: /** @type {const} */ ('fresh') }];
  const { differences } = await compareTwo(servers, { scenarios: 3, seed: 1 });
  assert.ok(differences.length > 0);
});
