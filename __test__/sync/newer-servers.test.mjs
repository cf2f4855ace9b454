// Limits, quotas and duplicates in the form of servers 2.38 to 2.47: the simulator's 2.47, built from their source.
import assert from 'node:assert/strict';
import { afterEach, test } from 'node:test';
import { createTwentyCrmSyncService, TwentyCrmRestClient } from '../../index.mjs';
import { newCompany, newPerson, rejection, useSim } from '../helpers/crm.mjs';
import { rewriting } from '../helpers/rewriting.mjs';
import { withSim } from '../helpers/sim.mjs';

const crm = useSim({ preset: 'provisioned', flavour: '2.47', logSize: 2000 });

/** @type {(() => Promise<void>)[]} */
const closers = [];
afterEach(async () => {
  for (const close of closers.splice(0)) await close();
});

/** @param {AsyncIterable<any>} results */
async function all(results) {
  const list = [];
  for await (const result of results) list.push(result);
  return list;
}

/** @param {any} sim @param {object} [config] */
const configOf = (sim, config) => ({
  baseUrl: sim.baseUrl,
  apiKey: sim.apiKey,
  initialBackoffMs: 1,
  maxBackoffMs: 2,
  ...config,
});

test('limit and window are read from the body, in REST and in GraphQL', () =>
  withSim({ preset: 'provisioned', flavour: '2.47', rateLimit: '3/1500' }, async (sim) => {
    const client = new TwentyCrmRestClient(configOf(sim));
    const options = { skipRetry: true };
    for (let at = 0; at < 3; at += 1) await client.get('/rest/people?limit=1', options);
    const query = { query: '{ people { totalCount } }' };
    for (const answer of [
      await client.get('/rest/people?limit=1', options),
      await client.post('/graphql', query, options),
    ]) {
      const { code, details } = /** @type {any} */ (answer.error);
      assert.equal(code, 'RATE_LIMIT', JSON.stringify(answer));
      assert.deepEqual([details.limit, details.windowMs], [3, 1500]);
      assert.ok(details.retryAfterMs > 0 && details.retryAfterMs <= 1000, details.retryAfterMs);
    }
    const after = await client.get('/rest/people?limit=1');
    assert.equal(after.success, true, 'it waits and goes on');
  }));

test('a full workspace: each further record fails with QUOTA, the others are written', () =>
  withSim({ preset: 'provisioned', flavour: '2.47', recordLimit: 60 }, async (sim) => {
    const service = createTwentyCrmSyncService(configOf(sim));
    const people = Array.from({ length: 200 }, () => newPerson());
    const before = (await sim.stats()).total;
    const results = await all(service.syncPersons(people));
    const requests = (await sim.stats()).total - before;
    assert.deepEqual(
      results.map(({ status }) => status),
      people.map((_, at) => (at < 60 ? 'created' : 'failed')),
    );
    for (const { error } of results.slice(60)) {
      assert.deepEqual(
        [error.code, error.details.reason, error.isRetryable, error.status],
        ['OPERATION_FAILED', 'QUOTA', false, 409],
      );
      assert.match(error.message, /record limit/);
    }
    assert.ok(requests <= 6, `${requests} requests: no halving`);

    const full = (await sim.stats()).total;
    const none = await all(service.syncPersons(Array.from({ length: 200 }, () => newPerson())));
    assert.ok(none.every(({ error }) => error?.details.reason === 'QUOTA'));
    assert.ok((await sim.stats()).total - full <= 3);
    const alone = await rejection(service.upsertPerson(newPerson()));
    assert.deepEqual([alone.code, alone.details.reason], ['OPERATION_FAILED', 'QUOTA']);
    const company = await rejection(service.upsertCompany(newCompany()));
    assert.equal(company.details.reason, 'QUOTA');
    const again = await service.upsertPerson({ ...people[0], job_title: 'Editor' });
    assert.equal(again.updated, true, 'what is there can be written');
  }));

test('a used-up allowance gives QUOTA, alone and in bulk', async () => {
  await crm.sim.setOptions({ allowanceExhausted: true });
  const service = crm.service();
  const alone = await rejection(service.upsertPerson(newPerson()));
  const bulk = await all(service.syncPersons([newPerson(), newPerson()]));
  for (const error of [alone, ...bulk.map((result) => result.error)]) {
    assert.deepEqual(
      [error.code, error.details.reason, error.isRetryable],
      ['OPERATION_FAILED', 'QUOTA', false],
    );
  }
  await crm.sim.setOptions({ allowanceExhausted: false });
});

test('a quota reported by GraphQL gives QUOTA in look-ups', async () => {
  for (const extensions of [
    { code: 'RATE_LIMITED', limitKind: 'quota', exhaustedKind: 'allowance', retryAfterMs: 5 },
    { code: 'QUOTA_EXHAUSTED', limitKind: 'stock' },
  ]) {
    const server = await rewriting(crm.sim.baseUrl, ({ url }) => {
      if (url !== '/graphql') return undefined;
      return { status: 200, body: { data: null, errors: [{ message: 'Used up', extensions }] } };
    });
    closers.push(() => server.close());
    const service = crm.service({}, { baseUrl: server.baseUrl });
    const error = await rejection(service.findPerson('u1'));
    assert.deepEqual([error.code, error.details.reason], ['OPERATION_FAILED', 'QUOTA']);
    const [result] = await all(service.syncPersons([newPerson()]));
    assert.equal(result.error.details.reason, 'QUOTA');
  }
});

