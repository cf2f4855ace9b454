// The crash suite for bulk runs in its short form. The long form: npm run reliability -- crash-bulk
import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { crashBulk } from '../../scripts/reliability/crash-bulk.mjs';
import { startSim } from '../helpers/sim.mjs';

const KILLS = 8;

/** @type {Awaited<ReturnType<typeof startSim>>} */
let sim;
before(async () => {
  sim = await startSim({ logSize: 1 });
});
after(() => sim.stop());

test('kill -9 in the middle of bulk runs: nothing lost, nothing duplicated, no wrong mapping', async () => {
  const result = await crashBulk({ sim, kills: KILLS, seed: 20_260_731, people: 450 });
  assert.deepEqual(result.complaints, []);
  assert.equal(result.kills, KILLS);
  assert.equal(result.restarts, KILLS);
  assert.ok(result.reported > 0, 'no run was killed after it had said something');
});
