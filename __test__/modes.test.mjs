// Where changes go: to Twenty, to the caller's event system, or nowhere.
import assert from 'node:assert/strict';
import { getEventListeners } from 'node:events';
import { test } from 'node:test';
import { inspect } from 'node:util';
import {
  createTwentyCrmSyncService,
  createTwentyCrmSyncServiceFromEnv,
  isTwentyCrmError,
  sqliteMappingStore,
  TwentyCrmApiError,
  TwentyCrmSyncService,
} from '../index.mjs';
import { newCompany, newPerson, rejection, useSim } from './helpers/crm.mjs';

const crm = useSim({ preset: 'provisioned' });
const uuid = /^[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}$/;
const nowhere = { baseUrl: '', apiKey: '' };

/** A service in platform mode, and the events that it published. @param {object} [options] */
function platform(options) {
  /** @type {any[]} */
  const events = [];
  const service = createTwentyCrmSyncService(nowhere, {
    mode: 'platform',
    publish: (event) => {
      events.push(event);
    },
    ...options,
  });
  return { service, events };
}

/** A store that knows one id. @param {string} crmId */
function storeWith(crmId) {
  const asked = [];
  return {
    asked,
    findByEverId(everId, objectType) {
      asked.push([everId, objectType]);
      return { everId, objectType, crmId };
    },
    findByCrmId: () => null,
    upsertMapping: () => assert.fail('nothing was written, so nothing is to be remembered'),
    upsertManyMappings: () => assert.fail('nothing was written'),
    deleteMapping: () => assert.fail('nothing was deleted'),
  };
}

/** @param {string} field */
const refusal = (field) => (/** @type {any} */ error) =>
  error instanceof TwentyCrmApiError &&
  error.code === 'VALIDATION_ERROR' &&
  error.details?.field === field;

test('without a mode it is direct_crm, and publish is never called', async () => {
  const person = newPerson();
  const publish = () => assert.fail('nothing is to be published');
  const result = await crm.service({ publish }).upsertPerson(person);
  assert.equal(result.created, true);
  const again = await crm.service({ mode: 'direct_crm', publish }).upsertPerson(person);
  assert.deepEqual([again.id, again.created], [result.id, false]);
});

test('platform: a change is published, normalised, and nothing is sent', async () => {
  const { service, events } = platform();
  assert.ok(service instanceof TwentyCrmSyncService);
  const before = new Date();
  const result = await service.upsertPerson({
    external_id: 'cli_1',
    name: 'Jane van der Berg',
    email: ' Jane@Example.com ',
    phone: null,
    job_title: undefined,
    total_submissions: 5,
    company_external_id: 'org_1',
    unknown: 'key',
  });
  const data = {
    external_id: 'cli_1',
    name: 'Jane van der Berg',
    email: 'jane@example.com',
    phone: null,
    total_submissions: 5,
    company_external_id: 'org_1',
  };
  const { id, ...rest } = result;
  assert.match(id, uuid);
  assert.deepEqual(rest, { externalId: 'cli_1', created: false, updated: false, data });

  assert.equal(events.length, 1);
  const { id: eventId, idempotencyKey, occurredAt, ...event } = events[0];
  assert.deepEqual(event, { version: 1, type: 'person.upsert', entity: 'person', payload: data });
  assert.match(eventId, uuid);
  assert.match(idempotencyKey, /^[\x21-\x7e]{1,80}$/);
  assert.equal(new Date(occurredAt).toISOString(), occurredAt);
  assert.ok(new Date(occurredAt) >= before && new Date(occurredAt) <= new Date());
});

test('platform: the id is the one that the record gets when the event is applied', async () => {
  for (const namespace of [undefined, 'site-a']) {
    const { service, events } = platform({ namespace });
    const person = newPerson();
    const company = newCompany();
    const published = [await service.upsertPerson(person), await service.upsertCompany(company)];
    const direct = crm.service({ namespace });
    for (const [at, event] of events.entries()) {
      // Through a queue, as JSON text.
      const applied = await direct.applyPlatformEvent(JSON.parse(JSON.stringify(event)));
      assert.equal(applied.created, true);
      assert.equal(applied.id, published[at].id, event.type);
    }
  }
});

