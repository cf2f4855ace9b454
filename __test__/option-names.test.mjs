// Every function refuses misspelt options: they would be ignored, and a call with `dryrun` would write.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import {
  createTwentyCrmSyncService,
  createTwentyCrmSyncServiceFromEnv,
  mapClientProfileToPerson,
  mapCompanyToTwentyCompany,
  memoryMappingStore,
  postgresMappingStore,
  sqliteConfigStore,
  TwentyCrmApiService,
  TwentyCrmConfigRepository,
  TwentyCrmRestClient,
  TwentyCrmSchemaService,
  verifyTwentyWebhook,
} from '../index.mjs';
import { declaredMembers } from './helpers/declarations.mjs';
import { KEY } from './helpers/servers.mjs';

const config = { baseUrl: 'http://127.0.0.1:1', apiKey: KEY, maxRetries: 0, timeout: 1_000 };
const person = { external_id: 'u1', name: 'Jane', email: 'jane@example.com' };
const company = { external_id: 'c1', name: 'Acme' };
const service = createTwentyCrmSyncService(config);
const client = new TwentyCrmRestClient(config);
const schema = new TwentyCrmSchemaService(client);
const api = new TwentyCrmApiService();
const pool = { query: async () => ({ rows: [] }) };
const platform = createTwentyCrmSyncService({}, { mode: 'platform', publish: () => {} });

/**
 * Every function with options: the interface that declares them, and a call with them.
 * @type {Record<string, [owner: string, take: (options: any) => unknown]>}
 */
const takers = {
  createTwentyCrmSyncService: [
    'SyncServiceOptions',
    (options) => createTwentyCrmSyncService(config, options),
  ],
  createTwentyCrmSyncServiceFromEnv: [
    'SyncServiceOptions',
    (options) => createTwentyCrmSyncServiceFromEnv(options, {}),
  ],
  upsertPerson: ['UpsertCallOptions', (options) => service.upsertPerson(person, options)],
  upsertCompany: ['UpsertCallOptions', (options) => service.upsertCompany(company, options)],
  applyPlatformEvent: [
    'UpsertCallOptions',
    (options) => service.applyPlatformEvent(/** @type {any} */ ({}), options),
  ],
  findPerson: ['FindOptions', (options) => service.findPerson('u1', options)],
  findCompany: ['FindOptions', (options) => service.findCompany('c1', options)],
  deletePerson: ['DeleteOptions', (options) => service.deletePerson('u1', options)],
  deleteCompany: ['DeleteOptions', (options) => service.deleteCompany('c1', options)],
  syncPersons: ['SyncOptions', (options) => service.syncPersons([], options)],
  syncCompanies: ['SyncOptions', (options) => service.syncCompanies([], options)],
  applyWebhook: [
    'ApplyWebhookOptions',
    (options) => service.applyWebhook(/** @type {any} */ ({}), options),
  ],
  verifyTwentyWebhook: ['VerifyTwentyWebhookOptions', (options) => verifyTwentyWebhook(options)],
  testConnection: [
    'ConnectionTestOptions',
    (options) => api.testConnection(config.baseUrl, KEY, options),
  ],
  isReachable: ['ConnectionTestOptions', (options) => api.isReachable(config.baseUrl, options)],
  TwentyCrmSchemaService: [
    'SchemaServiceOptions',
    (options) => new TwentyCrmSchemaService(client, options),
  ],
  plan: ['SchemaCallOptions', (options) => schema.plan(options)],
  apply: ['SchemaCallOptions', (options) => schema.apply(null, options)],
  memoryMappingStore: ['MemoryMappingStoreOptions', (options) => memoryMappingStore(options)],
  postgresMappingStore: [
    'PostgresMappingStoreOptions',
    (options) => postgresMappingStore(pool, options),
  ],
  sqliteConfigStore: [
    'SqliteConfigStoreOptions',
    (options) => sqliteConfigStore(':memory:', options),
  ],
  TwentyCrmConfigRepository: [
    'TwentyCrmConfigRepositoryOptions',
    (options) => new TwentyCrmConfigRepository(options),
  ],
  mapClientProfileToPerson: [
    'ClientProfileMappingOptions',
    (options) => mapClientProfileToPerson(/** @type {any} */ ({ id: '1' }), options),
  ],
  mapCompanyToTwentyCompany: [
    'CompanyMappingOptions',
    (options) => mapCompanyToTwentyCompany({ id: '1', name: 'Acme' }, options),
  ],
};

