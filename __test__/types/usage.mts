// How the types should be used, and what they must refuse. Compiled, never run.
import {
  type AbortSignalLike,
  type AnyCacheEntry,
  type ClientProfileWithAuth,
  type CompanyRow,
  type CreateClientRequest,
  createTwentyCrmError,
  createTwentyCrmSyncService,
  createTwentyCrmSyncServiceFromEnv,
  type DeleteResult,
  type Diagnosis,
  ensureExternalId,
  type extractCityFromLocation,
  type FoundPerson,
  isTwentyCrmError,
  type Mapping,
  type MappingInput,
  type MappingStore,
  mapClientProfileToPerson,
  mapCompanyToTwentyCompany,
  maskApiKey,
  memoryMappingStore,
  type PersonInput,
  type PlatformEvent,
  type PostgresPool,
  postgresMappingStore,
  readTwentyCrmEnvConfig,
  type SchemaField,
  type SchemaPlan,
  type SyncResult,
  type SyncWarning,
  sqliteConfigStore,
  sqliteMappingStore,
  TWENTY_CRM_DEFAULTS,
  type TwentyCompany,
  TwentyCrmApiError,
  TwentyCrmApiService,
  type TwentyCrmConfig,
  TwentyCrmConfigRepository,
  type TwentyCrmEnvConfig,
  type TwentyCrmError,
  TwentyCrmErrorCode,
  type TwentyCrmOutbox,
  type TwentyCrmResponse,
  TwentyCrmRestClient,
  TwentyCrmSchemaService,
  TwentyCrmSyncService,
  type TwentyPerson,
  type TwentyWebhookEvent,
  type TwentyWebhookRecord,
  type UpdateTwentyCrmConfigRequest,
  type UpsertOptions,
  type UpsertPersonInput,
  type UpsertResult,
  validateTwentyCrmConfig,
  verifyTwentyWebhook,
} from 'twenty-crm-native';

/** Fails to compile unless both types are the same. */
declare function same<A, B>(
  ...proof: (<T>() => T extends A ? 1 : 2) extends <T>() => T extends B ? 1 : 2 ? [] : [never]
): void;
declare const signal: AbortSignalLike;
// `lib: es2022` alone has none.
declare const console: Record<'error' | 'log', (...values: unknown[]) => void>;

const client = new TwentyCrmRestClient({
  baseUrl: 'https://crm.example.com',
  apiKey: 'key',
  timeout: 10_000,
  maxRetries: 3,
  initialBackoffMs: 200,
  maxBackoffMs: 5_000,
  deadlineMs: 60_000,
  maxThrottleWaitMs: 30_000,
  maxRequestsPerMinute: 90,
});
// @ts-expect-error: without a key there is no client
new TwentyCrmRestClient({ baseUrl: 'https://crm.example.com' });
// @ts-expect-error: milliseconds are numbers
new TwentyCrmRestClient({ baseUrl: '', apiKey: '', timeout: '10s' });
// @ts-expect-error: a misspelt option is no option
new TwentyCrmRestClient({ baseUrl: '', apiKey: '', timeoutMs: 10 });

export async function restClient() {
  const options = { timeout: 5, headers: { 'x-a': 'b' }, skipRetry: true, idempotencyKey: 'k' };
  const untyped = await client.get('/rest/people');
  same<typeof untyped, TwentyCrmResponse<unknown>>();
  const typed = await client.get<{ id: string }>('/rest/people/1', { ...options, signal });
  same<typeof typed, TwentyCrmResponse<{ id: string }>>();
  // @ts-expect-error: data is there only once success is known
  typed.data;
  if (typed.success) same<typeof typed.data, { id: string }>();
  else same<typeof typed.error, TwentyCrmError>();

  await client.delete('/rest/people/1', options);
  await client.post('/rest/people', { name: {} }, { ...options, deadlineMs: 1 });
  await client.put('/rest/people/1', { name: {} });
  await client.patch('/rest/people/1');
  await client.get('/rest/people', undefined, options);
  await client.delete('/rest/people', { ids: [] }, options);
  // @ts-expect-error: a GET has no body
  await client.get('/rest/people', { ids: [] }, options);
  // @ts-expect-error: the second argument of get is options, not a body
  await client.get('/rest/people', { id: 1 });
  // @ts-expect-error: a path is text
  await client.get(new URL('https://crm.example.com'));
  same<number, ReturnType<typeof client.stats>['retries']>();
  await client[Symbol.asyncDispose]();
  same<Promise<void>, ReturnType<typeof client.close>>();
}

