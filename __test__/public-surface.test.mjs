// Three lists of one surface: what `require` gives, what `import` gives, what the types declare.
import assert from 'node:assert/strict';
import { createRequire } from 'node:module';
import { test } from 'node:test';
import { declaredValues, undocumented } from './helpers/declarations.mjs';

const required = createRequire(import.meta.url)('twenty-crm-native');
const imported = await import('twenty-crm-native');

test('require gives exactly what the types declare', () => {
  assert.deepEqual(Object.keys(required).sort(), declaredValues);
});

test('import gives exactly what require gives, and the very same things', () => {
  assert.deepEqual(Object.keys(imported).sort(), Object.keys(required).sort());
  for (const name of Object.keys(required)) assert.equal(imported[name], required[name], name);
});

test('every public name, member, option and field has a doc comment', () => {
  assert.deepEqual(undocumented, []);
});
