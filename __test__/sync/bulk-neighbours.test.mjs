// Records of one run that affect each other: duplicates of which one is bad, values that move between records.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { createTwentyCrmOutbox, sqliteOutbox } from '../../index.mjs';
import { newCompany, newPerson, useSim } from '../helpers/crm.mjs';

const crm = useSim({ preset: 'provisioned' });

/** @param {AsyncIterable<any>} results */
async function all(results) {
  const list = [];
  for await (const result of results) list.push(result);
  return list;
}

/** The rows of the CRM, by external id. @param {(row: any) => unknown} value @param {string} [plural] */
async function held(value, plural = 'people') {
  const rows = await crm.sim.records(plural);
  return Object.fromEntries(rows.map((/** @type {any} */ row) => [row.externalId, value(row)]));
}

const emailsHeld = () => held((row) => row.emails.primaryEmail);

test('a duplicate with an invalid address is refused alone, wherever it is in the input', async () => {
  const good = newPerson({ job_title: 'Analyst' });
  const bad = { ...good, email: 'none', job_title: 'Nobody' };
  for (const [inputs, expected] of /** @type {const} */ ([
    [
      [good, bad],
      ['created', 'failed'],
    ],
    [
      [bad, good],
      ['failed', 'created'],
    ],
    [
      [good, bad, { ...good, city: 'Oslo' }],
      ['created', 'failed', 'updated'],
    ],
  ])) {
    await crm.sim.reset();
    const results = await all(crm.service().syncPersons(inputs));
    assert.deepEqual(
      results.map(({ status }) => status),
      expected,
    );
    const failed = results.find(({ status }) => status === 'failed');
    assert.equal(failed.error.details.field, 'email');
    assert.equal(failed.externalId, good.external_id);
    assert.deepEqual(await held((row) => row.jobTitle), { [good.external_id]: 'Analyst' });
    const { created, failed: count } = await crm.service().syncPersons(inputs, { force: true });
    assert.deepEqual([created, count], [0, 1]);
  }
});

test('if invalid addresses are left out, a duplicate does not lose its valid one', async () => {
  const good = newPerson();
  for (const inputs of [
    [good, { ...good, email: 'none' }],
    [{ ...good, email: '' }, good],
  ]) {
    await crm.sim.reset();
    await crm.service({ invalidEmail: 'leave_out' }).syncPersons(inputs);
    assert.deepEqual(await emailsHeld(), { [good.external_id]: good.email });
  }
});

test('an address that one record drops and another takes moves within one run, in either order', async () => {
  const [giver, taker, heir] = [newPerson(), newPerson(), newPerson()];
  const changes = [
    { ...giver, email: `new-${giver.email}` },
    { ...taker, email: giver.email },
  ];
  for (const inputs of [changes, [...changes].reverse()]) {
    await crm.sim.reset();
    const service = crm.service();
    await service.syncPersons([giver, taker]);
    const results = await all(service.syncPersons(inputs));
    assert.deepEqual(
      results.map(({ status, warnings }) => [status, warnings.length]),
      [
        ['updated', 0],
        ['updated', 0],
      ],
    );
    assert.deepEqual(await emailsHeld(), {
      [giver.external_id]: `new-${giver.email}`,
      [taker.external_id]: giver.email,
    });
    const again = await service.syncPersons(inputs);
    assert.equal(again.unchanged, 2);
  }
  for (const claimedMatch of /** @type {const} */ (['leave_out', 'report'])) {
    await crm.sim.reset();
    const service = crm.service({ collisions: { claimedMatch } });
    await service.syncPersons([giver]);
    const results = await all(
      service.syncPersons([{ ...heir, email: giver.email }, changes[0] ?? giver]),
    );
    assert.deepEqual(
      results.map(({ status }) => status),
      ['created', 'updated'],
      claimedMatch,
    );
    assert.equal((await emailsHeld())[heir.external_id], giver.email);
  }
});

test('so does a domain, also from a company that now has none', async () => {
  const old = newCompany({ domain_name: 'acme.example' });
  const next = newCompany();
  for (const domain_name of [null, 'old-acme.example']) {
    await crm.sim.reset();
    const service = crm.service();
    await service.syncCompanies([old]);
    const results = await all(
      service.syncCompanies([
        { ...next, domain_name: 'www.acme.example' },
        { ...old, domain_name },
      ]),
    );
    assert.deepEqual(
      results.flatMap(({ warnings }) => warnings),
      [],
    );
    const domains = await held((row) => row.domainName.primaryLinkUrl, 'companies');
    assert.match(domains[next.external_id], /^(https:\/\/)?acme\.example$/);
  }
});

test('two records that swap, or a taker whose giver fails, keep their values, with a warning', async () => {
  const [one, other] = [newPerson(), newPerson()];
  const service = crm.service();
  await service.syncPersons([one, other]);
  const swapped = await all(
    service.syncPersons([
      { ...one, email: other.email, city: 'Oslo' },
      { ...other, email: one.email, city: 'Rome' },
    ]),
  );
  assert.deepEqual(
    swapped.map(({ status, warnings }) => [
      status,
      warnings.map((/** @type {any} */ w) => w.reason),
    ]),
    [
      ['updated', ['value_taken']],
      ['updated', ['value_taken']],
    ],
  );
  assert.deepEqual(await held((row) => row.city), {
    [one.external_id]: 'Oslo',
    [other.external_id]: 'Rome',
  });
  const kept = { [one.external_id]: one.email, [other.external_id]: other.email };
  assert.deepEqual(await emailsHeld(), kept);
  await service.syncPersons([
    { ...one, email: 'none' },
    { ...other, email: one.email },
  ]);
  assert.deepEqual(await emailsHeld(), kept);
});