const person: UpsertPersonInput = {
  external_id: 'client-1',
  name: 'Jane Smith',
  email: 'jane@example.com',
  phone: null,
  company_external_id: 'company-1',
};
// @ts-expect-error: a person has an e-mail address
export const noEmail: UpsertPersonInput = { external_id: '1', name: 'Jane' };
// The methods take people without one.
const nobody: PersonInput = { external_id: '1', name: 'Jane' };
export const blanks: PersonInput[] = [
  nobody,
  person,
  { ...nobody, email: null },
  { ...nobody, email: '' },
];
// @ts-expect-error: a name can be left out of nothing, nor cleared
export const noName: UpsertPersonInput = { ...person, name: null };

export async function nestedForms(service: TwentyCrmSyncService, outbox: TwentyCrmOutbox) {
  const inParts: PersonInput = {
    ...person,
    name: { firstName: 'Anna Maria', lastName: null },
    email: { primaryEmail: 'anna@example.com', additionalEmails: [] },
    phone: { primaryPhoneNumber: '4155552671', primaryPhoneCallingCode: '+1' },
    website: { primaryLinkUrl: 'https://anna.example', primaryLinkLabel: 'Home' },
  };
  await service.upsertPerson(inParts);
  await service.upsertManyPersons([person, inParts]);
  for await (const result of service.syncPersons([inParts]))
    same<string, typeof result.externalId>();
  await outbox.enqueuePerson(inParts);
  await service.upsertCompany({
    external_id: 'c',
    name: 'Acme',
    domain_name: { primaryLinkUrl: 'acme.com', secondaryLinks: null },
  });
  const found = await service.findPerson('client-1');
  if (found !== null) await service.upsertPerson({ ...person, name: found.nameParts });
  // The entity that comes back has the name in one text.
  same<Awaited<ReturnType<typeof service.upsertPerson>>['data']['name'], string>();
  // @ts-expect-error: a name has two parts
  await service.upsertPerson({ ...person, name: { first: 'Anna', last: 'Maria' } });
  // @ts-expect-error: a company's name has none
  await service.upsertCompany({ external_id: 'c', name: { firstName: 'Acme' } });
}

export async function syncService(service: TwentyCrmSyncService) {
  const options: UpsertOptions = { useCache: true, maxConflictRetries: 3, conflictRetryDelay: 100 };
  const result = await service.upsertPerson(person, options);
  same<typeof result, UpsertResult<TwentyPerson>>();
  await service.upsertPerson(person, { signal });
  await service.upsertPerson(nobody);
  await service.syncPersons([person, nobody]);
  await service.upsertManyPersons(blanks);
  await service.upsertCompany({ external_id: 'c', name: 'Acme', domain_name: 'acme.com' });
  // @ts-expect-error: a company is no person
  await service.upsertPerson({ external_id: 'c', name: 'Acme', domain_name: 'acme.com' });
  service.clearCache();
  const { size, entries } = service.getCacheStats();
  same<typeof size, number>();
  same<(typeof entries)[number], { key: string; age: number }>();
  for (const entry of service.cacheEntries()) byType(entry);
}

function byType(entry: AnyCacheEntry): string {
  switch (entry.type) {
    case 'person':
      return entry.crmId;
    case 'company':
      return entry.externalId;
    default:
      same<typeof entry, never>();
      return entry;
  }
}

export async function bulk(service: TwentyCrmSyncService) {
  for await (const result of service.syncPersons([person], { dryRun: true, signal })) {
    same<typeof result, SyncResult<TwentyPerson>>();
    same<typeof result.warnings, SyncWarning[]>();
    if (result.status === 'failed') {
      console.error(result.externalId, result.error.message);
      same<typeof result.id, undefined>();
    } else {
      same<typeof result.id, string>();
      same<typeof result.data, TwentyPerson>();
      same<typeof result.error, undefined>();
    }
    if (result.error !== undefined) same<typeof result.status, 'failed'>();
    // @ts-expect-error: what failed has no id
    const id: string = result.id;
    console.log(id);
  }
  const { created, failed } = await service.syncCompanies([]);
  same<typeof created, typeof failed>();
}

