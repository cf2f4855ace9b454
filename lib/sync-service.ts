import type {
  AbortSignalLike,
  AnyCacheEntry,
  ApplyWebhookOptions,
  ApplyWebhookResult,
  CacheStats,
  CompanyDeleteEvent,
  CompanyInput,
  CompanyUpsertEvent,
  DeleteOptions,
  DeletePayload,
  DeleteResult,
  FindOptions,
  FoundCompany,
  FoundPerson,
  Inputs,
  MappingStore,
  PersonDeleteEvent,
  PersonInput,
  PersonUpsertEvent,
  PlatformEvent,
  SyncOptions,
  SyncRun,
  SyncServiceOptions,
  SyncWarning,
  TwentyCompany,
  TwentyCrmRestClient,
  TwentyCrmStats,
  TwentyPerson,
  TwentyWebhookEvent,
  UpsertCallOptions,
  UpsertResult,
} from '../index.js';
import type { SyncService } from '../native.js';
import type { BulkRun } from './bulk/run.js';
import type { Answer } from './dispatcher.js';
import { call, callNow, dispatcher, liftHoldAfterThisTurn, registerTarget } from './dispatcher.js';
import { callSite, errorAt } from './errors.js';
import { DELETE_OPTIONS, FIND_OPTIONS, startDelete, startFind } from './find-delete.js';
import type { Elsewhere } from './modes.js';
import { cannot, createElsewhere, readMode } from './modes.js';
import { native } from './native.js';
import { callHook } from './observability/call-hook.js';
import type { Hooks } from './observability/hooks.js';
import { HOOK_OPTIONS, logs, readHooks, wantedBy } from './observability/hooks.js';
import { operationOf } from './observability/operations.js';
import { optionsToJson, readOptions, readSignal, requireKnown } from './options.js';
import { ENTITIES, readEvent } from './platform-events.js';
import { findNative, hooksOf } from './rest-client.js';
import { invalid, recordToJson } from './serialise.js';
import { portOf } from './stores/port.js';
import { nativeStoreOf } from './stores/sqlite.js';

const PERSON = 0;
const COMPANY = 1;

const OWN_OPTIONS = ['onWarning', 'mode', 'publish'] as const;

/** What the core reads of {@link SyncServiceOptions}; `cacheTtlMs` comes as an argument of its own. */
const OPTIONS = [
  'batching',
  'defaultCountry',
  'collisions',
  'fieldOwnership',
  'namespace',
  'fieldNames',
  'hashTtlMs',
  'invalidEmail',
  'missingEmail',
  'companyKey',
] as const;

/** What the core reads of {@link UpsertCallOptions}. */
const CALL_OPTIONS = [
  'useCache',
  'skipUnchanged',
  'force',
  'maxConflictRetries',
  'conflictRetryDelay',
] as const;

/** Every name that {@link SyncServiceOptions} have. */
const SERVICE_OPTIONS = new Set([
  ...[...OWN_OPTIONS, ...OPTIONS, ...HOOK_OPTIONS],
  ...['cacheTtlMs', 'mappingStore'],
]);

const KNOWN_CALL_OPTIONS = new Set([...CALL_OPTIONS, 'signal']);

export interface Internals {
  native: SyncService;
  onWarning: ((warning: SyncWarning) => void) | undefined;
  hooks: Hooks | undefined;
  /** kept so that the core can ask it */
  mappingStore: object | undefined;
  namespace: string | undefined;
  /** what the core was given */
  optionsJson: string;
  /** where changes go in modes other than `direct_crm` */
  elsewhere?: Elsewhere;
}

const internals: WeakMap<object, Internals> = new WeakMap();

/** See `index.d.ts`. */
class TwentyCrmSyncService {
  /** @param options what `createTwentyCrmSyncService` passes on */
  constructor(
    restClient: TwentyCrmRestClient,
    mappingStore?: MappingStore | null,
    cacheTtlMs?: number,
    options?: SyncServiceOptions,
  ) {
    internals.set(this, construct(restClient, mappingStore, cacheTtlMs, options ?? {}));
  }

