// plan() and apply(): which custom fields a workspace has, and creating the others.
import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import {
  createTwentyCrmSyncService,
  TwentyCrmRestClient,
  TwentyCrmSchemaService,
} from '../../index.mjs';
import { newCompany, newPerson, rejection } from '../helpers/crm.mjs';
import { startSim, withSim } from '../helpers/sim.mjs';

const all = [
  'person.externalId TEXT',
  'person.accountType TEXT',
  'person.planCustom TEXT',
  'person.totalSubmissions NUMBER',
  'person.website LINKS',
  'person.city TEXT',
  'company.externalId TEXT',
  'company.website LINKS',
  'company.status TEXT',
];

/** @param {{ object: string, name: string, type: string }[]} fields */
const names = (fields) => fields.map(({ object, name, type }) => `${object}.${name} ${type}`);

/**
 * @param {Awaited<ReturnType<typeof startSim>>} sim
 * @param {{ key?: string, config?: object, options?: object }} [settings]
 */
function schemaService(sim, { key = sim.apiKey, config, options } = {}) {
  const client = new TwentyCrmRestClient({
    baseUrl: sim.baseUrl,
    apiKey: key,
    initialBackoffMs: 1,
    maxBackoffMs: 2,
    ...config,
  });
  return new TwentyCrmSchemaService(client, options);
}

/** The requests that the simulator received, as `METHOD path`. @param {Awaited<ReturnType<typeof startSim>>} sim */
async function requests(sim) {
  return (await sim.log()).map(({ method, path }) => `${method} ${path}`);
}

for (const metadataFormat of /** @type {const} */ (['legacy', 'new'])) {
  for (const flavour of /** @type {const} */ (['2.21', '2.31', '2.47'])) {
    test(`${metadataFormat} format, ${flavour}: everything is created, once, and used at once`, () =>
      withSim({ preset: 'fresh', metadataFormat, flavour }, async (sim) => {
        const warnings = [];
        const crm = createTwentyCrmSyncService(
          { baseUrl: sim.baseUrl, apiKey: sim.apiKey },
          { onWarning: (warning) => warnings.push(warning) },
        );
        const person = newPerson({
          account_type: 'business',
          plan: 'premium',
          total_submissions: 3,
          website: 'jane.example',
          city: 'Lyon',
        });
        await crm.upsertPerson(person);
        assert.equal(warnings.length, 5);

        const schema = schemaService(sim);
        const plan = await schema.plan();
        assert.deepEqual(names(plan.missing), all);
        assert.deepEqual([plan.present, plan.conflicting], [[], []]);

        const applied = await schema.apply(plan);
        assert.equal(applied.ok, true);
        assert.deepEqual(names(applied.created), all);
        assert.deepEqual([applied.failed, applied.madeUnique], [[], []]);
        assert.deepEqual(names(applied.plan.present), all);
        assert.deepEqual([applied.plan.missing, applied.plan.conflicting], [[], []]);
        assert.ok(applied.plan.present.every((field) => field.reason === undefined));

        // The service that knew the old schema writes the new fields with its next call.
        warnings.length = 0;
        const { data } = await crm.upsertPerson(person);
        assert.deepEqual(warnings, []);
        assert.deepEqual(
          [data.account_type, data.plan, data.total_submissions, data.website, data.city],
          ['business', 'premium', 3, 'https://jane.example', 'Lyon'],
        );
        const [row] = await sim.records('people');
        assert.equal(row.externalId, person.external_id);
        const company = await crm.upsertCompany(newCompany({ status: 'active' }));
        assert.equal(company.data.status, 'active');
        assert.deepEqual(warnings, []);

        const before = (await requests(sim)).length;
        const again = await schema.apply();
        assert.deepEqual([again.ok, again.created], [true, []]);
        const made = (await requests(sim)).slice(before);
        assert.deepEqual(new Set(made), new Set(['GET /rest/metadata/objects?limit=200']));
      }));
  }
}

