// Values that people add next to a synced one: further numbers, a link's label, further links, further e-mails. The
// simulator wipes what a write does not send, as the server's source does.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { newCompany, newPerson, useSim } from '../helpers/crm.mjs';

const crm = useSim({ preset: 'provisioned' });

const numbers = [{ number: '698765432', countryCode: 'FR', callingCode: '+33' }];
const links = [{ url: 'https://jane.blog', label: 'Blog' }];
const person = (more) =>
  newPerson({ phone: '+33612345678', website: 'https://jane.example', ...more });

/** A person whose record somebody completed in Twenty. @param {string} id */
async function complete(id, plural = 'people') {
  const row = await rowOf(id, plural);
  const field = plural === 'people' ? 'website' : 'domainName';
  const body = {
    [field]: {
      primaryLinkUrl: row[field].primaryLinkUrl,
      primaryLinkLabel: 'Home',
      secondaryLinks: links,
    },
  };
  if (plural === 'people') {
    body.phones = { ...primary(row), additionalPhones: numbers };
    body.emails = {
      primaryEmail: row.emails.primaryEmail,
      additionalEmails: ['jane@home.example'],
    };
  }
  await crm.client().patch(`/rest/${plural}/${id}`, body);
}

async function rowOf(id, plural = 'people') {
  return (await crm.sim.records(plural)).find((row) => row.id === id);
}

const primary = ({ phones }) => ({
  primaryPhoneNumber: phones.primaryPhoneNumber,
  primaryPhoneCountryCode: phones.primaryPhoneCountryCode,
  primaryPhoneCallingCode: phones.primaryPhoneCallingCode,
});

/** @param {string} id @param {{ number?: string, link?: string, label?: string | null }} [now] */
async function assertComplete(id, now = {}) {
  const { phones, website, emails } = await rowOf(id);
  const { number = '612345678', link = 'https://jane.example', label = 'Home' } = now;
  assert.deepEqual(phones.additionalPhones, numbers);
  assert.equal(phones.primaryPhoneNumber ?? '', number);
  assert.deepEqual(website.secondaryLinks, links);
  assert.equal(website.primaryLinkLabel, label);
  assert.equal(website.primaryLinkUrl, link);
  assert.deepEqual(emails.additionalEmails, ['jane@home.example']);
}

const services = {
  remembered: (service) => service,
  'found again': (service) => {
    service.clearCache();
    return service;
  },
};
const writes = {
  'upsertPerson on': async (service, input) => {
    await service.upsertPerson(input);
  },
  'syncPersons on': async (service, input) => {
    for await (const result of service.syncPersons([input])) assert.equal(result.status, 'updated');
  },
};

for (const [write, run] of Object.entries(writes)) {
  for (const [which, of] of Object.entries(services)) {
    test(`${write} a row that is ${which} keeps the additional values`, async () => {
      const input = person();
      const service = crm.service();
      const { id } = await service.upsertPerson(input);
      await complete(id);
      await run(of(service), { ...input, job_title: 'CTO' });
      await assertComplete(id);
      assert.equal((await rowOf(id)).jobTitle, 'CTO');

      const moved = { ...input, phone: '+14155552671', website: 'https://jane.example/new' };
      await run(of(service), moved);
      await assertComplete(id, { number: '4155552671', link: 'https://jane.example/new' });

      await run(of(service), { ...moved, phone: null });
      await assertComplete(id, { number: '', link: 'https://jane.example/new' });
    });
  }

  test(`${write} a deleted row restores it completely`, async () => {
    const input = person();
    const service = crm.service();
    const { id } = await service.upsertPerson(input);
    await complete(id);
    await service.deletePerson(input.external_id);
    await run(service, { ...input, website: 'https://jane.example/new' });
    assert.equal((await rowOf(id)).deletedAt, null);
    await assertComplete(id, { link: 'https://jane.example/new' });
  });

  for (const unclaimedMatch of ['link', 'adopt']) {
    test(`${write} a row that somebody created (${unclaimedMatch})`, async () => {
      const input = person({ phone: '+14155552671' });
      const body = {
        emails: { primaryEmail: input.email, additionalEmails: ['jane@home.example'] },
        phones: { additionalPhones: numbers },
        website: {
          primaryLinkUrl: 'https://jane.example',
          primaryLinkLabel: 'Home',
          secondaryLinks: links,
        },
      };
      const made = await crm.client().post('/rest/people', body);
      const { id } = made.data.data.createPerson;
      await run(crm.service({ collisions: { unclaimedMatch } }), input);
      assert.equal((await rowOf(id)).externalId, input.external_id);
      // A row with only a further number is not blank: linking keeps it as it is, adopting writes a first number.
      await assertComplete(id, { number: unclaimedMatch === 'link' ? '' : '4155552671' });
    });
  }

  test(`${write} a field that is written only if it is empty`, async () => {
    const input = person();
    const service = crm.service({
      fieldOwnership: { person: { phone: 'if-empty', website: 'if-empty' } },
    });
    const { id } = await service.upsertPerson(input);
    await complete(id);
    await run(service, { ...input, phone: '+14155552671', website: 'https://else.example' });
    await assertComplete(id);
  });
}