test('an address also moves through the outbox', async () => {
  const [giver, taker] = [newPerson(), newPerson()];
  const service = crm.service();
  await service.syncPersons([giver, taker]);
  const outbox = createTwentyCrmOutbox({ service, store: sqliteOutbox(':memory:') });
  await outbox.enqueuePerson({ ...giver, email: `new-${giver.email}` });
  await outbox.enqueuePerson({ ...taker, email: giver.email });
  await outbox.drain();
  await outbox.close();
  assert.equal((await emailsHeld())[taker.external_id], giver.email);
});

test('a dry run reports what the run will report, also for records that affect each other', async () => {
  const deletedAt = '2026-01-01T00:00:00.000Z';
  const email = (/** @type {string} */ name) => ({ primaryEmail: `${name}@dry.example` });
  const person = (/** @type {string} */ id, /** @type {object} */ fields = {}) => ({
    external_id: id,
    name: 'Jane Doe',
    email: `${id}@dry.example`,
    ...fields,
  });
  const inputs = [
    person('human', { phone: 'none' }),
    person('first', { company_external_id: 'c1', company_name: 'New' }),
    person('second', { email: 'first@dry.example' }),
    person('soft'),
    person('claimed'),
    person('lost', { company_external_id: 'nobody' }),
    person('bad', { email: 'none' }),
    person('own', { email: 'own-new@dry.example' }),
    person('deleted'),
    person('employee', { company_external_id: 'deleted-company' }),
    person('colleague', { company_external_id: 'deleted-company' }),
    person('giver', { email: 'given@dry.example' }),
    person('taker', { email: 'giver@dry.example' }),
    person('left', { email: 'right@dry.example' }),
    person('right', { email: 'left@dry.example' }),
  ];
  for (const collisions of /** @type {const} */ ([
    {},
    { unclaimedMatch: 'report', claimedMatch: 'report', deletedMatch: 'report' },
    { ownDeleted: 'report' },
    { ownDeleted: 'skip', unclaimedMatch: 'adopt' },
  ])) {
    await crm.sim.reset();
    await crm.sim.seed({
      people: [
        { emails: email('human') },
        { emails: email('soft'), deletedAt },
        { emails: email('claimed'), externalId: 'somebody' },
        { emails: email('own'), externalId: 'own' },
        { emails: email('deleted'), externalId: 'deleted', deletedAt },
        { emails: email('giver'), externalId: 'giver' },
        { emails: email('left'), externalId: 'left' },
        { emails: email('right'), externalId: 'right' },
      ],
      companies: [{ name: 'Gone', externalId: 'deleted-company', deletedAt }],
    });
    const service = crm.service({ collisions });
    const told = async (/** @type {boolean} */ dryRun) =>
      (await all(service.syncPersons(inputs, { dryRun }))).map((result) => [
        result.externalId,
        result.status,
        result.error?.details.reason ?? result.error?.code,
        ...result.warnings.map((/** @type {any} */ { field, reason }) => `${field}/${reason}`),
      ]);
    const before = (await crm.sim.stats()).records;
    const foreseen = await told(true);
    assert.deepEqual((await crm.sim.stats()).records, before);
    assert.deepEqual(foreseen, await told(false), JSON.stringify(collisions));
  }
});

test('a remembered company that was destroyed is created again under the name that any person of the run gives it', async () => {
  const service = crm.service();
  const company = newCompany({ name: 'Gone' });
  const { id } = await service.upsertCompany(company);
  assert.ok((await crm.client().delete(`/rest/companies/${id}`)).success);

  const of = { company_external_id: company.external_id };
  const people = [newPerson(of), newPerson({ ...of, company_name: 'Back' }), newPerson(of)];
  const results = await all(service.syncPersons(people));

  assert.deepEqual(
    results.map(({ status, warnings }) => ({ status, warnings })),
    people.map(() => ({ status: 'created', warnings: [] })),
  );
  const companies = await crm.sim.records('companies');
  assert.deepEqual(
    companies.map((/** @type {any} */ row) => row.name),
    ['Back'],
  );
  const links = Object.values(await held((row) => row.companyId));
  assert.deepEqual(links, Array(3).fill(companies[0].id));
});

test('if several records want an address, the first in the input gets it, also for records written alone', async () => {
  const service = crm.service();
  const company = newCompany();
  const { id } = await service.upsertCompany(company);
  // The batch's answer about the company keeps them from being settled there.
  assert.ok((await crm.client().delete(`/rest/companies/${id}`)).success);

  const of = { company_external_id: company.external_id, email: 'shared@example.com' };
  const people = Array.from({ length: 6 }, () => newPerson({ ...of, company_name: 'Back' }));
  await all(service.syncPersons(people));

  const emails = await held((row) => row.emails?.primaryEmail);
  assert.deepEqual(
    people.map(({ external_id }) => emails[external_id] || null),
    ['shared@example.com', ...Array(5).fill(null)],
  );
});
