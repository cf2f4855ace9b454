// Behaviour of newer and older servers than the recorded ones, from their source.
import assert from 'node:assert/strict';
import { afterEach, test } from 'node:test';
import { domainToASCII } from 'node:url';
import { newCompany, newPerson, rejection, useSim } from '../helpers/crm.mjs';
import { rewriting, written } from '../helpers/rewriting.mjs';

const crm = useSim({ preset: 'provisioned' });

/** @type {(() => Promise<void>)[]} */
const closers = [];
afterEach(async () => {
  for (const close of closers.splice(0)) await close();
});

/**
 * A service on the simulator, behind a server that changes requests.
 * @param {Parameters<typeof rewriting>[1]} before
 * @param {import('../../index.js').SyncServiceOptions} [options]
 */
async function serviceBehind(before, options) {
  const server = await rewriting(crm.sim.baseUrl, before);
  closers.push(() => server.close());
  return { service: crm.service(options, { baseUrl: server.baseUrl }), log: server.log };
}

/** @param {AsyncIterable<any>} results */
async function all(results) {
  const list = [];
  for await (const result of results) list.push(result);
  return list;
}

/** @param {string} address */
function canonical(address) {
  const at = address.lastIndexOf('@');
  return `${address.slice(0, at).toLowerCase()}@${domainToASCII(address.slice(at + 1))}`;
}

/** As newer servers treat addresses in records and in filters. @param {any} value */
function canonicalize(value) {
  if (typeof value !== 'object' || value === null) return;
  for (const [key, part] of Object.entries(value)) {
    if (key !== 'primaryEmail') canonicalize(part);
    else if (typeof part === 'string') value[key] = canonical(part);
    else if (part?.in) part.in = part.in.map(canonical);
  }
}

test('a server that stores one form of an address: the row is found, and not duplicated', async () => {
  const { service, log } = await serviceBehind((passing) => canonicalize(passing.json));
  await crm.client().post('/rest/people', {
    name: { firstName: 'Typed by hand' },
    emails: { primaryEmail: canonical('jane@bücher.de') },
  });
  const jane = newPerson({ name: 'Jane', email: 'jane@bücher.de' });
  const linked = await service.upsertPerson(jane);
  assert.equal(linked.created, false);
  assert.equal(linked.data.email, 'jane@xn--bcher-kva.de');
  const people = Array.from({ length: 20 }, () => newPerson());
  people[7] = newPerson({ email: 'JANE@bücher.de' });
  people[8] = newPerson({ email: 'sam@bücher.de' });
  people[9] = newPerson({ email: 'sam@xn--bcher-kva.de' });
  log.length = 0;
  const results = await all(service.syncPersons(people));
  assert.deepEqual(
    results.map(({ status }) => status),
    people.map(() => 'created'),
  );
  // The additional addresses, one look-up and one write: nothing was refused.
  assert.deepEqual(
    log.map(({ status }) => status),
    [200, 200, 201],
  );
  const warnings = results.flatMap((result) => result.warnings ?? []);
  assert.deepEqual(
    warnings.map(({ reason }) => reason),
    ['value_taken', 'value_taken'],
  );
  const rows = await crm.sim.records('people');
  const held = rows.filter((/** @type {any} */ row) => JSON.stringify(row).includes('xn--bcher'));
  assert.equal(held.length, 2);
});

test('a server that stores an address in an unknown form: only its record fails', async () => {
  // An invented form: the part after a plus sign is dropped.
  const bare = (/** @type {string} */ address) => address.replace(/\+[^@]*@/, '@');
  const { service } = await serviceBehind((passing) => {
    const walk = (/** @type {any} */ value) => {
      if (typeof value !== 'object' || value === null) return;
      for (const [key, part] of Object.entries(value)) {
        if (key !== 'primaryEmail') walk(part);
        else if (typeof part === 'string') value[key] = bare(part);
        else if (part?.in) part.in = part.in.map(bare);
      }
    };
    walk(passing.json);
  });
  await service.upsertPerson(newPerson({ email: 'jane+here@example.com' }));
  const people = Array.from({ length: 20 }, () => newPerson());
  people[7] = newPerson({ email: 'jane+there@example.com' });
  const results = await all(service.syncPersons(people));
  const failed = results.filter(({ status }) => status === 'failed');
  assert.deepEqual(
    failed.map(({ externalId }) => externalId),
    [people[7].external_id],
  );
  assert.equal((await crm.sim.records('people')).length, 20);
});

