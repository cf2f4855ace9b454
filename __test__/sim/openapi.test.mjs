// The simulator's OpenAPI documents compared with those of a real server.
import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import path from 'node:path';
import { after, before, describe, test } from 'node:test';
import { startSim } from '../helpers/sim.mjs';
import { sharedDir, transcriptsExist } from './transcripts.mjs';

/** A schema without descriptions and examples, which differ between servers. */
function shape(value) {
  if (Array.isArray(value)) return value.map(shape);
  if (typeof value !== 'object' || value === null) return value;
  return Object.fromEntries(
    Object.entries(value)
      .filter(([key, part]) => !isText(key, part))
      .map(([key, part]) => [key, shape(part)])
      .sort(([a], [b]) => a.localeCompare(b)),
  );
}

const isText = (key, value) =>
  ['example', 'examples', 'externalDocs', 'info', 'servers'].includes(key) ||
  (['description', 'summary'].includes(key) && typeof value === 'string');

const recorded = (name) =>
  readFileSync(path.join(sharedDir, 'twenty', `openapi-${name}.json`), 'utf8');

describe('OpenAPI documents', { skip: !transcriptsExist() && 'no shared folder' }, () => {
  let sim;
  before(async () => {
    sim = await startSim({ preset: 'fresh' });
  });
  after(() => sim?.stop());

  async function both(name, route) {
    const response = await fetch(`${sim.baseUrl}/rest/open-api/${route}`, {
      headers: { Authorization: `Bearer ${sim.apiKey}` },
    });
    assert.equal(response.status, 200);
    const [theirs, ours] = [recorded(name), await response.text()];
    return {
      theirs: JSON.parse(theirs),
      ours: JSON.parse(ours),
      sizes: [theirs.length, ours.length],
    };
  }

  /** @param {string} name @param {string} route */
  async function compare(name, route) {
    const { theirs, ours, sizes } = await both(name, route);
    assert.deepEqual(Object.keys(ours), Object.keys(theirs));
    assert.deepEqual(Object.keys(ours.paths).sort(), Object.keys(theirs.paths).sort());
    for (const [at, operations] of Object.entries(theirs.paths)) {
      assert.deepEqual(shape(ours.paths[at]), shape(operations), at);
    }
    const { schemas } = theirs.components;
    assert.deepEqual(Object.keys(ours.components.schemas).sort(), Object.keys(schemas).sort());
    for (const [schema, content] of Object.entries(schemas)) {
      assert.deepEqual(shape(ours.components.schemas[schema]), shape(content), schema);
    }
    assert.deepEqual(shape(ours.components.parameters), shape(theirs.components.parameters));
    assert.deepEqual(shape(ours.components.responses), shape(theirs.components.responses));
    const ratio = sizes[1] / sizes[0];
    assert.ok(ratio > 0.9 && ratio < 1.1, `${sizes[1]} bytes, recorded ${sizes[0]}`);
    return { theirs, ours };
  }

  test('of the records of a new workspace', async () => {
    const { theirs, ours } = await compare('core', 'core');
    assert.deepEqual(Object.keys(ours.webhooks).sort(), Object.keys(theirs.webhooks).sort());
  });

  test('of the records after provisioning', async () => {
    await sim.setOptions({
      addFields: [
        { object: 'people', name: 'externalId', type: 'TEXT', isUnique: true },
        { object: 'people', name: 'accountType', type: 'TEXT' },
        { object: 'people', name: 'totalSubmissions', type: 'NUMBER' },
        { object: 'people', name: 'website', type: 'LINKS' },
        { object: 'people', name: 'city', type: 'TEXT' },
        { object: 'people', name: 'planCustom', type: 'TEXT' },
        { object: 'companies', name: 'externalId', type: 'TEXT', isUnique: true },
        { object: 'companies', name: 'website', type: 'LINKS' },
        { object: 'companies', name: 'status', type: 'TEXT' },
        { object: 'companies', name: 'tier', type: 'SELECT', options: ['FREE', 'PREMIUM'] },
      ],
    });
    await compare('core-provisioned', 'core');
  });

  test('of the metadata', async () => {
    await compare('metadata', 'metadata');
  });
});