// A repository class that knows nothing of this package, with a database's types.
class Repository {
  rows: { everId: string; crmId: string; objectType: string; versionHash: string | null }[] = [];
  async findByEverId(everId: string, objectType: 'company' | 'person') {
    return this.rows.find((r) => r.everId === everId && r.objectType === objectType) ?? null;
  }
  async findByCrmId(crmId: string, objectType: 'company' | 'person') {
    return this.rows.find((r) => r.crmId === crmId && r.objectType === objectType) ?? null;
  }
  async upsertMapping(input: {
    everId: string;
    crmId: string;
    objectType: 'company' | 'person';
    dataForHash?: Record<string, unknown>;
  }) {
    const row = { ...input, versionHash: null };
    this.rows.push(row);
    return row;
  }
  async upsertManyMappings(inputs: Parameters<Repository['upsertMapping']>[0][]) {
    return Promise.all(inputs.map((input) => this.upsertMapping(input)));
  }
  async deleteMapping(_everId: string, _objectType: 'company' | 'person') {
    return true;
  }
}
export const repository: MappingStore = new Repository();
export const synchronous: MappingStore = {
  findByEverId: (): Mapping | undefined => undefined,
  findByCrmId: () => null,
  upsertMapping: (_input: MappingInput) => {},
  upsertManyMappings: () => {},
  deleteMapping: () => {},
  findManyByEverIds: async () => [],
};
// @ts-expect-error: a store that cannot find is no store
export const incomplete: MappingStore = { upsertMapping: () => {} };

new TwentyCrmSyncService(client);
new TwentyCrmSyncService(client, null, 300_000);
new TwentyCrmSyncService(client, repository, 300_000);
// @ts-expect-error: a client has more methods than these
new TwentyCrmSyncService({ get: client.get, post: client.post });

const config = { baseUrl: 'https://crm.example.com', apiKey: 'key' };
createTwentyCrmSyncService(config);
createTwentyCrmSyncService(config, 300_000);
createTwentyCrmSyncService(config, {
  cacheTtlMs: 300_000,
  mappingStore: repository,
  defaultCountry: 'DE',
  collisions: {
    unclaimedMatch: 'link',
    claimedMatch: 'leave_out',
    deletedMatch: 'report',
    ownDeleted: 'revive',
    ownGone: 'create',
  },
  namespace: 'site-a',
  fieldNames: { plan: ['subscription'], status: 'state' },
  invalidEmail: 'leave_out',
  missingEmail: 'allow',
  companyKey: 'email_domain',
  onWarning: (warning) => same<typeof warning.field, string>(),
});
// @ts-expect-error: an unknown way to handle a collision
createTwentyCrmSyncService(config, { collisions: { claimedMatch: 'overwrite' } });
// @ts-expect-error: the e-mail address always has the same field
createTwentyCrmSyncService(config, { fieldNames: { email: 'mail' } });

export async function findAndDelete() {
  const service = new TwentyCrmSyncService(client);
  const person = await service.findPerson('cli_1', { useCache: false, signal });
  same<typeof person, FoundPerson | null>();
  same<Exclude<Awaited<ReturnType<typeof service.findCompany>>, null>['id'], string>();
  const { deleted, ids, reason } = await service.deletePerson('cli_1', { mode: 'destroy', signal });
  same<typeof deleted, boolean>();
  same<typeof ids, string[]>();
  same<typeof reason, 'not_found' | 'already_deleted' | 'published' | undefined>();
  // @ts-expect-error: there are two ways to delete
  await service.deleteCompany('org_1', { mode: 'hard' });
}

export async function schemaService() {
  const schema = new TwentyCrmSchemaService(client, { fieldNames: { city: 'town' } });
  const plan = await schema.plan({ signal });
  same<typeof plan, SchemaPlan>();
  same<SchemaField['object'], 'person' | 'company'>();
  await schema.apply();
  const { ok, failed } = await schema.apply({ missing: plan.missing, conflicting: [] });
  same<typeof ok, boolean>();
  same<(typeof failed)[0]['error'], TwentyCrmError>();
  // @ts-expect-error: a plan has lists
  await schema.apply({ missing: 'all' });
}

export async function apiService() {
  const api = new TwentyCrmApiService();
  const { ok, latencyMs, details } = await api.testConnection(config.baseUrl, config.apiKey);
  same<typeof ok, boolean>();
  same<typeof latencyMs, number>();
  same<Exclude<typeof details, undefined>['status'], number | undefined>();
  same<Promise<boolean>, ReturnType<typeof api.isReachable>>();
  const diagnosis = await api.diagnose(config, { fieldNames: { city: 'town' }, signal });
  same<typeof diagnosis, Diagnosis>();
  same<(typeof diagnosis.findings)[0]['status'], 'ok' | 'warning' | 'error'>();
}

