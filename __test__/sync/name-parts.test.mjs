// A person's name: given parts are stored, and a name in one text keeps the parts of a row that has the same name.
import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { createTwentyCrmOutbox, memoryMappingStore, sqliteOutbox } from '../../index.mjs';
import { newPerson, rejection, useSim } from '../helpers/crm.mjs';

const crm = useSim({ preset: 'provisioned' });

const parts = [
  [{ firstName: 'Md', lastName: 'Rahman' }, 'Md', 'Rahman'],
  [{ firstName: 'Anna Maria' }, 'Anna Maria', ''],
  [{ firstName: 'Anna Maria', lastName: null }, 'Anna Maria', ''],
  [{ firstName: 'Anna Maria', lastName: ' ' }, 'Anna Maria', ''],
  [{ lastName: 'Doe' }, '', 'Doe'],
  [{ firstName: 'Pe', lastName: 'Win' }, 'Pe', 'Win'],
  [{ firstName: ' Mary  Ann\t', lastName: 'van  der Berg ' }, 'Mary Ann', 'van der Berg'],
  [{ firstName: 'Smith, John', lastName: 'Jr., Esq.' }, 'Smith, John', 'Jr., Esq.'],
  [{ firstName: '山田', lastName: '太郎' }, '山田', '太郎'],
];

/** The stored row; absent parts read as blank. @param {string} external_id */
async function rowOf(external_id) {
  const row = (await crm.sim.records('people')).find((row) => row.externalId === external_id);
  const { firstName, lastName } = row?.name ?? {};
  return row && { ...row, name: { firstName: firstName ?? '', lastName: lastName ?? '' } };
}

/** An edit by a person in Twenty. @param {string} id @param {object} body */
async function edit(id, body) {
  assert.ok((await crm.client().patch(`/rest/people/${id}`, body)).success);
}

/** @param {any} service @param {any} input */
const alone = (service, input) => service.upsertPerson(input);
/** @param {any} service @param {any} input @param {any} [options] */
async function inBulk(service, input, options) {
  for await (const result of service.syncPersons([input], options)) return result;
}

for (const [how, write] of Object.entries({ alone, 'in bulk': inBulk })) {
  describe(`${how}`, () => {
    test('parts are stored as given, on create and on update', async () => {
      for (const [name, firstName, lastName] of parts) {
        const person = newPerson({ name });
        const { data } = await write(crm.service(), person);
        assert.deepEqual((await rowOf(person.external_id)).name, { firstName, lastName });
        assert.equal(data.name, `${firstName} ${lastName}`.trim());

        const other = newPerson({ name: 'Somebody Else' });
        const service = crm.service();
        await service.upsertPerson(other);
        await write(service, { ...other, name });
        assert.deepEqual((await rowOf(other.external_id)).name, { firstName, lastName });
      }
    });

    for (const [which, forget] of Object.entries({
      remembered: () => {},
      'found again': (service) => service.clearCache(),
    })) {
      test(`the same name in one text keeps the parts of a row that is ${which}`, async () => {
        for (const [name, firstName, lastName] of parts) {
          const person = newPerson({ name });
          const service = crm.service();
          await service.upsertPerson(person);
          forget(service);
          const flat = `${firstName} ${lastName}`.trim();
          await write(service, { ...person, name: flat, job_title: 'CTO' });
          const row = await rowOf(person.external_id);
          assert.deepEqual([row.name, row.jobTitle], [{ firstName, lastName }, 'CTO']);
        }
      });

      test(`parts that people correct in Twenty stay, in a row that is ${which}`, async () => {
        const person = newPerson({ name: 'Anna Maria' });
        const service = crm.service();
        const { id } = await service.upsertPerson(person);
        await edit(id, { name: { firstName: 'Anna Maria', lastName: '' } });
        forget(service);
        await write(service, { ...person, city: 'Bonn' });
        const { name, city } = await rowOf(person.external_id);
        assert.deepEqual([name, city], [{ firstName: 'Anna Maria', lastName: '' }, 'Bonn']);
        // Another name is written, however often it changes.
        await write(service, { ...person, name: 'Anna Lopez' });
        const renamed = await rowOf(person.external_id);
        assert.deepEqual(renamed.name, { firstName: 'Anna', lastName: 'Lopez' });
        // Both sides change to the same name: the parts from Twenty stay once the row was seen.
        await edit(id, { name: { firstName: 'Anna', lastName: 'Lopez Garcia' } });
        service.clearCache();
        await write(service, { ...person, name: 'Anna Lopez Garcia' });
        const both = await rowOf(person.external_id);
        assert.deepEqual(both.name, { firstName: 'Anna', lastName: 'Lopez Garcia' });
      });
    }

    test('a name changed in Twenty is overwritten by a different name', async () => {
      const person = newPerson({ name: 'Jane Smith' });
      const service = crm.service();
      const { id } = await service.upsertPerson(person);
      await edit(id, { name: { firstName: 'Joan', lastName: 'Smith' } });
      await write(service, { ...person, city: 'Bonn' });
      const { name } = await rowOf(person.external_id);
      assert.deepEqual(name, { firstName: 'Jane', lastName: 'Smith' });
    });

    test('a blank name is refused', async () => {
      for (const name of [
        { lastName: null },
        { firstName: ' ', lastName: null },
        { firstName: '' },
      ]) {
        const person = newPerson({ name });
        const error =
          write === alone
            ? await rejection(write(crm.service(), person))
            : (await write(crm.service(), person)).error;
        assert.equal(error.code, 'VALIDATION_ERROR');
        assert.equal(error.details.field, 'name');
        assert.match(error.message, /^name must not be blank: give firstName, lastName or both/);
      }
      for (const [name, message] of [
        [{ firstName: 7 }, 'name.firstName must be a string, got a number'],
        [{ firstName: 'A', last: 'B' }, /^name has no property "last"/],
        [{ lastName: 'a\0' }, 'name.lastName holds a NUL character, which the CRM cannot store'],
      ]) {
        const error = await rejection(crm.service().upsertPerson(newPerson({ name })));
        assert.equal(error.details.field, 'name');
        assert.match(error.message, new RegExp(message));
      }
    });
  });
}

