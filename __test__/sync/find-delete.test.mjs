// One record by its external id: find, soft delete, destroy.
import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { createTwentyCrmSyncService } from '../../index.mjs';
import { newCompany, newPerson, rejection, useSim } from '../helpers/crm.mjs';
import { startSim } from '../helpers/sim.mjs';

const crm = useSim({ preset: 'provisioned' });

/** A service that has read the schema. @param {object} [options] */
async function warm(options) {
  const service = crm.service(options);
  await service.upsertPerson(newPerson());
  return service;
}

/** The stored row. @param {'people' | 'companies'} plural @param {string} id */
const rowOf = async (plural, id) => (await crm.sim.records(plural)).find((row) => row.id === id);

function memoryStore() {
  const rows = new Map();
  return {
    rows,
    findByEverId: async (everId, type) => rows.get(`${type}:${everId}`) ?? null,
    findByCrmId: async () => null,
    upsertMapping: async (mapping) =>
      void rows.set(`${mapping.objectType}:${mapping.everId}`, mapping),
    upsertManyMappings: async () => {},
    deleteMapping: async (everId, type) => void rows.delete(`${type}:${everId}`),
  };
}

describe('find', () => {
  test('returns the flat entity with the id, in one request; null if there is none', async () => {
    const service = await warm();
    const company = newCompany({ domain_name: 'find.example', status: 'active' });
    const person = newPerson({
      phone: '+33 6 12 34 56 78',
      job_title: 'Editor',
      website: 'jane.example',
      city: 'Lyon',
      account_type: 'business',
      plan: 'premium',
      total_submissions: 5,
      company_external_id: company.external_id,
    });
    const madeCompany = await service.upsertCompany(company);
    const made = await service.upsertPerson(person);
    service.clearCache();
    let found;
    const requests = await crm.requestsOf(
      async () => (found = await service.findPerson(person.external_id)),
    );
    assert.equal(requests, 1);
    assert.deepEqual(found, {
      id: made.id,
      ...made.data,
      company_name: 'Acme Corp',
      nameParts: { firstName: 'Jane', lastName: 'van der Berg' },
    });
    assert.deepEqual(await service.findCompany(company.external_id), {
      id: madeCompany.id,
      ...madeCompany.data,
    });
    assert.equal(await service.findPerson('nobody'), null);
    // People and companies do not share ids.
    assert.equal(await service.findPerson(company.external_id), null);
    // A found record is remembered.
    assert.equal(await crm.requestsOf(() => service.upsertPerson(person)), 1);
  });

  test('accepts any text as an id, and refuses impossible ones', async () => {
    const service = await warm();
    for (const external_id of [
      'a)b(',
      'x,y',
      '"q"',
      'line\nbreak',
      '💥',
      ' lead',
      'é'.repeat(500),
    ]) {
      const { id } = await service.upsertPerson(newPerson({ external_id }));
      service.clearCache();
      assert.equal((await service.findPerson(external_id))?.id, id, external_id);
    }
    assert.equal(await service.findPerson('lead'), null);
    const requests = await crm.requestsOf(async () => {
      for (const bad of ['', ' ', 'a\u0000', '\ud800', 5, null, undefined, {}, 5n]) {
        for (const method of /** @type {const} */ (['findPerson', 'findCompany', 'deletePerson'])) {
          const error = await rejection(service[method](/** @type {any} */ (bad)));
          assert.equal(error.code, 'VALIDATION_ERROR', String(bad));
          assert.equal(error.details.field, 'external_id');
        }
      }
    });
    assert.equal(requests, 0);
  });

  test('our row is found under another id; another client’s row under our id is not', async () => {
    const service = await warm();
    const external_id = newPerson().external_id;
    await crm.sim.seed({
      people: [{ externalId: external_id, name: { firstName: 'By', lastName: 'Hand' } }],
    });
    const found = await service.findPerson(external_id);
    assert.equal(found.name, 'By Hand');

    const person = newPerson();
    const { id } = await service.upsertPerson(person);
    await crm.client().patch(`/rest/people/${id}`, { externalId: 'somebody-else' });
    assert.equal(await service.findPerson(person.external_id), null);
    assert.equal((await service.findPerson('somebody-else')).id, id);
  });

  test('a soft-deleted row counts as not found', async () => {
    const service = await warm();
    const person = newPerson();
    const { id } = await service.upsertPerson(person);
    await crm.client().delete(`/rest/people/${id}?soft_delete=true`);
    assert.equal(await service.findPerson(person.external_id), null);
  });

  test('a failed look-up never means "not found"', async () => {
    const service = await warm({});
    await crm.sim.addFaults({ path: '/graphql', action: { type: 'databaseDown' } });
    const error = await rejection(service.findPerson('anybody'));
    assert.equal(error.code, 'SERVER_ERROR');
  });

  test('a remembered id that leads nowhere is forgotten', async () => {
    const mappingStore = memoryStore();
    const service = crm.service({ mappingStore });
    const person = newPerson();
    const { id } = await service.upsertPerson(person);
    await crm.client().delete(`/rest/people/${id}`);
    assert.equal(await service.findPerson(person.external_id), null);
    assert.equal(mappingStore.rows.size, 0);
    assert.equal(service.getCacheStats().size, 0);
  });

  test('without an externalId field, the computed or remembered id leads to the row', async () => {
    const sim = await startSim({ preset: 'fresh' });
    try {
      const mappingStore = memoryStore();
      const config = { baseUrl: sim.baseUrl, apiKey: sim.apiKey };
      const service = createTwentyCrmSyncService(config, { mappingStore });
      const person = newPerson();
      const { id } = await service.upsertPerson(person);
      assert.equal(
        (await createTwentyCrmSyncService(config).findPerson(person.external_id)).id,
        id,
      );
      const other = '11111111-1111-4111-8111-111111111111';
      await sim.seed({ people: [{ id: other, name: { firstName: 'Re', lastName: 'Membered' } }] });
      mappingStore.rows.set('person:r', { everId: 'r', crmId: other, objectType: 'person' });
      assert.equal((await service.findPerson('r')).name, 'Re Membered');
      assert.equal(await service.findPerson('r', { useCache: false }), null);
    } finally {
      await sim.stop();
    }
  });

  test('a field removed since the schema was read does not keep it from finding', async () => {
    const sim = await startSim({ preset: 'provisioned' });
    try {
      const service = createTwentyCrmSyncService({ baseUrl: sim.baseUrl, apiKey: sim.apiKey });
      const person = newPerson();
      const { id } = await service.upsertPerson(person);
      await sim.setOptions({ removeFields: [{ object: 'people', name: 'externalId' }] });
      assert.equal((await service.findPerson(person.external_id)).id, id);
    } finally {
      await sim.stop();
    }
  });

  test('namespaces are separate', async () => {
    const one = crm.service({ namespace: 'one' });
    const two = crm.service({ namespace: 'two' });
    const person = newPerson();
    const { id } = await one.upsertPerson(person);
    assert.equal(await two.findPerson(person.external_id), null);
    const found = await one.findPerson(person.external_id);
    assert.deepEqual([found.id, found.external_id], [id, person.external_id]);
    assert.equal((await two.deletePerson(person.external_id)).reason, 'not_found');
    assert.equal((await rowOf('people', id)).deletedAt ?? null, null);
  });
});

