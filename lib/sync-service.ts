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
import type { BulkRun } from './bulk/run.js';
import type { BulkService } from './bulk/start.js';
import { readMode } from './config/sync-mode.js';
import type { Answer } from './dispatcher.js';
import { call, callNow, dispatcher, liftHoldAfterThisTurn, registerTarget } from './dispatcher.js';
import { callSite, errorAt } from './errors.js';
import { native } from './native.js';
import { logs, readHooks, wantedBy } from './observability/hooks.js';
import { operationOf } from './observability/operations.js';
import { optionSchema } from './option-schema.js';
import { optionsToJson, readOptions, readSignal, requireKnown } from './options.js';
import { findNative, hooksOf } from './rest-client.js';
import { ENTITIES, invalid, recordToJson } from './serialise.js';

// `require` stands where few programs come by: every file that is loaded makes the cold start longer.
const findDelete = () => require('./find-delete.js') as typeof import('./find-delete.js');
const modes = () => require('./modes.js') as typeof import('./modes.js');

const PERSON = 0;
const COMPANY = 1;

const OWN_OPTIONS = ['onWarning', 'mode', 'publish'] as const;

const SERVICE_OPTIONS = optionSchema<SyncServiceOptions>({
  onWarning: 'here',
  mode: 'here',
  publish: 'here',
  batching: 'core',
  defaultCountry: 'core',
  collisions: 'core',
  fieldOwnership: 'core',
  namespace: 'core',
  fieldNames: 'core',
  hashTtlMs: 'core',
  invalidEmail: 'core',
  missingEmail: 'core',
  companyKey: 'core',
  onRetry: 'here',
  logger: 'here',
  logLevel: 'here',
  // The core reads it too, as a separate argument.
  cacheTtlMs: 'here',
  mappingStore: 'here',
});

const CALL_OPTIONS = optionSchema<UpsertCallOptions>({
  useCache: 'core',
  skipUnchanged: 'core',
  force: 'core',
  maxConflictRetries: 'core',
  conflictRetryDelay: 'core',
  signal: 'here',
});

interface Internals extends BulkService {
  /** kept alive, because the core may call it */
  mappingStore: object | undefined;
  namespace: string | undefined;
  /** the options that were passed to the core */
  optionsJson: string;
}

const internals: WeakMap<object, Internals> = new WeakMap();

/**
 * Creates and updates people and companies, keyed by the caller's own ids. Services of one workspace in one process
 * share connections, pacing, schema and remembered ids, so making one per request costs nothing.
 */
class TwentyCrmSyncService {
  /**
   * @param restClient The client that sends the requests.
   * @param mappingStore Keeps pairs of ids beyond the process. Null or not given: they are kept in memory only.
   * @param cacheTtlMs Milliseconds for which a remembered id is used without asking the server again; default 300000.
   * @throws {TwentyCrmApiError} `VALIDATION_ERROR` if an argument is not valid; `details.field` names it.
   */
  constructor(
    restClient: TwentyCrmRestClient,
    mappingStore?: MappingStore | null,
    cacheTtlMs?: number,
  );
  /**
   * @internal
   * @param options what `createTwentyCrmSyncService` passes on
   */
  constructor(
    restClient: TwentyCrmRestClient,
    mappingStore: MappingStore | null | undefined,
    cacheTtlMs: number | undefined,
    options: SyncServiceOptions,
  );
  constructor(
    restClient: TwentyCrmRestClient,
    mappingStore?: MappingStore | null,
    cacheTtlMs?: number,
    options?: SyncServiceOptions,
  ) {
    internals.set(this, construct(restClient, mappingStore, cacheTtlMs, options ?? {}));
  }

  /**
   * Creates the person, or updates the one with this external id. If the company of `company_external_id` is missing
   * and `company_name` is given, the company is created first.
   *
   * Rejects with {@link TwentyCrmApiError}: `VALIDATION_ERROR` for bad input (before any request; `details.field` names
   * it) and for data that the server refuses, `AUTH_ERROR`, `RATE_LIMIT`, `TIMEOUT`, `NETWORK_ERROR`, `SERVER_ERROR`,
   * or `OPERATION_FAILED`. If the signal aborts, rejects with the signal's reason.
   */
  async upsertPerson(
    input: PersonInput,
    options?: UpsertCallOptions,
  ): Promise<UpsertResult<TwentyPerson>> {
    const { elsewhere } = of(this);
    requireKnown('upsertPerson', options, CALL_OPTIONS.known);
    if (elsewhere !== undefined) return elsewhere.upsert(PERSON, input, options);
    const site = callSite(TwentyCrmSyncService.prototype.upsertPerson);
    return outcome(this, await start(this, PERSON, input, options), site);
  }