export function errors(caught: unknown) {
  if (isTwentyCrmError(caught)) {
    same<typeof caught, TwentyCrmError>();
    if (caught.code === TwentyCrmErrorCode.RATE_LIMIT) same<typeof caught.isRetryable, boolean>();
    same<Exclude<typeof caught.details, undefined>['attempt'], number | undefined>();
  }
  if (caught instanceof TwentyCrmApiError) {
    const plain: TwentyCrmError = caught;
    const error: Error = caught;
    const json: TwentyCrmError = caught.toJSON();
    // @ts-expect-error: what happened does not change afterwards
    caught.code = TwentyCrmErrorCode.UNKNOWN;
    return [plain, error, json, caught.cause, caught.status];
  }
  const made = createTwentyCrmError(TwentyCrmErrorCode.NOT_FOUND, 'No such record.', {
    status: 404,
    isRetryable: false,
    details: { attempt: 1, anythingElse: true },
  });
  // @ts-expect-error: a code is the enum's, not any text
  createTwentyCrmError('NOT_FOUND', 'No such record.');
  return [new TwentyCrmApiError(made, { cause: caught })];
}

// The enum also exists at run time, so its members can be counted.
same<'TIMEOUT' | 'UNKNOWN', Extract<keyof typeof TwentyCrmErrorCode, 'TIMEOUT' | 'UNKNOWN'>>();
export const codes: TwentyCrmErrorCode[] = Object.values(TwentyCrmErrorCode);

same<typeof TWENTY_CRM_DEFAULTS.timeout, number>();
// @ts-expect-error: defaults are not settings
TWENTY_CRM_DEFAULTS.timeout = 5;

export async function modes(event: PlatformEvent) {
  const service = createTwentyCrmSyncService(config, {
    mode: 'platform',
    publish: async (published) => same<typeof published, PlatformEvent>(),
  });
  // @ts-expect-error: there are three modes
  createTwentyCrmSyncService(config, { mode: 'manual' });
  if (event.type === 'person.upsert') {
    same<typeof event.payload, PersonInput>();
    const applied = await service.applyPlatformEvent(event, { signal });
    same<typeof applied, UpsertResult<TwentyPerson>>();
  } else if (event.type === 'company.upsert') {
    same<typeof event.entity, 'company'>();
    const applied = await service.applyPlatformEvent(event);
    same<typeof applied, UpsertResult<TwentyCompany>>();
  } else {
    same<typeof event.payload.mode, 'soft' | 'destroy'>();
    const applied = await service.applyPlatformEvent(event);
    same<typeof applied, DeleteResult>();
  }
  const either = await service.applyPlatformEvent(event);
  same<typeof either, UpsertResult<TwentyPerson> | UpsertResult<TwentyCompany> | DeleteResult>();
  createTwentyCrmSyncServiceFromEnv();
  createTwentyCrmSyncServiceFromEnv(300_000);
  createTwentyCrmSyncServiceFromEnv({ namespace: 'site-a' }, { TWENTY_CRM_ENABLED: 'false' });
}

// The template's own service, with its database's types.
class ConfigDbService {
  async getConfig(): Promise<TwentyCrmConfig | null> {
    return null;
  }
  async createConfig(data: UpdateTwentyCrmConfigRequest, userId: string): Promise<TwentyCrmConfig> {
    const now = new Date();
    const by = { createdBy: userId, updatedBy: userId, createdAt: now, updatedAt: now };
    return { id: '1', ...data, ...by };
  }
  async updateConfig(
    _id: string,
    data: UpdateTwentyCrmConfigRequest,
    userId: string,
  ): Promise<TwentyCrmConfig> {
    return this.createConfig(data, userId);
  }
  async exists() {
    return false;
  }
}

export async function configuration(body: unknown) {
  const fromEnv: TwentyCrmEnvConfig = readTwentyCrmEnvConfig({ TWENTY_CRM_ENABLED: 'true' });
  const repository = new TwentyCrmConfigRepository({ store: new ConfigDbService() });
  new TwentyCrmConfigRepository({ store: sqliteConfigStore('crm.db', { secret: 'x'.repeat(32) }) });
  new TwentyCrmConfigRepository({ store: null, env: { TWENTY_CRM_ENABLED: 'true' } });
  // @ts-expect-error: a store of mappings keeps no configuration
  new TwentyCrmConfigRepository({ store: repository });
  const result = validateTwentyCrmConfig(body);
  if (result.success) {
    const saved = await repository.saveConfig(result.data, 'admin');
    const raw = await repository.getRawConfig();
    if (raw !== null) createTwentyCrmSyncService(raw, { mode: raw.syncMode });
    return [fromEnv, saved.apiKey, maskApiKey(result.data.apiKey), await repository.hasConfig()];
  }
  // @ts-expect-error: there is data only where it went well
  result.data;
  return result.error.issues.map(({ path, message }) => ({ field: path.join('.'), message }));
}