test('an existing field of another usable type is kept', () =>
  withSim({ preset: 'fresh' }, async (sim) => {
    await sim.setOptions({
      addFields: [
        { object: 'people', name: 'externalId', type: 'TEXT', isUnique: true },
        { object: 'people', name: 'accountType', type: 'SELECT', options: ['BUSINESS'] },
        { object: 'people', name: 'subscriptionPlan', type: 'SELECT', options: ['FREE'] },
        { object: 'people', name: 'website', type: 'TEXT' },
        { object: 'companies', name: 'status', type: 'SELECT', options: ['ACTIVE'] },
      ],
    });
    const plan = await schemaService(sim).plan();
    assert.deepEqual(names(plan.present), [
      'person.externalId TEXT',
      'person.accountType SELECT',
      'person.subscriptionPlan SELECT',
      'person.website TEXT',
      'company.status SELECT',
    ]);
    assert.deepEqual(names(plan.missing), [
      'person.totalSubmissions NUMBER',
      'person.city TEXT',
      'company.externalId TEXT',
      'company.website LINKS',
    ]);
    assert.deepEqual(plan.conflicting, []);
  }));

test('two processes that apply at once: each field is created once, and both succeed', () =>
  withSim({ preset: 'fresh', latencyMs: 3 }, async (sim) => {
    // The person's session is another key, and therefore another workspace to this process.
    const [one, two] = await Promise.all([
      schemaService(sim).apply(),
      schemaService(sim, { key: sim.keys.adminToken }).apply(),
    ]);
    for (const applied of [one, two]) {
      assert.equal(applied.ok, true, JSON.stringify(applied.failed));
      assert.deepEqual(applied.failed, []);
      assert.deepEqual(names(applied.plan.present), all);
    }
    assert.deepEqual([...names(one.created), ...names(two.created)].sort(), [...all].sort());
    const refused = (await sim.log()).filter(
      ({ path, status }) => path === '/rest/metadata/fields' && status === 400,
    );
    assert.ok(refused.length > 0, 'they did meet');
  }));

test('a conflict is reported with what to do, and the rest is created anyway', () =>
  withSim({ preset: 'fresh' }, async (sim) => {
    await sim.setOptions({
      addFields: [
        { object: 'people', name: 'accountType', type: 'BOOLEAN' },
        { object: 'companies', name: 'externalId', type: 'NUMBER' },
      ],
    });
    const applied = await schemaService(sim).apply();
    assert.equal(applied.ok, false);
    assert.deepEqual(applied.failed, []);
    assert.equal(applied.created.length, 7);
    assert.deepEqual(
      applied.plan.conflicting.map(({ object, name, type, reason }) => [
        object,
        name,
        type,
        reason,
      ]),
      [
        ['person', 'accountType', 'BOOLEAN', 'wrong_type'],
        ['company', 'externalId', 'NUMBER', 'wrong_type'],
      ],
    );
    for (const { name, message } of applied.plan.conflicting) {
      assert.match(message, new RegExp(`${name} is a `));
      assert.match(message, /fieldNames/);
    }
  }));

