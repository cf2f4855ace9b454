// applyWebhook on the simulator: real deliveries, and their effect on remembered facts.
import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { createTwentyCrmSyncService, memoryMappingStore } from '../../index.mjs';
import { newCompany, newPerson, rejection } from '../helpers/crm.mjs';
import { RepositoryLikeStore } from '../stores/caller-stores.mjs';
import { personEvent, random } from './deliveries.mjs';
import { useReceiver } from './receiver.mjs';

const receiver = useReceiver({ preset: 'provisioned' });
const { crm, byOther } = receiver;

const unchanged = { skipUnchanged: true };

/** The result of `applyWebhook`, without fields that the tests know. @param {any} result */
const brief = ({ action, reason, externalIds }) => ({ action, reason, externalIds });

/** Applies an event and asserts that no request is sent. @param {any} service @param {any} event */
async function apply(service, event) {
  let result;
  const requests = await crm.requestsOf(async () => {
    result = await service.applyWebhook(event);
  });
  assert.equal(requests, 0, 'nothing is asked of the server');
  return /** @type {any} */ (result);
}

/** Whether the service would send the record again. @param {any} service @param {any} person */
async function isSent(service, person) {
  return (await service.upsertPerson(person, unchanged)).updated;
}

/** A service with a person whose creation event was applied. @param {object} [options] */
async function withPerson(options) {
  const service = crm.service(options);
  const person = newPerson({ job_title: 'CTO' });
  const { id } = await service.upsertPerson(person);
  const [created] = await receiver.events(1);
  return { service, person, id, path: `/rest/people/${id}`, created };
}

const stores = {
  'the process’s memory': () => undefined,
  'a mapping store': () => memoryMappingStore(),
  'an object like the template’s repository': () => new RepositoryLikeStore(),
};

