// The lifetime suite in its short form. The long form: npm run reliability -- lifetime
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { runExits, runPart } from '../../scripts/reliability/lifetime.mjs';
import { FLAT_PERCENT, growth, unevenness } from '../../scripts/reliability/support/resources.mjs';

/** In a short run single samples vary; a repeated leak still shows in the medians. */
const UP_AND_DOWN_PERCENT = 25;

for (const [part, count] of /** @type {const} */ ([
  ['services', 1_500],
  ['requests', 15_000],
  ['workers', 12],
])) {
  test(`${count} ${part} come and go, and leave nothing behind`, async () => {
    const result = await runPart(part, count);
    assert.deepEqual(result.crashes, []);
    assert.equal(result.after, result.before, 'descriptors');
    const uneven = unevenness(result.samples);
    assert.ok(uneven < UP_AND_DOWN_PERCENT, `${uneven} %: ${result.samples.join(' ')}`);
    const grown = growth(result.samples);
    assert.ok(grown < FLAT_PERCENT, `${grown} % more: ${result.samples.join(' ')}`);
  });
}

test('15 processes end with work in flight as expected', async () => {
  const { crashes, outcomes, after } = await runExits(15);
  assert.deepEqual(crashes, []);
  assert.deepEqual(outcomes, { 'ended as told': 15 });
  assert.equal(after, 0, 'connections of processes that are no more');
});
