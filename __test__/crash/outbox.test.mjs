// kill -9 while an outbox is filled and emptied; scripts/reliability/crash-outbox.mjs does it 200 times.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { crashOutbox } from '../../scripts/reliability/crash-outbox.mjs';

for (const [store, kills] of /** @type {const} */ ([
  ['sqlite', 8],
  ['postgres', 5],
])) {
  test(`killed ${kills} times, an outbox in ${store} loses and duplicates nothing`, async (t) => {
    const report = await crashOutbox({ kills, seed: 20 + kills, store });
    if ('skip' in report) {
      assert.equal(process.env.CI, undefined, 'in CI a PostgreSQL server must be had');
      t.skip(report.skip);
      return;
    }
    const { lost, doubled, disordered, strayed, records, changes } = report;
    assert.deepEqual(
      { lost, doubled, disordered, strayed },
      { lost: [], doubled: [], disordered: [], strayed: [] },
    );
    assert.ok(changes > kills * 10 && records > 20, `${changes} changes, ${records} records`);
  });
}
