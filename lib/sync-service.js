'use strict';

const native = require('./native.js');
const {
  call,
  callNow,
  dispatcher,
  liftHoldAfterThisTurn,
  registerTarget,
} = require('./dispatcher.js');
const { callSite, errorAt } = require('./errors.js');
const { DELETE_OPTIONS, FIND_OPTIONS, startDelete, startFind } = require('./find-delete.js');
const { cannot, createElsewhere, readMode } = require('./modes.js');
const { callHook } = require('./observability/call-hook.js');
const { HOOK_OPTIONS, logs, readHooks, wantedBy } = require('./observability/hooks.js');
const { operationOf } = require('./observability/operations.js');
const { optionsToJson, readOptions, readSignal, requireKnown } = require('./options.js');
const { ENTITIES, readEvent } = require('./platform-events.js');
const { findNative, hooksOf } = require('./rest-client.js');
const { invalid, recordToJson } = require('./serialise.js');
const { portOf } = require('./stores/port.js');
const { nativeStoreOf } = require('./stores/sqlite.js');

/** @typedef {import('../index.js').SyncServiceOptions} SyncServiceOptions */

const PERSON = 0;
const COMPANY = 1;

const OWN_OPTIONS = /** @type {const} */ (['onWarning', 'mode', 'publish']);

/** What the core reads of {@link SyncServiceOptions}; `cacheTtlMs` comes as an argument of its own. */
const OPTIONS = /** @type {const} */ ([
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
]);

/** What the core reads of {@link import('../index.js').UpsertCallOptions}. */
const CALL_OPTIONS = /** @type {const} */ ([
  'useCache',
  'skipUnchanged',
  'force',
  'maxConflictRetries',
  'conflictRetryDelay',
]);

/** Every name that {@link SyncServiceOptions} have. */
const SERVICE_OPTIONS = new Set([
  ...[...OWN_OPTIONS, ...OPTIONS, ...HOOK_OPTIONS],
  ...['cacheTtlMs', 'mappingStore'],
]);

const KNOWN_CALL_OPTIONS = new Set([...CALL_OPTIONS, 'signal']);

/**
 * @typedef {object} Internals
 * @property {import('../native.js').SyncService} native
 * @property {((warning: import('../index.js').SyncWarning) => void) | undefined} onWarning
 * @property {import('./observability/hooks.js').Hooks | undefined} hooks
 * @property {object | undefined} mappingStore kept so that the core can ask it
 * @property {string | undefined} namespace
 * @property {string} optionsJson what the core was given
 * @property {import('./modes.js').Elsewhere} [elsewhere] where changes go in modes other than `direct_crm`
 */

/** @type {WeakMap<object, Internals>} */
const internals = new WeakMap();

/** See `index.d.ts`. */
class TwentyCrmSyncService {
  /**
   * @param {import('../index.js').TwentyCrmRestClient} restClient
   * @param {import('../index.js').MappingStore | null} [mappingStore]
   * @param {number} [cacheTtlMs]
   * @param {SyncServiceOptions} [options] what `createTwentyCrmSyncService` passes on
   */
  constructor(restClient, mappingStore, cacheTtlMs, options) {
    internals.set(this, construct(restClient, mappingStore, cacheTtlMs, options ?? {}));
  }

  /**
   * @param {import('../index.js').PersonInput} input
   * @param {import('../index.js').UpsertCallOptions} [options]
   */
  async upsertPerson(input, options) {
    const { elsewhere } = of(this);
    requireKnown('upsertPerson', options, KNOWN_CALL_OPTIONS);
    if (elsewhere !== undefined) return elsewhere.upsert(PERSON, input, options);
    const site = callSite(TwentyCrmSyncService.prototype.upsertPerson);
    return outcome(this, await start(this, PERSON, input, options), site);
  }

  /**
   * @param {import('../index.js').CompanyInput} input
   * @param {import('../index.js').UpsertCallOptions} [options]
   */
  async upsertCompany(input, options) {
    const { elsewhere } = of(this);
    requireKnown('upsertCompany', options, KNOWN_CALL_OPTIONS);
    if (elsewhere !== undefined) return elsewhere.upsert(COMPANY, input, options);
    const site = callSite(TwentyCrmSyncService.prototype.upsertCompany);
    return outcome(this, await start(this, COMPANY, input, options), site);
  }

