// Texts are trimmed, and a difference in surrounding blanks alone is not a change.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { newCompany, newPerson, useSim } from '../helpers/crm.mjs';

const crm = useSim({ preset: 'provisioned' });

const blank = {
  job_title: ' CTO\n',
  city: '\u00a0Köln ',
  account_type: ' business ',
  plan: '\tpremium ',
  company_name: '  Acme   Corp ',
};

/** @param {string} plural @param {string} external_id */
async function rowOf(plural, external_id) {
  return (await crm.sim.records(plural)).find((row) => row.externalId === external_id);
}

for (const how of ['alone', 'in bulk']) {
  test(`texts are trimmed, ${how}`, async () => {
    const [person, company] = [
      newPerson(blank),
      newCompany({ name: ' Acme  Inc ', status: ' active ' }),
    ];
    person.company_external_id = `of-${person.external_id}`;
    const service = crm.service();
    if (how === 'alone') {
      await service.upsertPerson(person);
      await service.upsertCompany(company);
    } else {
      await service.upsertManyPersons([person]);
      await service.upsertManyCompanies([company]);
    }
    const row = await rowOf('people', person.external_id);
    assert.deepEqual([row.jobTitle, row.city, row.accountType], ['CTO', 'Köln', 'business']);
    assert.equal((await rowOf('companies', person.company_external_id)).name, 'Acme Corp');
    const made = await rowOf('companies', company.external_id);
    assert.deepEqual([made.name, made.status], ['Acme Inc', 'active']);

    const bare = {
      ...person,
      job_title: 'CTO',
      city: 'Köln',
      account_type: 'business',
      plan: 'premium',
    };
    for (const options of [{}, { verifyUnchanged: true }]) {
      for await (const { status } of service.syncPersons([bare], options)) {
        assert.equal(status, 'unchanged');
      }
    }
    const requests = await crm.requestsOf(() =>
      service.upsertPerson(bare, { skipUnchanged: true }),
    );
    assert.equal(requests, 0);
  });
}

test('a blank text clears the field', async () => {
  const person = newPerson({ city: 'Bonn' });
  const service = crm.service();
  await service.upsertPerson(person);
  await service.upsertPerson({ ...person, city: ' \n' });
  assert.ok(!(await rowOf('people', person.external_id)).city);
});
