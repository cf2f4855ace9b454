// Three lists of one surface: what `require` gives, what `import` gives, what the types declare.
import assert from 'node:assert/strict';
import { createRequire } from 'node:module';
import { test } from 'node:test';
import { declaredMethods, declaredValues, undocumented } from './helpers/declarations.mjs';

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

test('a class has exactly the methods that are declared', () => {
  for (const [name, declared] of Object.entries(declaredMethods)) {
    const { prototype } = required[name];
    const methods = Reflect.ownKeys(prototype)
      .filter((key) => key !== 'constructor' && typeof prototype[key] === 'function')
      .map((key) => (key === Symbol.asyncDispose ? '[Symbol.asyncDispose]' : String(key)));
    assert.deepEqual(methods.sort(), declared, name);
  }
});
