// Any input of a caller gives a typed error or a result, never a crash, and never a rejection that is not ours.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import {
  createTwentyCrmError,
  createTwentyCrmSyncService,
  isTwentyCrmError,
  sqliteConfigStore,
  TwentyCrmApiError,
  TwentyCrmRestClient,
} from '../index.mjs';
import { newCompany, newPerson, rejection, useSim } from './helpers/crm.mjs';
import { clientOf, KEY, serve } from './helpers/servers.mjs';

const crm = useSim({ preset: 'provisioned' });

const revoked = () => {
  const { proxy, revoke } = Proxy.revocable({}, {});
  revoke();
  return proxy;
};
const throwing = (/** @type {unknown} */ what) =>
  new Proxy(
    {},
    {
      get: () => {
        throw what;
      },
      ownKeys: () => {
        throw what;
      },
      getOwnPropertyDescriptor: () => {
        throw what;
      },
      has: () => {
        throw what;
      },
    },
  );
const getter = (/** @type {string} */ name, /** @type {unknown} */ what) =>
  Object.defineProperty({}, name, {
    enumerable: true,
    get: () => {
      throw what;
    },
  });
const cycle = () => {
  /** @type {any} */
  const object = { a: {} };
  object.a.back = object;
  return object;
};
const nested = (/** @type {number} */ depth) => {
  /** @type {any} */
  let object = {};
  for (let level = 0; level < depth; level += 1) object = { object };
  return object;
};

/** Values that careless code throws. */
const odd = [new Error('x'), 'text', null, undefined, 5n, Symbol('x'), Object.create(null)];

/** Values that JSON cannot write, by name. */
const unwritable = () => ({
  bigint: { value: 10n },
  cycle: cycle(),
  'deep nesting': nested(200_000),
  'revoked proxy': revoked(),
  symbol: Symbol('x'),
  function: () => {},
  'toJSON that throws': { toJSON: () => assert.fail('asked') },
  'toJSON that gives a function': { toJSON: () => () => {} },
  ...Object.fromEntries(odd.map((what, at) => [`proxy that throws ${at}`, throwing(what)])),
  ...Object.fromEntries(odd.map((what, at) => [`getter that throws ${at}`, getter('a', what)])),
});

/** @param {any} error @param {string} what */
function assertInvalid(error, what) {
  assert.ok(isTwentyCrmError(error), `${what}: ${error}`);
  assert.equal(error.code, 'VALIDATION_ERROR', `${what}: ${error.message}`);
  assert.equal(error.isRetryable, false);
  assert.equal(typeof error.details?.field, 'string', `${what}: ${error.message}`);
  assert.ok(error.message.length > 0 && error.message.length < 1000);
  JSON.stringify(error);
}

/** An echo server and a client of it. */
async function echo() {
  const server = await serve(({ body }, response) => {
    response.writeHead(200, { 'content-type': 'application/json' }).end(body || '{}');
  });
  return { server, client: clientOf(server.baseUrl) };
}

/** Since Node 26, JSON is written without recursion, so no nesting is too deep. @param {unknown} value */
function canWrite(value) {
  try {
    return JSON.stringify(value) !== undefined;
  } catch {
    return false;
  }
}

test('bodies that JSON cannot write are refused, and nothing is sent', async () => {
  const { server, client } = await echo();
  for (const [name, body] of Object.entries(unwritable())) {
    if (name === 'deep nesting' && canWrite(body)) continue;
    for (const answer of [
      await client.post('/x', body),
      await client.put('/x', body),
      await client.patch('/x', body),
      await client.delete('/x', body, {}),
    ]) {
      assert.equal(answer.success, false, name);
      assertInvalid(answer.error, name);
      assert.equal(answer.error.details.field, 'body', name);
    }
  }
  assert.equal(server.seen.length, 0);
});

