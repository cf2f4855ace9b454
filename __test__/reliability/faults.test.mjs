// The fault suite in its short form: every fault, few records. The long one: npm run reliability -- faults
import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { runRow } from '../../scripts/reliability/faults.mjs';
import { rows } from '../../scripts/reliability/support/fault-rows.mjs';
import { violations } from '../../scripts/reliability/support/population.mjs';
import { startSim } from '../helpers/sim.mjs';

/** Enough for each fault to be met in bulk and alone, for new records and for known ones. */
const RECORDS = 150;
const SEED = 20_260_731;

/** @type {Awaited<ReturnType<typeof startSim>>} */
let sim;
before(async () => {
  sim = await startSim({ logSize: 1 });
});
after(() => sim.stop());

for (const row of rows) {
  test(`${row.title}: every record once, or a typed error`, async () => {
    const how = { records: RECORDS, seed: SEED, sim, timeoutMs: 200 };
    const { count, healed, injected } = await runRow(row, how);
    assert.ok(injected > 0, 'nothing was injected');
    assert.deepEqual(count.complaints, []);
    assert.equal(violations(count), 0);
    const failed = Object.values(count.errors).reduce((sum, errors) => sum + errors, 0);
    assert.equal(count.ok + failed, RECORDS);

    assert.deepEqual(healed.complaints, [], 'after a repeat without faults');
    assert.equal(healed.ok, RECORDS);
  });
}