describe('an externalId that is not unique', () => {
  const addFields = [{ object: 'people', name: 'externalId', type: 'TEXT' }];

  test('is a conflict for plan(), and apply() makes it unique', () =>
    withSim({ preset: 'fresh' }, async (sim) => {
      await sim.setOptions({ addFields });
      const schema = schemaService(sim);
      const plan = await schema.plan();
      assert.deepEqual(
        plan.conflicting.map(({ name, reason }) => [name, reason]),
        [['externalId', 'not_unique']],
      );
      assert.match(plan.conflicting[0].message, /apply\(\)/);
      const applied = await schema.apply();
      assert.equal(applied.ok, true);
      assert.deepEqual(names(applied.madeUnique), ['person.externalId TEXT']);
      const client = new TwentyCrmRestClient({ baseUrl: sim.baseUrl, apiKey: sim.apiKey });
      assert.equal((await client.post('/rest/people', { externalId: 'x' })).success, true);
      assert.equal((await client.post('/rest/people', { externalId: 'x' })).success, false);
    }));

  test('stays a conflict while two rows have the same value: reported, and the rest is created', () =>
    withSim({ preset: 'fresh' }, async (sim) => {
      await sim.setOptions({ addFields });
      await sim.seed({ people: [{ externalId: 'twice' }, { externalId: 'twice' }] });
      const applied = await schemaService(sim).apply();
      assert.equal(applied.ok, false);
      assert.equal(applied.created.length, 8);
      assert.deepEqual(
        applied.failed.map(({ object, name, error }) => [object, name, error.code]),
        [['person', 'externalId', 'VALIDATION_ERROR']],
      );
      assert.match(applied.failed[0].error.message, /two records have the same value/);
      assert.equal(applied.plan.conflicting[0].reason, 'not_unique');
    }));
});

describe('a key without the right', () => {
  test('sees what exists, and is told what to grant if something must be created', () =>
    withSim({ preset: 'fresh' }, async (sim) => {
      const schema = schemaService(sim, { key: sim.keys.noMetadata });
      assert.deepEqual(names((await schema.plan()).missing), all);
      const error = await rejection(schema.apply());
      assert.equal(error.code, 'AUTH_ERROR');
      assert.equal(error.isRetryable, false);
      assert.equal(error.details.reason, 'permission');
      assert.match(error.message, /"Data model"/);
      assert.match(error.message, /people\.externalId \(TEXT, unique\)/);
      assert.equal(error.details.needed.length, all.length);
      assert.deepEqual(error.details.created, []);
      assert.ok(!JSON.stringify(error).includes(sim.keys.noMetadata));
      assert.ok(!(await requests(sim)).some((line) => line.startsWith('POST')));
    }));

  test('is told that it cannot see uniqueness, and has nothing to do if all fields exist', () =>
    withSim({ preset: 'provisioned' }, async (sim) => {
      const applied = await schemaService(sim, { key: sim.keys.noMetadata }).apply();
      assert.equal(applied.ok, true);
      assert.deepEqual(names(applied.plan.present), all);
      const unknown = applied.plan.present.filter(({ reason }) => reason === 'uniqueness_unknown');
      assert.deepEqual(names(unknown), ['person.externalId TEXT', 'company.externalId TEXT']);
    }));

  test('that may read but is refused midway reports what it had created', () =>
    withSim({ preset: 'fresh' }, async (sim) => {
      const denied = {
        statusCode: 403,
        error: 'Error',
        messages: ['Entity performing the request does not have permission'],
        code: 'PERMISSION_DENIED',
      };
      await sim.addFaults({
        method: 'POST',
        path: '/rest/metadata/fields',
        nth: 3,
        times: 100,
        action: { type: 'status', status: 403, body: denied },
      });
      const error = await rejection(schemaService(sim).apply());
      assert.equal(error.code, 'AUTH_ERROR');
      assert.deepEqual(names(error.details.created), all.slice(0, 2));
    }));
});

test('one field that fails does not stop the others, and the next call creates it', () =>
  withSim({ preset: 'fresh' }, async (sim) => {
    await sim.addFaults({
      method: 'POST',
      path: '/rest/metadata/fields',
      nth: 2,
      action: {
        type: 'status',
        status: 400,
        body: {
          statusCode: 400,
          error: 'METADATA_VALIDATION_ERROR',
          message: 'Validation failed',
          errors: { fieldMetadata: [{ errors: [{ code: 'INVALID_FIELD_INPUT', message: 'No' }] }] },
        },
      },
    });
    const schema = schemaService(sim);
    const applied = await schema.apply();
    assert.equal(applied.ok, false);
    assert.deepEqual(
      applied.failed.map(({ name, error }) => [name, error.code]),
      [['accountType', 'VALIDATION_ERROR']],
    );
    assert.equal(applied.created.length, 8);
    assert.deepEqual(names((await schema.apply()).created), ['person.accountType TEXT']);
  }));