test('bodies arrive as JSON writes them', async () => {
  const { client } = await echo();
  const bodies = [
    [],
    [1, [2, [3]]],
    { a: undefined, b: Number.NaN, c: Number.POSITIVE_INFINITY, d: () => {}, e: Symbol('x') },
    new Date(0),
    new Map([[1, 2]]),
    'a text',
    0,
    false,
    '',
    { emoji: '👩‍👩‍👧', nul: '\0', quotes: '"\\', separator: '\u2028' },
    { lone: '\ud800' },
    JSON.parse('{"__proto__":{"polluted":true},"constructor":{"prototype":{"polluted":true}}}'),
    Object.assign(Object.create(null), { a: 1 }),
    nested(500),
    { big: 'x'.repeat(1_000_000) },
  ];
  for (const body of bodies) {
    const answer = await client.post('/x', body);
    assert.equal(answer.success, true, JSON.stringify(body).slice(0, 80));
    assert.equal(JSON.stringify(answer.data), JSON.stringify(body));
  }
  assert.equal(/** @type {any} */ ({}).polluted, undefined);
});

test('options of any type: refused by name, or ignored', async () => {
  const { client } = await echo();
  for (const what of odd) {
    for (const name of [
      'timeout',
      'headers',
      'skipRetry',
      'idempotencyKey',
      'deadlineMs',
      'signal',
    ]) {
      const { success, error } = await client.get('/x', /** @type {any} */ (getter(name, what)));
      assert.equal(success, false, name);
      assertInvalid(error, name);
    }
    assertInvalid((await client.get('/x', throwing(what))).error, 'a proxy');
    const headers = /** @type {any} */ (throwing(what));
    assertInvalid((await client.get('/x', { headers })).error, 'headers');
  }
  for (const options of [revoked(), 'text', 5, true, 5n, Symbol('x'), () => {}]) {
    const { error } = await client.get('/x', /** @type {any} */ (options));
    assertInvalid(error, typeof options);
  }
  for (const headers of [new Map([['x-a', '1']]), new Headers({ 'x-a': '1' }), [['x-a', '1']]]) {
    const { error } = await client.get('/x', /** @type {any} */ ({ headers }));
    assertInvalid(error, 'headers that would be lost');
    assert.equal(error.details.field, 'headers');
  }
  for (const timeout of [
    Number.NaN,
    Number.POSITIVE_INFINITY,
    -0.5,
    5n,
    '5',
    {},
    [5],
    Symbol('x'),
  ]) {
    const { error } = await client.get('/x', { timeout: /** @type {any} */ (timeout) });
    assertInvalid(error, String(timeout));
    assert.equal(error.details.field, 'timeout');
  }
  const ignored = [
    null,
    undefined,
    {},
    [],
    { other: undefined },
    { other: 1 },
    { headers: undefined, signal: null },
    JSON.parse('{"__proto__":{"timeout":0}}'),
  ];
  for (const options of [
    ...ignored,
    Object.create(null),
    Object.create({ timeout: 5_000, a: 1 }),
  ]) {
    assert.equal((await client.get('/x', options)).success, true);
  }
  const { error } = await client.get('/x', /** @type {any} */ ({ Timeout: null }));
  assertInvalid(error, 'a misspelt option');
  assert.equal(error.details.field, 'Timeout');
});

test('configurations of any type are refused with a TwentyCrmApiError', () => {
  const good = { baseUrl: 'https://crm.example.com', apiKey: KEY };
  const bad = [
    ...[undefined, null, 5, 'text', 5n, Symbol('x'), [], () => {}, revoked()],
    ...odd.map(throwing),
    ...odd.flatMap((what) => [getter('baseUrl', what), { ...good, apiKey: throwing(what) }]),
    ...[5n, Symbol('x'), {}, [], Number.NaN].map((timeout) => ({ ...good, timeout })),
    { ...good, baseUrl: 10n },
    { ...good, apiKey: Symbol('x') },
    { ...good, apiKey: cycle() },
    { ...good, baseUrl: 'https://\ud800.example' },
    { ...good, apiKey: '\ud800' },
  ];
  for (const [at, config] of bad.entries()) {
    for (const construct of [
      () => new TwentyCrmRestClient(/** @type {any} */ (config)),
      () => createTwentyCrmSyncService(/** @type {any} */ (config)),
    ]) {
      assert.throws(construct, (error) => {
        assert.ok(error instanceof TwentyCrmApiError, `${at}: ${String(error)}`);
        assertInvalid(error, `configuration ${at}`);
        return true;
      });
    }
  }
});