  /** Creates the company, or updates the one with this external id. Rejects as {@link upsertPerson} does. */
  async upsertCompany(
    input: CompanyInput,
    options?: UpsertCallOptions,
  ): Promise<UpsertResult<TwentyCompany>> {
    const { elsewhere } = of(this);
    requireKnown('upsertCompany', options, CALL_OPTIONS.known);
    if (elsewhere !== undefined) return elsewhere.upsert(COMPANY, input, options);
    const site = callSite(TwentyCrmSyncService.prototype.upsertCompany);
    return outcome(this, await start(this, COMPANY, input, options), site);
  }

  /**
   * Applies an event that a service in `platform` mode published; for the consumer of the events. Applying an event
   * again changes nothing. Apply the events of one record in the order in which they were published.
   *
   * Rejects as {@link upsertPerson} does. Also rejects with `VALIDATION_ERROR` for an invalid event or one of another
   * namespace, and with `OPERATION_FAILED` in any mode but `direct_crm`.
   */
  applyPlatformEvent(
    event: PersonUpsertEvent,
    options?: UpsertCallOptions,
  ): Promise<UpsertResult<TwentyPerson>>;
  /** As above, for a company. */
  applyPlatformEvent(
    event: CompanyUpsertEvent,
    options?: UpsertCallOptions,
  ): Promise<UpsertResult<TwentyCompany>>;
  /** As above, for a deletion. */
  applyPlatformEvent(
    event: PersonDeleteEvent | CompanyDeleteEvent,
    options?: UpsertCallOptions,
  ): Promise<DeleteResult>;
  /** As above, for any event. */
  applyPlatformEvent(
    event: PlatformEvent,
    options?: UpsertCallOptions,
  ): Promise<UpsertResult<TwentyPerson> | UpsertResult<TwentyCompany> | DeleteResult>;
  async applyPlatformEvent(
    event: PlatformEvent,
    options?: UpsertCallOptions,
  ): Promise<UpsertResult<TwentyPerson> | UpsertResult<TwentyCompany> | DeleteResult> {
    const { elsewhere, namespace } = of(this);
    if (elsewhere !== undefined) throw modes().cannot(elsewhere.mode);
    requireKnown('applyPlatformEvent', options, CALL_OPTIONS.known);
    const { readEvent } = require('./platform-events.js') as typeof import('./platform-events.js');
    const { kind, action, payload } = readEvent(event, namespace);
    if (action === 'delete') {
      const { external_id, mode } = (payload ?? {}) as Partial<DeletePayload>;
      const how = { mode, signal: readSignal(options) };
      // The core reports what is wrong with it.
      const externalId = external_id as string;
      return kind === PERSON
        ? this.deletePerson(externalId, how)
        : this.deleteCompany(externalId, how);
    }
    return kind === PERSON
      ? this.upsertPerson(payload as unknown as PersonInput, options)
      : this.upsertCompany(payload as unknown as CompanyInput, options);
  }

  /**
   * The person with this external id as the CRM has it now, or null. A soft-deleted person counts as not found. A
   * failed look-up rejects and never resolves with null.
   */
  async findPerson(externalId: string, options?: FindOptions): Promise<FoundPerson | null> {
    const site = callSite(TwentyCrmSyncService.prototype.findPerson);
    const { FIND_OPTIONS, startFind } = findDelete();
    requireKnown('findPerson', options, FIND_OPTIONS.known);
    return outcome(this, await startFind(of(this), PERSON, externalId, options), site);
  }

  /** As {@link findPerson}, for companies. */
  async findCompany(externalId: string, options?: FindOptions): Promise<FoundCompany | null> {
    const site = callSite(TwentyCrmSyncService.prototype.findCompany);
    const { FIND_OPTIONS, startFind } = findDelete();
    requireKnown('findCompany', options, FIND_OPTIONS.known);
    return outcome(this, await startFind(of(this), COMPANY, externalId, options), site);
  }

