// The public surface, three times: `require`, `import`, and the types.
import assert from 'node:assert/strict';
import { createRequire } from 'node:module';
import { test } from 'node:test';
import { declaredValues, undocumented } from './helpers/declarations.mjs';

const required = createRequire(import.meta.url)('twenty-crm-native');
const imported = await import('twenty-crm-native');

test('require returns exactly what the types declare', () => {
  assert.deepEqual(Object.keys(required).sort(), declaredValues);
});

test('import returns exactly what require returns, as the same objects', () => {
  assert.deepEqual(Object.keys(imported).sort(), Object.keys(required).sort());
  for (const name of Object.keys(required)) assert.equal(imported[name], required[name], name);
});

test('every public name, member, option and field has a doc comment', () => {
  assert.deepEqual(undocumented, []);
});
