// Less used parts of the API: schema, connection tests, configurations, stores, applied webhooks.
import assert from 'node:assert/strict';
import { api, CONFIG, KEY, PERSON, refusesOrReturns, settles } from './checks.mjs';
import { lent } from './lent.mjs';
import { almost, text, value } from './values.mjs';

/** @typedef {import('./values.mjs').Random} Random */

const SECRET = 'fuzz-secret-of-at-least-32-bytes-0123456789';
const client = new api.TwentyCrmRestClient(CONFIG);
const direct = api.createTwentyCrmSyncService(CONFIG);
const elsewhere = api.createTwentyCrmSyncService({}, { mode: 'platform', publish: () => {} });
const connections = new api.TwentyCrmApiService();

const EVENT = {
  targetUrl: 'https://x.example',
  eventName: 'person.updated',
  objectMetadata: { id: 'a', nameSingular: 'person' },
  workspaceId: 'w',
  webhookId: 'h',
  eventDate: '2026-09-21T14:13:30.000Z',
  record: { id: '5a0d4d7e-6f0e-4d5e-8a5c-0d4d7e6f0e4d', externalId: 'cli_1', deletedAt: null },
  updatedFields: ['externalId'],
  deliveryId: 'd',
};
const MAPPING = {
  everId: 'cli_1',
  crmId: '5a0d4d7e-6f0e-4d5e-8a5c-0d4d7e6f0e4d',
  objectType: 'person',
  versionHash: 'h',
  dataForHash: { a: 1 },
};
const STORED = {
  baseUrl: 'https://crm.example',
  apiKey: KEY,
  enabled: true,
  syncMode: 'direct_crm',
};
const CONFIG_ROW = {
  ...STORED,
  id: 'c',
  createdBy: null,
  updatedBy: 'a',
  createdAt: 0,
  updatedAt: 0,
};

/**
 * An object whose methods return or throw anything.
 * @param {Random} random
 * @param {readonly string[]} names
 * @param {unknown} good returned now and then
 */
export function misbehaving(random, names, good) {
  return Object.fromEntries(
    names.map((name) => [
      name,
      () => {
        if (random.is(0.1)) throw value(random);
        const answer = random.is(0.3) ? good : unlessThenable(almost(random, Object(good)));
        return random.is(0.5) ? answer : Promise.resolve(answer).catch(() => {});
      },
    ]),
  );
}

/**
 * A pending promise may never settle, which only the caller could know: replace it.
 * @param {any} answer
 */
export function unlessThenable(answer) {
  try {
    return typeof answer?.then === 'function' ? undefined : answer;
  } catch {
    return answer;
  }
}

/** @param {Random} random */
const nowhere = (random) =>
  random.is(0.9) ? CONFIG.baseUrl : random.pick([5, null, '', ' ', '\0', {}]);

const mappingStores = lent(
  () => api.sqliteMappingStore(':memory:'),
  (store) => store.close(),
);

