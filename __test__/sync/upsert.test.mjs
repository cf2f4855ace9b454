// The upsert of single records on the simulator: what is written, what is returned, and what it costs.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { newCompany, newPerson, rejection, useSim } from '../helpers/crm.mjs';

const crm = useSim({ preset: 'provisioned' });
const uuid = /^[0-9a-f]{8}-[0-9a-f]{4}-5[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$/;

/** A service that has read the schema. @param {object} [options] */
async function warm(options) {
  const service = crm.service(options);
  await service.upsertPerson(newPerson());
  return service;
}

test('a new person takes one request, the same again one, a changed one one', async () => {
  const service = await warm();
  const person = newPerson({
    phone: '+33 6 12 34 56 78',
    job_title: 'Product Manager',
    website: 'jane.example',
    city: 'Lyon',
    account_type: 'business',
    plan: 'premium',
    total_submissions: 5,
  });
  let result;
  assert.equal(await crm.requestsOf(async () => (result = await service.upsertPerson(person))), 1);
  assert.match(result.id, uuid);
  assert.deepEqual(
    { externalId: result.externalId, created: result.created, updated: result.updated },
    { externalId: person.external_id, created: true, updated: true },
  );
  assert.deepEqual(result.data, {
    external_id: person.external_id,
    name: 'Jane van der Berg',
    email: person.email,
    phone: '+33612345678',
    job_title: 'Product Manager',
    company_name: null,
    website: 'https://jane.example',
    city: 'Lyon',
    account_type: 'business',
    plan: 'premium',
    total_submissions: 5,
  });

  let again;
  assert.equal(await crm.requestsOf(async () => (again = await service.upsertPerson(person))), 1);
  assert.deepEqual(again, { ...result, created: false });

  const changed = await service.upsertPerson({
    ...person,
    job_title: 'Director',
    city: undefined,
    phone: null,
  });
  assert.equal(changed.created, false);
  assert.equal(changed.id, result.id);
  assert.equal(changed.data.job_title, 'Director');
  assert.equal(changed.data.city, 'Lyon', 'an absent key keeps what is there');
  assert.equal(changed.data.phone, null, 'null clears');

  const rows = (await crm.sim.records('people')).filter(
    (row) => row.externalId === person.external_id,
  );
  assert.equal(rows.length, 1);
  assert.deepEqual(rows[0].name, { firstName: 'Jane', lastName: 'van der Berg' });
});

test('an unknown person whose row has another id is found by its external id', async () => {
  const service = await warm();
  const person = newPerson();
  const client = crm.client();
  const made = await client.post('/rest/people', {
    externalId: person.external_id,
    name: { firstName: 'Someone', lastName: 'Else' },
  });
  const id = made.data.data.createPerson.id;
  let result;
  const requests = await crm.requestsOf(async () => (result = await service.upsertPerson(person)));
  assert.ok(requests <= 3, `${requests} requests`);
  assert.equal(result.id, id);
  assert.equal(result.created, false);
  assert.equal(result.data.name, person.name);
});

test('eight upserts of one new key at once: one record, eight successful answers, one of them created', async () => {
  const service = await warm();
  const person = newPerson();
  const results = await Promise.all(
    Array.from({ length: 8 }, (_, at) =>
      service.upsertPerson({ ...person, job_title: `Job ${at}` }),
    ),
  );
  assert.equal(new Set(results.map((result) => result.id)).size, 1);
  assert.equal(results.filter((result) => result.created).length, 1);
  const rows = (await crm.sim.records('people')).filter(
    (row) => row.externalId === person.external_id,
  );
  assert.equal(rows.length, 1);
  assert.equal(rows[0].jobTitle, 'Job 7');
});

test('a thousand upserts of one key at once take a few requests, and lose no field', async () => {
  const service = await warm();
  const person = newPerson();
  /** @type {any[]} */
  let results = [];
  const requests = await crm.requestsOf(async () => {
    results = await Promise.all(
      Array.from({ length: 1000 }, (_, at) =>
        service.upsertPerson(
          at % 2 ? { ...person, city: `C${at}` } : { ...person, job_title: `J${at}` },
        ),
      ),
    );
  });
  assert.ok(requests <= 4, `${requests} requests`);
  assert.equal(results.filter((result) => result.created).length, 1);
  const row = (await crm.sim.records('people')).find(
    (row) => row.externalId === person.external_id,
  );
  assert.deepEqual([row.jobTitle, row.city], ['J998', 'C999']);
});

test('processes that race for one new key end with one record', async () => {
  // Services with separate stores share no queue, like separate processes.
  const person = newPerson();
  const stores = Array.from({ length: 8 }, () => memoryStore());
  const results = await Promise.all(
    stores.map((store, at) =>
      crm.service({ mappingStore: store }).upsertPerson({ ...person, job_title: `Job ${at}` }),
    ),
  );
  assert.equal(new Set(results.map((result) => result.id)).size, 1);
  assert.equal(results.filter((result) => result.created).length, 1);
  const rows = (await crm.sim.records('people')).filter(
    (row) => row.externalId === person.external_id,
  );
  assert.equal(rows.length, 1);
});

test('another client’s e-mail is left out, and its row is not touched', async () => {
  const warnings = [];
  const service = await warm({ onWarning: (warning) => warnings.push(warning) });
  const first = newPerson();
  const before = await service.upsertPerson(first);
  const second = newPerson({ email: first.email.toUpperCase() });
  const result = await service.upsertPerson(second);
  assert.equal(result.created, true);
  assert.notEqual(result.id, before.id);
  assert.equal(warnings.length, 1);
  assert.equal(warnings[0].reason, 'value_taken');
  assert.equal(warnings[0].otherExternalId, first.external_id);
  const rows = await crm.sim.records('people');
  assert.equal(rows.find((row) => row.id === before.id).emails.primaryEmail, first.email);
  assert.equal(rows.find((row) => row.id === result.id).emails?.primaryEmail ?? '', '');
});

test('a row that a human created is linked: blank fields are filled, others are kept', async () => {
  const warnings = [];
  const service = await warm({ onWarning: (warning) => warnings.push(warning) });
  const person = newPerson({ job_title: 'Countess', city: 'London' });
  const client = crm.client();
  const made = await client.post('/rest/people', {
    name: { firstName: 'Ada', lastName: 'Lovelace' },
    emails: { primaryEmail: person.email },
    jobTitle: 'Mathematician',
  });
  const { id } = made.data.data.createPerson;
  const result = await service.upsertPerson(person);
  assert.equal(result.id, id);
  assert.equal(result.created, false);
  assert.equal(result.data.name, 'Ada Lovelace');
  assert.equal(result.data.job_title, 'Mathematician');
  assert.equal(result.data.city, 'London');
  const row = (await crm.sim.records('people')).find((row) => row.id === id);
  assert.equal(row.externalId, person.external_id);
  assert.equal(warnings[0].reason, 'linked');
  assert.match(warnings[0].message, /name/);
  assert.match(warnings[0].message, /jobTitle/);
});

test('our own soft-deleted row is restored, known or not', async () => {
  const service = await warm();
  const client = crm.client();
  const person = newPerson();
  const { id } = await service.upsertPerson(person);
  for (const forget of [false, true]) {
    await client.delete(`/rest/people/${id}?soft_delete=true`);
    if (forget) service.clearCache();
    let result;
    const requests = await crm.requestsOf(
      async () => (result = await service.upsertPerson({ ...person, job_title: `Back ${forget}` })),
    );
    assert.equal(result.id, id);
    assert.equal(result.created, false);
    assert.ok(requests <= (forget ? 4 : 2), `${requests} requests`);
    const row = (await crm.sim.records('people')).find((row) => row.id === id);
    assert.equal(row.deletedAt, null);
    assert.equal(row.jobTitle, `Back ${forget}`);
  }
});

test('our own destroyed row is created again', async () => {
  const service = await warm();
  const person = newPerson();
  const { id } = await service.upsertPerson(person);
  await crm.client().delete(`/rest/people/${id}`);
  const result = await service.upsertPerson(person);
  assert.equal(result.created, true);
  assert.equal(result.id, id);
});

test('a lost answer to a create: still one record, and still reported as created', async () => {
  const service = await warm();
  const person = newPerson();
  await crm.sim.addFaults({
    method: 'POST',
    path: '/rest/people',
    times: 1,
    action: { type: 'resetAfter' },
  });
  const result = await service.upsertPerson(person);
  assert.equal(result.created, true);
  const rows = (await crm.sim.records('people')).filter(
    (row) => row.externalId === person.external_id,
  );
  assert.equal(rows.length, 1);
});

test('a workspace without custom fields: warnings, never a failure', async () => {
  await crm.sim.reset({ preset: 'fresh' });
  const warnings = [];
  const service = crm.service({ onWarning: (warning) => warnings.push(warning) });
  const person = newPerson({
    plan: 'premium',
    account_type: 'business',
    total_submissions: 3,
    website: 'x.example',
  });
  let result;
  for (let round = 0; round < 2; round += 1) {
    warnings.length = 0;
    result = await service.upsertPerson(person);
  }
  assert.equal(result.data.plan, null);
  assert.deepEqual(
    new Set(warnings.map((warning) => `${warning.field} ${warning.reason}`)),
    new Set([
      'plan missing_field',
      'account_type missing_field',
      'total_submissions missing_field',
      'website missing_field',
    ]),
  );
  const again = await service.upsertPerson(person);
  assert.equal(again.id, result.id);
});

test('bad input is refused before any request, and the error names the field', async () => {
  const service = await warm();
  const good = newPerson();
  /** @type {[string, any][]} */
  const bad = [
    ['external_id', { ...good, external_id: '' }],
    ['external_id', { ...good, external_id: undefined }],
    ['name', { ...good, name: 5 }],
    ['email', { ...good, email: 'not an email' }],
    ['phone', { ...good, phone: 612345678 }],
    ['total_submissions', { ...good, total_submissions: Number.NaN }],
    ['total_submissions', { ...good, total_submissions: '5' }],
    ['job_title', { ...good, job_title: 'a\u0000b' }],
    ['city', { ...good, city: '\ud800' }],
    ['input', null],
    ['input', 'a string'],
  ];
  const requests = await crm.requestsOf(async () => {
    for (const [field, input] of bad) {
      const error = await rejection(service.upsertPerson(input));
      assert.equal(error.code, 'VALIDATION_ERROR', field);
      assert.equal(error.isRetryable, false);
      assert.equal(error.details.field, field, error.message);
    }
  });
  assert.equal(requests, 0);
});

test('external ids with any text reach the right record', async () => {
  const service = await warm();
  const ids = [
    'a)b(',
    'x,y',
    '"q"',
    "o'neil",
    'line\nbreak',
    '💥',
    ' lead',
    'CaseX',
    'casex',
    'é'.repeat(500),
    '{}',
    '100%',
  ];
  const tagged = ids.map((id) => `${id}`);
  const first = [];
  for (const external_id of tagged) {
    const result = await service.upsertPerson({
      external_id,
      name: 'Any Text',
      email: `t${first.length}@any.example`,
    });
    assert.equal(result.created, true, external_id);
    first.push(result.id);
  }
  service.clearCache();
  for (const [at, external_id] of tagged.entries()) {
    const result = await service.upsertPerson({
      external_id,
      name: 'Again',
      email: `t${at}@any.example`,
    });
    assert.equal(result.id, first[at], external_id);
    assert.equal(result.created, false);
  }
});

test('a caller’s store is asked if memory is empty, and told what was written', async () => {
  const store = memoryStore();
  const person = newPerson();
  const made = await crm.service({ mappingStore: store }).upsertPerson(person);
  assert.equal(store.rows.get(`person:${person.external_id}`).crmId, made.id);
  const other = crm.service({ mappingStore: store });
  assert.equal(await crm.requestsOf(() => other.upsertPerson(person)), 1);
});

test('a failing store never fails an upsert', async () => {
  const warnings = [];
  const broken = {
    findByEverId: () => {
      throw new Error('down');
    },
    upsertMapping: async () => {
      throw new Error('down');
    },
    deleteMapping: async () => {},
  };
  const service = crm.service({
    mappingStore: broken,
    onWarning: (warning) => warnings.push(warning),
  });
  const result = await service.upsertPerson(newPerson());
  assert.equal(result.created, true);
  assert.ok(warnings.length > 0);
  assert.ok(
    warnings.every((warning) => warning.reason === 'store_failed' && /down/.test(warning.message)),
  );
});

test('the cache lists its entries', async () => {
  const service = crm.service();
  const person = newPerson();
  const company = newCompany();
  const made = await service.upsertPerson(person);
  await service.upsertCompany(company);
  const { size, entries } = service.getCacheStats();
  assert.equal(size, 2);
  assert.deepEqual(
    new Set(entries.map((entry) => entry.key)),
    new Set([`person:${person.external_id}`, `company:${company.external_id}`]),
  );
  const found = service.cacheEntries().find((entry) => entry.type === 'person');
  assert.equal(found.externalId, person.external_id);
  assert.equal(found.crmId, made.id);
  assert.equal(typeof found.cachedAt, 'number');
  service.clearCache();
  assert.equal(service.getCacheStats().size, 0);
});

function memoryStore() {
  const rows = new Map();
  return {
    rows,
    findByEverId: async (everId, type) => rows.get(`${type}:${everId}`) ?? null,
    findByCrmId: async (crmId) => [...rows.values()].find((row) => row.crmId === crmId) ?? null,
    upsertMapping: async (mapping) =>
      void rows.set(`${mapping.objectType}:${mapping.everId}`, mapping),
    upsertManyMappings: async (mappings) => {
      for (const mapping of mappings) rows.set(`${mapping.objectType}:${mapping.everId}`, mapping);
    },
    deleteMapping: async (everId, type) => void rows.delete(`${type}:${everId}`),
  };
}