test('platform: the id is the mapped one if the store knows it', async () => {
  const crmId = '01234567-89ab-4def-8123-456789abcdef';
  const mappingStore = storeWith(crmId);
  const { service } = platform({ mappingStore });
  const person = newPerson();
  assert.equal((await service.upsertPerson(person)).id, crmId);
  assert.deepEqual(mappingStore.asked, [[person.external_id, 'person']]);
  assert.notEqual((await service.upsertPerson(person, { useCache: false })).id, crmId);
  assert.equal(mappingStore.asked.length, 1, 'useCache: false asks no store');

  const ofSite = storeWith(crmId);
  const site = platform({ mappingStore: ofSite, namespace: 'site-a' });
  assert.equal((await site.service.upsertPerson(person)).id, crmId);
  assert.deepEqual(ofSite.asked, [[`site-a:${person.external_id}`, 'person']]);

  const nonsense = platform({ mappingStore: storeWith('../people') });
  assert.match((await nonsense.service.upsertPerson(person)).id, uuid);
});

test('platform: one store serves both ends', async (t) => {
  const mappingStore = sqliteMappingStore(':memory:');
  t.after(() => mappingStore.close());
  const client = crm.client();
  const company = newCompany();
  const made = await client.post('/rest/companies', { externalId: company.external_id });
  const { id } = made.data.data.createCompany;
  const { service, events } = platform({ mappingStore });
  assert.notEqual((await service.upsertCompany(company)).id, id);
  const applied = await crm.service({ mappingStore }).applyPlatformEvent(events[0]);
  assert.equal(applied.id, id);
  assert.equal((await service.upsertCompany(company)).id, id);
});

test('platform: a store that fails is a warning', async () => {
  const warnings = [];
  const mappingStore = {
    ...storeWith(''),
    findByEverId: () => Promise.reject(new Error('store is down')),
  };
  const { service, events } = platform({ mappingStore, onWarning: (w) => warnings.push(w) });
  const person = newPerson();
  assert.match((await service.upsertPerson(person)).id, uuid);
  assert.equal(events.length, 1);
  assert.deepEqual(
    warnings.map(({ reason, externalId }) => [reason, externalId]),
    [['store_failed', person.external_id]],
  );
  assert.match(warnings[0].message, /store is down/);
});

test('platform: bad input is refused before anything is published', async () => {
  const { service, events } = platform();
  const bad = [
    [{ ...newPerson(), email: 'nope' }, 'email'],
    [{ ...newPerson(), name: ' ' }, 'name'],
    [{ ...newPerson(), external_id: '' }, 'external_id'],
    [{ ...newPerson(), phone: 5 }, 'phone'],
    [{ ...newPerson(), total_submissions: Number.NaN }, 'total_submissions'],
    [null, 'input'],
  ];
  for (const [input, field] of bad) {
    assert.ok(refusal(field)(await rejection(service.upsertPerson(input))), inspect(input));
  }
  assert.ok(refusal('name')(await rejection(service.upsertCompany({ external_id: 'c' }))));
  assert.deepEqual(events, []);

  const lax = platform({ invalidEmail: 'leave_out' });
  await lax.service.upsertPerson({ ...newPerson(), email: 'nope' });
  assert.equal(lax.events.length, 1);
});

test('platform: the call waits for publish, and rejects as publish does', async () => {
  /** @type {(value?: unknown) => void} */
  let letGo = () => {};
  const gate = new Promise((resolve) => {
    letGo = resolve;
  });
  const waiting = platform({ publish: () => gate });
  let isSettled = false;
  const upsert = waiting.service.upsertPerson(newPerson()).then(() => {
    isSettled = true;
  });
  await new Promise(setImmediate);
  assert.equal(isSettled, false);
  letGo();
  await upsert;

  const reason = new Error('the queue is full');
  const rejecting = platform({ publish: () => Promise.reject(reason) });
  assert.equal(await rejection(rejecting.service.upsertPerson(newPerson())), reason);
  const throwing = platform({
    publish() {
      throw reason;
    },
  });
  assert.equal(await rejection(throwing.service.upsertCompany(newCompany())), reason);
});

test('platform: events are published in call order, however slow the store is', async () => {
  let delay = 50;
  const mappingStore = {
    ...storeWith(''),
    async findByEverId() {
      for (let turns = delay--; turns > 0; turns -= 1) await null;
      return null;
    },
  };
  const { service, events } = platform({ mappingStore });
  const person = newPerson();
  const calls = Array.from({ length: 50 }, (_, at) =>
    service.upsertPerson({ ...person, job_title: `Job ${at}` }),
  );
  await Promise.all(calls);
  assert.deepEqual(
    events.map(({ payload }) => payload.job_title),
    calls.map((_, at) => `Job ${at}`),
  );
});