  /**
   * @param {import('../index.js').PlatformEvent} event
   * @param {import('../index.js').UpsertCallOptions} [options]
   */
  async applyPlatformEvent(event, options) {
    const { elsewhere, namespace } = of(this);
    if (elsewhere !== undefined) throw cannot(elsewhere.mode);
    requireKnown('applyPlatformEvent', options, KNOWN_CALL_OPTIONS);
    const { kind, action, payload } = readEvent(event, namespace);
    if (action === 'delete') {
      const how = { mode: payload?.mode, signal: readSignal(options) };
      return kind === PERSON
        ? this.deletePerson(payload?.external_id, how)
        : this.deleteCompany(payload?.external_id, how);
    }
    return kind === PERSON
      ? this.upsertPerson(payload, options)
      : this.upsertCompany(payload, options);
  }

  /**
   * @param {string} externalId
   * @param {import('../index.js').FindOptions} [options]
   */
  async findPerson(externalId, options) {
    const site = callSite(TwentyCrmSyncService.prototype.findPerson);
    requireKnown('findPerson', options, FIND_OPTIONS);
    return outcome(this, await startFind(of(this), PERSON, externalId, options), site);
  }

  /**
   * @param {string} externalId
   * @param {import('../index.js').FindOptions} [options]
   */
  async findCompany(externalId, options) {
    const site = callSite(TwentyCrmSyncService.prototype.findCompany);
    requireKnown('findCompany', options, FIND_OPTIONS);
    return outcome(this, await startFind(of(this), COMPANY, externalId, options), site);
  }

  /**
   * @param {string} externalId
   * @param {import('../index.js').DeleteOptions} [options]
   */
  async deletePerson(externalId, options) {
    const { elsewhere } = of(this);
    requireKnown('deletePerson', options, DELETE_OPTIONS);
    if (elsewhere !== undefined) return elsewhere.remove(PERSON, externalId, options);
    const site = callSite(TwentyCrmSyncService.prototype.deletePerson);
    return outcome(this, await startDelete(of(this), PERSON, externalId, options), site);
  }

  /**
   * @param {string} externalId
   * @param {import('../index.js').DeleteOptions} [options]
   */
  async deleteCompany(externalId, options) {
    const { elsewhere } = of(this);
    requireKnown('deleteCompany', options, DELETE_OPTIONS);
    if (elsewhere !== undefined) return elsewhere.remove(COMPANY, externalId, options);
    const site = callSite(TwentyCrmSyncService.prototype.deleteCompany);
    return outcome(this, await startDelete(of(this), COMPANY, externalId, options), site);
  }

  /**
   * @param {import('../index.js').Inputs<import('../index.js').PersonInput>} inputs
   * @param {import('../index.js').SyncOptions} [options]
   */
  syncPersons(inputs, options) {
    return require('./bulk/start.js').startBulk(of(this), PERSON, inputs, options);
  }

  /**
   * @param {import('../index.js').Inputs<import('../index.js').CompanyInput>} inputs
   * @param {import('../index.js').SyncOptions} [options]
   */
  syncCompanies(inputs, options) {
    return require('./bulk/start.js').startBulk(of(this), COMPANY, inputs, options);
  }

  /**
   * @param {import('../index.js').Inputs<import('../index.js').PersonInput>} inputs
   * @param {import('../index.js').SyncOptions} [options]
   */
  async upsertManyPersons(inputs, options) {
    return require('./bulk/upsert-many.js').collect(this.syncPersons(inputs, options));
  }

  /**
   * @param {import('../index.js').Inputs<import('../index.js').CompanyInput>} inputs
   * @param {import('../index.js').SyncOptions} [options]
   */
  async upsertManyCompanies(inputs, options) {
    return require('./bulk/upsert-many.js').collect(this.syncCompanies(inputs, options));
  }

  stats() {
    const { toStats } = require('./observability/stats.js');
    const inner = of(this);
    return toStats(inner.elsewhere === undefined ? inner.native.stats() : native.emptyStats());
  }

  /**
   * @param {import('../index.js').TwentyWebhookEvent} event
   * @param {import('../index.js').ApplyWebhookOptions} [options]
   */
  async applyWebhook(event, options) {
    // Read when it is needed: most programs have no webhook.
    const { OPTIONS, ignoreInMode, startApply } = require('./webhooks/apply.js');
    const inner = of(this);
    requireKnown('applyWebhook', options, OPTIONS);
    if (inner.elsewhere !== undefined) return ignoreInMode(event);
    const site = callSite(TwentyCrmSyncService.prototype.applyWebhook);
    return outcome(this, await startApply(inner.native, event, inner.optionsJson, options), site);
  }