  /**
   * Deletes the person with this external id: a soft delete, unless `mode` says otherwise. Deleting a missing person is
   * not an error: `deleted` is then false, and `reason` says why. Queued with the upserts of the same person, in call
   * order.
   */
  async deletePerson(externalId: string, options?: DeleteOptions): Promise<DeleteResult> {
    const { elsewhere } = of(this);
    const { DELETE_OPTIONS, startDelete } = findDelete();
    requireKnown('deletePerson', options, DELETE_OPTIONS.known);
    if (elsewhere !== undefined) return elsewhere.remove(PERSON, externalId, options);
    const site = callSite(TwentyCrmSyncService.prototype.deletePerson);
    return outcome(this, await startDelete(of(this), PERSON, externalId, options), site);
  }

  /** As {@link deletePerson}, for companies. The company's people stay, without a company. */
  async deleteCompany(externalId: string, options?: DeleteOptions): Promise<DeleteResult> {
    const { elsewhere } = of(this);
    const { DELETE_OPTIONS, startDelete } = findDelete();
    requireKnown('deleteCompany', options, DELETE_OPTIONS.known);
    if (elsewhere !== undefined) return elsewhere.remove(COMPANY, externalId, options);
    const site = callSite(TwentyCrmSyncService.prototype.deleteCompany);
    return outcome(this, await startDelete(of(this), COMPANY, externalId, options), site);
  }

  /**
   * Creates and updates many people in batches. Records with the same external id are merged, companies of people are
   * written first, and unchanged records are not sent. One bad record does not affect the others.
   *
   * Throws `VALIDATION_ERROR` at once for options that are not valid.
   */
  syncPersons(inputs: Inputs<PersonInput>, options?: SyncOptions): SyncRun<TwentyPerson> {
    const { startBulk } = require('./bulk/start.js') as typeof import('./bulk/start.js');
    return startBulk<TwentyPerson>(of(this), PERSON, inputs, options);
  }

  /** As {@link syncPersons}, for companies. */
  syncCompanies(inputs: Inputs<CompanyInput>, options?: SyncOptions): SyncRun<TwentyCompany> {
    const { startBulk } = require('./bulk/start.js') as typeof import('./bulk/start.js');
    return startBulk<TwentyCompany>(of(this), COMPANY, inputs, options);
  }

  /**
   * As {@link syncPersons}, but returns all results at once. If some records failed, rejects with `OPERATION_FAILED`
   * after every record was tried; `details.results` then has the result of every record.
   */
  async upsertManyPersons(
    inputs: Inputs<PersonInput>,
    options?: SyncOptions,
  ): Promise<UpsertResult<TwentyPerson>[]> {
    const { collect } = require('./bulk/upsert-many.js') as typeof import('./bulk/upsert-many.js');
    return collect(this.syncPersons(inputs, options) as BulkRun<TwentyPerson>);
  }

  /** As {@link upsertManyPersons}, for companies. */
  async upsertManyCompanies(
    inputs: Inputs<CompanyInput>,
    options?: SyncOptions,
  ): Promise<UpsertResult<TwentyCompany>[]> {
    const { collect } = require('./bulk/upsert-many.js') as typeof import('./bulk/upsert-many.js');
    return collect(this.syncCompanies(inputs, options) as BulkRun<TwentyCompany>);
  }

  /**
   * Counters of this service's own requests since it was made; `workspace` counts all services of the workspace. All
   * are zero for a service that sends nothing to Twenty.
   */
  stats(): TwentyCrmStats {
    const { toStats } =
      require('./observability/stats.js') as typeof import('./observability/stats.js');
    const inner = of(this);
    return toStats(inner.elsewhere === undefined ? inner.native.stats() : native.emptyStats());
  }

