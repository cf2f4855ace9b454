// The guide names the defaults that the code has.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { TWENTY_CRM_DEFAULTS } from '../../index.mjs';
import { readDocument } from '../helpers/documents.mjs';

test('the option table of the guide gives the defaults that the package has', async () => {
  const guide = await readDocument('docs/outbox.md');
  const rows = new Map(
    [...guide.matchAll(/^\| `(\w+)` \| ([^|]*) \| ([^|]*) \|/gm)].map(([, name, , value]) => [
      name,
      value,
    ]),
  );
  const readme = await readDocument('README.md');
  for (const [name, value] of Object.entries(TWENTY_CRM_DEFAULTS.outbox)) {
    assert.equal(rows.get(name), String(value), name);
    const unit = name.endsWith('Ms') ? 'ms' : 'records';
    assert.ok(readme.includes(`\`${name}\` ${value} ${unit}`), `README: ${name}`);
  }
});