for (const [name, open] of Object.entries(stores)) {
  describe(`with ${name}`, () => {
    const withStore = async () => {
      const mappingStore = open();
      const warnings = /** @type {any[]} */ ([]);
      const all = await withPerson({ mappingStore, onWarning: (w) => warnings.push(w) });
      return { ...all, mappingStore, warnings };
    };

    test('echoes of own writes change nothing, in single upserts and in bulk', async () => {
      const { service, person, id, created, warnings } = await withStore();
      assert.deepEqual(await apply(service, created), {
        action: 'ignored',
        reason: 'own_write',
        objectType: 'person',
        crmId: id,
        externalId: person.external_id,
        externalIds: [],
        storeFailed: false,
      });
      const edited = { ...person, job_title: 'CEO' };
      await service.upsertPerson(edited);
      const [updated] = await receiver.events(1);
      assert.equal(updated.eventName, 'person.updated');
      assert.equal((await apply(service, updated)).reason, 'own_write');
      assert.equal((await apply(service, created)).reason, 'outdated');
      assert.equal(await isSent(service, edited), false);
      const many = [{ ...edited, job_title: 'Chair' }, newPerson(), newPerson()];
      await service.upsertManyPersons(many);
      for (const event of await receiver.events(3)) {
        assert.equal((await apply(service, event)).reason, 'own_write', event.eventName);
      }
      for (const one of many) assert.equal(await isSent(service, one), false);
      assert.deepEqual(warnings, []);
    });

    test('an edit by somebody else is overwritten by the next run, once', async () => {
      const { service, person, path } = await withStore();
      await byOther('patch', path, { jobTitle: 'Edited' });
      const [event] = await receiver.events(1);
      assert.deepEqual(brief(await apply(service, event)), {
        action: 'hash_forgotten',
        reason: 'edited',
        externalIds: [person.external_id],
      });
      assert.equal((await apply(service, event)).action, 'ignored', 'the same event again');
      assert.equal(await isSent(service, person), true);
      assert.equal((await apply(service, event)).reason, 'outdated', 'and late');
      const [echo] = await receiver.events(1);
      assert.equal((await apply(service, echo)).reason, 'own_write');
      assert.equal(await isSent(service, person), false);
    });

    test('an edit of fields that are never written keeps the hash', async () => {
      const { service, person, path } = await withStore();
      await byOther('patch', path, { avatarUrl: 'https://img.example/1.png' });
      const [event] = await receiver.events(1);
      assert.deepEqual(event.updatedFields, ['avatarUrl']);
      assert.equal((await apply(service, event)).reason, 'unmanaged_fields');
      assert.equal(await isSent(service, person), false);
      await byOther('patch', path, { avatarUrl: '', name: { lastName: 'Doe' } });
      const [both] = await receiver.events(1);
      assert.equal((await apply(service, both)).action, 'hash_forgotten');
    });

    test('deleted, restored, destroyed: the mapping follows', async () => {
      const { service, person, id, path, mappingStore, warnings } = await withStore();
      const stored = async () =>
        (await mappingStore?.findByEverId(person.external_id, 'person'))?.crmId ?? null;
      const cached = () =>
        service.cacheEntries().find((entry) => entry.externalId === person.external_id)?.crmId;
      const externalIds = [person.external_id];

      await byOther('delete', `${path}?soft_delete=true`);
      const [deleted] = await receiver.events(1);
      const forgotten = { action: 'mapping_forgotten', externalIds };
      assert.deepEqual(brief(await apply(service, deleted)), { ...forgotten, reason: 'deleted' });
      assert.deepEqual([cached(), await stored()], [undefined, null]);
      assert.deepEqual(brief(await apply(service, deleted)), {
        action: 'ignored',
        reason: 'not_mapped',
        externalIds: [],
      });

      await byOther('patch', `/rest/restore/people?filter=id[eq]:${id}`);
      const [restored] = await receiver.events(1);
      assert.deepEqual(brief(await apply(service, restored)), {
        action: 'mapping_remembered',
        reason: 'restored',
        externalIds,
      });
      assert.equal(cached(), id);
      if (mappingStore) assert.equal(await stored(), id);
      // Out of order: events from before the restore change nothing any more.
      if (!(mappingStore instanceof RepositoryLikeStore)) {
        assert.equal((await apply(service, deleted)).reason, 'outdated');
      }
      assert.equal(await crm.requestsOf(() => service.upsertPerson(person)), 1, 'one PATCH');

      await byOther('delete', path);
      const events = await receiver.events(1);
      const destroyed = events.at(-1);
      assert.equal(destroyed.eventName, 'person.destroyed');
      assert.deepEqual(brief(await apply(service, destroyed)), {
        ...forgotten,
        reason: 'destroyed',
      });
      assert.deepEqual([cached(), await stored()], [undefined, null]);
      assert.equal((await apply(service, restored)).reason, 'outdated', 'it is gone for good');
      const again = await service.upsertPerson(person);
      assert.equal(again.created, true);
      assert.equal((await apply(service, destroyed)).reason, 'outdated', 'of an earlier row');
      assert.equal(cached(), again.id);
      assert.deepEqual(warnings, []);
    });

    test('a deleted record is restored by the next run with skipUnchanged', async () => {
      const { service, person, id, path } = await withStore();
      await byOther('delete', `${path}?soft_delete=true`);
      assert.equal(await isSent(service, person), false, 'nobody has told us');
      const [event] = await receiver.events(1);
      await apply(service, event);
      assert.equal(await isSent(service, person), true);
      const row = (await crm.sim.records('people')).find((/** @type {any} */ r) => r.id === id);
      assert.equal(row.deletedAt, null);
    });

    test('an external id that somebody changed is looked up again', async () => {
      const { service, person, id, path } = await withStore();
      await byOther('patch', path, { externalId: 'another-site-1' });
      const [event] = await receiver.events(1);
      const result = await apply(service, event);
      assert.deepEqual(brief(result), {
        action: 'mapping_forgotten',
        reason: 'moved',
        externalIds: [person.external_id],
      });
      assert.equal(result.externalId, 'another-site-1');
      const found = await service.findPerson(person.external_id);
      assert.notEqual(found?.id, id, 'the row is somebody else’s now');
    });
  });
}

