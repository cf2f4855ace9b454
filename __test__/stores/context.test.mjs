// A caller's store is called in the async context of the request that needs the answer. The template's repository finds
// its tenant there: in another request's context it would read and write another tenant's rows.
import assert from 'node:assert/strict';
import { AsyncLocalStorage } from 'node:async_hooks';
import { after, before, test } from 'node:test';
import { startSim } from '../helpers/sim.mjs';

const request = new AsyncLocalStorage();
let sim;
before(async () => {
  sim = await startSim();
});
after(() => sim.stop());

/** A store that records in which request it is called. */
function noting() {
  const mappings = new Map();
  const notes = [];
  const note = (method, ids) => notes.push({ method, ids, request: request.getStore() });
  const store = {
    async findByEverId(everId, objectType) {
      note('findByEverId', [everId]);
      return mappings.get(`${objectType}:${everId}`) ?? null;
    },
    async findByCrmId(crmId) {
      note('findByCrmId', []);
      return [...mappings.values()].find((mapping) => mapping.crmId === crmId) ?? null;
    },
    async upsertMapping(mapping) {
      await store.upsertManyMappings([mapping]);
    },
    async upsertManyMappings(all) {
      note(
        'upsertManyMappings',
        all.map(({ everId }) => everId),
      );
      for (const mapping of all) mappings.set(`${mapping.objectType}:${mapping.everId}`, mapping);
    },
    async deleteMapping(everId, objectType) {
      note('deleteMapping', [everId]);
      mappings.delete(`${objectType}:${everId}`);
    },
  };
  return { store, notes };
}

/**
 * One request as in the template: it loads the package and makes a service.
 * @param {string} tenant
 * @param {object} mappingStore
 */
const serve = (tenant, mappingStore) =>
  request.run(tenant, async () => {
    const { createTwentyCrmSyncService } = await import('../../index.mjs');
    const service = createTwentyCrmSyncService(
      { baseUrl: sim.baseUrl, apiKey: sim.apiKey },
      { mappingStore },
    );
    const person = {
      external_id: `${tenant}-jane`,
      name: 'Jane Doe',
      email: `jane@${tenant}.example`,
      company_external_id: `${tenant}-org`,
      company_name: `Org ${tenant}`,
    };
    await Promise.all([service.upsertPerson(person), service.upsertPerson(person)]);
    await service.upsertManyCompanies([
      { external_id: `${tenant}-1`, name: `One ${tenant}` },
      { external_id: `${tenant}-2`, name: `Two ${tenant}` },
    ]);
    await service.findCompany(`${tenant}-2`, { useCache: false });
    await service.deleteCompany(`${tenant}-1`, { mode: 'destroy' });
    assert.equal(request.getStore(), tenant);
  });

test('a store sees the request that it is called for, not the first one', async () => {
  const { store, notes } = noting();
  await serve('alpha', store);
  await Promise.all(['beta', 'gamma', 'delta'].map((tenant) => serve(tenant, store)));
  assert.ok(notes.length >= 16, `${notes.length} questions`);
  for (const { method, ids, request: tenant } of notes) {
    for (const id of ids) assert.ok(id.startsWith(`${tenant}-`), `${method} ${id} in ${tenant}`);
  }
  const methods = new Set(notes.map(({ method }) => method));
  assert.ok(methods.has('findByEverId') && methods.has('upsertManyMappings'));
  assert.ok(methods.has('deleteMapping'));
  assert.deepEqual(new Set(notes.map((note) => note.request)).size, 4);
});

test('aborting the first of two merged upserts leaves the other its answer', async () => {
  const { store, notes } = noting();
  const { createTwentyCrmSyncService } = await import('../../index.mjs');
  const warnings = [];
  const service = createTwentyCrmSyncService(
    { baseUrl: sim.baseUrl, apiKey: sim.apiKey },
    { mappingStore: store, onWarning: (warning) => warnings.push(warning) },
  );
  const gone = new AbortController();
  const input = { external_id: 'merged', name: 'Merged Ltd' };
  const [first, second] = [
    service.upsertCompany(input, { signal: gone.signal }),
    service.upsertCompany(input),
  ];
  gone.abort();
  await assert.rejects(first, { name: 'AbortError' });
  assert.equal((await second).externalId, 'merged');
  assert.deepEqual(warnings, []);
  assert.ok(notes.some(({ method }) => method === 'upsertManyMappings'));
});
