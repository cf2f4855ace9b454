// The public API, each part with any value that JavaScript can pass. A target throws if a property does not hold: the
// outcome must be a result, or an error of this package that shows no key.
import assert from 'node:assert/strict';
import { signTwentyWebhook } from '../../../sim/npm/index.mjs';
import {
  api,
  assertOurs,
  assertPlain,
  COMPANY,
  CONFIG,
  KEY,
  NOWHERE,
  PERSON,
  refusesOrReturns,
  settles,
} from './checks.mjs';
import { inputTargets } from './inputs.mjs';
import { outboxTargets } from './outbox.mjs';
import { serviceTargets, unlessThenable } from './services.mjs';
import { almost, mutated, text, value } from './values.mjs';

/** @typedef {import('./values.mjs').Random} Random */

const CONFIG_KEYS = [
  ...[...Object.keys(CONFIG), 'initialBackoffMs', 'maxBackoffMs', 'maxThrottleWaitMs'],
  ...['maxRequestsPerMinute', 'maxResponseBytes', 'ca'],
];
const CALL_OPTIONS = {
  useCache: true,
  skipUnchanged: false,
  force: false,
  maxConflictRetries: 1,
  conflictRetryDelay: 1,
  signal: undefined,
};
const SERVICE_OPTIONS = [
  ...['mode', 'publish', 'mappingStore', 'cacheTtlMs', 'hashTtlMs', 'defaultCountry', 'onWarning'],
  ...['invalidEmail', 'fieldOwnership', 'namespace', 'fieldNames', 'collisions'],
];

let client = new api.TwentyCrmRestClient(CONFIG);
const methods = /** @type {const} */ (['get', 'post', 'put', 'patch', 'delete']);

/** The last event that was published. All of a million would take too much memory. @type {any} */
let published;
const platform = new api.TwentyCrmSyncService(/** @type {any} */ (undefined), null, undefined, {
  mode: 'platform',
  publish: (/** @type {unknown} */ event) => {
    published = event;
  },
});
const direct = api.createTwentyCrmSyncService(CONFIG);

const EVENT = {
  version: 1,
  id: '5a0d4d7e-6f0e-4d5e-8a5c-0d4d7e6f0e4d',
  type: 'person.upsert',
  entity: 'person',
  payload: PERSON,
  idempotencyKey: 'k',
  occurredAt: '2026-09-21T14:13:30.000Z',
};
const PROFILE = {
  id: 'cli_1',
  name: 'Jane',
  email: 'jane@acme.example',
  jobTitle: 'User',
  company: 'Unknown',
  phone: '+33612345678',
  location: 'Lyon, France',
  website: 'acme.example',
  accountType: 'business',
  plan: 'free',
  totalSubmissions: 5,
};
const ENV = {
  TWENTY_CRM_BASE_URL: NOWHERE,
  TWENTY_CRM_API_KEY: KEY,
  TWENTY_CRM_ENABLED: 'true',
  TWENTY_CRM_SYNC_MODE: 'direct_crm',
  TWENTY_CRM_CACHE_TTL_MS: '5',
};
const SETTINGS = {
  baseUrl: 'https://crm.example',
  apiKey: KEY,
  enabled: true,
  syncMode: 'platform',
};

const HOOK_SECRET = 'whsec';
const HOOK =
  '{"targetUrl":"https://x.example","eventName":"person.created","objectMetadata":{"id":"a","nameSingular":"person"},"workspaceId":"w","webhookId":"h","eventDate":"2026-09-21T14:13:30.000Z","record":{"id":"r"},"updatedFields":["a"]}';

/** @param {string} body */
const signed = (body) =>
  signTwentyWebhook({ body, secret: HOOK_SECRET, timestamp: 1_790_000_000_000, nonce: 'n' })
    .headers;