  async upsertPerson(
    input: PersonInput,
    options?: UpsertCallOptions,
  ): Promise<UpsertResult<TwentyPerson>> {
    const { elsewhere } = of(this);
    requireKnown('upsertPerson', options, KNOWN_CALL_OPTIONS);
    if (elsewhere !== undefined) return elsewhere.upsert(PERSON, input, options);
    const site = callSite(TwentyCrmSyncService.prototype.upsertPerson);
    return outcome(this, await start(this, PERSON, input, options), site);
  }

  async upsertCompany(
    input: CompanyInput,
    options?: UpsertCallOptions,
  ): Promise<UpsertResult<TwentyCompany>> {
    const { elsewhere } = of(this);
    requireKnown('upsertCompany', options, KNOWN_CALL_OPTIONS);
    if (elsewhere !== undefined) return elsewhere.upsert(COMPANY, input, options);
    const site = callSite(TwentyCrmSyncService.prototype.upsertCompany);
    return outcome(this, await start(this, COMPANY, input, options), site);
  }

  applyPlatformEvent(
    event: PersonUpsertEvent,
    options?: UpsertCallOptions,
  ): Promise<UpsertResult<TwentyPerson>>;
  applyPlatformEvent(
    event: CompanyUpsertEvent,
    options?: UpsertCallOptions,
  ): Promise<UpsertResult<TwentyCompany>>;
  applyPlatformEvent(
    event: PersonDeleteEvent | CompanyDeleteEvent,
    options?: UpsertCallOptions,
  ): Promise<DeleteResult>;
  applyPlatformEvent(
    event: PlatformEvent,
    options?: UpsertCallOptions,
  ): Promise<UpsertResult<TwentyPerson> | UpsertResult<TwentyCompany> | DeleteResult>;
  async applyPlatformEvent(
    event: PlatformEvent,
    options?: UpsertCallOptions,
  ): Promise<UpsertResult<TwentyPerson> | UpsertResult<TwentyCompany> | DeleteResult> {
    const { elsewhere, namespace } = of(this);
    if (elsewhere !== undefined) throw cannot(elsewhere.mode);
    requireKnown('applyPlatformEvent', options, KNOWN_CALL_OPTIONS);
    const { kind, action, payload } = readEvent(event, namespace);
    if (action === 'delete') {
      const { external_id, mode } = (payload ?? {}) as Partial<DeletePayload>;
      const how = { mode, signal: readSignal(options) };
      // Whatever it is, the core says what is wrong with it.
      const externalId = external_id as string;
      return kind === PERSON
        ? this.deletePerson(externalId, how)
        : this.deleteCompany(externalId, how);
    }
    return kind === PERSON
      ? this.upsertPerson(payload as unknown as PersonInput, options)
      : this.upsertCompany(payload as unknown as CompanyInput, options);
  }

  async findPerson(externalId: string, options?: FindOptions): Promise<FoundPerson | null> {
    const site = callSite(TwentyCrmSyncService.prototype.findPerson);
    requireKnown('findPerson', options, FIND_OPTIONS);
    return outcome(this, await startFind(of(this), PERSON, externalId, options), site);
  }

  async findCompany(externalId: string, options?: FindOptions): Promise<FoundCompany | null> {
    const site = callSite(TwentyCrmSyncService.prototype.findCompany);
    requireKnown('findCompany', options, FIND_OPTIONS);
    return outcome(this, await startFind(of(this), COMPANY, externalId, options), site);
  }

  async deletePerson(externalId: string, options?: DeleteOptions): Promise<DeleteResult> {
    const { elsewhere } = of(this);
    requireKnown('deletePerson', options, DELETE_OPTIONS);
    if (elsewhere !== undefined) return elsewhere.remove(PERSON, externalId, options);
    const site = callSite(TwentyCrmSyncService.prototype.deletePerson);
    return outcome(this, await startDelete(of(this), PERSON, externalId, options), site);
  }

