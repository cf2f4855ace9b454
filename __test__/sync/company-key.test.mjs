// How a person's company is identified: by an external id, or by the domain of the e-mail address; never by a name.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { createTwentyCrmOutbox, createTwentyCrmSyncService, sqliteOutbox } from '../../index.mjs';
import { newPerson, rejection, useSim } from '../helpers/crm.mjs';

const crm = useSim({ preset: 'provisioned' });

const BY_DOMAIN = Object.freeze({ companyKey: /** @type {const} */ ('email_domain') });

let serial = 0;

/** A person with an address on that host. @param {string} host @param {object} [fields] */
function at(host, fields) {
  serial += 1;
  return newPerson({ email: `jane-${serial}@${host}`, ...fields });
}

const companies = () => crm.sim.records('companies');
const people = () => crm.sim.records('people');

/** The stored companies: external id, name, and domain in either form that servers keep. */
const companiesHeld = async () =>
  (await companies())
    .map((row) => [
      row.externalId ?? '',
      row.name,
      (row.domainName?.primaryLinkUrl ?? '').replace('https://', ''),
    ])
    .sort();

/** The external ids of people's companies, by the people's external ids. */
async function links() {
  const ids = new Map((await companies()).map((row) => [row.id, row.externalId]));
  const rows = await people();
  return Object.fromEntries(rows.map((row) => [row.externalId, ids.get(row.companyId) ?? null]));
}

/**
 * Single calls and runs must do the same.
 * @param {import('../../index.js').SyncServiceOptions} options
 * @param {any[]} inputs
 * @param {boolean} bulk
 */
async function write(options, inputs, bulk) {
  /** @type {any[]} */
  const warnings = [];
  const service = crm.service({ ...options, onWarning: (warning) => warnings.push(warning) });
  const results = [];
  if (bulk) {
    for await (const result of service.syncPersons(inputs)) results.push(result);
  } else {
    for (const input of inputs) results.push(await service.upsertPerson(input).catch((e) => e));
  }
  return {
    service,
    results,
    told: warnings.map(({ field, reason, externalId }) => [field, reason, externalId]),
    warnings,
  };
}