export const people = (profiles: ClientProfileWithAuth[]) => profiles.map(mapClientProfileToPerson);
export const companies = (rows: CompanyRow[]) => rows.map(mapCompanyToTwentyCompany);

export function mappers(
  profile: ClientProfileWithAuth,
  request: CreateClientRequest,
  row: CompanyRow,
) {
  const person: TwentyPerson = mapClientProfileToPerson(profile);
  const input: UpsertPersonInput = mapClientProfileToPerson(request, {
    externalId: ensureExternalId('1', 'ClientProfile'),
    email: 'jane@example.com',
    companyExternalId: null,
  });
  const nobody = mapClientProfileToPerson(
    { id: '1', name: 'Jane', email: null },
    { missingEmail: 'allow' },
  );
  same<typeof nobody, PersonInput>();
  const company: TwentyCompany = mapCompanyToTwentyCompany(row);
  // @ts-expect-error: a company row has an id
  mapCompanyToTwentyCompany({ name: 'Acme' });
  // As the template's one-argument functions are used.
  same<ReturnType<typeof people>[number], UpsertPersonInput>();
  same<ReturnType<typeof extractCityFromLocation>, string | null>();
  return [person, input, company];
}

export async function stores(pool: PostgresPool) {
  const postgres = postgresMappingStore(pool, { schema: 'public', tenantId: 'site-a' });
  await postgres.ensureTable();
  const configs = sqliteConfigStore('crm.db', { secrets: ['new', 'old'] });
  const repository = new TwentyCrmConfigRepository({ store: configs });
  const raw = await repository.getRawConfig();
  for (const mappingStore of [postgres, sqliteMappingStore('crm.db'), memoryMappingStore()]) {
    if (raw !== null) createTwentyCrmSyncService(raw, { mappingStore });
    same<Awaited<ReturnType<typeof mappingStore.findByEverId>>, Mapping | null>();
    const found: Mapping[] = await mappingStore.findManyByEverIds(['1', '2'], 'person');
    await mappingStore.upsertManyMappings([
      { everId: '1', crmId: found[0]?.crmId ?? '', objectType: 'company', versionHash: 'v' },
    ]);
    // @ts-expect-error: there are people and companies only
    await mappingStore.deleteMapping('1', 'deal');
    await mappingStore.close();
  }
  // @ts-expect-error: a pool has a query
  postgresMappingStore('postgres://localhost');
  return configs.updateConfig('id', { enabled: false });
}

declare module 'twenty-crm-native' {
  interface TwentyWebhookObjects {
    rocket: TwentyWebhookRecord & { thrust: number };
  }
}

/** Events are told apart by their name, those of custom objects too. */
export function describeEvent(event: TwentyWebhookEvent): string {
  switch (event.eventName) {
    case 'person.created':
      // @ts-expect-error a creation tells of no changed fields
      event.updatedFields.join();
      return event.record.emails?.primaryEmail ?? event.record.id;
    case 'person.updated':
      return event.updatedFields.join();
    case 'company.destroyed':
      return event.record.domainName?.primaryLinkUrl ?? '';
    case 'company.deleted':
      // @ts-expect-error a company has no job
      return event.record.jobTitle.length.toString();
    case 'rocket.updated':
      return event.record.thrust.toFixed();
    default:
      return event.eventName.split('.')[0] ?? event.objectMetadata.nameSingular;
  }
}

declare const rawRequest: { headers: Record<string, string | string[] | undefined> };
export const verified: TwentyWebhookEvent = verifyTwentyWebhook({
  secret: ['new', 'old'],
  headers: rawRequest.headers,
  rawBody: new Uint8Array(),
  now: () => 0,
});
verifyTwentyWebhook({ secret: 's', headers: new Map([['a', 'b']]), rawBody: '' });
verifyTwentyWebhook({ secret: 's', headers: ['a', 'b'], rawBody: '' });
// @ts-expect-error a body that was parsed cannot be verified
verifyTwentyWebhook({ secret: 's', headers: {}, rawBody: { eventName: 'person.created' } });