test('platform: every change has its own key, with the same content or not', async () => {
  const { service, events } = platform();
  const person = newPerson();
  for (const city of ['Lyon', 'Paris', 'Lyon']) await service.upsertPerson({ ...person, city });
  assert.equal(new Set(events.map(({ idempotencyKey }) => idempotencyKey)).size, 3);
  assert.equal(new Set(events.map(({ id }) => id)).size, 3);
});

test('platform: changes that publish makes to the event do not reach the caller', async () => {
  const { service } = platform({
    publish: (/** @type {any} */ event) => {
      event.payload.name = 'changed';
    },
  });
  const person = newPerson();
  assert.equal((await service.upsertPerson(person)).data.name, person.name);
});

test('platform: twelve calls that share a signal put one listener on it, and leave none', async () => {
  const controller = new AbortController();
  const { signal } = controller;
  const listeners = () => getEventListeners(signal, 'abort').length;
  /** @type {Error[]} */
  const warnings = [];
  const onWarning = (/** @type {Error} */ warning) => warnings.push(warning);
  process.on('warning', onWarning);
  /** @type {(() => void)[]} */
  const publishing = [];
  const { service } = platform({ publish: () => new Promise((done) => publishing.push(done)) });
  const calls = () =>
    Array.from({ length: 12 }, (_, at) => [
      service.upsertPerson(newPerson(), { signal }),
      service.deleteCompany(`c-${at}`, { signal }),
    ]).flat();
  const answered = calls();
  assert.equal(listeners(), 1);
  for (const done of publishing.splice(0)) done();
  await Promise.all(answered);
  assert.equal(listeners(), 0);

  const aborted = calls();
  controller.abort('enough');
  const reasons = (await Promise.allSettled(aborted)).map((end) => Reflect.get(end, 'reason'));
  assert.deepEqual(reasons, Array(24).fill('enough'));
  assert.equal(listeners(), 0);
  await new Promise((resolve) => setImmediate(resolve));
  process.off('warning', onWarning);
  assert.deepEqual(warnings, []);
});

test('platform: an abort rejects with the signal’s reason, before and during publishing', async () => {
  const { service, events } = platform();
  const reason = new Error('enough');
  const aborted = AbortSignal.abort(reason);
  assert.equal(await rejection(service.upsertPerson(newPerson(), { signal: aborted })), reason);
  assert.deepEqual(events, []);

  const stuck = platform({ publish: () => new Promise(() => {}) });
  const controller = new AbortController();
  const upsert = stuck.service.upsertPerson(newPerson(), { signal: controller.signal });
  controller.abort(reason);
  assert.equal(await rejection(upsert), reason);
});

test('platform: an event applied twice gives one record', async () => {
  const { service, events } = platform();
  const person = newPerson({ city: 'Lyon' });
  await service.upsertPerson(person);
  const direct = crm.service();
  const first = await direct.applyPlatformEvent(events[0]);
  const second = await direct.applyPlatformEvent(events[0]);
  assert.deepEqual([first.created, second.created], [true, false]);
  assert.equal(second.id, first.id);
  const rows = (await crm.sim.records('people')).filter(
    (row) => row.externalId === person.external_id,
  );
  assert.equal(rows.length, 1);
  assert.equal(rows[0].city, 'Lyon');
});

test('platform: an invalid event is refused with the reason', async () => {
  const { service, events } = platform();
  await service.upsertPerson(newPerson());
  const [event] = events;
  const direct = crm.service();
  const bad = [
    [null, 'event'],
    ['{}', 'event'],
    [{}, 'version'],
    [{ ...event, version: 2 }, 'version'],
    [{ ...event, entity: 'people' }, 'entity'],
    [{ ...event, entity: 'company' }, 'type'],
    [{ ...event, type: 'person.merge' }, 'type'],
    [{ ...event, type: 'person.delete', payload: {} }, 'external_id'],
    [{ ...event, type: 'person.delete', payload: null }, 'external_id'],
    [{ ...event, type: 'person.delete', payload: { external_id: 'x', mode: 'hard' } }, 'mode'],
    [{ ...event, id: '' }, 'id'],
    [{ ...event, idempotencyKey: undefined }, 'idempotencyKey'],
    [{ ...event, occurredAt: 'yesterday' }, 'occurredAt'],
    [{ ...event, namespace: 'other-site' }, 'namespace'],
    [{ ...event, payload: undefined }, 'input'],
    [{ ...event, payload: { ...event.payload, email: 'nope' } }, 'email'],
  ];
  const requests = await crm.requestsOf(async () => {
    for (const [value, field] of bad) {
      const error = await rejection(direct.applyPlatformEvent(value));
      assert.ok(refusal(field)(error), `${field}: ${inspect(error)}`);
    }
  });
  assert.equal(requests, 0);
  const unreadable = Object.defineProperty({ ...event }, 'payload', {
    enumerable: true,
    get() {
      throw new Error('no');
    },
  });
  assert.ok(refusal('event')(await rejection(direct.applyPlatformEvent(unreadable))));
});