  /**
   * Processes a verified event of Twenty's webhooks: drops remembered facts that it disproves, so that the next write
   * looks the record up again.
   *
   * - A record that was soft-deleted or destroyed is no longer mapped. With `ownGone` other than `create` its id is
   * kept,
   *   because it shows that this record existed before. A restored record is mapped again.
   * - A record that somebody else edited is sent again by the next run with `skipUnchanged`, unless only fields changed
   *   that are never written.
   * - Echoes of own writes, late or repeated events, and records of other services change nothing. An own write is
   *   recognised by `updatedAt`: the answer to the write and the event carry the same value. The record's author is not
   *   used, because all API keys look alike there.
   * - A merge sends `updated` for the record that stays (`moved`, if it now has another external id), and `destroyed`
   * for
   *   the one that goes.
   *
   * Sends nothing to Twenty. Waits for earlier upserts of the same record, and may be called again with the same event.
   * Rejects with `VALIDATION_ERROR` for an invalid event, and with the signal's reason if the signal aborts. If the
   * mapping store fails, the result and `onWarning` say so.
   */
  async applyWebhook(
    event: TwentyWebhookEvent,
    options?: ApplyWebhookOptions,
  ): Promise<ApplyWebhookResult> {
    const { OPTIONS, ignoreInMode, startApply } =
      require('./webhooks/apply.js') as typeof import('./webhooks/apply.js');
    const inner = of(this);
    requireKnown('applyWebhook', options, OPTIONS.known);
    if (inner.elsewhere !== undefined) return ignoreInMode(event);
    const site = callSite(TwentyCrmSyncService.prototype.applyWebhook);
    return outcome(this, await startApply(inner.native, event, inner.optionsJson, options), site);
  }

  /** Forgets all remembered ids. The mapping store is not changed. */
  clearCache(): void {
    const inner = of(this);
    if (inner.elsewhere === undefined) inner.native.clearCache();
  }

  /** The number of remembered ids, and the age of the oldest. */
  getCacheStats(): CacheStats {
    const inner = of(this);
    if (inner.elsewhere !== undefined) return { size: 0, entries: [] };
    return JSON.parse(inner.native.cacheStats());
  }

  /** All remembered ids. */
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
  requireKnown('TwentyCrmSyncService', options, SERVICE_OPTIONS.known);
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
    ...readOptions('options', options, SERVICE_OPTIONS.core),
    ...readOptions('options', { cacheTtlMs }, ['cacheTtlMs']),
  };
  const store = mappingStore ?? undefined;
  const storeArgument = store === undefined ? undefined : storeToArgument(store);
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
  if (client === undefined || mode !== 'direct_crm') {
    const inner = callNow(() => new native.UnsentService(optionsJson, dispatcher, storeArgument));
    const warn = (warning: SyncWarning) => tellWarning(common, warning);
    return {
      ...common,
      elsewhere: modes().createElsewhere({ ...common, native: inner, mode, publish, warn }),
      get native(): never {
        // Methods that need the core, such as `find…`, get an error at once: they do not work in this mode.
        throw modes().cannot(mode);
      },
    };
  }
  const args = [client, optionsJson, dispatcher, storeArgument] as const;
  const listener = hooks === undefined ? 0 : registerTarget(hooks);
  const inner = callNow(() => new native.SyncService(...args, listener, wantedBy(hooks)));
  return { ...common, native: inner };
}

/** A store of ours goes to the core as it is; any other gets a number by which the core asks it. */
function storeToArgument(store: MappingStore) {
  for (const method of ['findByEverId', 'upsertMapping', 'deleteMapping']) {
    if (!hasMethod(store, method)) {
      throw invalid('mappingStore', `mappingStore must have a method ${method}`);
    }
  }
  const { nativeStoreOf } = require('./stores/sqlite.js') as typeof import('./stores/sqlite.js');
  const { portOf } = require('./stores/port.js') as typeof import('./stores/port.js');
  return nativeStoreOf(store) ?? registerTarget(portOf(store));
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

/**
 * The options of a service as JSON text, for code that validates inputs as the service does; undefined for any other
 * object.
 */
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
    optionsJson = optionsToJson(readOptions('options', options, CALL_OPTIONS.core));
  }
  liftHoldAfterThisTurn();
  return call(
    (dispatcher, id) => inner.upsert(dispatcher, id, kind, inputJson, optionsJson),
    signal,
    operationOf('upsert', hooks, entity, inputJson),
  );
}

/** Returns the result of a call after reporting its warnings, or throws its error. */
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
  if (onWarning !== undefined) {
    const { callHook } =
      require('./observability/call-hook.js') as typeof import('./observability/call-hook.js');
    callHook('onWarning', onWarning, [warning]);
  }
  if (!logs(hooks, 'warn')) return;
  const { log, shownId } =
    require('./observability/log.js') as typeof import('./observability/log.js');
  const { field, reason, externalId } = warning;
  // Without the message, which contains the value that was left out.
  log(hooks, 'warn', 'a value was left out or changed', {
    externalId: shownId(externalId),
    field,
    reason,
  });
}

export { optionsJsonOf, SERVICE_OPTIONS, TwentyCrmSyncService };