test('values that are not records are refused before any request', async () => {
  const service = crm.service();
  const inputs = {
    ...unwritable(),
    nothing: undefined,
    null: null,
    text: 'Jane',
    number: 5,
    array: [],
    'an array of people': [newPerson()],
    empty: {},
    'no prototype': Object.create(null),
    map: new Map(Object.entries(newPerson())),
  };
  for (const [name, input] of Object.entries(inputs)) {
    for (const upsert of ['upsertPerson', 'upsertCompany']) {
      const error = await rejection(service[upsert](/** @type {any} */ (input)));
      assert.ok(error instanceof TwentyCrmApiError, `${name}: ${String(error)}`);
      assertInvalid(error, name);
    }
  }
  assert.equal((await crm.sim.log()).length, 0);
});

test('an invalid field is named, whatever its value', async () => {
  const service = crm.service();
  const values = [5, true, [], {}, 10n, cycle(), 'a\0b', 'a\udc00b', '\ud800'];
  const fields = [
    ...['external_id', 'name', 'email', 'phone', 'job_title', 'company_name', 'website', 'city'],
    ...['account_type', 'plan', 'company_external_id'],
  ];
  for (const field of fields) {
    for (const value of values) {
      const person = /** @type {any} */ (newPerson({ [field]: value }));
      const error = await rejection(service.upsertPerson(person));
      assertInvalid(error, field);
      assert.equal(error.details.field, field, error.message);
    }
  }
  for (const what of odd) {
    const person = Object.defineProperty(newPerson(), 'job_title', {
      enumerable: true,
      get: () => {
        throw what;
      },
    });
    const error = await rejection(service.upsertPerson(person));
    assertInvalid(error, String(typeof what));
    assert.equal(error.details.field, 'job_title', error.message);
    assert.equal(error.cause, what);
  }
  assert.equal((await crm.sim.log()).length, 0);
});

test('a bad record does not affect a write that others of its key share', async () => {
  const service = crm.service();
  const person = newPerson();
  const settled = await Promise.allSettled(
    [{}, { city: 'Lyon' }, { email: 'none' }, { job_title: 5 }, { city: 'Paris' }].map((change) =>
      service.upsertPerson(/** @type {any} */ ({ ...person, ...change })),
    ),
  );
  assert.deepEqual(
    settled.map(({ status }) => status),
    ['fulfilled', 'fulfilled', 'rejected', 'rejected', 'fulfilled'],
  );
  const rows = await crm.sim.records('people');
  assert.deepEqual(
    rows.map(({ city }) => city),
    ['Paris'],
  );
});

test('odd but valid records are written', async () => {
  const service = crm.service();
  class Profile {
    constructor() {
      Object.assign(this, newPerson({ city: 'Lyon' }));
    }
    get upper() {
      return assert.fail('a getter of the prototype is not asked');
    }
  }
  const withToJson = { toJSON: () => newPerson({ city: 'Lyon' }) };
  const proto = JSON.parse(`{"__proto__":{"name":"x"},${JSON.stringify(newPerson()).slice(1)}`);
  const people = [
    new Profile(),
    Object.assign(Object.create(null), newPerson()),
    withToJson,
    proto,
    new Proxy(newPerson(), {}),
    Object.freeze(newPerson()),
    newPerson({ job_title: undefined, nonsense: 1, toString: 'x', constructor: null }),
    newPerson({ name: '👩‍🚀 \u202e Ünïcödé' }),
    newPerson({ name: `J ${'x'.repeat(1_000_000)}` }),
    ...[
      '__proto__',
      'constructor',
      'toString',
      "'; DROP TABLE people; --",
      '../../x',
      'a"b\\c',
      '%00',
    ].map((external_id) => ({ ...newPerson(), external_id })),
    { ...newPerson(), external_id: `x${'y'.repeat(5000)}` },
  ];
  for (const person of people) {
    const result = await service.upsertPerson(/** @type {any} */ (person));
    assert.equal(result.created, true);
    if (person !== withToJson) {
      assert.equal(result.externalId, /** @type {any} */ (person).external_id);
    }
  }
  assert.equal((await crm.sim.records('people')).length, people.length);
  assert.equal(service.getCacheStats().size, people.length);
  assert.equal(/** @type {any} */ ({}).name, undefined);
});

test('a request too large for the server is refused by it, and the error says so', async () => {
  const service = crm.service();
  const error = await rejection(service.upsertPerson(newPerson({ name: 'x'.repeat(11_000_000) })));
  assert.equal(error.code, 'VALIDATION_ERROR');
  assert.ok(error.message.length < 2000);
});