describe('delete', () => {
  test('soft by default: it can be restored, and the next upsert does so', async () => {
    const service = await warm();
    const person = newPerson();
    const { id } = await service.upsertPerson(person);
    assert.deepEqual(await service.deletePerson(person.external_id), {
      externalId: person.external_id,
      deleted: true,
      mode: 'soft',
      ids: [id],
    });
    assert.notEqual((await rowOf('people', id)).deletedAt ?? null, null);
    assert.deepEqual(await service.deletePerson(person.external_id), {
      externalId: person.external_id,
      deleted: false,
      mode: 'soft',
      ids: [id],
      reason: 'already_deleted',
    });
    const again = await service.upsertPerson(person);
    assert.deepEqual([again.id, again.created], [id, false]);
    assert.equal((await rowOf('people', id)).deletedAt ?? null, null);
  });

  test('destroys on request, also soft-deleted rows, and nothing is remembered', async () => {
    const mappingStore = memoryStore();
    const service = crm.service({ mappingStore });
    for (const softFirst of [false, true]) {
      const person = newPerson();
      const { id } = await service.upsertPerson(person);
      assert.equal(mappingStore.rows.size, 1);
      if (softFirst) await service.deletePerson(person.external_id);
      assert.equal(mappingStore.rows.size, 1);
      const result = await service.deletePerson(person.external_id, { mode: 'destroy' });
      assert.deepEqual([result.deleted, result.mode, result.ids], [true, 'destroy', [id]]);
      assert.equal(await rowOf('people', id), undefined);
      assert.equal(mappingStore.rows.size, 0);
      assert.equal(service.getCacheStats().size, 0);
      const made = await service.upsertPerson(person);
      assert.deepEqual([made.created, made.id], [true, id]);
      await service.deletePerson(person.external_id, { mode: 'destroy' });
    }
  });

  test('deleting a missing record is not an error, and sends only the look-up', async () => {
    const service = await warm();
    for (const mode of /** @type {const} */ (['soft', 'destroy'])) {
      const requests = await crm.requestsOf(async () => {
        assert.deepEqual(await service.deleteCompany('nobody', { mode }), {
          externalId: 'nobody',
          deleted: false,
          mode,
          ids: [],
          reason: 'not_found',
        });
      });
      assert.equal(requests, 1);
    }
  });

  test('row by row, by id: no other row is deleted', async () => {
    const service = await warm();
    const company = newCompany({ domain_name: 'delete.example' });
    const { id } = await service.upsertCompany(company);
    const person = newPerson({ company_external_id: company.external_id });
    const employee = await service.upsertPerson(person);
    const before = (await crm.sim.records('companies')).length;
    await service.upsertCompany(newCompany());
    await service.deleteCompany(company.external_id, { mode: 'destroy' });
    assert.equal((await crm.sim.records('companies')).length, before);
    assert.equal(await rowOf('companies', id), undefined);
    assert.equal((await rowOf('people', employee.id)).companyId, null);
    const log = await crm.sim.log();
    const deletions = log.filter(({ method }) => method === 'DELETE');
    assert.deepEqual(
      deletions.map(({ path }) => path),
      [`/rest/companies/${id}`],
    );
  });

  test('a remembered row that another record has claimed since is not touched', async () => {
    const service = await warm();
    const person = newPerson();
    const { id } = await service.upsertPerson(person);
    await crm.client().patch(`/rest/people/${id}`, { externalId: 'somebody-else' });
    const result = await service.deletePerson(person.external_id, { mode: 'destroy' });
    assert.deepEqual([result.deleted, result.reason], [false, 'not_found']);
    assert.notEqual(await rowOf('people', id), undefined);
  });

  test('queued with the upserts of its key, in call order', async () => {
    const service = await warm();
    const person = newPerson();
    const [first, deleted, second] = await Promise.all([
      service.upsertPerson(person),
      service.deletePerson(person.external_id, { mode: 'destroy' }),
      service.upsertPerson({ ...person, city: 'Lyon' }),
    ]);
    assert.deepEqual([first.created, deleted.deleted, second.created], [true, true, true]);
    const rows = (await crm.sim.records('people')).filter(
      (row) => row.externalId === person.external_id,
    );
    assert.deepEqual(
      rows.map((row) => row.city),
      ['Lyon'],
    );
    const both = await Promise.all([
      service.deletePerson(person.external_id, { mode: 'destroy' }),
      service.deletePerson(person.external_id, { mode: 'destroy' }),
    ]);
    assert.deepEqual(
      both.map((result) => result.deleted),
      [true, false],
    );
  });

  test('an answer that is lost: the row is gone, and the result says so', async () => {
    const service = await warm();
    for (const mode of /** @type {const} */ (['soft', 'destroy'])) {
      const person = newPerson();
      await service.upsertPerson(person);
      await crm.sim.addFaults({ method: 'DELETE', times: 1, action: { type: 'resetAfter' } });
      assert.equal((await service.deletePerson(person.external_id, { mode })).deleted, true, mode);
    }
  });

  test('a key that may not delete, an invalid mode, an aborted call', async () => {
    const service = await warm();
    const person = newPerson();
    const { id } = await service.upsertPerson(person);
    const reader = createTwentyCrmSyncService({
      baseUrl: crm.sim.baseUrl,
      apiKey: crm.sim.keys.readOnly,
    });
    const denied = await rejection(reader.deletePerson(person.external_id));
    assert.deepEqual(
      [denied.code, denied.details.reason, denied.details.externalId],
      ['AUTH_ERROR', 'permission', person.external_id],
    );
    const mode = await rejection(
      service.deletePerson(person.external_id, { mode: /** @type {any} */ ('hard') }),
    );
    assert.deepEqual([mode.code, mode.details.field], ['VALIDATION_ERROR', 'mode']);
    const reason = new Error('enough');
    const signal = AbortSignal.abort(reason);
    assert.equal(await rejection(service.deletePerson(person.external_id, { signal })), reason);
    assert.equal(await rejection(service.findPerson(person.external_id, { signal })), reason);
    assert.equal((await rowOf('people', id)).deletedAt ?? null, null);
  });

  test('a failing store does not block a deletion: there is a warning', async () => {
    const warnings = [];
    const broken = {
      ...memoryStore(),
      deleteMapping: () => {
        throw new Error('down');
      },
    };
    const service = crm.service({ mappingStore: broken, onWarning: (w) => warnings.push(w) });
    const person = newPerson();
    await service.upsertPerson(person);
    const result = await service.deletePerson(person.external_id, { mode: 'destroy' });
    assert.equal(result.deleted, true);
    assert.deepEqual(
      warnings.map(({ reason, externalId }) => [reason, externalId]),
      [['store_failed', person.external_id]],
    );
  });

  test('in modes other than direct_crm there is nothing to find or delete', async () => {
    const service = crm.service({ mode: 'disabled' });
    for (const method of /** @type {const} */ (['findPerson', 'deleteCompany'])) {
      const error = await rejection(service[method]('anybody'));
      assert.equal(error.code, 'OPERATION_FAILED');
    }
  });
});
