// What the sync service does with a store: the same for each.
import assert from 'node:assert/strict';
import { randomUUID } from 'node:crypto';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { after, describe, test } from 'node:test';
import { memoryMappingStore, postgresMappingStore, sqliteMappingStore } from '../../index.mjs';
import { newCompany, newPerson, useSim } from '../helpers/crm.mjs';
import { usePostgres } from '../helpers/postgres-pools.mjs';
import { BatchStore, RepositoryLikeStore } from './caller-stores.mjs';
import { awkwardIds } from './contract.mjs';

const crm = useSim();
const folder = mkdtempSync(path.join(tmpdir(), 'sync-stores-'));
after(() => rmSync(folder, { recursive: true, force: true }));
const postgres = await usePostgres();

const kinds = {
  memory: () => memoryMappingStore(),
  SQLite: () => sqliteMappingStore(path.join(folder, `${randomUUID()}.db`)),
  PostgreSQL: async () => {
    const store = postgresMappingStore(postgres.newPool(), { table: `t ${randomUUID()}` });
    await store.ensureTable();
    return store;
  },
  'an object like the template’s repository': () => new RepositoryLikeStore(),
  'an object without promises': () => new BatchStore(),
};

for (const [kind, open] of Object.entries(kinds)) {
  const skip = kind === 'PostgreSQL' ? postgres.skip : false;

  describe(kind, { skip }, () => {
    /** A service that remembers only what the store has. */
    const fresh = (mappingStore, options) => {
      const warnings = [];
      const service = crm.service({
        mappingStore,
        onWarning: (warning) => warnings.push(warning),
        ...options,
      });
      return Object.assign(service, { warnings });
    };

    test('a written record is remembered with a hash, for later services', async () => {
      const store = await open();
      const [person, company] = [newPerson(), newCompany()];
      const service = fresh(store);
      const made = [await service.upsertPerson(person), await service.upsertCompany(company)];
      for (const [at, type] of ['person', 'company'].entries()) {
        const found = await store.findByEverId(made[at].externalId, type);
        assert.equal(found.crmId, made[at].id);
        // Ours with the row's version, or one that the store computes itself.
        assert.match(found.versionHash, /^(?:[0-9a-f]{32}@\d{13}|[0-9a-f]{64})$/);
        assert.equal((await store.findByCrmId(made[at].id, type)).everId, made[at].externalId);
      }
      const later = fresh(store);
      assert.equal(
        await crm.requestsOf(() => later.upsertPerson({ ...person, job_title: 'Editor' })),
        1,
      );
      assert.notEqual(
        (await store.findByEverId(person.external_id, 'person')).versionHash,
        (await store.findByEverId(company.external_id, 'company')).versionHash,
      );
      assert.deepEqual([...service.warnings, ...later.warnings], []);
    });

    test('a mapping whose row is gone is corrected', async () => {
      const store = await open();
      const person = newPerson();
      const made = await fresh(store).upsertPerson(person);
      await crm.client().delete(`/rest/people/${made.id}`);
      const stray = randomUUID();
      await store.upsertMapping({
        everId: person.external_id,
        crmId: stray,
        objectType: 'person',
      });
      const service = fresh(store);
      const again = await service.upsertPerson(person);
      assert.equal((await store.findByEverId(person.external_id, 'person')).crmId, again.id);
      assert.equal((await store.findByCrmId(again.id, 'person')).everId, person.external_id);
      assert.equal(await store.findByCrmId(stray, 'person').then((found) => found ?? null), null);
      assert.ok(service.warnings.every((warning) => warning.reason !== 'store_failed'));
    });

    test('a mapping that leads to another record’s row is corrected', async () => {
      const store = await open();
      const [mine, theirs] = [newPerson(), newPerson()];
      const service = fresh(store);
      const own = await service.upsertPerson(mine);
      const other = await service.upsertPerson(theirs);
      await store.upsertMapping({
        everId: mine.external_id,
        crmId: other.id,
        objectType: 'person',
      });
      const healed = await fresh(store).upsertPerson({ ...mine, job_title: 'Healer' });
      assert.equal(healed.id, own.id);
      assert.equal((await store.findByEverId(mine.external_id, 'person')).crmId, own.id);
      const rows = await crm.sim.records('people');
      assert.equal(rows.find((row) => row.id === own.id).jobTitle, 'Healer');
      assert.equal(rows.find((row) => row.id === other.id).externalId, theirs.external_id);
    });

    test('external ids with any text reach the right record', async () => {
      const store = await open();
      const service = fresh(store);
      const made = new Map();
      const people = awkwardIds.map((external_id, at) => ({
        external_id,
        name: 'Any Text',
        email: `p${at}@text.example`,
      }));
      for (const person of people) {
        made.set(person.external_id, (await service.upsertPerson(person)).id);
      }
      assert.equal(new Set(made.values()).size, people.length);
      const later = fresh(store);
      const work = async () => {
        for (const person of people) {
          const { id } = await later.upsertPerson({ ...person, job_title: 'Again' });
          assert.equal(id, made.get(person.external_id));
        }
      };
      assert.equal(await crm.requestsOf(work), people.length);
    });

    test('two namespaces in one store are separate', async () => {
      const store = await open();
      const person = newPerson();
      const one = await fresh(store, { namespace: 'one' }).upsertPerson(person);
      const two = await fresh(store, { namespace: 'two' }).upsertPerson({
        ...person,
        email: `two-${person.email}`,
      });
      assert.equal(two.created, true);
      assert.notEqual(one.id, two.id);
      const again = await fresh(store, { namespace: 'one' }).upsertPerson(person);
      assert.equal(again.id, one.id);
      assert.equal(again.created, false);
      const platform = fresh(store, { namespace: 'two', mode: 'platform', publish: () => {} });
      assert.equal((await platform.upsertPerson(person)).id, two.id);
    });

    test('useCache: false does not ask the store', async () => {
      const store = await open();
      const person = newPerson();
      const made = await fresh(store).upsertPerson(person);
      await store.upsertMapping({
        everId: person.external_id,
        crmId: randomUUID(),
        objectType: 'person',
      });
      const { id } = await fresh(store).upsertPerson(person, { useCache: false });
      assert.equal(id, made.id);
    });

    test('many upserts at once', async () => {
      const store = await open();
      const people = Array.from({ length: 100 }, () => newPerson());
      const service = fresh(store);
      const made = await Promise.all(people.map((person) => service.upsertPerson(person)));
      for (const { id, externalId } of made) {
        assert.equal((await store.findByEverId(externalId, 'person')).crmId, id);
      }
      assert.deepEqual(service.warnings, []);
    });
  });
}