  async deleteCompany(externalId: string, options?: DeleteOptions): Promise<DeleteResult> {
    const { elsewhere } = of(this);
    requireKnown('deleteCompany', options, DELETE_OPTIONS);
    if (elsewhere !== undefined) return elsewhere.remove(COMPANY, externalId, options);
    const site = callSite(TwentyCrmSyncService.prototype.deleteCompany);
    return outcome(this, await startDelete(of(this), COMPANY, externalId, options), site);
  }

  syncPersons(inputs: Inputs<PersonInput>, options?: SyncOptions): SyncRun<TwentyPerson> {
    const { startBulk } = require('./bulk/start.js') as typeof import('./bulk/start.js');
    return startBulk<TwentyPerson>(of(this), PERSON, inputs, options);
  }

  syncCompanies(inputs: Inputs<CompanyInput>, options?: SyncOptions): SyncRun<TwentyCompany> {
    const { startBulk } = require('./bulk/start.js') as typeof import('./bulk/start.js');
    return startBulk<TwentyCompany>(of(this), COMPANY, inputs, options);
  }

  async upsertManyPersons(
    inputs: Inputs<PersonInput>,
    options?: SyncOptions,
  ): Promise<UpsertResult<TwentyPerson>[]> {
    const { collect } = require('./bulk/upsert-many.js') as typeof import('./bulk/upsert-many.js');
    return collect(this.syncPersons(inputs, options) as BulkRun<TwentyPerson>);
  }

  async upsertManyCompanies(
    inputs: Inputs<CompanyInput>,
    options?: SyncOptions,
  ): Promise<UpsertResult<TwentyCompany>[]> {
    const { collect } = require('./bulk/upsert-many.js') as typeof import('./bulk/upsert-many.js');
    return collect(this.syncCompanies(inputs, options) as BulkRun<TwentyCompany>);
  }

  stats(): TwentyCrmStats {
    const { toStats } =
      require('./observability/stats.js') as typeof import('./observability/stats.js');
    const inner = of(this);
    return toStats(inner.elsewhere === undefined ? inner.native.stats() : native.emptyStats());
  }

  async applyWebhook(
    event: TwentyWebhookEvent,
    options?: ApplyWebhookOptions,
  ): Promise<ApplyWebhookResult> {
    // Read when it is needed: most programs have no webhook.
    const { OPTIONS, ignoreInMode, startApply } =
      require('./webhooks/apply.js') as typeof import('./webhooks/apply.js');
    const inner = of(this);
    requireKnown('applyWebhook', options, OPTIONS);
    if (inner.elsewhere !== undefined) return ignoreInMode(event);
    const site = callSite(TwentyCrmSyncService.prototype.applyWebhook);
    return outcome(this, await startApply(inner.native, event, inner.optionsJson, options), site);
  }

  clearCache(): void {
    const inner = of(this);
    if (inner.elsewhere === undefined) inner.native.clearCache();
  }

  getCacheStats(): CacheStats {
    const inner = of(this);
    if (inner.elsewhere !== undefined) return { size: 0, entries: [] };
    return JSON.parse(inner.native.cacheStats());
  }

  cacheEntries(): AnyCacheEntry[] {
    const inner = of(this);
    return inner.elsewhere === undefined ? JSON.parse(inner.native.cacheEntries()) : [];
  }
}