for (const bulk of [false, true]) {
  const how = bulk ? 'in bulk' : 'one by one';

  test(`${how}: a company's name without its id gives a warning, and no company`, async () => {
    const inputs = [
      at('acme.example', { company_name: 'Acme' }),
      at('acme.example', { company_name: 'Acme', company_external_id: null }),
      at('acme.example', { company_name: 'Acme', company_external_id: ' ' }),
      at('acme.example', { company_name: ' ' }),
      at('acme.example', { company_name: null }),
      at('acme.example'),
    ];
    const { told, warnings } = await write({}, inputs, bulk);
    assert.deepEqual(
      told,
      inputs
        .slice(0, 3)
        .map(({ external_id }) => ['company_name', 'company_without_id', external_id]),
    );
    assert.match(warnings[0].message, /company_external_id.*companyKey/);
    assert.deepEqual(await companies(), []);
  });

  test(`${how}: by domain, colleagues share a company that is created once`, async () => {
    const inputs = [
      at('acme.example', { company_name: 'Acme' }),
      at('eu.acme.example', { company_name: 'Acme Europe' }),
      at('ACME.example'),
      at('bücher.example', { company_name: 'Bücher' }),
      at('nameless.example'),
    ];
    const { told } = await write(BY_DOMAIN, inputs, bulk);
    assert.deepEqual(told, []);
    assert.deepEqual(await companiesHeld(), [
      ['acme.example', 'Acme', 'acme.example'],
      ['nameless.example', 'nameless.example', 'nameless.example'],
      ['xn--bcher-kva.example', 'Bücher', 'xn--bcher-kva.example'],
    ]);
    const linked = await links();
    assert.deepEqual(
      inputs.map(({ external_id }) => linked[external_id]),
      [
        ...['acme.example', 'acme.example', 'acme.example'],
        ...['xn--bcher-kva.example', 'nameless.example'],
      ],
    );
    // Later, in another process: no duplicates, and no company is renamed.
    const later = inputs.map((input) => ({ ...input, company_name: 'Stale', city: 'Oslo' }));
    await write(BY_DOMAIN, later, bulk);
    assert.equal((await companies()).length, 3);
    assert.ok((await companies()).every(({ name }) => name !== 'Stale'));
  });

  test(`${how}: by domain, never for a shared mail host; a warning if a company name was given`, async () => {
    const hosts = ['gmail.com', 'yahoo.co.uk', 't-online.de', 'acme.github.io', 'facebook.com'];
    const named = hosts.map((host) => at(host, { company_name: 'Acme' }));
    const unnamed = hosts.map((host) => at(host));
    const nobody = newPerson({ email: undefined, company_name: 'Acme' });
    const options = { ...BY_DOMAIN, missingEmail: /** @type {const} */ ('allow') };
    const { told } = await write(options, [...named, ...unnamed, nobody], bulk);
    assert.deepEqual(
      told,
      [...named, nobody].map(({ external_id }) => [
        ...['company_name', 'company_without_id', external_id],
      ]),
    );
    assert.deepEqual(await companies(), []);
  });

  test(`${how}: by domain, a given external id wins, and null unlinks`, async () => {
    const given = at('acme.example', { company_external_id: 'org_1', company_name: 'Acme' });
    const same = at('other.example', { company_external_id: 'acme.example', company_name: 'A' });
    const unlinked = at('acme.example', { company_external_id: null });
    await write(BY_DOMAIN, [given, same, unlinked], bulk);
    assert.deepEqual(await companiesHeld(), [
      ['acme.example', 'A', ''],
      ['org_1', 'Acme', ''],
    ]);
    assert.deepEqual(await links(), {
      [given.external_id]: 'org_1',
      [same.external_id]: 'acme.example',
      [unlinked.external_id]: null,
    });
  });

  test(`${how}: by domain, a company with another external id stays as it is, and gets its people`, async () => {
    const site = crm.service();
    for (const claimedMatch of /** @type {const} */ (['leave_out', 'take_over', 'report'])) {
      await crm.sim.reset();
      await site.upsertCompany({
        external_id: 'org_1',
        name: 'Acme Corp',
        domain_name: 'www.acme.example',
      });
      const inputs = [at('acme.example', { company_name: 'Acme' }), at('mail.acme.example')];
      const options = { ...BY_DOMAIN, collisions: { claimedMatch } };
      const { told } = await write(options, inputs, bulk);
      const next = inputs.map((input) => ({ ...input, city: 'Oslo' }));
      await write(options, next, bulk);
      assert.deepEqual(told, []);
      assert.deepEqual(await companiesHeld(), [['org_1', 'Acme Corp', 'acme.example']]);
      assert.deepEqual(Object.values(await links()), ['org_1', 'org_1']);
    }
  });

  test(`${how}: by domain, an unclaimed row is handled as unclaimedMatch says`, async () => {
    for (const unclaimedMatch of /** @type {const} */ (['link', 'adopt', 'report'])) {
      await crm.sim.reset();
      await crm.client().post('/rest/companies', {
        name: 'Made by hand',
        domainName: { primaryLinkUrl: 'http://www.acme.example' },
      });
      const input = at('acme.example', { company_name: 'Acme' });
      const options = { ...BY_DOMAIN, collisions: { unclaimedMatch } };
      const dry = [];
      const run = crm.service(options).syncPersons([input], { dryRun: true });
      for await (const { error, warnings } of run) {
        dry.push(error?.details.field, ...warnings.map(({ reason }) => reason));
      }
      assert.deepEqual(dry, unclaimedMatch === 'report' ? ['domain_name'] : [undefined, 'linked']);
      const { told, results } = await write(options, [input], bulk);
      const [row] = await companiesHeld();
      assert.equal((await companies()).length, 1);
      if (unclaimedMatch === 'report') {
        const error = bulk ? results[0].error : results[0];
        assert.deepEqual([error.code, error.details.field], ['OPERATION_FAILED', 'domain_name']);
        assert.equal(row[0], '');
        continue;
      }
      assert.deepEqual(row, ['acme.example', 'Made by hand', 'http://www.acme.example']);
      assert.deepEqual(told, [['domain_name', 'linked', 'acme.example']]);
      assert.deepEqual(await links(), { [input.external_id]: 'acme.example' });
    }
  });

  test(`${how}: by domain, a deleted unclaimed row stays deleted, a deleted one of ours is restored`, async () => {
    const client = crm.client();
    const made = await client.post('/rest/companies', {
      name: 'Deleted',
      domainName: { primaryLinkUrl: 'https://acme.example' },
    });
    const { id } = made.data.data.createCompany;
    await client.delete(`/rest/companies/${id}?soft_delete=true`);
    const input = at('acme.example', { company_name: 'Acme' });
    const { told, service } = await write(BY_DOMAIN, [input], bulk);
    assert.deepEqual(told, [['domain_name', 'value_on_deleted_row', 'acme.example']]);
    assert.deepEqual(await links(), { [input.external_id]: 'acme.example' });
    const live = (await companies()).find(({ externalId }) => externalId === 'acme.example');
    assert.equal(live.domainName?.primaryLinkUrl ?? '', '');

    await service.deleteCompany('acme.example');
    const other = at('acme.example');
    const again = await write(BY_DOMAIN, [other], bulk);
    assert.deepEqual(again.told, [['company_external_id', 'revived', other.external_id]]);
    assert.equal((await links())[other.external_id], 'acme.example');
  });

  test(`${how}: by domain, people who change their address change their company; a namespace is kept`, async () => {
    const options = { ...BY_DOMAIN, namespace: 'site-a' };
    const input = at('one.example');
    await write(options, [input], bulk);
    await write(options, [{ ...input, email: 'jane@two.example' }], bulk);
    assert.deepEqual(await links(), { [`site-a:${input.external_id}`]: 'site-a:two.example' });
    await write(options, [{ ...input, email: 'jane@gmail.com' }], bulk);
    assert.deepEqual(await links(), { [`site-a:${input.external_id}`]: 'site-a:two.example' });
  });
}

