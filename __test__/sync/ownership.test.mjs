// Fields that belong to the people who work in the CRM.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { newPerson, useSim } from '../helpers/crm.mjs';

const crm = useSim({ preset: 'provisioned' });

test('if-empty fills blanks, create-only writes once, always writes always', async () => {
  const service = crm.service({
    fieldOwnership: { person: { job_title: 'if-empty', city: 'if-empty', phone: 'create-only' } },
  });
  const person = newPerson({ job_title: 'Clerk', phone: '+33612345678', plan: 'free' });
  const made = await service.upsertPerson(person);
  assert.equal(made.data.job_title, 'Clerk');
  assert.equal(made.data.phone, '+33612345678');

  const changed = await service.upsertPerson({
    ...person,
    job_title: 'Boss',
    city: 'Paris',
    phone: '+33699999999',
    plan: 'premium',
  });
  assert.equal(changed.id, made.id);
  assert.equal(changed.data.job_title, 'Clerk', 'the CRM has one');
  assert.equal(changed.data.city, 'Paris', 'the CRM had none');
  assert.equal(changed.data.phone, '+33612345678');
  assert.equal(changed.data.plan, 'premium');

  const plain = { external_id: person.external_id, name: person.name, email: person.email };
  const known = await crm.requestsOf(() => service.upsertPerson({ ...plain, plan: 'free' }));
  assert.equal(known, 1, 'no look-up where no such field is written');
});

/** The results of single calls and of runs for these inputs, in order. @param {any} options @param {any[]} inputs */
async function outcomes(options, inputs) {
  const single = crm.service(options);
  const bulk = crm.service({ ...options, namespace: 'bulk' });
  /** @type {string[]} */
  const ofSingle = [];
  /** @type {string[]} */
  const ofBulk = [];
  for (const input of inputs) {
    const { created, updated } = await single.upsertPerson(input, { skipUnchanged: true });
    ofSingle.push(created ? 'created' : updated ? 'updated' : 'unchanged');
    const other = { ...input, email: `bulk-${input.email}` };
    for await (const { status } of bulk.syncPersons([other])) ofBulk.push(status);
  }
  return { ofSingle, ofBulk };
}

test('a create-only value that is left out does not make a record changed', async () => {
  const person = newPerson({ job_title: 'Clerk', phone: '+33612345678' });
  const moved = { ...person, job_title: 'Boss', phone: '+33699999999' };
  for (const fieldOwnership of [
    { person: { phone: 'create-only' } },
    { person: { job_title: 'create-only', phone: 'create-only' } },
    { person: { name: 'create-only', email: 'create-only', company_external_id: 'create-only' } },
  ]) {
    await crm.sim.reset();
    const { ofSingle, ofBulk } = await outcomes({ fieldOwnership }, [
      person,
      person,
      moved,
      moved,
      moved,
    ]);
    assert.deepEqual(ofSingle, ['created', 'unchanged', 'updated', 'unchanged', 'unchanged']);
    assert.deepEqual(ofBulk, ofSingle);
  }
});

test('an if-empty field is checked each time, alone and in bulk', async () => {
  const options = /** @type {any} */ ({ fieldOwnership: { person: { job_title: 'if-empty' } } });
  const person = newPerson({ job_title: 'Clerk' });
  const moved = { ...person, job_title: 'Boss' };
  const { ofSingle, ofBulk } = await outcomes(options, [person, moved, moved]);
  assert.deepEqual(ofSingle, ['created', 'updated', 'updated']);
  assert.deepEqual(ofBulk, ofSingle);
});