/** @param {string} message @param {string} [code] */
const refusal = (message, code) => ({
  status: 400,
  body: { statusCode: 400, error: 'Error', messages: [message], ...(code && { code }) },
});

test('a phone that the server refuses, with any of its codes: the person is written without it', async () => {
  for (const code of [
    'INVALID_PHONE_NUMBER',
    'INVALID_PHONE_COUNTRY_CODE',
    'INVALID_PHONE_CALLING_CODE',
    'CONFLICTING_PHONE_COUNTRY_CODE',
    'CONFLICTING_PHONE_CALLING_CODE',
    'CONFLICTING_PHONE_CALLING_CODE_AND_COUNTRY_CODE',
  ]) {
    const { service } = await serviceBehind((passing) => {
      if (written(passing).some(({ phones }) => phones)) return refusal('no such number', code);
    });
    const phone = '+33612345678';
    const alone = await service.upsertPerson(newPerson({ phone }));
    assert.equal(alone.created, true, code);
    const results = await all(service.syncPersons([newPerson(), newPerson({ phone })]));
    assert.deepEqual(
      results.map(({ status, warnings = [] }) => [status, ...warnings.map((w) => w.reason)]),
      [['created'], ['created', 'value_refused']],
      code,
    );
  }
});

test('an address that the server refuses: left out if the option says so, otherwise named in the error', async () => {
  const odd = 'jane&co@example.com';
  const strict = (/** @type {import('../helpers/rewriting.mjs').Passing} */ passing) => {
    const emails = written(passing).map((record) => record.emails?.primaryEmail);
    if (emails.includes(odd))
      return refusal(`Invalid string value '${odd}' for email field "emails.primaryEmail"`);
  };
  /** @type {any[]} */
  const warnings = [];
  const lenient = await serviceBehind(strict, {
    invalidEmail: 'leave_out',
    onWarning: (warning) => warnings.push(warning),
  });
  const person = newPerson({ email: odd });
  const result = await lenient.service.upsertPerson(person);
  assert.deepEqual([result.created, result.data.email], [true, '']);
  assert.deepEqual(
    warnings.map(({ field, reason, externalId }) => [field, reason, externalId]),
    [['email', 'invalid_email', person.external_id]],
  );
  const bulk = await all(lenient.service.syncPersons([newPerson(), newPerson({ email: odd })]));
  assert.deepEqual(
    bulk.map(({ status }) => status),
    ['created', 'created'],
  );

  const refusing = await serviceBehind(strict);
  const error = await rejection(refusing.service.upsertPerson(newPerson({ email: odd })));
  assert.deepEqual(
    [error.code, error.isRetryable, error.details.field],
    ['VALIDATION_ERROR', false, 'email'],
  );
  const results = await all(refusing.service.syncPersons([newPerson({ email: odd }), newPerson()]));
  assert.deepEqual(
    results.map(({ status, error: failure }) => [status, failure?.details.field]),
    [
      ['failed', 'email'],
      ['created', undefined],
    ],
  );
});

test('a link that the server refuses: the valid one of website and domain is written', async () => {
  const { service } = await serviceBehind((passing) => {
    const links = written(passing).flatMap((record) => [record.domainName, record.website]);
    if (links.some((link) => link?.primaryLinkUrl?.includes('refused')))
      return refusal('The URL of the link is not valid', 'INVALID_URL');
  });
  const cases = /** @type {const} */ ([
    ['https://good.example/x', undefined, []],
    ['https://refused.example/x', 'good.example.com', ['website']],
    ['https://good.example/x', 'refused.example.com', ['domain_name']],
    ['https://refused.example/x', 'refused.example.org', ['domain_name', 'website']],
    [undefined, 'refused.example.net', ['domain_name']],
  ]);
  const told = (/** @type {any[]} */ warnings = []) =>
    warnings.filter(({ reason }) => reason === 'value_refused').map(({ field }) => field);
  for (const bulk of [false, true]) {
    for (const [at, [website, domain, dropped]] of cases.entries()) {
      const domain_name = domain && `${bulk ? 'bulk' : 'one'}-${at}.${domain}`;
      const company = newCompany({ website, domain_name });
      const kept = [
        dropped.includes('website') ? null : (website ?? null),
        dropped.includes('domain_name') ? null : (domain_name ?? null),
      ];
      /** @type {any} */
      const result = bulk
        ? (await all(service.syncCompanies([newCompany(), company])))[1]
        : await service.upsertCompany(company);
      const note = `${bulk ? 'bulk' : 'single'}, ${website}, ${domain}`;
      assert.deepEqual([result.data.website, result.data.domain_name], kept, note);
      if (bulk) assert.deepEqual(told(result.warnings).sort(), [...dropped].sort(), note);
    }
  }
});