describe('events that concern a service, and others', () => {
  test('other objects, records without an external id, other namespaces', async () => {
    const service = crm.service({ namespace: 'site-a' });
    const neighbour = crm.service({ namespace: 'site-b' });
    await byOther('post', '/rest/people', { jobTitle: 'Nobody’s' });
    await byOther('post', '/rest/notes', { title: 'A note' });
    const [nobodys, note] = await receiver.events(2);
    assert.equal((await apply(service, nobodys)).reason, 'no_external_id');
    const other = await apply(service, note);
    assert.deepEqual([other.reason, other.objectType], ['other_object', null]);

    const person = newPerson();
    const { id } = await neighbour.upsertPerson(person);
    const [theirs] = await receiver.events(1);
    const result = await apply(service, theirs);
    assert.deepEqual([result.reason, result.externalId], ['other_namespace', null]);
    assert.equal((await apply(neighbour, theirs)).reason, 'own_write');
    await byOther('patch', `/rest/people/${id}`, { jobTitle: 'Edited' });
    const [edit] = await receiver.events(1);
    assert.equal((await apply(service, edit)).action, 'ignored');
    const own = await apply(neighbour, edit);
    assert.deepEqual([own.action, own.externalId], ['hash_forgotten', person.external_id]);
  });

  test('records that were never synced do not access the store', async () => {
    const mappingStore = new RepositoryLikeStore();
    const service = crm.service({ mappingStore });
    const { data } = await byOther('post', '/rest/people', { jobTitle: 'Nobody’s' });
    await byOther('patch', `/rest/people/${data.data.createPerson.id}`, { jobTitle: 'Still' });
    for (const event of await receiver.events(2)) await apply(service, event);
    assert.deepEqual(mappingStore.calls, []);
  });

  test('the same ids in another workspace are other records', async () => {
    const { service, created } = await withPerson();
    const elsewhere = { ...created, workspaceId: '20202020-1c25-4d02-bf25-6aeccf7ea419' };
    elsewhere.record = { ...created.record, updatedAt: '2099-01-01T00:00:00.000Z' };
    assert.equal((await apply(service, elsewhere)).reason, 'other_workspace');
  });

  test('the name of the external id field comes from the service’s options', async () => {
    const service = crm.service({ fieldNames: { externalId: 'siteId' } });
    const record = { ...personEvent().record, siteId: 'x', updatedAt: '2099-01-01T00:00:00.000Z' };
    const event = personEvent({ record, workspaceId: undefined });
    const result = await apply(service, event);
    assert.deepEqual([result.externalId, result.reason], ['x', 'not_mapped']);
  });

  test('companies: the mapping follows, and a domain is looked up again', async () => {
    const service = crm.service();
    const company = newCompany({ domain_name: 'hook.example' });
    const { id } = await service.upsertCompany(company);
    await receiver.events(1);
    await byOther('patch', `/rest/companies/${id}`, {
      domainName: { primaryLinkUrl: 'moved.example' },
    });
    const [event] = await receiver.events(1);
    const result = await apply(service, event);
    assert.deepEqual([result.action, result.objectType], ['hash_forgotten', 'company']);
    assert.equal((await service.upsertCompany(company, unchanged)).updated, true);
  });

  test('other modes remember nothing', async () => {
    for (const options of [{ mode: 'disabled' }, { mode: 'platform', publish: () => {} }]) {
      const service = createTwentyCrmSyncService(
        { baseUrl: crm.sim.baseUrl, apiKey: crm.sim.apiKey },
        /** @type {any} */ (options),
      );
      const result = await service.applyWebhook(/** @type {any} */ (personEvent()));
      assert.deepEqual([result.action, result.reason], ['ignored', 'mode']);
    }
  });
});

