// People without an e-mail address: refused, unless the option `missingEmail` allows them.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { createTwentyCrmOutbox, createTwentyCrmSyncService, sqliteOutbox } from '../../index.mjs';
import { newPerson, rejection, useSim } from '../helpers/crm.mjs';

const crm = useSim({ preset: 'provisioned' });

/** A person, with `email` only if it is given. @param {object} [fields] */
function nobody(fields) {
  const { email: _, ...person } = newPerson();
  return { ...person, ...fields };
}

/** Every way to give no address. */
const NONE = [{}, { email: undefined }, { email: null }, { email: '' }, { email: ' \t' }];

const rows = () => crm.sim.records('people');
const emailsHeld = async () =>
  Object.fromEntries((await rows()).map((row) => [row.externalId, row.emails?.primaryEmail ?? '']));

test('refused by default, alone and in bulk, before any request', async () => {
  const service = crm.service();
  const people = NONE.map((none) => nobody(none));
  const requests = await crm.requestsOf(async () => {
    for (const person of people) {
      const error = await rejection(service.upsertPerson(person));
      assert.equal(error.code, 'VALIDATION_ERROR');
      assert.equal(error.details.field, 'email');
    }
  });
  assert.equal(requests, 0);
  const { failed } = await service.syncPersons(people);
  assert.equal(failed, people.length);
  assert.deepEqual(await rows(), []);
});

test('allowed: each way to give no address creates a row without one, without collisions', async () => {
  for (const bulk of [false, true]) {
    await crm.sim.reset();
    /** @type {any[]} */
    const warnings = [];
    const service = crm.service({
      missingEmail: 'allow',
      onWarning: (warning) => warnings.push(warning),
    });
    const people = NONE.map((none) => nobody(none));
    if (bulk) {
      const { created } = await service.syncPersons(people);
      assert.equal(created, people.length);
    } else {
      for (const person of people) {
        const { created, data } = await service.upsertPerson(person);
        assert.deepEqual([created, data.email], [true, '']);
      }
    }
    assert.deepEqual(Object.values(await emailsHeld()), ['', '', '', '', '']);
    assert.deepEqual(warnings, []);
    const again = await service.syncPersons(people);
    assert.equal(again.created, 0);
    const found = await service.findPerson(people[0].external_id);
    assert.equal(found?.email, '');
  }
});

test('allowed: a row keeps its address if none is given, and null clears it', async () => {
  for (const bulk of [false, true]) {
    await crm.sim.reset();
    const service = crm.service({ missingEmail: 'allow' });
    /** @param {any} person */
    const write = (person) => (bulk ? service.syncPersons([person]) : service.upsertPerson(person));
    const person = newPerson();
    const { email, ...without } = person;
    const { id } = await service.upsertPerson(person);
    await crm.client().patch(`/rest/people/${id}`, {
      emails: { additionalEmails: ['second@example.com'] },
    });
    for (const [at, none] of [{}, { email: '' }, { email: undefined }].entries()) {
      await write({ ...without, ...none, job_title: `Title ${at}` });
      const [row] = await rows();
      assert.deepEqual([row.emails.primaryEmail, row.jobTitle], [email, `Title ${at}`]);
    }
    await write({ ...without, email: null });
    const [row] = await rows();
    assert.equal(row.emails.primaryEmail ?? '', '');
    assert.deepEqual(row.emails.additionalEmails, ['second@example.com']);
    await write(person);
    assert.deepEqual(await emailsHeld(), { [person.external_id]: email });
  }
});

test('allowed: an invalid address is still refused, or left out as invalidEmail says', async () => {
  const refusing = crm.service({ missingEmail: 'allow' });
  const error = await rejection(refusing.upsertPerson(newPerson({ email: 'nope' })));
  assert.equal(error.details.field, 'email');
  const reasons = [];
  const lax = crm.service({
    missingEmail: 'allow',
    invalidEmail: 'leave_out',
    onWarning: ({ reason }) => reasons.push(reason),
  });
  await lax.upsertPerson(newPerson({ email: 'nope' }));
  await lax.upsertPerson(newPerson({ email: '' }));
  assert.deepEqual(reasons, ['invalid_email']);
});

test('allowed: inputs of one id in a run are merged as if written in turn', async () => {
  const service = crm.service({ missingEmail: 'allow' });
  const [kept, cleared, late] = [newPerson(), newPerson(), newPerson()];
  /** @param {any} person @param {object} [fields] */
  const without = ({ email: _, ...person }, fields) => ({ ...person, ...fields });
  await service.syncPersons([
    ...[kept, cleared, without(late)],
    ...[without(kept, { city: 'Oslo' }), without(kept, { email: '' })],
    ...[without(cleared, { email: null }), late],
  ]);
  assert.deepEqual(await emailsHeld(), {
    [kept.external_id]: kept.email,
    [cleared.external_id]: '',
    [late.external_id]: late.email,
  });
});

test('allowed: an empty address matches no row', async () => {
  const service = crm.service({ missingEmail: 'allow' });
  const client = crm.client();
  // Unclaimed rows without an address: no person may be linked to one.
  for (const firstName of ['Ann', 'Bob']) {
    await client.post('/rest/people', { name: { firstName } });
  }
  const person = nobody({ email: '' });
  const { created } = await service.upsertPerson(person);
  const run = await service.syncPersons([nobody(), nobody({ email: null })]);
  assert.deepEqual([created, run.created, run.warnings], [true, 2, 0]);
  assert.equal((await rows()).length, 5);
});

test('allowed: skipUnchanged recognises such a person, and returns it as an entity', async () => {
  const service = crm.service({ missingEmail: 'allow' });
  const person = nobody({ email: null });
  await service.upsertPerson(person);
  const again = await service.upsertPerson(person, { skipUnchanged: true });
  assert.deepEqual([again.updated, again.data.email], [false, '']);
  const { unchanged } = await service.syncPersons([person, person]);
  assert.equal(unchanged, 2);
});

test('allowed: through platform events and the outbox', async () => {
  /** @type {any[]} */
  const events = [];
  const options = { missingEmail: /** @type {const} */ ('allow') };
  const platform = createTwentyCrmSyncService(
    {},
    { ...options, mode: 'platform', publish: (event) => events.push(event) },
  );
  const people = [nobody(), nobody({ email: '' }), nobody({ email: null })];
  for (const person of people) {
    const { data } = await platform.upsertPerson(person);
    assert.equal(data.email, '');
  }
  assert.deepEqual(
    events.map(({ payload }) => ['email' in payload, payload.email]),
    [
      [false, undefined],
      [false, undefined],
      [true, null],
    ],
  );
  const service = crm.service(options);
  for (const event of events) await service.applyPlatformEvent(event);
  assert.deepEqual(Object.values(await emailsHeld()), ['', '', '']);

  await crm.sim.reset();
  const outbox = createTwentyCrmOutbox({
    service: crm.service(options),
    store: sqliteOutbox(':memory:'),
  });
  const known = newPerson();
  await outbox.enqueuePerson(known);
  await outbox.enqueuePerson({ ...known, email: '', city: 'Oslo' });
  for (const person of people) await outbox.enqueuePerson(person);
  await outbox.drain();
  const held = await emailsHeld();
  assert.equal(held[known.external_id], known.email);
  assert.equal(Object.keys(held).length, 4);
  await outbox.close();
  const strict = createTwentyCrmOutbox({ service: crm.service(), store: sqliteOutbox(':memory:') });
  const error = await rejection(strict.enqueuePerson(nobody()));
  assert.equal(error.details.field, 'email');
  await strict.close();
});
