// Companies in single upserts: those of people, and one identity for every spelling.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { newCompany, newPerson, useSim } from '../helpers/crm.mjs';

const crm = useSim({ preset: 'provisioned' });

/** A service that has read the schema. @param {object} [options] */
async function warm(options) {
  const service = crm.service(options);
  await service.upsertPerson(newPerson());
  return service;
}

test('a person with a new company: the company is created first', async () => {
  const service = await warm();
  const company_external_id = newCompany().external_id;
  const person = newPerson({ company_external_id, company_name: 'New Co' });
  let result;
  const requests = await crm.requestsOf(async () => (result = await service.upsertPerson(person)));
  assert.ok(requests <= 3, `${requests} requests`);
  const company = (await crm.sim.records('companies')).find(
    (row) => row.externalId === company_external_id,
  );
  assert.equal(company.name, 'New Co');
  const row = (await crm.sim.records('people')).find((row) => row.id === result.id);
  assert.equal(row.companyId, company.id);

  const colleague = newPerson({ company_external_id, company_name: 'Another name' });
  assert.equal(await crm.requestsOf(() => service.upsertPerson(colleague)), 1);
  const after = (await crm.sim.records('companies')).filter(
    (row) => row.externalId === company_external_id,
  );
  assert.deepEqual(
    after.map((row) => row.name),
    ['New Co'],
    'stale data of a person never renames a company',
  );
});

test('a person with a company that is in the CRM but unknown here', async () => {
  const company = newCompany({ domain_name: 'https://www.known.example/' });
  const made = await crm.service().upsertCompany(company);
  const service = await warm();
  const person = newPerson({ company_external_id: company.external_id });
  let result;
  const requests = await crm.requestsOf(async () => (result = await service.upsertPerson(person)));
  assert.ok(requests <= 2, `${requests} requests`);
  const row = (await crm.sim.records('people')).find((row) => row.id === result.id);
  assert.equal(row.companyId, made.id);

  await service.upsertPerson({ ...person, company_external_id: null });
  const unlinked = (await crm.sim.records('people')).find((row) => row.id === result.id);
  assert.equal(unlinked.companyId, null);
});

test('a missing company without a name: the person is stored unlinked, with a warning', async () => {
  const warnings = [];
  const service = await warm({ onWarning: (warning) => warnings.push(warning) });
  const person = newPerson({ company_external_id: 'nobody-knows' });
  const result = await service.upsertPerson(person);
  assert.equal(result.created, true);
  assert.deepEqual(
    warnings.map(({ field, reason, externalId, otherExternalId }) => ({
      field,
      reason,
      externalId,
      otherExternalId,
    })),
    [
      {
        field: 'company_external_id',
        reason: 'company_missing',
        externalId: person.external_id,
        otherExternalId: 'nobody-knows',
      },
    ],
  );
});

test('a company that was destroyed after it was remembered is created again', async () => {
  const service = await warm();
  const company_external_id = newCompany().external_id;
  const first = newPerson({ company_external_id, company_name: 'Phoenix' });
  await service.upsertPerson(first);
  const company = (await crm.sim.records('companies')).find(
    (row) => row.externalId === company_external_id,
  );
  const client = crm.client();
  assert.equal((await client.delete(`/rest/companies/${company.id}`)).success, true);

  const second = newPerson({ company_external_id, company_name: 'Phoenix' });
  const result = await service.upsertPerson(second);
  const again = (await crm.sim.records('companies')).find(
    (row) => row.externalId === company_external_id,
  );
  const row = (await crm.sim.records('people')).find((row) => row.id === result.id);
  assert.equal(row.companyId, again.id);
});

test('companies: one identity for every spelling of the domain', async () => {
  const service = await warm();
  const company = newCompany({
    domain_name: 'https://www.Acme-One.example/',
    website: 'acme-one.example',
    status: 'active',
  });
  let result;
  const requests = await crm.requestsOf(
    async () => (result = await service.upsertCompany(company)),
  );
  assert.ok(requests <= 2, `${requests} requests`);
  assert.equal(result.created, true);
  assert.deepEqual(result.data, {
    external_id: company.external_id,
    name: 'Acme Corp',
    domain_name: 'acme-one.example',
    website: 'https://acme-one.example',
    status: 'active',
  });
  assert.equal(await crm.requestsOf(() => service.upsertCompany(company)), 1);

  const warnings = [];
  const other = crm.service({ onWarning: (warning) => warnings.push(warning) });
  const rival = newCompany({ domain_name: 'http://acme-one.example' });
  const written = await other.upsertCompany(rival);
  assert.equal(written.created, true);
  assert.equal(written.data.domain_name, null);
  assert.equal(warnings.length, 1);
  assert.equal(warnings[0].reason, 'value_taken');
  assert.equal(warnings[0].otherExternalId, company.external_id);
});

test('a row keeps its spelling of the domain, alone and in bulk, and is unchanged', async () => {
  const spellings = ['https://www.one.example', 'http://two.example', 'www.three.example'];
  for (const inBulk of [false, true]) {
    await crm.sim.reset();
    const companies = spellings.map((link) =>
      newCompany({ domain_name: link.replace(/^(https?:\/\/)?(www\.)?/, '') }),
    );
    await crm.sim.seed({
      companies: companies.map(({ external_id }, at) => ({
        name: 'Typed by hand',
        externalId: external_id,
        domainName: { primaryLinkUrl: spellings[at], primaryLinkLabel: 'Site' },
      })),
    });
    const service = crm.service();
    if (inBulk) await service.syncCompanies(companies);
    else for (const company of companies) await service.upsertCompany(company);
    const rows = await crm.sim.records('companies');
    for (const [at, { external_id }] of companies.entries()) {
      const row = rows.find((/** @type {any} */ row) => row.externalId === external_id);
      assert.equal(row.name, 'Acme Corp');
      assert.equal(row.domainName.primaryLinkUrl, spellings[at], `in bulk: ${inBulk}`);
    }
    const again = await crm.service().syncCompanies(companies, { verifyUnchanged: true });
    assert.equal(again.unchanged, 3);
  }
});

test('another row has the domain in another spelling: unchanged the next time, alone and in bulk', async () => {
  for (const inBulk of [false, true]) {
    await crm.sim.reset();
    const company = newCompany({ domain_name: 'twice.example' });
    await crm.sim.seed({
      companies: [
        { externalId: company.external_id, domainName: { primaryLinkUrl: 'twice.example' } },
        { externalId: 'c-other', domainName: { primaryLinkUrl: 'https://www.twice.example' } },
      ],
    });
    const service = crm.service();
    /** @param {object} input */
    const write = async (input) => {
      if (inBulk) {
        const { updated, warnings } = await service.syncCompanies([input]);
        return [updated === 1, warnings];
      }
      const { updated } = await service.upsertCompany(input, { skipUnchanged: true });
      return [updated, 0];
    };
    assert.deepEqual(await write(company), [true, 0]);
    assert.deepEqual(await write(company), [false, 0], `in bulk: ${inBulk}`);
    const renamed = { ...company, name: 'Acme Ltd' };
    assert.deepEqual(await write(renamed), [true, 0]);
    assert.deepEqual(await write(renamed), [false, 0], `in bulk: ${inBulk}`);
  }
});
