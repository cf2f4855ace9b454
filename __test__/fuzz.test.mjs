// The short form of the public API's fuzz tests (`scripts/reliability/fuzz.mjs` is the long one).
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { runTarget } from '../scripts/reliability/fuzz/run.mjs';
import { targets } from '../scripts/reliability/fuzz/targets.mjs';

const INPUTS = 2_000;

for (const name of Object.keys(targets)) {
  test(`${name}: any value that JavaScript can pass`, async () => {
    const { panics, failures, inputs } = await runTarget(name, INPUTS, 6);
    assert.equal(inputs, INPUTS);
    assert.equal(panics, 0, failures.join('\n\n'));
  });
}
