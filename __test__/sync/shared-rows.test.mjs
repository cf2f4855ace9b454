// One row that several records could claim: only one gets it. Also rows that disappear or are deleted in the meantime.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { newCompany, newPerson, rejection, useSim } from '../helpers/crm.mjs';

const crm = useSim({ preset: 'provisioned' });

/** @param {any} run */
async function all(run) {
  const results = [];
  for await (const result of run) results.push(result);
  return results;
}

/** @param {any[]} warnings */
const reasons = (warnings) => warnings.map((warning) => warning.reason);

/** A row that somebody created in the CRM. @param {string} email */
const humansRow = (email) =>
  crm.sim.seed({ people: [{ emails: { primaryEmail: email }, jobTitle: 'Boss' }] });

/** Checks that every input has its own row under the id of its result. @param {any[]} inputs @param {any[]} results */
async function assertOneRowEach(inputs, results) {
  const rows = await crm.sim.records('people');
  assert.deepEqual(
    inputs.map(({ external_id }) =>
      rows.filter((row) => row.externalId === external_id).map((row) => row.id),
    ),
    results.map((result) => [result.id]),
  );
}

for (const unclaimedMatch of /** @type {const} */ (['link', 'adopt'])) {
  test(`three profiles of one chunk with the e-mail of a row that a human created: ${unclaimedMatch}`, async () => {
    const email = 'human@crm.example';
    await humansRow(email);
    const inputs = [newPerson({ email }), newPerson({ email }), newPerson({ email })];
    const service = crm.service({ collisions: { unclaimedMatch } });
    const dry = await all(service.syncPersons(inputs, { dryRun: true }));
    assert.deepEqual(
      dry.map((result) => result.status),
      ['updated', 'created', 'created'],
    );
    const results = await all(service.syncPersons(inputs));
    assert.deepEqual(
      results.map((result) => [result.status, reasons(result.warnings)]),
      [
        ['updated', [unclaimedMatch === 'link' ? 'linked' : 'adopted']],
        ['created', ['value_taken']],
        ['created', ['value_taken']],
      ],
    );
    assert.equal(results[1].warnings[0].otherExternalId, inputs[0].external_id);
    await assertOneRowEach(inputs, results);
  });
}

test('five upserts at once of profiles with the e-mail of a row that a human created', async () => {
  const email = 'human@crm.example';
  await humansRow(email);
  /** @type {any[]} */
  const warnings = [];
  const service = crm.service({ onWarning: (warning) => warnings.push(warning) });
  await service.upsertPerson(newPerson());
  const inputs = Array.from({ length: 5 }, () => newPerson({ email }));
  const results = await Promise.all(inputs.map((input) => service.upsertPerson(input)));
  await assertOneRowEach(inputs, results);
  assert.equal(results.filter((result) => result.created).length, 4);
  assert.deepEqual(reasons(warnings).sort(), ['linked', ...Array(4).fill('value_taken')]);
});

test('single calls that share requests get no messages about a run', async () => {
  /** @type {any[]} */
  const warnings = [];
  const service = crm.service({ onWarning: (warning) => warnings.push(warning) });
  const email = 'shared@crm.example';
  const inputs = Array.from({ length: 12 }, () => newPerson({ email }));
  const results = await Promise.all(inputs.map((input) => service.upsertPerson(input)));
  assert.equal(results.filter(({ data }) => data.email === email).length, 1);
  assert.deepEqual(reasons(warnings), Array(11).fill('value_taken'));
  for (const { message, otherExternalId } of warnings) {
    assert.match(message, /was written without it/);
    assert.doesNotMatch(message, /\brun\b/);
    assert.ok(inputs.some((input) => input.external_id === otherExternalId));
  }
});

test('a bulk run and single upserts at once over rows that humans created', async () => {
  const emails = Array.from({ length: 40 }, (_, at) => `human${at}@crm.example`);
  await crm.sim.seed({ people: emails.map((primaryEmail) => ({ emails: { primaryEmail } })) });
  const service = crm.service();
  await service.upsertPerson(newPerson());
  const inBulk = emails.map((email) => newPerson({ email }));
  const alone = emails.map((email) => newPerson({ email }));
  const [bulk, single] = await Promise.all([
    all(service.syncPersons(inBulk)),
    Promise.all(alone.map((input) => service.upsertPerson(input))),
  ]);
  await assertOneRowEach([...inBulk, ...alone], [...bulk, ...single]);
});

