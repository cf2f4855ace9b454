// The soak test in its short form, which ends after a number of operations and not after a time. The long form: npm run
// reliability -- soak
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { soak } from '../../scripts/reliability/soak.mjs';

test('mixed load with faults: every record is as reported to the client', async () => {
  const report = await soak({
    ...{ seed: 20_260_731, people: 300, rate: 0, stretches: 3, operations: 400 },
    events: { single: 0.08, everyRequests: [60, 150], lastMs: [20, 100] },
  });
  assert.deepEqual(report.complaints, []);
  assert.ok(report.operations >= 1_200);
  assert.ok(report.compared >= 3 * 375, `${report.compared} compared`);
  assert.ok(report.mappings > 0);
  assert.ok(Object.keys(report.faults).length > 10, JSON.stringify(report.faults));
  assert.deepEqual(Object.keys(report.kinds).sort(), [
    ...['bulk', 'delete', 'enqueue', 'find', 'get', 'upsert'],
  ]);
});
