// A remembered id that leads to another record's row: from a wrong store, or because the row changed its owner.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { newCompany, newPerson, useSim } from '../helpers/crm.mjs';

const crm = useSim();

/**
 * A store of the caller, unique by row as in the template's table.
 * @param {{ everId: string, crmId: string, objectType: string }[]} rows
 */
function storeOf(...rows) {
  return {
    rows,
    /** @param {string} everId @param {string} objectType */
    findByEverId: (everId, objectType) =>
      rows.find((row) => row.everId === everId && row.objectType === objectType) ?? null,
    /** @param {any} mapping */
    upsertMapping(mapping) {
      const { everId, crmId, objectType } = mapping;
      const isTaken = rows.some((row) => row.crmId === crmId && row.everId !== everId);
      if (isTaken) throw new Error('unique (crm_id, object_type)');
      const at = rows.findIndex((row) => row.everId === everId && row.objectType === objectType);
      rows.splice(at < 0 ? rows.length : at, 1, { everId, crmId, objectType });
    },
    /** @param {string} everId @param {string} objectType */
    deleteMapping(everId, objectType) {
      const at = rows.findIndex((row) => row.everId === everId && row.objectType === objectType);
      if (at >= 0) rows.splice(at, 1);
    },
  };
}

/** @param {string} plural @param {string} externalId */
async function rowOf(plural, externalId) {
  const rows = await crm.sim.records(plural);
  const found = rows.filter((/** @type {any} */ row) => row.externalId === externalId);
  assert.equal(found.length, 1, `rows of ${externalId}`);
  return found[0];
}

/** @param {string} id @param {object} fields */
async function edit(id, fields) {
  const answer = await crm.client().patch(`/rest/people/${id}`, fields);
  assert.ok(answer.success);
}

for (const how of /** @type {const} */ (['alone', 'in bulk'])) {
  test(`a store that leads to another person's row, ${how}: the row is not touched`, async () => {
    const other = newPerson({ name: 'U Two' });
    const { id } = await crm.service().upsertPerson(other);
    const mine = newPerson({ name: 'U Three' });
    const store = storeOf({ everId: mine.external_id, crmId: id, objectType: 'person' });
    const service = crm.service({ mappingStore: store });

    if (how === 'alone') await service.upsertPerson(mine);
    else await service.upsertManyPersons([mine, newPerson()]);

    const [theirs, ours] = [
      await rowOf('people', other.external_id),
      await rowOf('people', mine.external_id),
    ];
    assert.equal(theirs.id, id);
    assert.equal(theirs.name.lastName, 'Two');
    assert.equal(theirs.emails.primaryEmail, other.email);
    assert.equal(ours.name.lastName, 'Three');
    assert.equal(ours.emails.primaryEmail, mine.email);
    const mapping = store.findByEverId(mine.external_id, 'person');
    assert.equal(mapping?.crmId, ours.id);
  });

  test(`a store that leads to another company, ${how}: the person is linked to its own`, async () => {
    const [other, own] = [newCompany({ name: 'Other' }), newCompany({ name: 'Own' })];
    const site = crm.service();
    const { id } = await site.upsertCompany(other);
    await site.upsertCompany(own);
    const store = storeOf({ everId: own.external_id, crmId: id, objectType: 'company' });
    const service = crm.service({ mappingStore: store });

    const person = newPerson({ company_external_id: own.external_id });
    if (how === 'alone') await service.upsertPerson(person);
    else await service.upsertManyPersons([person]);

    const row = await rowOf('people', person.external_id);
    assert.equal(row.companyId, (await rowOf('companies', own.external_id)).id);
  });
}

test('a store with the computed id costs no look-up, one with another id costs one', async () => {
  const [made, linked] = [newPerson(), newPerson()];
  const site = crm.service();
  const { id } = await site.upsertPerson(made);
  const human = await crm.client().post('/rest/people', {
    emails: { primaryEmail: linked.email },
  });
  assert.ok(human.success);
  const { id: linkedId } = await site.upsertPerson(linked);
  const store = storeOf(
    { everId: made.external_id, crmId: id, objectType: 'person' },
    { everId: linked.external_id, crmId: linkedId, objectType: 'person' },
  );

  const service = crm.service({ mappingStore: store });
  assert.equal(await crm.requestsOf(() => service.upsertPerson({ ...made, city: 'Bonn' })), 1);
  assert.equal(await crm.requestsOf(() => service.upsertPerson({ ...linked, city: 'Bonn' })), 2);
  assert.equal(await crm.requestsOf(() => service.upsertPerson({ ...linked, city: 'Köln' })), 1);
});

test('a row that changed its owner since it was remembered: a warning, and nothing of ours stays there', async () => {
  /** @type {import('../../index.js').SyncWarning[]} */
  const warnings = [];
  const service = crm.service({ onWarning: (warning) => warnings.push(warning) });
  const mine = newPerson();
  const { id } = await service.upsertPerson(mine);
  await edit(id, { externalId: 'theirs' });

  const again = await service.upsertPerson({ ...mine, name: 'Jane Other' });

  assert.notEqual(again.id, id);
  assert.equal(again.data.email, mine.email);
  const theirs = await rowOf('people', 'theirs');
  assert.ok(!theirs.emails.primaryEmail);
  const { field, reason, crmId, otherExternalId } = warnings[0];
  assert.deepEqual(
    { field, reason, crmId, otherExternalId },
    { field: 'external_id', reason: 'written_over', crmId: id, otherExternalId: 'theirs' },
  );
});

test('take_over forgets the old owner before the write: a table unique by row accepts the new one', async () => {
  const store = storeOf();
  /** @type {string[]} */
  const reasons = [];
  const service = crm.service({
    mappingStore: store,
    collisions: { claimedMatch: 'take_over' },
    onWarning: ({ reason }) => reasons.push(reason),
  });
  const former = newPerson();
  const { id } = await service.upsertPerson(former);
  const next = newPerson({ email: former.email, name: 'New Owner' });
  await service.upsertPerson(next);
  assert.deepEqual(reasons, ['taken_over']);
  assert.deepEqual(store.rows, [{ everId: next.external_id, crmId: id, objectType: 'person' }]);

  await service.upsertPerson({ ...former, name: 'Former Owner', email: 'former@example.com' });
  const row = await rowOf('people', next.external_id);
  assert.equal(row.id, id);
  assert.equal(row.name.lastName, 'Owner');
  assert.equal(row.name.firstName, 'New');
});