describe('merges, in the assumed form of their events', () => {
  test('the record that disappears is forgotten, the one that stays is written again', async () => {
    const service = crm.service();
    const people = [newPerson(), newPerson()];
    const ids = [];
    for (const person of people) ids.push((await service.upsertPerson(person)).id);
    await receiver.events(2);
    await byOther('patch', '/rest/people/merge', { ids, conflictPriorityIndex: 0 });
    const row = (await crm.sim.records('people')).find((/** @type {any} */ r) => r.id === ids[0]);
    const at = new Date(Date.parse(row.updatedAt) + 1).toISOString();
    const base = { ...personEvent(), workspaceId: undefined };
    const stays = { ...row, updatedAt: at };
    const goes = { ...row, id: ids[1], externalId: '', updatedAt: at };
    const lost = { ...base, eventName: 'person.destroyed', record: goes, updatedFields: undefined };
    assert.deepEqual(brief(await apply(service, lost)), {
      action: 'mapping_forgotten',
      reason: 'destroyed',
      externalIds: [people[1].external_id],
    });
    const kept = { ...base, record: stays, updatedFields: ['emails'] };
    assert.equal((await apply(service, kept)).action, 'hash_forgotten');
  });

  test('destroyed records that are not created again stay known', async () => {
    const { service, person, path } = await withPerson({ collisions: { ownGone: 'skip' } });
    await byOther('delete', path);
    const [event] = await receiver.events(1);
    assert.deepEqual(brief(await apply(service, event)), {
      action: 'hash_forgotten',
      reason: 'destroyed',
      externalIds: [person.external_id],
    });
    const { created, updated } = await service.upsertPerson(person, unchanged);
    assert.deepEqual({ created, updated }, { created: false, updated: false });
  });
});

describe('stores and processes', () => {
  test('another process that shares the store recognises the echo, and the edit', async () => {
    const rows = memoryMappingStore();
    const share = () => ({
      findByEverId: rows.findByEverId.bind(rows),
      findByCrmId: rows.findByCrmId.bind(rows),
      upsertMapping: rows.upsertMapping.bind(rows),
      upsertManyMappings: rows.upsertManyMappings.bind(rows),
      deleteMapping: rows.deleteMapping.bind(rows),
      findManyByEverIds: rows.findManyByEverIds.bind(rows),
    });
    // Services share memory by store object: two objects act as two processes.
    const { service, person, path, created } = await withPerson({
      mappingStore: share(),
      cacheTtlMs: 0,
    });
    const receiving = crm.service({ mappingStore: share() });
    assert.equal((await apply(receiving, created)).reason, 'own_write');
    assert.equal(await isSent(service, person), false);
    await byOther('patch', path, { jobTitle: 'Edited' });
    const [event] = await receiver.events(1);
    assert.equal((await apply(receiving, event)).action, 'hash_forgotten');
    assert.equal(await isSent(service, person), true, 'the writing process hears of it');
  });

  test('a failing store is reported, and memory is corrected anyway', async () => {
    const inner = memoryMappingStore();
    let fails = false;
    const mappingStore = new Proxy(inner, {
      get: (target, name) =>
        fails
          ? async () => {
              throw new Error('the disk is full');
            }
          : /** @type {any} */ (target)[name].bind(target),
    });
    const warnings = /** @type {any[]} */ ([]);
    const { service, person, path } = await withPerson({
      mappingStore,
      onWarning: (w) => warnings.push(w),
    });
    await byOther('patch', path, { jobTitle: 'Edited' });
    const [event] = await receiver.events(1);
    fails = true;
    const result = await apply(service, event);
    assert.deepEqual([result.action, result.storeFailed], ['hash_forgotten', true]);
    assert.equal(warnings[0].field, 'mappingStore');
    assert.match(warnings[0].message, /the disk is full/);
    fails = false;
    const again = await apply(service, event);
    assert.deepEqual([again.action, again.storeFailed], ['hash_forgotten', false]);
    assert.equal(await isSent(service, person), true);
  });

  test('a store without findByCrmId is not a failure', async () => {
    const calls = /** @type {string[]} */ ([]);
    const mappingStore = /** @type {any} */ ({
      findByEverId: async () => null,
      upsertMapping: async () => calls.push('upsertMapping'),
      deleteMapping: async () => {},
    });
    const service = crm.service({ mappingStore });
    const { data } = await byOther('post', '/rest/people', { jobTitle: 'Nobody’s' });
    await byOther('delete', `/rest/people/${data.data.createPerson.id}`);
    for (const event of await receiver.events(2)) {
      assert.equal((await apply(service, event)).storeFailed, false);
    }
  });
});

