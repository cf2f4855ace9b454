'use strict';

const native = require('./native.js');
const {
  call,
  dispatcher,
  liftHoldAfterThisTurn,
  registerTarget,
  thrownError,
} = require('./dispatcher.js');
const { TwentyCrmApiError } = require('./errors.js');
const { nativeOf } = require('./rest-client.js');
const { invalid, recordToJson, toJson } = require('./serialise.js');

/** @typedef {import('../index.js').SyncServiceOptions} SyncServiceOptions */

const PERSON = 0;
const COMPANY = 1;

/**
 * @typedef {object} Internals
 * @property {import('../native.js').SyncService} native
 * @property {((warning: import('../index.js').SyncWarning) => void) | undefined} onWarning
 * @property {object | undefined} mappingStore kept so that the core can ask it
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
   * @param {import('../index.js').UpsertPersonInput} input
   * @param {import('../index.js').UpsertCallOptions} [options]
   */
  async upsertPerson(input, options) {
    const answer = await start(this, PERSON, input, options);
    if (answer.ok) return finish(this, answer.text);
    throw new TwentyCrmApiError(answer.error);
  }

  /**
   * @param {import('../index.js').UpsertCompanyInput} input
   * @param {import('../index.js').UpsertCallOptions} [options]
   */
  async upsertCompany(input, options) {
    const answer = await start(this, COMPANY, input, options);
    if (answer.ok) return finish(this, answer.text);
    throw new TwentyCrmApiError(answer.error);
  }

  clearCache() {
    of(this).native.clearCache();
  }

  getCacheStats() {
    return JSON.parse(of(this).native.cacheStats());
  }

  cacheEntries() {
    return JSON.parse(of(this).native.cacheEntries());
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
  const client = nativeOf(restClient);
  const { onWarning, mappingStore: _, cacheTtlMs: __, ...rest } = options;
  if (onWarning !== undefined && typeof onWarning !== 'function') {
    throw invalid('onWarning', 'onWarning must be a function', undefined);
  }
  if (cacheTtlMs !== undefined && !Number.isFinite(cacheTtlMs)) {
    throw invalid(
      'cacheTtlMs',
      `cacheTtlMs must be a finite number of milliseconds, got ${cacheTtlMs}`,
      undefined,
    );
  }
  const store = mappingStore ?? undefined;
  if (store !== undefined) requireStore(store);
  try {
    return {
      native: new native.SyncService(
        client,
        toJson('options', { ...rest, cacheTtlMs }) ?? '{}',
        dispatcher,
        store === undefined ? undefined : registerTarget(store),
      ),
      onWarning,
      mappingStore: store,
    };
  } catch (error) {
    throw error instanceof TwentyCrmApiError ? error : new TwentyCrmApiError(thrownError(error));
  }
}

/** @param {any} store */
function requireStore(store) {
  for (const method of ['findByEverId', 'upsertMapping', 'deleteMapping']) {
    if (typeof store?.[method] !== 'function') {
      throw invalid('mappingStore', `mappingStore must have a method ${method}`, undefined);
    }
  }
}

/**
 * @param {object} service
 * @returns {Internals}
 */
function of(service) {
  const found = internals.get(service);
  if (found === undefined) throw new TypeError('not a TwentyCrmSyncService');
  return found;
}

/**
 * @param {object} service
 * @param {number} kind
 * @param {unknown} input
 * @param {import('../index.js').UpsertCallOptions | undefined} options
 */
function start(service, kind, input, options) {
  const inner = of(service).native;
  const inputJson = recordToJson(kind === PERSON ? 'person' : 'company', input);
  const optionsJson = callOptionsToJson(options);
  liftHoldAfterThisTurn();
  return call(
    (dispatcher, id, cancellable) =>
      inner.upsert(dispatcher, id, cancellable, kind, inputJson, optionsJson),
    options?.signal,
  );
}

/** @param {import('../index.js').UpsertCallOptions | undefined} options */
function callOptionsToJson(options) {
  if (options === undefined || options === null) return undefined;
  if (typeof options !== 'object') throw invalid('options', 'options must be an object', undefined);
  const { useCache, maxConflictRetries, conflictRetryDelay } = options;
  for (const [name, value] of Object.entries({ maxConflictRetries, conflictRetryDelay })) {
    if (typeof value === 'number' && !Number.isFinite(value)) {
      throw invalid(name, `${name} must be a finite number, got ${value}`, undefined);
    }
  }
  return toJson('options', { useCache, maxConflictRetries, conflictRetryDelay });
}

/**
 * Splits a native answer into the caller's result and the warnings that came with it.
 * @param {object} service
 * @param {string} text
 */
function finish(service, text) {
  const { result, warnings } = JSON.parse(text);
  const { onWarning } = of(service);
  if (onWarning !== undefined && warnings !== undefined) {
    for (const warning of warnings) callHook(onWarning, warning);
  }
  return result;
}

/**
 * A hook that throws, or rejects, never harms the call that it watches.
 * @template T
 * @param {(value: T) => unknown} hook
 * @param {T} value
 */
function callHook(hook, value) {
  try {
    const outcome = hook(value);
    if (outcome instanceof Promise) outcome.catch(() => {});
  } catch {
    // The hook's own business.
  }
}

module.exports = { TwentyCrmSyncService };