function construct(
  restClient: unknown,
  mappingStore: MappingStore | null | undefined,
  cacheTtlMs: unknown,
  options: SyncServiceOptions,
): Internals {
  requireKnown('TwentyCrmSyncService', options, SERVICE_OPTIONS);
  const { onWarning, publish, ...own } = readOptions('options', options, OWN_OPTIONS);
  const mode = readMode(own.mode);
  const client = findNative(restClient);
  if (client === undefined && mode === 'direct_crm') {
    throw invalid('restClient', 'restClient must be a TwentyCrmRestClient of twenty-crm-native');
  }
  if (onWarning !== undefined && typeof onWarning !== 'function') {
    throw invalid('onWarning', 'onWarning must be a function');
  }
  const values = {
    ...readOptions('options', options, OPTIONS),
    ...readOptions('options', { cacheTtlMs }, ['cacheTtlMs']),
  };
  const store = mappingStore ?? undefined;
  if (store !== undefined) requireStore(store);
  const nativeStore = store && nativeStoreOf(store);
  const port = store && nativeStore === undefined ? portOf(store) : undefined;
  const optionsJson = optionsToJson(values) ?? '{}';
  const hooks = readHooks('options', options, hooksOf(restClient));
  const namespace = (values.namespace ?? undefined) as string | undefined;
  const common = {
    onWarning: onWarning as Internals['onWarning'],
    hooks,
    mappingStore: store,
    namespace,
    optionsJson,
  };
  const target = port && registerTarget(port);
  if (client === undefined || mode !== 'direct_crm') {
    const inner = callNow(
      () => new native.UnsentService(optionsJson, dispatcher, target, nativeStore),
    );
    const warn = (warning: SyncWarning) => tellWarning(common, warning);
    return {
      ...common,
      elsewhere: createElsewhere({ ...common, native: inner, mode, publish, warn }),
      get native(): never {
        // Whatever is no change asks the core, and so hears at once that it cannot be done here.
        throw cannot(mode);
      },
    };
  }
  const args = [client, optionsJson, dispatcher, target, nativeStore] as const;
  const listener = hooks === undefined ? 0 : registerTarget(hooks);
  const inner = callNow(() => new native.SyncService(...args, listener, wantedBy(hooks)));
  return { ...common, native: inner };
}

function requireStore(store: unknown) {
  for (const method of ['findByEverId', 'upsertMapping', 'deleteMapping']) {
    if (!hasMethod(store, method)) {
      throw invalid('mappingStore', `mappingStore must have a method ${method}`);
    }
  }
}

function hasMethod(object: unknown, method: string) {
  try {
    return (
      typeof object === 'object' &&
      typeof (object as Record<string, unknown>)[method] === 'function'
    );
  } catch {
    return false;
  }
}

function of(service: object) {
  const found = internals.get(service);
  if (found === undefined) throw new TypeError('not a TwentyCrmSyncService');
  return found;
}

/** The options of a service as JSON text, for those who check inputs as it does; undefined for any other object. */
function optionsJsonOf(service: object) {
  return internals.get(service)?.optionsJson;
}

function start(
  service: object,
  kind: number,
  input: unknown,
  options: UpsertCallOptions | undefined,
) {
  const { native: inner, hooks } = of(service);
  const entity = ENTITIES[kind];
  const inputJson = recordToJson(entity, input);
  let optionsJson: string | undefined;
  let signal: AbortSignalLike | undefined;
  if (options !== undefined && options !== null) {
    signal = readSignal(options);
    optionsJson = optionsToJson(readOptions('options', options, CALL_OPTIONS));
  }
  liftHoldAfterThisTurn();
  return call(
    (dispatcher, id) => inner.upsert(dispatcher, id, kind, inputJson, optionsJson),
    signal,
    operationOf('upsert', hooks, entity, inputJson),
  );
}

/** What a call ended with: its result, once its warnings are told, or its error. */
function outcome<T>(service: object, answer: Answer, site: { stack?: unknown }): T {
  if (!answer.ok) throw errorAt(answer.error, site);
  const { result, warnings }: { result: T; warnings?: SyncWarning[] } = JSON.parse(answer.text);
  if (warnings !== undefined) {
    const inner = of(service);
    for (const warning of warnings) tellWarning(inner, warning);
  }
  return result;
}

function tellWarning(
  { onWarning, hooks }: Pick<Internals, 'onWarning' | 'hooks'>,
  warning: SyncWarning,
) {
  if (onWarning !== undefined) callHook('onWarning', onWarning, [warning]);
  if (!logs(hooks, 'warn')) return;
  const { log, shownId } =
    require('./observability/log.js') as typeof import('./observability/log.js');
  const { field, reason, externalId } = warning;
  // Without its message, which has the value that was left out.
  log(hooks, 'warn', 'written otherwise than asked', {
    externalId: shownId(externalId),
    field,
    reason,
  });
}

export { optionsJsonOf, SERVICE_OPTIONS, TwentyCrmSyncService };
