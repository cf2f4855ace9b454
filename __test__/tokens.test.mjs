// The rate-limit tokens that operations take. `npm run bench -- tokens` counts the same at full size, and compares with
// the goals.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { count, isWithin } from '../bench/tokens/count.mjs';
import { works } from '../bench/tokens/works.mjs';

/** A tenth of the benchmark's: the tokens of a run grow with its chunks. */
const RUNS = 1000;

const none = { created: 0, updated: 0, unchanged: 0, failed: 0 };

/**
 * The expected outcome. For runs, the maximum number of tokens at this size; also replacements for goals that are not
 * reached.
 * @type {Record<string, { outcome: object, most?: import('../bench/tokens/works.mjs').Goals }>}
 */
const expected = {
  'one-new': { outcome: { created: 1 } },
  'one-by-one-new': { outcome: { created: 10 } },
  'one-by-one-known': { outcome: { created: 10, updated: 10 } },
  'once-companies': { outcome: { created: 200 } },
  'once-refused': {
    outcome: { created: 199, failed: 1 },
    // The goal is 25; one more if the calls arrive in another order.
    most: { tokens: 26, refusals: 0, waitedMs: 0, othersLater: 0 },
  },
  'once-new': { outcome: { created: 1000 } },
  'once-existing': { outcome: { updated: 1000 } },
  'find-200': { outcome: { unchanged: 200 } },
  'delete-200': { outcome: { updated: 200 } },
  'run-new': { outcome: { created: RUNS }, most: { tokens: 11 } },
  'run-changed': { outcome: { updated: RUNS }, most: { tokens: 11 } },
  'run-mixed': { outcome: { created: RUNS / 2, updated: RUNS / 2 }, most: { tokens: 16 } },
  'run-blocks': { outcome: { created: RUNS / 2, updated: RUNS / 2 }, most: { tokens: 12 } },
  'run-addresses': { outcome: { created: RUNS / 2 }, most: { tokens: 7 } },
  'run-unchanged': { outcome: { unchanged: RUNS }, most: { tokens: 6 } },
};

for (const work of works(RUNS)) {
  test(`${work.title}: tokens`, async () => {
    const { outcome, most = work.goals } = expected[work.name];
    const counted = await count(work, RUNS);
    const { othersLater: _, ...became } = counted.outcome;
    assert.deepEqual(became, { ...none, ...outcome });
    assert.ok(isWithin(counted, most), JSON.stringify({ counted, most }));
  });
}
