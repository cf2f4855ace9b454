// How the workspace's schema is read: once per process, again when an answer shows a change, and never in between.
import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { createTwentyCrmSyncService } from '../../index.mjs';
import { newCompany, newPerson, rejection } from '../helpers/crm.mjs';
import { startSim, withSim } from '../helpers/sim.mjs';

/**
 * @param {Awaited<ReturnType<typeof startSim>>} sim
 * @param {{ key?: string, options?: object }} [settings]
 */
function service(sim, { key = sim.apiKey, options } = {}) {
  return createTwentyCrmSyncService(
    { baseUrl: sim.baseUrl, apiKey: key, initialBackoffMs: 1, maxBackoffMs: 2 },
    options,
  );
}

/** The requests that `work` sent. */
async function logOf(sim, work) {
  const before = (await sim.log()).length;
  await work();
  return (await sim.log()).slice(before).map(({ method, path }) => `${method} ${path}`);
}

const readsSchema = (line) => /metadata\/objects|open-api/.test(line);

/** Waits until the simulator has answered this many schema requests. */
async function untilRead(sim, pattern, count) {
  for (let polls = 0; polls < 20_000; polls += 1) {
    const read = (await sim.log()).filter(({ path }) => pattern.test(path));
    if (read.length >= count) return;
  }
  throw new Error('the schema was never read again');
}

/** Upserts until the schema that was read in the background is in use: it has arrived, but must still be parsed. */
async function until(upsert, isDone) {
  for (let tries = 0; tries < 500; tries += 1) {
    const result = await upsert();
    if (isDone(result)) return result;
  }
  throw new Error('the new schema never came into use');
}

for (const metadataFormat of /** @type {const} */ (['legacy', 'new'])) {
  for (const flavour of /** @type {const} */ (['2.21', '2.31', '2.47'])) {
    test(`${metadataFormat}, ${flavour}: a new process writes a new person in three requests, a warm one in one`, () =>
      withSim({ preset: 'provisioned', metadataFormat, flavour }, async (sim) => {
        const crm = service(sim);
        const cold = await logOf(sim, () => crm.upsertPerson(newPerson({ city: 'Lyon' })));
        assert.deepEqual(cold, [
          'GET /rest/metadata/objects?limit=200',
          // People's additional addresses.
          'POST /graphql',
          'POST /rest/people',
        ]);
        const warm = await logOf(sim, () => crm.upsertPerson(newPerson({ city: 'Lyon' })));
        assert.deepEqual(warm, ['POST /rest/people']);
      }));
  }
}

test('300 calls at once, on as many services, read the schema once', () =>
  withSim({ preset: 'provisioned' }, async (sim) => {
    const lines = await logOf(sim, () =>
      Promise.all(Array.from({ length: 300 }, () => service(sim).upsertPerson(newPerson()))),
    );
    assert.equal(lines.filter(readsSchema).length, 1);
  }));

test('a key that may not read metadata: the OpenAPI document instead, and a look-up before each create', () =>
  withSim({ preset: 'provisioned' }, async (sim) => {
    const crm = service(sim, { key: sim.keys.noMetadata });
    const person = newPerson({
      account_type: 'business',
      website: 'a.example',
      total_submissions: 2,
    });
    let result;
    const cold = await logOf(sim, async () => (result = await crm.upsertPerson(person)));
    assert.deepEqual(cold, [
      'GET /rest/metadata/objects?limit=200',
      'GET /rest/open-api/core',
      'POST /graphql',
      // People's additional addresses.
      'POST /graphql',
      'POST /rest/people',
    ]);
    assert.deepEqual(
      [result.data.account_type, result.data.website, result.data.total_submissions],
      ['business', 'https://a.example', 2],
    );
    const warm = await logOf(sim, () => crm.upsertPerson(newPerson()));
    assert.deepEqual(warm, ['POST /graphql', 'POST /rest/people']);
    assert.deepEqual(await logOf(sim, () => crm.upsertPerson(person)), [
      `PATCH /rest/people/${result.id}`,
    ]);
  }));

test('a duplicate that only the external id explains proves that the field is unique', () =>
  withSim({ preset: 'provisioned' }, async (sim) => {
    const crm = service(sim, { key: sim.keys.noMetadata });
    await crm.upsertPerson(newPerson());
    const person = newPerson();
    await sim.seed({ people: [{ externalId: person.external_id }] });
    // The look-up comes too early to see a row that another client creates with its own id.
    await sim.addFaults({
      method: 'POST',
      path: '/graphql',
      times: 1,
      action: {
        type: 'status',
        status: 200,
        body: { data: { people: { edges: [], pageInfo: { hasNextPage: false, endCursor: '' } } } },
      },
    });
    const result = await crm.upsertPerson(person);
    assert.equal(result.created, false);
    assert.deepEqual(await logOf(sim, () => crm.upsertPerson(newPerson())), ['POST /rest/people']);
  }));

test('a duplicate with another possible cause proves nothing', () =>
  withSim({ preset: 'provisioned' }, async (sim) => {
    const crm = service(sim, { key: sim.keys.noMetadata });
    await crm.upsertPerson(newPerson());
    const person = newPerson({ website: 'w.example' });
    await sim.seed({ people: [{ externalId: person.external_id }] });
    await sim.addFaults({
      method: 'POST',
      path: '/graphql',
      times: 1,
      action: {
        type: 'status',
        status: 200,
        body: { data: { people: { edges: [], pageInfo: { hasNextPage: false, endCursor: '' } } } },
      },
    });
    await crm.upsertPerson(person);
    assert.deepEqual(await logOf(sim, () => crm.upsertPerson(newPerson())), [
      'POST /graphql',
      'POST /rest/people',
    ]);
  }));