test('a link with further links is not cleared, with a warning each time', async () => {
  const input = person();
  const told = [];
  const service = crm.service({ onWarning: ({ field, reason }) => told.push([field, reason]) });
  const { id } = await service.upsertPerson(input);
  await complete(id);
  for (const of of Object.values(services)) {
    for (const run of Object.values(writes)) {
      await run(of(service), { ...input, website: null });
      assert.deepEqual(told.splice(0), [['website', 'link_kept']]);
      await assertComplete(id);
    }
  }
  await crm.client().patch(`/rest/people/${id}`, { website: { primaryLinkUrl: 'https://a.b' } });
  await service.upsertPerson({ ...input, website: null });
  assert.deepEqual(told, []);
  assert.equal((await rowOf(id)).website.primaryLinkUrl ?? '', '');
});

test('a company keeps the label of its domain and its further links', async () => {
  const input = newCompany({ domain_name: 'acme.example' });
  const service = crm.service();
  const { id } = await service.upsertCompany(input);
  await complete(id, 'companies');
  await service.upsertCompany({ ...input, status: 'active' });
  service.clearCache();
  await service.upsertCompany({ ...input, name: 'Acme Ltd' });
  for await (const result of service.syncCompanies([{ ...input, domain_name: 'acme.test' }])) {
    assert.equal(result.status, 'updated');
  }
  const { domainName, name } = await rowOf(id, 'companies');
  assert.equal(name, 'Acme Corp');
  assert.equal(domainName.primaryLinkUrl, 'acme.test');
  assert.equal(domainName.primaryLinkLabel, 'Home');
  assert.deepEqual(domainName.secondaryLinks, links);
});

test('a known record takes one request while its numbers and links stay, and two when one changes', async () => {
  const input = person({ job_title: 'CTO' });
  const service = crm.service();
  const { id } = await service.upsertPerson(input);
  await complete(id);
  assert.equal(await crm.requestsOf(() => service.upsertPerson(input)), 1);
  assert.equal(await crm.requestsOf(() => service.upsertPerson({ ...input, job_title: 'CEO' })), 1);
  const moved = { ...input, phone: '+14155552671' };
  assert.equal(await crm.requestsOf(() => service.upsertPerson(moved)), 2);
  await assertComplete(id, { number: '4155552671' });
});

test('a lost answer to the first of two writes does not lose the second', async () => {
  const input = person();
  const service = crm.service({}, { maxRetries: 0 });
  const { id } = await service.upsertPerson(input);
  await complete(id);
  await crm.sim.addFaults({
    method: 'PATCH',
    path: '/rest/people',
    times: 1,
    action: { type: 'resetAfter' },
  });
  const moved = await service.upsertPerson({ ...input, phone: '+14155552671' });
  assert.equal(moved.data.phone, '+14155552671');
  await assertComplete(id, { number: '4155552671' });
});

test('values that the server stores in its own form count as unchanged', async () => {
  for (const flavour of ['2.21', '2.31', '2.47']) {
    await crm.sim.setOptions({ flavour });
    const people = [
      newPerson({ website: 'https://x.example/ünï' }),
      newPerson({ website: 'HTTPS://X.example/a%20b/' }),
      newPerson({ website: 'https://x.example/a?q=%2B' }),
      newPerson({ website: 'https://x.example/%252B' }),
      newPerson({ phone: '+1 555 123 4567' }),
      newPerson({ phone: '+33 6 12 34 56 78' }),
      newPerson({ phone: '+212 528 841672' }),
      newPerson({ phone: '+7 336 694 34 80' }),
    ];
    const companies = [
      newCompany({ domain_name: `https://www.${flavour}acme.example/` }),
      newCompany({ domain_name: `bücher${flavour}.example` }),
    ];
    const service = crm.service();
    for (const status of ['created', 'unchanged', 'unchanged']) {
      const options = { verifyUnchanged: true };
      for await (const result of service.syncPersons(people, options)) {
        assert.equal(result.status, status, result.externalId);
      }
      for await (const result of service.syncCompanies(companies, options)) {
        assert.equal(result.status, status, result.externalId);
      }
    }
  }
});

test('an additional service number without a country does not block a new number', async () => {
  const input = person();
  const service = crm.service();
  const { id } = await service.upsertPerson(input);
  const phones = { ...primary(await rowOf(id)), additionalPhones: [{ number: '+80012345678' }] };
  await crm.client().patch(`/rest/people/${id}`, { phones });
  const warnings = [];
  const onWarning = (warning) => warnings.push(warning);
  await service.upsertPerson({ ...input, phone: '+4930123456' }, { onWarning });
  const row = await rowOf(id);
  assert.deepEqual(warnings, []);
  assert.equal(row.phones.primaryPhoneNumber, '30123456');
  assert.deepEqual(row.phones.additionalPhones, [{ number: '12345678', callingCode: '+800' }]);
});

test('a person whose company is soft-deleted is unchanged as long as the link is', async () => {
  const person = newPerson({ company_external_id: 'c-gone', company_name: 'Gone' });
  const service = () => crm.service({ collisions: { ownDeleted: 'skip' } });
  await service().upsertPerson(person);
  await service().deleteCompany('c-gone');
  for (let run = 0; run < 2; run += 1) {
    const summary = await service().syncPersons([person], { verifyUnchanged: true });
    assert.deepEqual([summary.unchanged, summary.updated], [1, 0]);
  }
  const [row] = await crm.sim.records('people');
  const [company] = await crm.sim.records('companies');
  assert.equal(row.companyId, company.id);
  // Shown as the CRM shows it: a soft-deleted company reads as none.
  const found = await service().findPerson(person.external_id);
  assert.equal(found?.external_id, person.external_id);
});
