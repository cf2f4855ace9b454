'use strict';

const native = require('./native.js');
const { thrownError } = require('./dispatcher.js');
const { TwentyCrmApiError, TwentyCrmErrorCode, createTwentyCrmError } = require('./errors.js');
const { SYNC_MODES, isSyncMode } = require('./config/validate.js');
const { readOptions, readSignal } = require('./options.js');
const { ENTITIES, createEvent } = require('./platform-events.js');
const { describe, invalid, recordToJson } = require('./serialise.js');
const { recall } = require('./stores/recall.js');

/**
 * @typedef {import('../index.js').TwentyCrmSyncMode} Mode
 * @typedef {import('../index.js').UpsertCallOptions} CallOptions
 */

/**
 * A service that sends nothing to Twenty: what it does instead of an upsert.
 * @typedef {object} Elsewhere
 * @property {Mode} mode
 * @property {(kind: number, input: unknown, options: CallOptions | null | undefined) => Promise<any>} upsert
 */

/**
 * @typedef {object} ElsewhereOptions
 * @property {Mode} mode
 * @property {string} optionsJson what the core checks and uses of the service's options
 * @property {unknown} publish
 * @property {any} mappingStore
 * @property {string | undefined} namespace
 * @property {(warning: import('../index.js').SyncWarning) => void} warn
 */

/**
 * @param {unknown} mode
 * @returns {Mode}
 */
function readMode(mode) {
  if (mode === undefined || mode === null) return 'direct_crm';
  if (isSyncMode(mode)) return mode;
  throw invalid('mode', `mode must be one of ${SYNC_MODES.join(', ')}`, undefined);
}

/**
 * @param {ElsewhereOptions} options
 * @returns {Elsewhere}
 */
function createElsewhere({ mode, optionsJson, publish, mappingStore, namespace, warn }) {
  const normaliser = orThrow(() => new native.Normaliser(optionsJson));
  if (mode === 'disabled') {
    return {
      mode,
      async upsert() {
        throw cannot(mode);
      },
    };
  }
  if (typeof publish !== 'function') {
    throw invalid(
      'publish',
      'publish must be a function: in platform mode every change is handed to it',
      undefined,
    );
  }
  return {
    mode,
    async upsert(kind, input, options) {
      const signal = readSignal(options);
      const { useCache } = readOptions('options', options ?? undefined, ['useCache']);
      if (signal?.aborted) throw signal.reason;
      const entity = ENTITIES[kind];
      const text = orThrow(() => normaliser.normalise(kind, recordToJson(entity, input)));
      const { id, data } = JSON.parse(text);
      const event = createEvent(entity, { ...data }, namespace);
      // Nothing is awaited before this, so that events are published in the order of the calls.
      const published = publish(event);
      const isMapped = mappingStore !== undefined && useCache !== false;
      const known = isMapped
        ? findMapped(mappingStore, entity, data.external_id, namespace, warn)
        : undefined;
      await unlessAborted(published, signal);
      return {
        id: (await unlessAborted(known, signal)) ?? id,
        externalId: data.external_id,
        created: false,
        updated: false,
        data,
      };
    },
  };
}

/**
 * The record's id in Twenty where the mapping store knows it. A store that fails is a warning, as everywhere.
 * @param {any} store
 * @param {'person' | 'company'} entity
 * @param {string} externalId
 * @param {string | undefined} namespace
 * @param {ElsewhereOptions['warn']} warn
 * @returns {Promise<string | undefined>}
 */
async function findMapped(store, entity, externalId, namespace, warn) {
  try {
    return await recall(store, entity, externalId, namespace);
  } catch (error) {
    warn({
      field: 'mappingStore',
      reason: 'store_failed',
      message: `the mapping store failed, the work went on without it: ${describe(error)}`,
      externalId,
    });
    return undefined;
  }
}

/**
 * @template T
 * @param {T | PromiseLike<T>} work
 * @param {import('../index.js').AbortSignalLike | undefined} signal
 * @returns {Promise<T>}
 */
function unlessAborted(work, signal) {
  return new Promise((resolve, reject) => {
    const onAbort = () => reject(signal?.reason);
    signal?.addEventListener('abort', onAbort, { once: true });
    Promise.resolve(work)
      .finally(() => signal?.removeEventListener('abort', onAbort))
      .then(resolve, reject);
    if (signal?.aborted) onAbort();
  });
}

/**
 * Why a service cannot do what it was asked for in its mode.
 * @param {Mode} mode
 */
function cannot(mode) {
  const [reason, message] =
    mode === 'disabled'
      ? [
          'DISABLED',
          'the CRM sync is disabled, nothing was sent: set the mode (or TWENTY_CRM_ENABLED and TWENTY_CRM_SYNC_MODE)',
        ]
      : ['MODE', 'in platform mode nothing is sent to Twenty: use a service in direct_crm mode'];
  return new TwentyCrmApiError(
    createTwentyCrmError(TwentyCrmErrorCode.OPERATION_FAILED, message, {
      isRetryable: false,
      details: { reason, mode },
    }),
  );
}

/**
 * @template T
 * @param {() => T} work a call into the core that answers at once
 * @returns {T}
 */
function orThrow(work) {
  try {
    return work();
  } catch (error) {
    throw error instanceof TwentyCrmApiError ? error : new TwentyCrmApiError(thrownError(error));
  }
}

module.exports = { cannot, createElsewhere, readMode };
