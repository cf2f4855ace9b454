// The reasons that programs switch on are in three places: the constants, the types, and a table for people.
import assert from 'node:assert/strict';
import { readdirSync, readFileSync } from 'node:fs';
import path from 'node:path';
import { test } from 'node:test';
import { readDocument, root } from './helpers/documents.mjs';

const types = await readDocument('types/reasons.d.ts');
const guide = await readDocument('docs/errors.md');

/** The members of a union of strings. @param {string} name */
function declared(name) {
  const [, body] = types.match(new RegExp(`export type ${name} =([^;]*);`)) ?? [];
  return [...(body ?? '').matchAll(/\| '(\w+)'/g)].map(([, member]) => member).sort();
}

/** The first cells of a section's table. @param {string} heading */
function explained(heading) {
  const [, section] = guide.match(new RegExp(`^## ${heading}\n(.*?)(?=^## )`, 'ms')) ?? [];
  return [...(section ?? '').matchAll(/^\| `(\w+)` \|/gm)].map(([, reason]) => reason).sort();
}

/** The strings of a Rust file's constants. @param {string} file @param {string} [inModule] */
function constants(file, inModule) {
  const text = readFileSync(path.join(root, file), 'utf8');
  const [, body] = inModule
    ? (text.match(new RegExp(`^pub mod ${inModule} \\{(.*?)^\\}`, 'ms')) ?? [])
    : ['', text];
  const found = [...(body ?? '').matchAll(/pub const \w+: &str = "(\w+)";/g)].map(([, one]) => one);
  assert.ok(found.length > 5, file);
  return found;
}

/** @param {string} folder @param {RegExp} ending */
const filesOf = (folder, ending) =>
  readdirSync(path.join(root, folder), { recursive: true })
    .map((name) => `${folder}/${name.toString().replaceAll(path.sep, '/')}`)
    .filter((name) => ending.test(name));

/** Strings in capitals that are not reasons, in addition to Node's own codes. */
const OTHERS = ['GET', 'GNU', 'MODULE_NOT_FOUND', 'UTC'];

/** Reasons that the JavaScript sets or checks itself. */
const inJavaScript = filesOf('lib', /\.ts$/)
  .filter((name) => !name.startsWith('lib/cli/') && name !== 'lib/errors.ts')
  .flatMap((name) => [
    ...readFileSync(path.join(root, name), 'utf8').matchAll(/'([A-Z][A-Z_]{2,})'/g),
  ])
  .map(([, text]) => text)
  .filter((text) => !/^(TWENTY_CRM|ERR)_/.test(text) && !OTHERS.includes(text));

test('the error reasons of the core and of lib are in the types and in the guide', () => {
  const all = [...new Set([...constants('src/core/error_reason.rs'), ...inJavaScript])].sort();
  assert.deepEqual(declared('TwentyCrmErrorReason'), all);
  assert.deepEqual(explained('Reasons of errors'), all);
});

test('the core takes its reasons from the constants', () => {
  const loose = filesOf('src', /\.rs$/)
    .filter((name) => !/tests?(\.rs|\/)/.test(name))
    .filter((name) => {
      const [code] = readFileSync(path.join(root, name), 'utf8').split('#[cfg(test)]\nmod tests {');
      return /with_detail\(\s*"reason",\s*"|reason\(\) [!=]= Some\("/.test(code);
    });
  assert.deepEqual(loose, []);
});

test('the warning reasons of the core are in the types and in the guide', () => {
  const all = [
    ...constants('src/core/twenty/warning.rs', 'reason'),
    ...constants('src/core/sync/record/collision.rs', 'reason'),
  ].sort();
  assert.deepEqual(declared('SyncWarningReason'), all);
  assert.deepEqual(explained('Reasons of warnings'), all);
});