test('a record that is decided twice gets one warning', async () => {
  const service = crm.service();
  const [mine, other] = [newPerson(), newPerson()];
  const deleted = await service.upsertPerson(mine);
  await service.upsertPerson(other);
  await crm.client().delete(`/rest/people/${deleted.id}?soft_delete=true`);
  const body = { statusCode: 400, error: 'BadRequestException' };
  const messages = ['A duplicate entry was detected'];
  await crm.sim.addFaults({
    method: 'POST',
    path: '/rest/batch/people',
    times: 1,
    action: { type: 'status', status: 400, body: { ...body, messages } },
  });
  const inputs = [mine, other].map((input) => ({ ...input, city: 'Bern' }));
  const results = await all(service.syncPersons(inputs));
  assert.deepEqual(
    results.map((result) => [result.status, reasons(result.warnings)]),
    [
      ['updated', ['revived']],
      ['updated', []],
    ],
  );
});

test('a row that is gone stays gone, or is reported, however often, alone and in bulk', async () => {
  for (const fieldOwnership of [{}, { person: { city: 'if-empty' } }]) {
    /** @type {any[]} */
    const warnings = [];
    const skipping = crm.service({
      collisions: { ownGone: 'skip' },
      fieldOwnership,
      onWarning: (warning) => warnings.push(warning),
    });
    const person = newPerson({ city: 'Rome' });
    const { id } = await skipping.upsertPerson(person);
    await crm.client().delete(`/rest/people/${id}`);
    const changed = { ...person, job_title: 'Boss' };
    for (let time = 0; time < 2; time += 1) {
      const result = await skipping.upsertPerson(changed);
      assert.deepEqual([result.id, result.created, result.updated], [id, false, false]);
      const [{ status }] = await all(skipping.syncPersons([changed]));
      assert.equal(status, 'unchanged');
    }
    assert.deepEqual(reasons(warnings), Array(4).fill('own_row_gone'));

    const reporting = crm.service({ collisions: { ownGone: 'report' }, fieldOwnership });
    const again = newPerson({ city: 'Rome' });
    const made = await reporting.upsertPerson(again);
    await crm.client().delete(`/rest/people/${made.id}`);
    const error = await rejection(reporting.upsertPerson({ ...again, job_title: 'Boss' }));
    const [result] = await all(reporting.syncPersons([{ ...again, job_title: 'Boss' }]));
    for (const reported of [error, result.error]) {
      assert.equal(reported.code, 'NOT_FOUND');
      assert.equal(reported.details.reason, 'OWN_ROW_GONE');
      assert.equal(reported.details.crmId, made.id);
    }
    assert.equal((await crm.sim.records('people')).length, 0);
  }
});

test('a soft-deleted company of a person is restored with one more request', async () => {
  for (const inBulk of [false, true]) {
    /** @type {any[]} */
    const warnings = [];
    const service = crm.service({ onWarning: (warning) => warnings.push(warning) });
    const company = newCompany();
    const { id } = await service.upsertCompany(company);
    await crm.client().delete(`/rest/companies/${id}?soft_delete=true`);
    service.clearCache();
    const person = newPerson({ company_external_id: company.external_id, company_name: 'X' });
    const requests = await crm.requestsOf(async () => {
      if (inBulk) await service.syncPersons([person]);
      else await service.upsertPerson(person);
    });
    assert.equal(requests, 3);
    const row = (await crm.sim.records('companies')).find((row) => row.id === id);
    assert.deepEqual([row.deletedAt, row.name], [null, company.name]);
    assert.deepEqual(
      warnings.map(({ field, reason, externalId, otherExternalId, crmId }) => [
        field,
        reason,
        externalId,
        otherExternalId,
        crmId,
      ]),
      [['company_external_id', 'revived', person.external_id, company.external_id, id]],
    );
  }
});

test('a soft-deleted company is restored after a dry run, too, and reported to every chunk', async () => {
  const company = newCompany();
  const { id } = await crm.service().upsertCompany(company);
  await crm.client().delete(`/rest/companies/${id}?soft_delete=true`);
  const people = Array.from({ length: 250 }, () =>
    newPerson({ company_external_id: company.external_id }),
  );
  const reporting = crm.service({ collisions: { ownDeleted: 'report' } });
  for (const inputs of [people, people.slice(-1)]) {
    const results = await all(reporting.syncPersons(inputs, { maxConcurrency: 1 }));
    assert.ok(results.every(({ error }) => error?.details.reason === 'OWN_ROW_DELETED'));
  }
  const isDeleted = async () => {
    const row = (await crm.sim.records('companies')).find((row) => row.id === id);
    return row.deletedAt !== null;
  };
  const service = crm.service();
  await service.syncPersons(people, { dryRun: true });
  assert.equal(await isDeleted(), true);
  await service.syncPersons(people);
  assert.equal(await isDeleted(), false);
});