test('a name in one text is unchanged if the row holds it in other parts', async () => {
  const person = newPerson({ name: { firstName: 'Pe', lastName: 'Win Thu' } });
  const mappingStore = memoryMappingStore();
  const service = crm.service({ mappingStore });
  await service.upsertPerson(person);
  const flat = { ...person, name: 'Pe Win Thu' };
  const verified = await inBulk(service, flat, { verifyUnchanged: true });
  assert.equal(verified.status, 'unchanged');
  await inBulk(service, flat);
  assert.equal((await inBulk(service, flat)).status, 'unchanged');
  const { name } = await rowOf(person.external_id);
  assert.deepEqual(name, { firstName: 'Pe', lastName: 'Win Thu' });
  // The same words as parts are a different value: they overwrite what a name in one text kept.
  const split = { ...person, name: { firstName: 'Pe Win', lastName: 'Thu' } };
  assert.equal((await inBulk(service, split)).status, 'updated');
  const written = await rowOf(person.external_id);
  assert.deepEqual(written.name, split.name);
  assert.equal((await inBulk(service, split)).status, 'unchanged');
});

test('one request for any name of a row that was seen lately', async () => {
  const person = newPerson();
  const service = crm.service();
  await service.upsertPerson(person);
  const take = (input) => crm.requestsOf(() => service.upsertPerson(input));
  assert.equal(await take({ ...person, city: 'Bonn' }), 1);
  assert.equal(await take({ ...person, name: 'Jane Other' }), 1);
  assert.deepEqual((await rowOf(person.external_id)).name, {
    firstName: 'Jane',
    lastName: 'Other',
  });
  assert.equal(await take({ ...person, name: { firstName: 'Jane', lastName: 'Third' } }), 1);
});

test('records merged in one run have the parts of the last', async () => {
  const person = newPerson({ name: { firstName: 'Md', lastName: 'Rahman' } });
  const service = crm.service();
  await service.upsertManyPersons([{ ...person, name: 'Somebody Else' }, person]);
  assert.deepEqual((await rowOf(person.external_id)).name, person.name);
  await service.upsertManyPersons([person, { ...person, name: 'Jane Smith' }]);
  const { name } = await rowOf(person.external_id);
  assert.deepEqual(name, { firstName: 'Jane', lastName: 'Smith' });
});

test('a dry run writes nothing and returns the name', async () => {
  const person = newPerson({ name: { firstName: 'Md', lastName: 'Rahman' } });
  const { status, data } = await inBulk(crm.service(), person, { dryRun: true });
  assert.deepEqual([status, data.name], ['created', 'Md Rahman']);
  assert.equal(await rowOf(person.external_id), undefined);
});

test('the result of find can be written again', async () => {
  const person = newPerson({ name: { firstName: 'Pe', lastName: 'Win Thu' } });
  const service = crm.service();
  await service.upsertPerson(person);
  const found = await service.findPerson(person.external_id);
  assert.equal(found.name, 'Pe Win Thu');
  assert.deepEqual(found.nameParts, person.name);
  const copy = newPerson({ name: found.nameParts });
  await service.upsertPerson(copy);
  assert.deepEqual((await rowOf(copy.external_id)).name, person.name);
});

test('platform events and the outbox keep the parts', async () => {
  const person = newPerson({ name: { firstName: 'Md', lastName: 'Rahman' } });
  /** @type {any[]} */
  const events = [];
  const options = { mode: 'platform', publish: async (event) => events.push(event) };
  const { data } = await crm.service(options).upsertPerson(person);
  assert.equal(data.name, 'Md Rahman');
  assert.deepEqual(events[0].payload, person);
  const service = crm.service();
  await service.applyPlatformEvent(JSON.parse(JSON.stringify(events[0])));
  assert.deepEqual((await rowOf(person.external_id)).name, person.name);

  const queued = newPerson({ name: { firstName: 'Pe', lastName: 'Win' } });
  const outbox = createTwentyCrmOutbox({ service, store: sqliteOutbox(':memory:') });
  await outbox.enqueuePerson(queued);
  await outbox.drain();
  await outbox.close();
  assert.deepEqual((await rowOf(queued.external_id)).name, queued.name);
});
