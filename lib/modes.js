'use strict';

const { randomUUID } = require('node:crypto');
const native = require('./native.js');
const { thrownError } = require('./dispatcher.js');
const { TwentyCrmApiError, TwentyCrmErrorCode, createTwentyCrmError } = require('./errors.js');
const { SYNC_MODES, isSyncMode } = require('./config/validate.js');
const { readOptions, readSignal } = require('./options.js');
const { describe, invalid, recordToJson } = require('./serialise.js');

/**
 * @typedef {import('../index.js').PlatformEvent} PlatformEvent
 * @typedef {import('../index.js').TwentyCrmSyncMode} Mode
 * @typedef {import('../index.js').UpsertCallOptions} CallOptions
 */

/** Entities by the number that the core knows them by. */
const ENTITIES = /** @type {const} */ (['person', 'company']);

const EVENT_VERSION = 1;

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
      const known = isMapped ? findMapped(mappingStore, entity, data.external_id, warn) : undefined;
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
 * @param {'person' | 'company'} entity
 * @param {any} payload
 * @param {string | undefined} namespace
 * @returns {PlatformEvent}
 */
function createEvent(entity, payload, namespace) {
  const id = randomUUID();
  return {
    version: EVENT_VERSION,
    id,
    type: /** @type {any} */ (`${entity}.upsert`),
    entity: /** @type {any} */ (entity),
    payload,
    ...(namespace !== undefined && { namespace }),
    // One per change, not per content: a record that goes from A to B and back to A is three changes, and a queue that
    // drops what it has seen must not drop the third.
    idempotencyKey: `twenty-crm:${entity}.upsert:${id}`,
    occurredAt: new Date().toISOString(),
  };
}

const uuid = /^[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}$/i;

/**
 * The record's id in Twenty where the mapping store knows it. A store that fails is a warning, as everywhere.
 * @param {any} store
 * @param {'person' | 'company'} entity
 * @param {string} externalId
 * @param {ElsewhereOptions['warn']} warn
 * @returns {Promise<string | undefined>}
 */
async function findMapped(store, entity, externalId, warn) {
  try {
    const crmId = (await store.findByEverId(externalId, entity))?.crmId;
    return typeof crmId === 'string' && uuid.test(crmId) ? crmId : undefined;
  } catch (error) {
    warn({
      field: 'external_id',
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
 * The kind and the input of an event, as the service at the other end of the event system gets it.
 * @param {unknown} event
 * @param {string | undefined} namespace the service's own
 * @returns {{ kind: number, payload: unknown }}
 */
function readEvent(event, namespace) {
  if (typeof event !== 'object' || event === null) {
    throw invalid('event', 'the event must be an object: parse its JSON text first', undefined);
  }
  const { version, id, type, entity, payload, idempotencyKey, occurredAt, ...rest } = copyOf(event);
  if (version !== EVENT_VERSION) {
    throw invalid(
      'version',
      `the event's version must be ${EVENT_VERSION}: a newer version of twenty-crm-native may have made it`,
      undefined,
    );
  }
  const kind = ENTITIES.indexOf(entity);
  if (kind < 0) throw invalid('entity', "the event's entity must be person or company", undefined);
  if (type !== `${entity}.upsert`) {
    throw invalid('type', `the event's type must be ${entity}.upsert`, undefined);
  }
  for (const [field, value] of Object.entries({ id, idempotencyKey })) {
    if (typeof value !== 'string' || value.trim() === '') {
      throw invalid(field, `the event's ${field} must be text that is not blank`, undefined);
    }
  }
  if (typeof occurredAt !== 'string' || Number.isNaN(Date.parse(occurredAt))) {
    throw invalid(
      'occurredAt',
      "the event's occurredAt must be a date as ISO 8601 text",
      undefined,
    );
  }
  if ((rest.namespace ?? undefined) !== namespace) {
    throw invalid(
      'namespace',
      `the event is of namespace ${rest.namespace ?? '(none)'}, this service of ${namespace ?? '(none)'}: ` +
        'its record would get another id',
      undefined,
    );
  }
  return { kind, payload };
}

/** @param {object} event @returns {Record<string, any>} */
function copyOf(event) {
  try {
    return { ...event };
  } catch (cause) {
    throw invalid('event', `the event cannot be read: ${describe(cause)}`, cause);
  }
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

module.exports = { cannot, createElsewhere, readEvent, readMode };
