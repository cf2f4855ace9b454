// Fields that the people who work in the CRM own.
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