for (const key of /** @type {const} */ (['full', 'noMetadata'])) {
  describe(`the schema changes while the process runs, key ${key}`, () => {
    test('a field that is added is used after an answer has shown it', () =>
      withSim({ preset: 'fresh' }, async (sim) => {
        const crm = service(sim, { key: sim.keys[key] });
        const person = newPerson({ account_type: 'business' });
        const first = await crm.upsertPerson(person);
        assert.equal(first.data.account_type, null);
        await sim.setOptions({
          addFields: [{ object: 'people', name: 'accountType', type: 'TEXT' }],
        });
        const lines = await logOf(sim, async () => {
          await crm.upsertPerson(person);
          await untilRead(sim, key === 'full' ? /metadata\/objects/ : /open-api/, 2);
          const result = await until(
            () => crm.upsertPerson(person),
            ({ data }) => data.account_type === 'business',
          );
          assert.equal(result.id, first.id);
        });
        assert.equal(lines.filter((line) => /metadata\/objects/.test(line)).length, 1);
        // Nothing waited for the new schema: the record that showed the field was written before it.
        assert.match(lines[0], /^PATCH \/rest\/people/);
      }));

    test('a field that is removed: records are written without it, with a warning, any number of times', () =>
      withSim({ preset: 'provisioned' }, async (sim) => {
        const warnings = [];
        const crm = service(sim, {
          key: sim.keys[key],
          options: { onWarning: (warning) => warnings.push(`${warning.field} ${warning.reason}`) },
        });
        const person = newPerson({ account_type: 'business', city: 'Lyon' });
        await crm.upsertPerson(person);
        await sim.setOptions({ removeFields: [{ object: 'people', name: 'accountType' }] });
        const result = await crm.upsertPerson({ ...person, city: 'Paris' });
        assert.deepEqual(
          [result.created, result.data.account_type, result.data.city],
          [false, null, 'Paris'],
        );
        assert.deepEqual(warnings, ['account_type missing_field']);
        // A bad record makes the process read the schema in vain; the next real change is noticed anyway.
        await sim.addFaults({
          method: 'PATCH',
          times: 1,
          action: {
            type: 'status',
            status: 400,
            body: { statusCode: 400, error: 'BadRequestException', messages: ['no good'] },
          },
        });
        assert.equal((await rejection(crm.upsertPerson(person))).code, 'VALIDATION_ERROR');
        await sim.setOptions({ removeFields: [{ object: 'people', name: 'city' }] });
        warnings.length = 0;
        const again = await crm.upsertPerson(person);
        assert.equal(again.data.city, null);
        assert.deepEqual(warnings.sort(), ['account_type missing_field', 'city missing_field']);
      }));

    test('a field that changes its type is written with the new one', () =>
      withSim({ preset: 'provisioned' }, async (sim) => {
        const crm = service(sim, { key: sim.keys[key] });
        const person = newPerson({ account_type: 'business', website: 'a.example' });
        const { id } = await crm.upsertPerson(person);
        await sim.setOptions({
          addFields: [
            { object: 'people', name: 'accountType', type: 'SELECT', options: ['BUSINESS'] },
          ],
        });
        const result = await crm.upsertPerson(person);
        assert.equal(result.data.account_type, 'business');
        const row = (await sim.records('people')).find((row) => row.id === id);
        assert.equal(row.accountType, 'BUSINESS');
      }));

    for (const change of [
      { removeFields: [{ object: 'people', name: 'accountType' }] },
      {
        addFields: [
          { object: 'people', name: 'accountType', type: 'SELECT', options: ['BUSINESS'] },
        ],
      },
      { removeFields: [{ object: 'people', name: 'externalId' }] },
    ]) {
      test(`200 records in one run notice the change at once: ${JSON.stringify(change)}`, () =>
        withSim({ preset: 'provisioned' }, async (sim) => {
          const crm = service(sim, { key: sim.keys[key] });
          const people = Array.from({ length: 200 }, () =>
            newPerson({ account_type: 'business', city: 'Lyon' }),
          );
          await crm.syncPersons(people);
          await sim.setOptions(change);
          const summary = await crm.syncPersons(people.map((each) => ({ ...each, city: 'Paris' })));
          assert.deepEqual([summary.updated, summary.failed], [200, 0]);
          assert.ok(summary.requests <= 7, `${summary.requests} requests`);
        }));
    }

    test('a look-up of one record that names a removed field is repeated without it', () =>
      withSim({ preset: 'provisioned' }, async (sim) => {
        const crm = service(sim, { key: sim.keys[key] });
        const company = newCompany({ domain_name: 'acme.example' });
        const { id } = await crm.upsertCompany(company);
        await sim.setOptions({ removeFields: [{ object: 'companies', name: 'externalId' }] });
        crm.clearCache();
        const again = await crm.upsertCompany(company);
        assert.deepEqual([again.id, again.created], [id, false]);
        await sim.setOptions({ removeFields: [{ object: 'people', name: 'externalId' }] });
        crm.clearCache();
        const person = newPerson({ company_external_id: company.external_id });
        assert.equal((await crm.upsertPerson(person)).created, true);
      }));
  });
}