test('for a value that is not a record, the error says what a record needs', async () => {
  const service = crm.service();
  for (const input of [undefined, 'text', []]) {
    const people = await rejection(service.upsertPerson(/** @type {any} */ (input)));
    assert.equal(people.message, 'the person must be an object with external_id, name and email');
    const companies = await rejection(service.upsertCompany(/** @type {any} */ (input)));
    assert.equal(companies.message, 'the company must be an object with external_id and name');
  }
});

test('options of an upsert: refused by name, or ignored', async () => {
  const service = crm.service();
  for (const what of odd) {
    for (const name of ['useCache', 'maxConflictRetries', 'conflictRetryDelay', 'signal']) {
      const options = /** @type {any} */ (getter(name, what));
      assertInvalid(await rejection(service.upsertPerson(newPerson(), options)), name);
    }
  }
  const bad = [
    ['useCache', 'yes'],
    ['maxConflictRetries', -1],
    ['maxConflictRetries', Number.NaN],
    ['maxConflictRetries', 1.5],
    ['maxConflictRetries', 5n],
    ['conflictRetryDelay', '100'],
    ['conflictRetryDelay', Number.POSITIVE_INFINITY],
  ];
  for (const [name, value] of bad) {
    const options = /** @type {any} */ ({ [String(name)]: value });
    const error = await rejection(service.upsertPerson(newPerson(), options));
    assertInvalid(error, String(name));
    assert.equal(error.details.field, name);
  }
  for (const options of ['text', 5, true, Symbol('x'), revoked()]) {
    const error = await rejection(service.upsertPerson(newPerson(), /** @type {any} */ (options)));
    assertInvalid(error, typeof options);
  }
  assert.equal((await crm.sim.log()).length, 0);
  const nulls = {
    useCache: null,
    maxConflictRetries: null,
    conflictRetryDelay: null,
    signal: null,
  };
  for (const options of [null, undefined, {}, [], nulls, { useCache: undefined }]) {
    const result = await service.upsertPerson(newPerson(), /** @type {any} */ (options));
    assert.equal(result.created, true);
  }
});

test('a hook that throws, rejects or calls back does no harm', async () => {
  const { signal } = new AbortController();
  /** @type {((warning: any) => any)[]} */
  const hooks = [
    () => {
      throw new Error('x');
    },
    () => {
      throw undefined;
    },
    async () => {
      throw new Error('x');
    },
    () => revoked(),
    () => ({
      // biome-ignore lint/suspicious/noThenProperty: the test is about it
      then() {
        throw new Error('x');
      },
    }),
    () => service.clearCache(),
  ];
  let calls = 0;
  /** @type {any} */
  let service;
  for (const hook of hooks) {
    const onWarning = (/** @type {any} */ warning) => {
      calls += 1;
      return hook(warning);
    };
    service = crm.service({ onWarning });
    const result = await service.upsertPerson(newPerson({ phone: 'nonsense' }), { signal });
    assert.equal(result.created, true);
  }
  assert.equal(calls, hooks.length);
});

test('a misbehaving store does not end the process', async () => {
  const answers = [
    ...[
      undefined,
      null,
      5,
      'text',
      [],
      {},
      { crmId: 5 },
      { crmId: 'not-a-uuid' },
      10n,
      Symbol('x'),
    ],
    ...[() => {}, cycle(), revoked(), throwing(new Error('x')), { crmId: '\ud800' }],
  ];
  /** @type {(() => any)[]} */
  const behaviours = [
    ...answers.map((answer) => () => answer),
    ...answers.map((answer) => async () => answer),
    ...odd.map((what) => () => {
      throw what;
    }),
    ...odd.map((what) => () => Promise.reject(what)),
  ];
  for (const [at, behaviour] of behaviours.entries()) {
    const store = /** @type {any} */ ({
      findByEverId: behaviour,
      upsertMapping: behaviour,
      deleteMapping: behaviour,
    });
    const service = crm.service({ mappingStore: store });
    const outcome = await service.upsertPerson(newPerson()).catch((error) => error);
    const isTyped = outcome instanceof TwentyCrmApiError || typeof outcome.id === 'string';
    assert.ok(isTyped, `behaviour ${at}: ${String(outcome)}`);
  }
  const hanging = /** @type {any} */ ({
    findByEverId: () => new Promise(() => {}),
    upsertMapping: async () => {},
    deleteMapping: async () => {},
  });
  const controller = new AbortController();
  const waiting = crm.service({ mappingStore: hanging });
  const outcome = rejection(waiting.upsertPerson(newPerson(), { signal: controller.signal }));
  setImmediate(() => controller.abort('enough'));
  assert.equal(await outcome, 'enough');
  assert.equal((await crm.service().upsertCompany(newCompany())).created, true);
});