test('hosts that no server accepts are left out before anything is sent', async () => {
  const { service, log } = await serviceBehind(() => {});
  await service.upsertCompany(newCompany());
  log.length = 0;
  const result = await service.upsertCompany(
    newCompany({ domain_name: 'my_shop.example.com', website: 'http://intranet/x' }),
  );
  assert.deepEqual([result.data.domain_name, result.data.website], [null, null]);
  assert.deepEqual(
    log.map(({ status }) => status),
    [201],
  );
});

/** Makes a field of the workspace unique. @param {string} object @param {string} name */
async function makeUnique(object, name) {
  const client = crm.client();
  const answer = /** @type {any} */ (await client.get('/rest/metadata/objects?limit=200'));
  const objects = answer.data.data.objects ?? answer.data.data;
  const { fields } = objects.find((/** @type {any} */ one) => one.nameSingular === object);
  const { id } = fields.find((/** @type {any} */ field) => field.name === name);
  const changed = await client.patch(`/rest/metadata/fields/${id}`, { isUnique: true });
  assert.equal(changed.success, true);
}

test('a value that another row has in a unique custom field: a permanent failure that names the field', async () => {
  for (const isKnown of [true, false]) {
    await crm.sim.reset();
    const before = crm.service();
    if (!isKnown) await before.upsertCompany(newCompany({ name: 'Read the schema' }));
    await makeUnique('company', 'name');
    await crm.client().post('/rest/companies', { name: 'Taken' });
    const { service, log } = isKnown ? await serviceBehind(() => {}) : { service: before, log: [] };
    const known = newCompany({ name: 'Free' });
    await service.upsertCompany(known);
    log.length = 0;
    const company = newCompany({ name: 'Taken' });
    for (const refused of [company, { ...known, name: 'Taken' }]) {
      const error = await rejection(service.upsertCompany(refused));
      assert.deepEqual(
        [error.code, error.isRetryable, error.status, error.details.reason],
        ['VALIDATION_ERROR', false, 400, 'DUPLICATE'],
      );
      assert.deepEqual(error.details.fields, ['name']);
      assert.equal(error.details.externalId, refused.external_id);
      assert.ok(error.message.includes(refused.external_id) && error.message.includes('name'));
    }
    if (isKnown) assert.equal(log.length, 8, 'two tries with a look each, twice');
    const companies = Array.from({ length: 20 }, (_, at) => newCompany({ name: `Company ${at}` }));
    companies[7] = newCompany({ name: 'Taken' });
    const results = await all(service.syncCompanies(companies));
    const failed = results.filter(({ status }) => status === 'failed');
    assert.deepEqual(
      failed.map(({ externalId, error }) => [externalId, error.code, error.isRetryable]),
      [[companies[7].external_id, 'VALIDATION_ERROR', false]],
    );
  }
});

test('a unique field that the key cannot see: a permanent failure after every attempt', async () => {
  const service = crm.service({}, { apiKey: crm.sim.keys.noMetadata });
  await makeUnique('company', 'name');
  await crm.client().post('/rest/companies', { name: 'Taken' });
  const options = { conflictRetryDelay: 0 };
  const error = await rejection(service.upsertCompany(newCompany({ name: 'Taken' }), options));
  assert.deepEqual(
    [error.code, error.isRetryable, error.details.reason],
    ['VALIDATION_ERROR', false, 'DUPLICATE'],
  );
});