test('platform: deletions are published too, and applied by the consumer', async () => {
  const { service, events } = platform({ namespace: 'site-a' });
  const direct = crm.service({ namespace: 'site-a' });
  for (const [upsert, remove, make, entity] of /** @type {const} */ ([
    ['upsertPerson', 'deletePerson', newPerson, 'person'],
    ['upsertCompany', 'deleteCompany', newCompany, 'company'],
  ])) {
    for (const mode of /** @type {const} */ (['soft', 'destroy'])) {
      const record = make();
      const { external_id } = record;
      const { id } = await direct[upsert](record);
      events.length = 0;
      const options = mode === 'soft' ? undefined : { mode };
      assert.deepEqual(await service[remove](external_id, options), {
        externalId: external_id,
        deleted: false,
        mode,
        ids: [],
        reason: 'published',
      });
      const [{ type, payload, idempotencyKey }] = events;
      assert.deepEqual([type, payload], [`${entity}.delete`, { external_id, mode }]);
      assert.match(idempotencyKey, /^[\x21-\x7e]{1,80}$/);
      const event = JSON.parse(JSON.stringify(events[0]));
      const applied = await direct.applyPlatformEvent(event);
      assert.deepEqual([applied.deleted, applied.mode, applied.ids], [true, mode, [id]]);
      assert.equal((await direct.applyPlatformEvent(event)).deleted, false);
    }
  }
  events.length = 0;
  assert.ok(refusal('external_id')(await rejection(service.deletePerson(' '))));
  assert.ok(refusal('mode')(await rejection(service.deletePerson('x', { mode: 'hard' }))));
  assert.deepEqual(events, []);
});

test('platform: find would send a request, so it is refused', async () => {
  const { service } = platform();
  for (const find of ['findPerson', 'findCompany']) {
    assert.equal((await rejection(service[find]('cli_1'))).details.reason, 'MODE');
  }
});

test('platform: applyPlatformEvent would publish again, so it is refused', async () => {
  const { service, events } = platform();
  await service.upsertPerson(newPerson());
  const error = await rejection(service.applyPlatformEvent(events[0]));
  assert.deepEqual(
    [error.code, error.isRetryable, error.details.reason],
    ['OPERATION_FAILED', false, 'MODE'],
  );
  assert.equal(events.length, 1);
});

test('disabled: every call rejects, and nothing is sent or published', async () => {
  const publish = () => assert.fail('nothing is to be published');
  const requests = await crm.requestsOf(async () => {
    const service = crm.service({ mode: 'disabled', publish, mappingStore: storeWith('') });
    const calls = [
      () => service.upsertPerson(newPerson()),
      () => service.upsertCompany(newCompany()),
      () => service.applyPlatformEvent(/** @type {any} */ ({})),
      () => service.findPerson('cli_1'),
      () => service.findCompany('org_1'),
      () => service.deletePerson('cli_1'),
      () => service.deleteCompany('org_1', { mode: 'destroy' }),
    ];
    for (const call of calls) {
      const error = await rejection(call());
      assert.ok(isTwentyCrmError(error));
      assert.deepEqual(
        [error.code, error.isRetryable, error.details?.reason],
        ['OPERATION_FAILED', false, 'DISABLED'],
      );
    }
    service.clearCache();
    assert.deepEqual(service.getCacheStats(), { size: 0, entries: [] });
    assert.deepEqual(service.cacheEntries(), []);
  });
  assert.equal(requests, 0);
});

test('options are checked in every mode', () => {
  const publish = () => {};
  for (const mode of ['platform', 'disabled']) {
    const make = (/** @type {any} */ options) => () =>
      createTwentyCrmSyncService(nowhere, { mode, publish, ...options });
    make({})();
    assert.throws(make({ namespace: 'a:b' }), refusal('namespace'));
    assert.throws(make({ defaultCountry: 'Germany' }), refusal('defaultCountry'));
    assert.throws(make({ invalidEmail: 'keep' }), refusal('invalidEmail'));
    assert.throws(make({ onWarning: 5 }), refusal('onWarning'));
    assert.throws(make({ mappingStore: {} }), refusal('mappingStore'));
  }
  for (const mode of ['', 'manual', 5, {}]) {
    assert.throws(() => createTwentyCrmSyncService(nowhere, { mode }), refusal('mode'));
  }
  for (const publish of [undefined, null, 'queue', {}]) {
    assert.throws(
      () => createTwentyCrmSyncService(nowhere, { mode: 'platform', publish }),
      refusal('publish'),
    );
  }
  assert.throws(() => createTwentyCrmSyncService(nowhere), refusal('baseUrl'));
});