/** @type {Record<string, (random: Random) => unknown>} By name. Those that give a promise are awaited. */
export const targets = {
  ...inputTargets,
  ...serviceTargets,
  ...outboxTargets,

  'configuration of a client'(random) {
    const config = almost(random, CONFIG, CONFIG_KEYS);
    const made = refusesOrReturns(() => new api.TwentyCrmRestClient(config));
    if (made !== undefined) assert.equal(typeof made.stats().requests, 'number');
  },

  'a request'(random) {
    const method = random.pick(methods);
    const path = random.is(0.7) ? text(random) : value(random);
    const body = value(random);
    const options = almost(random, { timeout: 50 }, [
      ...['timeout', 'headers', 'skipRetry', 'idempotencyKey', 'deadlineMs', 'signal'],
    ]);
    return settles(async () => {
      const answer = await client[method](path, body, options);
      assert.equal(answer.success, false, 'nobody is there');
      assertPlain(answer.error);
    }, options);
  },

  'options of a service'(random) {
    const options = almost(random, { mode: 'platform', publish: () => {} }, SERVICE_OPTIONS);
    const made = refusesOrReturns(() => api.createTwentyCrmSyncService(CONFIG, options));
    if (made !== undefined) assert.equal(made.getCacheStats().size >= 0, true);
  },

  async 'a person'(random) {
    const [person, options] = [almost(random, PERSON), almost(random, CALL_OPTIONS)];
    /** @type {any} */
    let event;
    const result = await settles(() => {
      published = undefined;
      const upserting = platform.upsertPerson(person, options);
      // It was published before the first await: other inputs run at the same time.
      event = published;
      return upserting;
    }, options);
    if (result === undefined) return;
    // The event survives JSON: what is published can be queued.
    const again = { ...JSON.parse(JSON.stringify(event)), id: event.id };
    assert.deepEqual(again, { ...event });
    const { data, id } = /** @type {any} */ (result);
    const repeated = /** @type {any} */ (await platform.upsertPerson(data));
    assert.deepEqual(
      { data: repeated.data, id: repeated.id },
      { data, id },
      'normalised is normal',
    );
  },

  async 'a company'(random) {
    const [company, options] = [almost(random, COMPANY), almost(random, CALL_OPTIONS)];
    const result = await settles(() => platform.upsertCompany(company, options), options);
    if (result === undefined) return;
    const { data, id } = /** @type {any} */ (result);
    const again = /** @type {any} */ (await platform.upsertCompany(data));
    assert.deepEqual({ data: again.data, id: again.id }, { data, id });
  },

  'a deletion, a search'(random) {
    const id = random.is(0.5) ? text(random) : value(random);
    const options = almost(random, { mode: 'soft', useCache: true, signal: undefined });
    const service = random.is(0.8) ? platform : direct;
    const work = random.pick([
      () => service.deletePerson(id, options),
      () => service.deleteCompany(id, options),
      () => service.findPerson(id, options),
      () => service.findCompany(id, options),
    ]);
    return settles(work, options);
  },

  'an upsert that is sent'(random) {
    const [person, options] = [almost(random, PERSON), almost(random, CALL_OPTIONS)];
    return settles(() => direct.upsertPerson(person, options), options);
  },

  'many records'(random) {
    const records = Array.from({ length: random.below(4) }, () => almost(random, PERSON));
    const inputs = random.pick([
      () => records,
      () => new Set(records),
      () => value(random),
      async function* () {
        for (const record of records) yield unlessThenable(record);
        if (random.is(0.2)) throw new Error('the input ends badly');
      },
    ])();
    const options = almost(random, { maxConcurrency: 4, dryRun: false, signal: undefined });
    return settles(async () => {
      try {
        const summary = await platform.syncPersons(inputs, options);
        assert.equal(typeof summary.failed, 'number');
      } catch (error) {
        // Errors of the caller's own input are passed on.
        if (!isOwn(error)) throw error;
      }
    }, options);
  },

  'an event of the platform'(random) {
    const payload = almost(random, PERSON);
    const event = almost(random, { ...EVENT, payload }, [...Object.keys(EVENT), 'namespace']);
    const options = random.is(0.9) ? undefined : almost(random, CALL_OPTIONS);
    return settles(() => direct.applyPlatformEvent(event, options), options);
  },

  'a store of mappings'(random) {
    const answer = value(random);
    const behave = () => {
      if (random.is(0.2)) throw answer;
      return random.is(0.5) ? answer : Promise.resolve(answer).catch(() => {});
    };
    const store = almost(random, {
      findByEverId: behave,
      upsertMapping: behave,
      deleteMapping: behave,
      findManyByEverIds: behave,
      upsertManyMappings: behave,
    });
    const service = refusesOrReturns(() =>
      api.createTwentyCrmSyncService(/** @type {any} */ ({}), {
        mode: 'platform',
        publish: () => {},
        mappingStore: store,
      }),
    );
    return service && settles(() => service.upsertPerson(PERSON), undefined);
  },

  'the mapping store in memory'(random) {
    const store = refusesOrReturns(() => api.memoryMappingStore(value(random, ['capacity'])));
    if (store === undefined) return undefined;
    const mapping = almost(random, {
      everId: 'cli_1',
      crmId: EVENT.id,
      objectType: 'person',
      versionHash: 'h',
    });
    return settles(async () => {
      await store.upsertMapping(mapping);
      await store.findByEverId(value(random), value(random));
      await store.findByCrmId(value(random), value(random));
      await store.deleteMapping(value(random), value(random));
    }, undefined);
  },

  'rows of a site'(random) {
    const options = almost(
      random,
      { keepPlaceholders: true, clearEmpty: true, companyExternalId: 'o' },
      [...['keepPlaceholders', 'clearEmpty', 'companyExternalId', 'externalId', 'email']],
    );
    refusesOrReturns(() => api.mapClientProfileToPerson(almost(random, PROFILE), options));
    const company = { id: 'org_1', name: 'Acme', domain: 'acme.example', status: 'active' };
    refusesOrReturns(() => api.mapCompanyToTwentyCompany(almost(random, company), options));
    refusesOrReturns(() => api.ensureExternalId(value(random)));
    const city = refusesOrReturns(() => api.extractCityFromLocation(value(random)));
    assert.ok(city === undefined || city === null || typeof city === 'string');
  },

  'a configuration to be stored'(random) {
    const checked = api.validateTwentyCrmConfig(almost(random, SETTINGS));
    assert.equal(typeof checked.success, 'boolean');
    assert.ok(!JSON.stringify(checked.success ? '' : checked.error).includes(KEY));
    if (checked.success) {
      const { baseUrl, apiKey } = checked.data;
      assert.ok(new api.TwentyCrmRestClient({ baseUrl, apiKey }), 'what passes here passes there');
    }
    assert.equal(typeof api.maskApiKey(value(random)), 'string');
  },

  'the environment'(random) {
    const env = almost(random, ENV);
    refusesOrReturns(() => api.readTwentyCrmEnvConfig(env));
    refusesOrReturns(() =>
      api.createTwentyCrmSyncServiceFromEnv(value(random, SERVICE_OPTIONS), env),
    );
  },

  errors(random) {
    const thing = value(random, ['code', 'message', 'status', 'isRetryable', 'details']);
    assert.equal(typeof api.isTwentyCrmError(thing), 'boolean');
    const error = api.createTwentyCrmError('NOT_FOUND', 'x', {
      status: random.pick([404, undefined]),
      details: random.pick([{ a: 1 }, undefined]),
    });
    assert.ok(
      api.isTwentyCrmError(error) && api.isTwentyCrmError(new api.TwentyCrmApiError(error)),
    );
  },

  'a delivery of a webhook'(random) {
    const body = random.is(0.5) ? mutated(random, HOOK) : HOOK;
    const options = almost(random, {
      secret: HOOK_SECRET,
      headers: random.is(0.8) ? signed(body) : almost(random, signed(body)),
      rawBody: random.is(0.5) ? body : Buffer.from(body),
      now: 1_790_000_000_000,
      toleranceMs: 300_000,
      maxBodyBytes: 1_000_000,
    });
    try {
      const event = api.verifyTwentyWebhook(options);
      assert.equal(typeof event.deliveryId, 'string');
    } catch (error) {
      assertOurs(error);
      assert.ok(!JSON.stringify(error).includes(HOOK_SECRET));
    }
  },
};

/** @param {any} error */
function isOwn(error) {
  return !(error instanceof api.TwentyCrmApiError) && !(error instanceof assert.AssertionError);
}

/** Call it now and then, so that a long run does not use only one client. */
export function renew() {
  client = new api.TwentyCrmRestClient(CONFIG);
  direct.clearCache();
}