test('an answer that is lost costs nothing', () =>
  withSim({ preset: 'fresh' }, async (sim) => {
    await sim.addFaults({
      method: 'POST',
      path: '/rest/metadata/fields',
      nth: 4,
      action: { type: 'resetAfter' },
    });
    const applied = await schemaService(sim).apply();
    assert.equal(applied.ok, true);
    assert.deepEqual([applied.failed, names(applied.plan.present)], [[], all]);
  }));

test('a plan restricts what is done; unknown fields and invalid plans are refused', () =>
  withSim({ preset: 'fresh' }, async (sim) => {
    const schema = schemaService(sim);
    const plan = await schema.plan();
    const chosen = plan.missing.filter(({ name }) => name === 'externalId');
    const applied = await schema.apply({ missing: chosen, conflicting: [] });
    assert.equal(applied.ok, true);
    assert.deepEqual(names(applied.created), ['person.externalId TEXT', 'company.externalId TEXT']);
    assert.equal(applied.plan.missing.length, 7);
    const foreign = { object: 'person', name: 'shoeSize', type: 'NUMBER' };
    for (const bad of [
      { missing: [foreign], conflicting: [] },
      { missing: [] },
      { missing: [{ object: 'note', name: 'externalId' }], conflicting: [] },
      [],
      'all',
    ]) {
      const error = await rejection(schema.apply(/** @type {any} */ (bad)));
      assert.equal(error.code, 'VALIDATION_ERROR', JSON.stringify(bad));
      assert.equal(error.details.field, 'plan');
    }
    assert.equal((await schema.plan()).missing.length, 7);
  }));

test('field names can be configured; a reserved one is a conflict', () =>
  withSim({ preset: 'fresh' }, async (sim) => {
    const options = { fieldNames: { externalId: 'siteId', plan: ['plan'] } };
    const schema = schemaService(sim, { options });
    const applied = await schema.apply();
    assert.equal(applied.created[0].name, 'siteId');
    assert.deepEqual(
      applied.plan.conflicting.map(({ name, reason }) => [name, reason]),
      [['plan', 'reserved_name']],
    );
    const crm = createTwentyCrmSyncService(
      { baseUrl: sim.baseUrl, apiKey: sim.apiKey },
      { fieldNames: { externalId: 'siteId' } },
    );
    await crm.upsertPerson(newPerson({ external_id: 'someone' }));
    assert.equal((await sim.records('people'))[0].siteId, 'someone');
    assert.throws(() => schemaService(sim, { options: { fieldNames: { city: 'a b' } } }), {
      code: 'VALIDATION_ERROR',
    });
    assert.throws(() => schemaService(sim, { options: /** @type {any} */ ('all') }), {
      code: 'VALIDATION_ERROR',
    });
    assert.throws(() => new TwentyCrmSchemaService(/** @type {any} */ ({})), {
      code: 'VALIDATION_ERROR',
    });
  }));

test('calls can be aborted, and fail after the client is closed', () =>
  withSim({ preset: 'fresh' }, async (sim) => {
    await sim.addFaults({ action: { type: 'stallHeaders' }, path: '/rest/metadata' });
    const reason = new Error('enough');
    const controller = new AbortController();
    const pending = rejection(schemaService(sim).plan({ signal: controller.signal }));
    controller.abort(reason);
    assert.equal(await pending, reason);
    const already = await rejection(
      schemaService(sim).apply(null, { signal: AbortSignal.abort(reason) }),
    );
    assert.equal(already, reason);

    const client = new TwentyCrmRestClient({ baseUrl: sim.baseUrl, apiKey: sim.apiKey });
    const schema = new TwentyCrmSchemaService(client);
    await client.close();
    assert.equal((await rejection(schema.plan())).code, 'OPERATION_FAILED');
  }));
