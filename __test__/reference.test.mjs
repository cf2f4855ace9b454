// The reference has every option, default, method and error code of the package.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { TWENTY_CRM_DEFAULTS, TwentyCrmErrorCode } from '../index.mjs';
import { declaredMembers, declaredMethods } from './helpers/declarations.mjs';
import { readDocument } from './helpers/documents.mjs';

const page = await readDocument('docs/reference.md');

/** The text under a heading of the second level. @param {string} heading */
function section(heading) {
  const [, text] = page.match(new RegExp(`^## ${heading}\n(.*?)(?=^## |(?![^]))`, 'ms')) ?? [];
  assert.ok(text, `no section "${heading}"`);
  return text;
}

/** The tables of a section: from the name in a row's first cell to its other cells. @param {string} heading */
function tables(heading) {
  return [...section(heading).matchAll(/(?:^\|.*\|\n)+/gm)].map(
    ([table]) =>
      new Map(
        [...table.replace(/^.*\n.*\n/, '').matchAll(/^\| `(\w+)` \|(.*)\|$/gm)].map(
          ([, name, rest]) => [name, rest.split('|').map((cell) => cell.trim())],
        ),
      ),
  );
}

/**
 * The interfaces of options, and the place of their rows. Options with a row in another table are left out.
 * @type {[owner: string, heading: string, elsewhere?: string[]][]}
 */
const places = [
  ['TwentyCrmRestClientConfig', 'Options'],
  ['SyncServiceOptions', 'Options'],
  ['CollisionOptions', 'Options'],
  ['UpsertCallOptions', 'Options'],
  ['SyncOptions', 'Options'],
  ['OutboxOptions', 'Outbox', ['clock', 'random']],
  ['TwentyCrmRequestOptions', 'Requests of your own'],
  ['VerifyTwentyWebhookOptions', 'Webhooks'],
];

for (const [owner, heading, elsewhere = []] of places) {
  test(`every option of ${owner} has a row under "${heading}"`, () => {
    const named = new Set(tables(heading).flatMap((rows) => [...rows.keys()]));
    const declared = declaredMembers(owner).filter((name) => !elsewhere.includes(name));
    assert.deepEqual(
      declared.filter((name) => !named.has(name)),
      [],
    );
    for (const name of elsewhere) assert.ok(section(heading).includes(`\`${name}\``), name);
  });
}

test('the tables under "Options" have rows for real options only', () => {
  const declared = new Set(
    places.filter(([, heading]) => heading === 'Options').flatMap(([one]) => declaredMembers(one)),
  );
  const named = tables('Options').flatMap((rows) => [...rows.keys()]);
  assert.deepEqual(
    named.filter((name) => !declared.has(name)),
    [],
  );
});

/** @param {string | undefined} cell @param {unknown} value */
const states = (cell, value) =>
  typeof value === 'string' ? cell?.includes(`\`'${value}'\``) : cell === String(value);

test('the tables give the package’s defaults', () => {
  const { collisions, fieldNames, skipRetry, outbox, toleranceMs, maxBodyBytes, ...plain } =
    TWENTY_CRM_DEFAULTS;
  /** @type {[string, Record<string, unknown>][]} */
  const expected = [
    ['Options', { ...plain, ...collisions }],
    ['Outbox', outbox],
    ['Requests of your own', { skipRetry }],
    ['Webhooks', { toleranceMs, maxBodyBytes }],
  ];
  for (const [heading, defaults] of expected) {
    for (const [name, value] of Object.entries(defaults)) {
      const cells = tables(heading).flatMap((rows) => rows.get(name)?.[1] ?? []);
      assert.ok(cells.length > 0, `no row for ${name}`);
      for (const cell of cells) {
        assert.ok(states(cell, value), `default of ${name}: "${cell}" instead of ${value}`);
      }
    }
  }
  for (const name of Object.values(fieldNames).flat()) {
    assert.match(
      section('Custom fields'),
      new RegExp(`^\\|[^|]*\\|[^|]*\`${name}\``, 'm'),
      `field ${name}`,
    );
  }
});

test('every method is named', () => {
  /** @type {[string[], string][]} */
  const named = [
    [declaredMethods.TwentyCrmSyncService, 'The service'],
    [declaredMethods.TwentyCrmRestClient, 'Requests of your own'],
    [declaredMethods.TwentyCrmApiService, 'Checking a server and a key'],
    [declaredMembers('TwentyCrmOutbox'), 'Outbox'],
  ];
  for (const [methods, heading] of named) {
    const text = section(heading);
    for (const name of methods.filter((one) => /^\w+$/.test(one))) {
      assert.match(text, new RegExp(`\\b${name}\\b`), `${name} under "${heading}"`);
    }
  }
});

test('the error table has every code', () => {
  const codes = tables('Errors').flatMap((rows) => [...rows.keys()]);
  assert.deepEqual(codes.sort(), Object.values(TwentyCrmErrorCode).sort());
});