describe('a broken store never fails an upsert', () => {
  const thrower = (error) => () => {
    throw error;
  };
  const giver = (answer) => () => answer;
  const broken = {
    'throws at once': thrower(new Error('down')),
    'throws what is no error': thrower(undefined),
    rejects: () => Promise.reject(new Error('down')),
    'gives a text': giver('5c2e…'),
    'gives a number': giver(7),
    'gives an array': giver([]),
    'gives an empty object': giver({}),
    'gives no CRM id': (everId) => ({ everId, objectType: 'person' }),
    'gives a CRM id that is none': (everId) => ({ everId, crmId: 'x/../y', objectType: 'person' }),
    'gives a number as CRM id': (everId) => ({ everId, crmId: 5, objectType: 'person' }),
    'gives another’s mapping': () => ({ everId: 'x', crmId: randomUUID(), objectType: 'person' }),
    'gives another kind’s mapping': (everId) => ({
      everId,
      crmId: randomUUID(),
      objectType: 'company',
    }),
    'gives what cannot be read': () =>
      Object.defineProperty({}, 'everId', { get: thrower(new Error('unreadable')) }),
    'gives what has no JSON': (everId) => ({ everId, crmId: 5n, objectType: 7n }),
  };
  for (const mode of ['direct_crm', 'platform']) {
    for (const [how, findByEverId] of Object.entries(broken)) {
      test(`${mode}: it ${how}`, async () => {
        const warnings = [];
        const service = crm.service({
          mode,
          publish: () => {},
          mappingStore: {
            findByEverId,
            findByCrmId: findByEverId,
            upsertMapping: thrower(new Error('down')),
            upsertManyMappings: thrower(new Error('down')),
            deleteMapping: thrower(new Error('down')),
          },
          onWarning: (warning) => warnings.push(warning),
        });
        const person = newPerson();
        const { externalId, created } = await service.upsertPerson(person);
        assert.equal(externalId, person.external_id);
        assert.equal(created, mode === 'direct_crm');
        assert.equal(warnings.length, mode === 'direct_crm' ? 2 : 1);
        for (const warning of warnings) {
          assert.equal(warning.reason, 'store_failed');
          assert.equal(warning.externalId, person.external_id);
        }
      });
    }

    test(`${mode}: it hangs`, async () => {
      const warnings = [];
      let calls = 0;
      const hang = () => {
        calls += 1;
        return new Promise(() => {});
      };
      const service = crm.service({
        mode,
        publish: () => {},
        mappingStore: { findByEverId: hang, upsertMapping: hang, deleteMapping: hang },
        onWarning: (warning) => warnings.push(warning),
      });
      const people = Array.from({ length: 20 }, () => newPerson());
      for (const person of people) await service.upsertPerson(person);
      assert.equal(calls, 1, 'it is left alone for a while after that');
      assert.match(warnings[0].message, /did not answer within \d+ ms/);
      assert.ok(warnings.every((warning) => warning.reason === 'store_failed'));
      assert.equal(warnings.length, mode === 'direct_crm' ? 40 : 20);
    });
  }
});

test('a closed store counts as a failed one', async () => {
  const store = sqliteMappingStore(path.join(folder, 'closed.db'));
  const warnings = [];
  const service = crm.service({ mappingStore: store, onWarning: (one) => warnings.push(one) });
  await store.close();
  assert.equal((await service.upsertPerson(newPerson())).created, true);
  assert.ok(warnings.length > 0);
  for (const { message } of warnings) assert.match(message, /closed/);
});