test('a duplicate names its field through the constraint', async () => {
  const client = crm.client();
  const email = { emails: { primaryEmail: 'jane@example.com' } };
  await client.post('/rest/people', { ...email, externalId: 'a' });
  await client.post('/rest/companies', { domainName: { primaryLinkUrl: 'a.example' } });
  for (const [path, body, field] of /** @type {const} */ ([
    ['/rest/people', email, 'emails'],
    ['/rest/people', { externalId: 'a' }, 'externalId'],
    ['/rest/companies', { domainName: { primaryLinkUrl: 'a.example' } }, 'domainName'],
  ])) {
    const { error } = await client.post(path, body);
    assert.deepEqual([error.code, error.details.reason], ['VALIDATION_ERROR', 'DUPLICATE']);
    assert.deepEqual(error.details.fields, [field]);
    assert.match(error.details.constraint, /^IDX_UNIQUE_[0-9a-f]{27}$/);
    assert.ok(error.message.endsWith(`The field is ${field}.`), error.message);
  }
});

test('a unique custom field is named at the first refusal', async () => {
  const client = crm.client();
  const answer = /** @type {any} */ (await client.get('/rest/metadata/objects?limit=200'));
  const objects = answer.data.data.objects ?? answer.data.data;
  const { fields } = objects.find((/** @type {any} */ one) => one.nameSingular === 'company');
  const { id } = fields.find((/** @type {any} */ field) => field.name === 'name');
  await client.patch(`/rest/metadata/fields/${id}`, { isUnique: true });
  await client.post('/rest/companies', { name: 'Taken' });
  const service = crm.service();
  await service.upsertCompany(newCompany({ name: 'Free' }));
  let error;
  const requests = await crm.requestsOf(async () => {
    error = await rejection(service.upsertCompany(newCompany({ name: 'Taken' })));
  });
  assert.deepEqual(
    [error.code, error.isRetryable, error.details.reason, error.details.fields],
    ['VALIDATION_ERROR', false, 'DUPLICATE', ['name']],
  );
  assert.ok(requests <= 3, `${requests} requests`);
});

test('a company that is gone is created again, even if only a code reports it', async () => {
  const server = await rewriting(crm.sim.baseUrl, () => undefined);
  closers.push(() => server.close());
  const service = crm.service({}, { baseUrl: server.baseUrl });
  const person = newPerson({ company_external_id: 'org', company_name: 'Org' });
  await service.upsertPerson(person);
  const [company] = await crm.sim.records('companies');
  await crm.client().delete(`/rest/companies/${company.id}`);
  const other = await service.upsertPerson(
    newPerson({ company_external_id: 'org', company_name: 'Org' }),
  );
  assert.equal(other.created, true);
  const [made] = await crm.sim.records('companies');
  const people = await crm.sim.records('people');
  assert.ok(people.some((/** @type {any} */ row) => row.companyId === made.id));
});

test('an object of more than 200 fields: absent fields are neither lost nor null', async () => {
  const client = crm.client();
  const answer = /** @type {any} */ (await client.get('/rest/metadata/objects?limit=200'));
  const objects = answer.data.data.objects ?? answer.data.data;
  const person = objects.find((/** @type {any} */ one) => one.nameSingular === 'person');
  for (let at = person.fields.length; at < 210; at += 1) {
    const name = `aaa${String(at).padStart(3, '0')}`;
    const field = { type: 'TEXT', name, label: name, objectMetadataId: person.id };
    const made = await client.post('/rest/metadata/fields', field);
    assert.equal(made.success, true, JSON.stringify(made));
  }
  const plain = /** @type {any} */ (await client.post('/rest/people', {}));
  const { createPerson } = plain.data.data;
  assert.ok(!('website' in createPerson || 'externalId' in createPerson), 'the server caps');
  await client.delete(`/rest/people/${createPerson.id}`);
  const service = crm.service();
  const input = newPerson({ website: 'https://jane.example', total_submissions: 3 });
  const first = await service.upsertPerson(input);
  const again = await service.upsertPerson({ ...input, job_title: 'Editor' });
  const requests = await crm.requestsOf(() => service.upsertPerson(input));
  const [bulk] = await all(service.syncPersons([newPerson({ website: 'https://b.example' })]));
  assert.deepEqual([first.created, again.created, again.id], [true, false, first.id]);
  assert.ok(requests <= 2, `${requests} requests: one write, and the schema at most`);
  assert.equal(first.data.website, 'https://jane.example');
  assert.equal(again.data.total_submissions, 3);
  assert.equal(bulk.data.website, 'https://b.example');
  assert.equal((await crm.sim.records('people')).length, 2);
});