test('by domain: unchanged people are recognised, unless their key changed', async () => {
  const service = crm.service(BY_DOMAIN);
  const inputs = [at('acme.example'), at('acme.example')];
  await service.syncPersons(inputs);
  assert.equal((await service.syncPersons(inputs)).unchanged, 2);
  const again = await service.upsertPerson(inputs[0], { skipUnchanged: true });
  assert.equal(again.updated, false);
  assert.ok(!('company_external_id' in again.data));
});

test('by domain: a dry run reports the same and writes nothing', async () => {
  const service = crm.service(BY_DOMAIN);
  const inputs = [at('acme.example'), at('gmail.com', { company_name: 'Acme' })];
  const results = [];
  for await (const result of service.syncPersons(inputs, { dryRun: true })) results.push(result);
  assert.deepEqual(
    results.map(({ status, warnings }) => [status, warnings.map(({ reason }) => reason)]),
    [
      ['created', []],
      ['created', ['company_without_id']],
    ],
  );
  assert.deepEqual(await companies(), []);
});

test('by domain: many single calls at once create one company', async () => {
  const service = crm.service(BY_DOMAIN);
  const inputs = Array.from({ length: 12 }, () => at('acme.example', { company_name: 'Acme' }));
  await Promise.all(inputs.map((input) => service.upsertPerson(input)));
  assert.deepEqual(await companiesHeld(), [['acme.example', 'Acme', 'acme.example']]);
  assert.deepEqual([...new Set(Object.values(await links()))], ['acme.example']);
});

test('by domain: through platform events and the outbox', async () => {
  /** @type {any[]} */
  const events = [];
  const platform = createTwentyCrmSyncService(
    {},
    { ...BY_DOMAIN, mode: 'platform', publish: (event) => events.push(event) },
  );
  const [one, other] = [at('acme.example', { company_name: 'Acme' }), at('acme.example')];
  await platform.upsertPerson(one);
  assert.ok(!('company_external_id' in events[0].payload));
  const service = crm.service(BY_DOMAIN);
  await service.applyPlatformEvent(events[0]);
  const outbox = createTwentyCrmOutbox({ service, store: sqliteOutbox(':memory:') });
  await outbox.enqueuePerson(other);
  await outbox.drain();
  await outbox.close();
  assert.deepEqual(Object.values(await links()), ['acme.example', 'acme.example']);
  assert.equal((await companies()).length, 1);
});

test('by domain: a workspace without external ids links to the row that has the domain', async () => {
  const bare = crm.service({ ...BY_DOMAIN, fieldNames: { externalId: 'nowhere' } });
  await crm.client().post('/rest/companies', {
    name: 'Made by hand',
    domainName: { primaryLinkUrl: 'acme.example' },
  });
  await bare.upsertPerson(at('acme.example'));
  await bare.syncPersons([at('acme.example')]);
  const [company, ...others] = await companies();
  assert.deepEqual(others, []);
  assert.ok((await people()).every(({ companyId }) => companyId === company.id));
});

test('any other value of the option is refused', async () => {
  const error = await rejection(
    (async () => crm.service(/** @type {any} */ ({ companyKey: 'name' })))(),
  );
  assert.deepEqual([error.code, error.details.field], ['VALIDATION_ERROR', 'companyKey']);
});