test('the error factory and the guard accept any argument', () => {
  for (const options of [null, undefined, {}, 5, 'text']) {
    const error = createTwentyCrmError('UNKNOWN', 'x', /** @type {any} */ (options));
    assert.deepEqual(error, { code: 'UNKNOWN', message: 'x', isRetryable: false });
  }
  for (const value of [...odd, revoked(), throwing(new Error('x')), getter('code', 1)]) {
    assert.equal(isTwentyCrmError(value), false);
  }
});

test('methods called without their object throw a clear error', async () => {
  const client = clientOf('http://127.0.0.1:1');
  const service = createTwentyCrmSyncService({ baseUrl: 'http://127.0.0.1:1', apiKey: KEY });
  const { get, stats } = client;
  const { upsertPerson, clearCache } = service;
  for (const call of [
    () => get('/x'),
    () => get.call({}, '/x'),
    () => get.call(Object.create(client), '/x'),
    () => upsertPerson(newPerson()),
    () => upsertPerson.call({}, newPerson()),
  ]) {
    assert.ok((await rejection(Promise.resolve().then(call))) instanceof TypeError);
  }
  assert.throws(() => stats(), TypeError);
  assert.throws(() => clearCache(), TypeError);
});

test('long names and ids are shortened in messages', async () => {
  const long = 'x'.repeat(10_000);
  const config = { baseUrl: 'http://127.0.0.1:1', apiKey: KEY };
  const client = clientOf(config.baseUrl);
  const configs = sqliteConfigStore(':memory:', { secret: 's'.repeat(32) });
  await configs.createConfig({ ...config, enabled: true, syncMode: 'direct_crm' }, 'admin');
  const answers = [
    { everId: 'cli_1', crmId: long, objectType: 'person' },
    { everId: long, crmId: '5a0d4d7e-6f0e-4d5e-8a5c-0d4d7e6f0e4d', objectType: 'person' },
    { everId: 'cli_1', crmId: '5a0d4d7e-6f0e-4d5e-8a5c-0d4d7e6f0e4d', objectType: long },
  ];
  const stores = answers.map((answer) => ({
    findByEverId: async () => answer,
    upsertMapping: async () => {},
    deleteMapping: async () => {},
  }));
  /** @type {(() => any)[]} */
  const calls = [
    () => configs.updateConfig(long, { enabled: false }, null),
    () => client.get('/rest/people', { headers: { [`${long} `]: 'x' } }),
    () => client.get('/rest/people', { headers: { [long]: /** @type {any} */ (5) } }),
    () => createTwentyCrmSyncService(config, { fieldOwnership: { person: { [long]: 'always' } } }),
    () => crm.service().upsertPerson(/** @type {any} */ ({ ...newPerson(), [long]: 5n })),
    () => crm.service().upsertCompany(/** @type {any} */ ({ ...newCompany(), [`${long}y`]: 1n })),
  ];
  for (const [at, call] of calls.entries()) {
    const outcome = await Promise.resolve()
      .then(call)
      .catch((error) => ({ error }));
    assert.ok(isTwentyCrmError(outcome.error), `call ${at}: ${String(outcome.error)}`);
    const text = JSON.stringify(outcome.error);
    assert.ok(text.length < 1_000, `call ${at} says ${text.length} characters`);
  }
  for (const [at, mappingStore] of stores.entries()) {
    /** @type {string[]} */
    const warnings = [];
    const service = crm.service({
      mappingStore: /** @type {any} */ (mappingStore),
      onWarning: (/** @type {unknown} */ warning) => warnings.push(JSON.stringify(warning)),
    });
    await service.upsertPerson(newPerson());
    assert.ok(warnings.length > 0, `store ${at} was believed`);
    for (const said of warnings) assert.ok(said.length < 1_000, `store ${at}: ${said.length}`);
  }
  await configs.close();
});