describe('during upserts of the same key', () => {
  test('an event that arrives before the answer to the write is recognised as its echo', async () => {
    const { service, person } = await withPerson();
    // The answer is held back until the delivery was applied, or had to wait for it.
    await crm.sim.addFaults({ method: 'PATCH', action: { type: 'delay', ms: 150 } });
    const edited = { ...person, job_title: 'CEO' };
    const writing = service.upsertPerson(edited);
    const [event] = await receiver.events(1);
    const result = await service.applyWebhook(event);
    await writing;
    await crm.sim.clearFaults();
    assert.equal(result.reason, 'own_write');
    assert.equal(await isSent(service, edited), false);
  });

  test('in any order, the mapping never leads to another row, and the last write wins', async () => {
    const { service, person, path } = await withPerson({ mappingStore: memoryMappingStore() });
    const next = random(7);
    const events = /** @type {any[]} */ ([]);
    for (let round = 0; round < 12; round += 1) {
      const acts = [
        () => service.upsertPerson({ ...person, job_title: `Job ${round}` }),
        () => byOther('patch', path, { jobTitle: `Edit ${round}` }).catch(() => {}),
        () => byOther('delete', `${path}?soft_delete=true`).catch(() => {}),
        ...events.map((event) => () => service.applyWebhook(event)),
      ].sort(() => next() - 0.5);
      await Promise.all(acts.map((act) => act()));
      if (receiver.waiting > 0) events.push(...(await receiver.events(receiver.waiting)));
    }
    const last = await service.upsertPerson({ ...person, job_title: 'Last' });
    const rows = await crm.sim.records('people');
    const own = rows.filter((/** @type {any} */ row) => row.externalId === person.external_id);
    assert.equal(own.length, 1, 'no double was made');
    assert.equal(own[0].id, last.id);
    assert.equal(own[0].jobTitle, 'Last');
    assert.equal(own[0].deletedAt, null);
  });

  test('an aborted call leaves the queue', async () => {
    const { service, person, created } = await withPerson();
    await crm.sim.addFaults({ method: 'PATCH', action: { type: 'delay', ms: 200 } });
    const writing = service.upsertPerson({ ...person, job_title: 'Slow' });
    const controller = new AbortController();
    const applying = service.applyWebhook(created, { signal: controller.signal });
    const reason = new Error('enough');
    controller.abort(reason);
    assert.equal(await rejection(applying), reason);
    await writing;
    await crm.sim.clearFaults();
  });
});

test('an invalid event is refused', async () => {
  const service = crm.service();
  const hostile = {
    get eventName() {
      throw new Error('no');
    },
  };
  for (const event of [
    undefined,
    null,
    5,
    'person.created',
    [],
    {},
    { ...personEvent(), record: { id: 'x' } },
    { ...personEvent(), record: null },
    hostile,
  ]) {
    const error = await rejection(service.applyWebhook(/** @type {any} */ (event)));
    assert.deepEqual([error.code, error.details.field], ['VALIDATION_ERROR', 'event']);
  }
});