  clearCache() {
    const inner = of(this);
    if (inner.elsewhere === undefined) inner.native.clearCache();
  }

  getCacheStats() {
    const inner = of(this);
    if (inner.elsewhere !== undefined) return { size: 0, entries: [] };
    return JSON.parse(inner.native.cacheStats());
  }

  cacheEntries() {
    const inner = of(this);
    return inner.elsewhere === undefined ? JSON.parse(inner.native.cacheEntries()) : [];
  }
}

/**
 * @param {unknown} restClient
 * @param {object | null | undefined} mappingStore
 * @param {unknown} cacheTtlMs
 * @param {SyncServiceOptions} options
 * @returns {Internals}
 */
function construct(restClient, mappingStore, cacheTtlMs, options) {
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
  const namespace = values.namespace ?? undefined;
  const common = { onWarning, hooks, mappingStore: store, namespace, optionsJson };
  const target = port && registerTarget(port);
  if (client === undefined || mode !== 'direct_crm') {
    const inner = callNow(
      () => new native.UnsentService(optionsJson, dispatcher, target, nativeStore),
    );
    /** @param {import('../index.js').SyncWarning} warning */
    const warn = (warning) => tellWarning(common, warning);
    return {
      ...common,
      elsewhere: createElsewhere({ ...common, native: inner, mode, publish, warn }),
      /** @returns {never} */
      get native() {
        // Whatever is no change asks the core, and so hears at once that it cannot be done here.
        throw cannot(mode);
      },
    };
  }
  const args = /** @type {const} */ ([client, optionsJson, dispatcher, target, nativeStore]);
  const listener = hooks === undefined ? 0 : registerTarget(hooks);
  const inner = callNow(() => new native.SyncService(...args, listener, wantedBy(hooks)));
  return { ...common, native: inner };
}

/** @param {unknown} store */
function requireStore(store) {
  for (const method of ['findByEverId', 'upsertMapping', 'deleteMapping']) {
    if (!hasMethod(store, method)) {
      throw invalid('mappingStore', `mappingStore must have a method ${method}`);
    }
  }
}

/**
 * @param {any} object
 * @param {string} method
 */
function hasMethod(object, method) {
  try {
    return typeof object === 'object' && typeof object[method] === 'function';
  } catch {
    return false;
  }
}

/**
 * @param {object} service
 */
function of(service) {
  const found = internals.get(service);
  if (found === undefined) throw new TypeError('not a TwentyCrmSyncService');
  return found;
}

/**
 * The options of a service as JSON text, for those who check inputs as it does; undefined for any other object.
 * @param {any} service
 */
function optionsJsonOf(service) {
  return internals.get(service)?.optionsJson;
}

/**
 * @param {object} service
 * @param {number} kind
 * @param {unknown} input
 * @param {import('../index.js').UpsertCallOptions | undefined} options
 */
function start(service, kind, input, options) {
  const { native: inner, hooks } = of(service);
  const entity = ENTITIES[kind];
  const inputJson = recordToJson(entity, input);
  /** @type {string | undefined} */
  let optionsJson;
  let signal;
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

/**
 * What a call ended with: its result, once its warnings are told, or its error.
 * @param {object} service
 * @param {import('./dispatcher.js').Answer} answer
 * @param {{ stack?: unknown }} site
 */
function outcome(service, answer, site) {
  if (!answer.ok) throw errorAt(answer.error, site);
  const { result, warnings } = JSON.parse(answer.text);
  if (warnings !== undefined) {
    const inner = of(service);
    for (const warning of warnings) tellWarning(inner, warning);
  }
  return result;
}

/**
 * @param {Pick<Internals, 'onWarning' | 'hooks'>} service
 * @param {import('../index.js').SyncWarning} warning
 */
function tellWarning({ onWarning, hooks }, warning) {
  if (onWarning !== undefined) callHook('onWarning', onWarning, [warning]);
  if (!logs(hooks, 'warn')) return;
  const { log, shownId } = require('./observability/log.js');
  const { field, reason, externalId } = warning;
  // Without its message, which has the value that was left out.
  log(hooks, 'warn', 'written otherwise than asked', {
    externalId: shownId(externalId),
    field,
    reason,
  });
}

module.exports = { SERVICE_OPTIONS, TwentyCrmSyncService, optionsJsonOf };