test('from the environment: a URL and a key are enough', async () => {
  const env = { TWENTY_CRM_BASE_URL: crm.sim.baseUrl, TWENTY_CRM_API_KEY: crm.sim.apiKey };
  for (const options of [undefined, 60_000, { cacheTtlMs: 60_000 }]) {
    const service = createTwentyCrmSyncServiceFromEnv(options, env);
    assert.equal((await service.upsertPerson(newPerson())).created, true);
  }
  const on = { ...env, TWENTY_CRM_ENABLED: 'true', TWENTY_CRM_SYNC_MODE: 'direct_crm' };
  const service = createTwentyCrmSyncServiceFromEnv(undefined, on);
  assert.equal((await service.upsertCompany(newCompany())).created, true);
});

test('from the environment: off means off, whatever else is set', async () => {
  const env = { TWENTY_CRM_BASE_URL: crm.sim.baseUrl, TWENTY_CRM_API_KEY: crm.sim.apiKey };
  const off = [
    [{ TWENTY_CRM_ENABLED: 'false' }, undefined],
    [{ ...env, TWENTY_CRM_ENABLED: 'false' }, { mode: 'direct_crm' }],
    [{ ...env, TWENTY_CRM_ENABLED: 'no', TWENTY_CRM_SYNC_MODE: 'direct_crm' }, 60_000],
    [{ ...env, TWENTY_CRM_ENABLED: 'true', TWENTY_CRM_SYNC_MODE: 'disabled' }, undefined],
  ];
  const requests = await crm.requestsOf(async () => {
    for (const [variables, options] of off) {
      const service = createTwentyCrmSyncServiceFromEnv(options, variables);
      const error = await rejection(service.upsertPerson(newPerson()));
      assert.equal(error.details.reason, 'DISABLED', inspect(variables));
    }
  });
  assert.equal(requests, 0);
});

test('from the environment: platform mode, and options that override variables', async () => {
  const events = [];
  const publish = (/** @type {any} */ event) => events.push(event);
  const env = { TWENTY_CRM_SYNC_MODE: 'platform' };
  await createTwentyCrmSyncServiceFromEnv({ publish }, env).upsertPerson(newPerson());
  assert.equal(events.length, 1);
  assert.throws(() => createTwentyCrmSyncServiceFromEnv(undefined, env), refusal('publish'));
  const service = createTwentyCrmSyncServiceFromEnv({ mode: 'disabled', publish }, env);
  assert.equal((await rejection(service.upsertPerson(newPerson()))).details.reason, 'DISABLED');
});

test('from the environment: missing and invalid variables are named', () => {
  const make = (/** @type {any} */ env) => () => createTwentyCrmSyncServiceFromEnv(undefined, env);
  assert.throws(make({}), refusal('TWENTY_CRM_BASE_URL'));
  assert.throws(make({}), /set TWENTY_CRM_BASE_URL and TWENTY_CRM_API_KEY in the environment/);
  const url = { TWENTY_CRM_BASE_URL: 'https://crm.example.com' };
  assert.throws(make(url), refusal('TWENTY_CRM_API_KEY'));
  const both = { ...url, TWENTY_CRM_API_KEY: 'key-0123456789' };
  make(both)();
  assert.throws(make({ ...both, TWENTY_CRM_SYNC_MODE: 'auto' }), refusal('TWENTY_CRM_SYNC_MODE'));
  assert.throws(
    make({ ...both, TWENTY_CRM_CACHE_TTL_MS: '5m' }),
    refusal('TWENTY_CRM_CACHE_TTL_MS'),
  );
});

test('from the environment: the cache TTL is used, and an option overrides it', async () => {
  const env = {
    TWENTY_CRM_BASE_URL: crm.sim.baseUrl,
    TWENTY_CRM_API_KEY: crm.sim.apiKey,
    TWENTY_CRM_CACHE_TTL_MS: '0',
  };
  const forgetful = createTwentyCrmSyncServiceFromEnv(undefined, env);
  await forgetful.upsertPerson(newPerson());
  assert.equal(forgetful.getCacheStats().size, 0);
  const mindful = createTwentyCrmSyncServiceFromEnv(60_000, env);
  await mindful.upsertPerson(newPerson());
  assert.ok(mindful.getCacheStats().size > 0);
});