/** @type {Record<string, (random: Random) => unknown>} */
export const serviceTargets = {
  async 'a webhook taken in'(random) {
    const record = almost(random, EVENT.record);
    const event = almost(random, { ...EVENT, record }, Object.keys(EVENT));
    const options = random.is(0.9) ? undefined : almost(random, { signal: undefined });
    const service = random.is(0.7) ? direct : elsewhere;
    const taken = await settles(() => service.applyWebhook(event, options), options);
    if (taken === undefined) return;
    assert.equal(typeof taken.action, 'string');
    assert.equal(typeof taken.crmId, 'string');
  },

  async 'a plan of the schema'(random) {
    const names = ['fieldNames', 'accountType', 'plan', 'externalId', 'fields', 'objects'];
    const schema = refusesOrReturns(
      () =>
        new api.TwentyCrmSchemaService(
          random.is(0.9) ? client : value(random),
          random.is(0.5) ? undefined : value(random, names),
        ),
    );
    if (schema === undefined) return;
    const plan = value(random, names);
    const options = random.is(0.8) ? undefined : almost(random, { signal: undefined });
    await settles(() => schema.apply(plan, options), options);
  },

  async 'a test of a connection'(random) {
    const options = almost(random, { timeout: 5, ca: undefined }, ['timeout', 'ca', 'signal']);
    const key = random.is(0.5) ? KEY : value(random);
    const tested = await settles(
      () => connections.testConnection(nowhere(random), key, options),
      options,
    );
    assert.notEqual(tested?.ok, true);
    assert.ok(!JSON.stringify(tested ?? '').includes(KEY));
    await settles(() => connections.isReachable(nowhere(random), options), options);
    const { baseUrl: _, ...others } = CONFIG;
    const config = almost(random, others);
    const whole = random.is(0.1) ? config : { ...safe(config), baseUrl: nowhere(random) };
    const found = await settles(() => connections.diagnose(whole, options), options);
    assert.ok(!JSON.stringify(found ?? '').includes(KEY));
  },

  async 'a repository of configurations'(random) {
    const names = ['getConfig', 'createConfig', 'updateConfig'];
    const store = misbehaving(random, names, CONFIG_ROW);
    const env = random.is(0.5) ? {} : almost(random, { TWENTY_CRM_API_KEY: KEY });
    const repository = refusesOrReturns(() => new api.TwentyCrmConfigRepository({ store, env }));
    if (repository === undefined) return;
    const saved = almost(random, STORED);
    for (const work of [
      () => repository.getConfig(),
      () => repository.hasConfig(),
      () => repository.saveConfig(saved, value(random)),
      () => repository.getRawConfig(),
    ]) {
      await settles(work, undefined);
    }
  },

  async 'a store of configurations'(random) {
    const options = almost(random, { secret: SECRET }, ['secret', 'secrets']);
    const path = random.is(0.95) ? ':memory:' : random.pick([5, null, undefined, '\0', {}]);
    const store = refusesOrReturns(() => api.sqliteConfigStore(path, options));
    if (store === undefined) return;
    const data = almost(random, STORED);
    const made = await settles(() => store.createConfig(data, 'admin'), undefined);
    if (made !== undefined) {
      const read = await store.getConfig();
      assert.deepEqual({ ...read }, { ...made });
      const { apiKey } = made;
      const change = almost(random, { enabled: false });
      const changed = await settles(() => store.updateConfig(made.id, change, null), undefined);
      if (changed !== undefined && change.apiKey === undefined)
        assert.equal(changed.apiKey, apiKey);
    }
    await settles(() => store.updateConfig(value(random), data, value(random)), undefined);
    await settles(() => store.deleteConfig(value(random)), undefined);
    await store.close();
  },

  'the mapping store in SQLite': mappingStores(async (random, store) => {
    const mappings = Array.from({ length: random.below(4) }, () => almost(random, MAPPING));
    const all = random.is(0.9) ? mappings : value(random);
    for (const work of [
      () => store.upsertManyMappings(all),
      () => store.findByEverId(text(random), 'person'),
      () => store.findByCrmId(value(random), value(random)),
      () => store.findManyByEverIds(value(random), 'company'),
      () => store.deleteMapping(value(random), 'person'),
    ]) {
      await settles(work, undefined);
    }
    const one = almost(random, MAPPING);
    await settles(async () => {
      await store.upsertMapping(one);
      const found = await store.findByEverId(one.everId, one.objectType);
      assert.equal(found?.everId, one.everId);
    }, undefined);
  }),

  async 'a pool of PostgreSQL'(random) {
    const pool = random.is(0.9) ? { query: () => queried(random) } : value(random);
    const options = almost(random, { table: 't', schema: 's' }, ['table', 'schema', 'tenantId']);
    const store = refusesOrReturns(() => api.postgresMappingStore(pool, options));
    if (store !== undefined) {
      const site = api.createTwentyCrmSyncService(
        {},
        { mode: 'platform', publish: () => {}, mappingStore: store },
      );
      await settles(() => site.upsertPerson(PERSON), undefined);
      await settles(() => store.upsertMapping(almost(random, MAPPING)), undefined);
    }
    const outboxOptions = almost(random, { table: 't', schema: 's' }, ['table', 'schema', 'now']);
    const changes = refusesOrReturns(() => api.postgresOutbox(pool, outboxOptions));
    if (changes === undefined) return;
    const outbox = api.createTwentyCrmOutbox({ service: elsewhere, store: changes });
    const options2 = random.is(0.8) ? undefined : value(random, ['client']);
    await settles(() => outbox.enqueuePerson(PERSON, options2), undefined);
    await settles(() => outbox.flush({ timeoutMs: 0 }), undefined);
    await settles(() => outbox.stats(), undefined);
    await settles(() => outbox.deadLetters(), undefined);
    await settles(() => outbox.retryDeadLetter('person:cli_1'), undefined);
    await settles(() => outbox.purge(), undefined);
    await settles(() => outbox.close(), undefined);
  },

  async 'calls from within calls'(random) {
    // A getter and a hook that call the service while it reads them.
    const person = { ...PERSON };
    const again = random.pick([
      () => elsewhere.upsertPerson(PERSON),
      () => direct.clearCache(),
      () => direct.getCacheStats(),
      () => direct.syncPersons([person]),
    ]);
    Object.defineProperty(person, random.pick(Object.keys(PERSON)), {
      enumerable: true,
      get() {
        void again();
        return random.is(0.5) ? 'x' : undefined;
      },
    });
    const service = api.createTwentyCrmSyncService({}, { mode: 'platform', publish: again });
    await settles(() => service.upsertPerson(person), undefined);
  },
};

const COLUMNS = ['found', 'version', 'columns', 'unique_keys', 'entity', 'payload', 'info'];

/** A driver's answer: rows of plain data, or something that is not rows. @param {Random} random */
async function queried(random) {
  if (random.is(0.1)) throw value(random);
  if (random.is(0.1)) return unlessThenable(value(random, ['rows']));
  const rows = Array.from({ length: random.below(3) }, () => value(random, COLUMNS));
  try {
    return { rows: JSON.parse(JSON.stringify(rows)) };
  } catch {
    return { rows: [] };
  }
}

/** @param {any} config */
function safe(config) {
  try {
    return { ...config };
  } catch {
    return {};
  }
}