/** The error of a call, if it rejects or throws. @param {() => unknown} call @returns {Promise<any>} */
async function refusalOf(call) {
  try {
    await call();
    return undefined;
  } catch (error) {
    return error;
  }
}

for (const [call, [owner, take]] of Object.entries(takers)) {
  test(`${call} accepts every declared option, and refuses no unrelated name`, async () => {
    const names = declaredMembers(owner);
    assert.ok(names.length > 0);
    for (const name of names) {
      const slip = name.toUpperCase();
      const error = await refusalOf(() => take({ [slip]: null }));
      assert.equal(error?.code, 'VALIDATION_ERROR', slip);
      assert.equal(error.details.field, slip);
      assert.match(
        error.message,
        new RegExp(`^${slip} is not an option of \\w+: did you mean ${name}\\?$`),
      );
      assert.doesNotMatch(String(await refusalOf(() => take({ [slip]: undefined }))), /no option/);
    }
    assert.doesNotMatch(String(await refusalOf(() => take({ unheardOf: 1 }))), /unheardOf/);
  });
}

test('a request accepts the declared options', async () => {
  const { error } = await client.get('/rest/people', /** @type {any} */ ({ timeOut: 5 }));
  assert.equal(error?.code, 'VALIDATION_ERROR');
  assert.equal(error.details?.field, 'timeOut');
  assert.equal(error.message, 'timeOut is not an option of a request: did you mean timeout?');
  for (const name of declaredMembers('TwentyCrmRequestOptions')) {
    const other = await client.delete('/rest/people', { [name.toUpperCase()]: 1 });
    assert.match(String(other.error?.message), new RegExp(`did you mean ${name}\\?`));
  }
});

test('a diagnosis reports it as a finding', async () => {
  const { ok, findings } = await api.diagnose(config, /** @type {any} */ ({ fieldName: {} }));
  assert.equal(ok, false);
  assert.equal(
    findings[0].message,
    'fieldName is not an option of diagnose: did you mean fieldNames?',
  );
});

test('the refusal suggests the right option', () => {
  for (const [options, message] of /** @type {[any, string][]} */ ([
    [{ dryrun: true }, 'dryrun is not an option of syncPersons: did you mean dryRun?'],
    [
      { concurrency: 2 },
      'concurrency is not an option of syncPersons: did you mean maxConcurrency?',
    ],
    [{ onprogress() {} }, 'onprogress is not an option of syncPersons: did you mean onProgress?'],
  ])) {
    assert.throws(() => service.syncPersons([person], options), { message });
    assert.throws(() => platform.syncPersons([person], options), { message });
  }
  assert.throws(() => createTwentyCrmSyncService(config, /** @type {any} */ ({ cacheTTL: 5 })), {
    message: 'cacheTTL is not an option of createTwentyCrmSyncService: did you mean cacheTtlMs?',
  });
  const long = 'x'.repeat(5_000);
  const getter = Object.defineProperty({}, long, {
    enumerable: true,
    get: () => assert.fail('read'),
  });
  service.syncPersons([], /** @type {any} */ (getter));
});

test('unknown field names and unknown collisions are refused alike', () => {
  for (const make of [
    (/** @type {any} */ options) => createTwentyCrmSyncService(config, options),
    (/** @type {any} */ options) => new TwentyCrmSchemaService(client, options),
  ]) {
    assert.throws(() => make({ fieldNames: { citty: 'town' } }), {
      message:
        'fieldNames has no "citty": use one of externalId, accountType, plan, totalSubmissions, website, city, status',
      details: { field: 'fieldNames' },
    });
  }
});

test('a configuration may have other properties, but no misspelt option', () => {
  const row = {
    ...{ id: '1', enabled: true, syncMode: 'direct_crm', createdBy: null, updatedBy: 'me' },
    ...{ createdAt: new Date(), updatedAt: new Date(), tenant: 't', apiKeyId: 'k', name: 'CRM' },
  };
  createTwentyCrmSyncService({ ...config, ...row });
  new TwentyCrmRestClient({ ...config, ...row });
  const slips = {
    timeuot: 'timeout',
    timeoutMs: 'timeout',
    maxRetry: 'maxRetries',
    max_retries: 'maxRetries',
    deadline: 'deadlineMs',
    loglevel: 'logLevel',
    onretry: 'onRetry',
  };
  for (const [name, meant] of Object.entries(slips)) {
    assert.throws(() => new TwentyCrmRestClient({ ...config, ...row, [name]: 5 }), {
      code: 'VALIDATION_ERROR',
      message: `${name} is not an option of the configuration: did you mean ${meant}?`,
      details: { field: name },
    });
  }
});