test('a company that cannot be created fails its people, alone and in bulk', async () => {
  const service = crm.service({}, { maxRetries: 0 });
  await service.upsertPerson(newPerson());
  const [linked, plain] = [
    newPerson({ company_external_id: 'c-1', company_name: 'Acme' }),
    newPerson(),
  ];
  for (const path of ['/rest/companies', '/rest/batch/companies']) {
    const action = { type: 'status', status: 503, body: { message: 'away' } };
    await crm.sim.addFaults({ method: 'POST', path, action });
  }
  const error = await rejection(service.upsertPerson(linked));
  const results = await all(service.syncPersons([linked, plain]));
  assert.deepEqual(
    results.map((result) => result.status),
    ['failed', 'created'],
  );
  for (const failure of [error, results[0].error]) {
    assert.equal(failure.code, 'SERVER_ERROR');
    assert.equal(failure.isRetryable, true);
  }
});

test('a batch whose answer is lost is not repeated: a look-up shows the outcome', async () => {
  const service = crm.service({}, { maxRetries: 0 });
  const known = newPerson();
  await service.upsertPerson(known);
  const inputs = [newPerson(), { ...known, city: 'Oslo' }, newPerson()];
  const lost = { method: 'POST', path: '/rest/batch/people', action: { type: 'resetAfter' } };
  await crm.sim.addFaults({ ...lost, times: 2 });
  const results = await all(service.syncPersons(inputs));
  assert.deepEqual(
    results.map((result) => result.status),
    ['created', 'updated', 'created'],
  );
  assert.equal((await service.syncPersons(inputs)).unchanged, 3);

  const others = [newPerson()];
  await crm.sim.addFaults([
    { ...lost, times: 1 },
    // The first look-up passes, the second does not.
    { method: 'POST', path: '/graphql', nth: 2, action: { type: 'resetBefore' } },
  ]);
  const [unknown] = await all(service.syncPersons(others));
  assert.equal(unknown.error.code, 'OPERATION_FAILED');
  assert.equal(unknown.error.details.reason, 'OUTCOME_UNKNOWN');
  assert.equal(unknown.error.isRetryable, true);
});

test('a new domain of a known company is looked up in every spelling, an old one is not', async () => {
  /** @type {any[]} */
  const warnings = [];
  const service = crm.service({ onWarning: (warning) => warnings.push(warning) });
  await crm.sim.seed({
    companies: [
      { externalId: 'c-other', domainName: { primaryLinkUrl: 'https://www.taken.example' } },
    ],
  });
  // A person has created it, so only its id is known.
  const company = newCompany({ domain_name: 'taken.example' });
  const link = { company_external_id: company.external_id, company_name: 'Acme' };
  await service.upsertPerson(newPerson(link));
  const { id, data } = await service.upsertCompany(company);
  assert.equal(data.domain_name, null);
  assert.deepEqual(
    warnings.map(({ reason, otherExternalId }) => [reason, otherExternalId]),
    [['value_taken', 'c-other']],
  );
  const moved = { ...company, domain_name: 'free.example' };
  assert.equal(await crm.requestsOf(() => service.upsertCompany(moved)), 2);
  const renamed = { ...moved, name: 'Acme Ltd', domain_name: 'https://www.free.example/' };
  assert.equal(await crm.requestsOf(() => service.upsertCompany(renamed)), 1);
  const row = (await crm.sim.records('companies')).find((row) => row.id === id);
  assert.match(row.domainName.primaryLinkUrl, /free\.example$/);
});

test('a remembered row is gone, and another row has the external id: that one is written', async () => {
  const service = crm.service({ collisions: { ownGone: 'report' } });
  const person = newPerson();
  const { id } = await service.upsertPerson(person);
  await crm.client().delete(`/rest/people/${id}`);
  await crm.sim.seed({ people: [{ externalId: person.external_id }] });
  const again = await service.upsertPerson({ ...person, job_title: 'Boss' });
  assert.notEqual(again.id, id);
  await assertOneRowEach([person], [again]);
});
