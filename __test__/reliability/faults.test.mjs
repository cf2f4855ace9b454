// The fault suite in its short form: every fault, few records. The long form: npm run reliability -- faults
import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { isHealed, play } from '../../scripts/reliability/faults.mjs';
import { rows } from '../../scripts/reliability/support/fault-rows.mjs';
import { violations } from '../../scripts/reliability/support/population.mjs';
import { startRestartableSim } from '../../scripts/reliability/support/restartable-sim.mjs';
import { whyNoWallClock } from '../../scripts/reliability/support/wall-clock.mjs';

/** Enough for each fault to occur in bulk and alone, for new records and for known ones. */
const RECORDS = 150;
const SEED = 20_260_731;

/** @type {import('../../scripts/reliability/support/restartable-sim.mjs').RestartableSim} */
let sim;
before(async () => {
  sim = await startRestartableSim({ logSize: 1 });
});
after(() => sim.stop());

for (const row of rows) {
  const skip = row.hasOwnClock ? whyNoWallClock() : undefined;
  test(`${row.title}: every record once, or a typed error`, { skip }, async () => {
    const how = { records: RECORDS, seed: SEED, sim, timeoutMs: 200 };
    const result = await play(row, how);
    const { count, healed, injected } = result;
    assert.ok(injected > 0, 'nothing was injected');
    assert.deepEqual(count.complaints, []);
    assert.equal(violations(count), 0);
    const failed = Object.values(count.errors).reduce((sum, errors) => sum + errors, 0);
    assert.equal(count.ok + failed, RECORDS);
    assert.equal(count.dead, row.mixesAnswers ? 0 : 1, 'dead letters');

    assert.deepEqual(healed.complaints, [], 'after a repeat without faults');
    assert.ok(isHealed(result), JSON.stringify(healed));
  });
}
