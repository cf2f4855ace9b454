'use strict';

const { unlessAborted } = require('./abort.js');
const { call, callNow } = require('./dispatcher.js');
const { TwentyCrmErrorCode, apiError } = require('./errors.js');
const { SYNC_MODE_VALUES, isSyncMode } = require('./config/validate.js');
const { optionsToJson, readOptions, readSignal } = require('./options.js');
const { ENTITIES, createEvent } = require('./platform-events.js');
const { invalid, keyToJson, recordToJson } = require('./serialise.js');

/**
 * @typedef {import('../index.js').TwentyCrmSyncMode} Mode
 * @typedef {import('../index.js').UpsertCallOptions} CallOptions
 * @typedef {import('../index.js').DeleteOptions} DeleteOptions
 */

/**
 * What a service that sends nothing to Twenty does instead.
 * @typedef {object} Elsewhere
 * @property {Mode} mode
 * @property {(kind: number, input: unknown, options: CallOptions | null | undefined) => Promise<any>} upsert
 * @property {(kind: number, externalId: unknown, options: DeleteOptions | null | undefined) => Promise<any>} remove
 */

/**
 * @typedef {object} ElsewhereOptions
 * @property {Mode} mode
 * @property {import('../native.js').UnsentService} native
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
  throw invalid('mode', `mode must be one of ${SYNC_MODE_VALUES.join(', ')}`);
}

/**
 * @param {ElsewhereOptions} service
 * @returns {Elsewhere}
 */
function createElsewhere(service) {
  const { native, mode, publish, mappingStore, namespace } = service;
  if (mode === 'disabled') {
    const refuse = async () => {
      throw cannot(mode);
    };
    return { mode, upsert: refuse, remove: refuse };
  }
  if (typeof publish !== 'function') {
    throw invalid(
      'publish',
      'publish must be a function: in platform mode every change is handed to it',
    );
  }
  return {
    mode,
    async upsert(kind, input, options) {
      const signal = readSignal(options);
      const { useCache } = readOptions('options', options ?? undefined, ['useCache']);
      if (signal?.aborted) throw signal.reason;
      const entity = ENTITIES[kind];
      const text = callNow(() => native.normalise(kind, recordToJson(entity, input)));
      const { id, data, flat } = JSON.parse(text);
      const event = createEvent(entity, 'upsert', { ...data }, namespace);
      // Nothing is awaited before this, so that events are published in the order of the calls.
      const published = publish(event);
      const isMapped = mappingStore !== undefined && useCache !== false;
      const known = isMapped ? findMapped(service, kind, data.external_id) : undefined;
      await unlessAborted(published, signal);
      return {
        id: (await unlessAborted(known, signal)) ?? id,
        externalId: data.external_id,
        created: false,
        updated: false,
        data: flat ?? data,
      };
    },
    async remove(kind, externalId, options) {
      const signal = readSignal(options);
      const optionsJson = optionsToJson(readOptions('options', options ?? undefined, ['mode']));
      if (signal?.aborted) throw signal.reason;
      const text = callNow(() => native.normaliseDeletion(keyToJson(externalId), optionsJson));
      const payload = JSON.parse(text);
      const { external_id, mode: how } = payload;
      await unlessAborted(
        publish(createEvent(ENTITIES[kind], 'delete', payload, namespace)),
        signal,
      );
      return { externalId: external_id, deleted: false, mode: how, ids: [], reason: 'published' };
    },
  };
}

/**
 * @param {ElsewhereOptions} service
 * @param {number} kind
 * @param {string} externalId
 * @returns {Promise<string | undefined>}
 */
async function findMapped({ native, warn }, kind, externalId) {
  const answer = await call(
    (dispatcher, id) => native.mappedId(dispatcher, id, kind, externalId),
    undefined,
  );
  const { id, warning } = answer.ok ? JSON.parse(answer.text) : { id: null, warning: null };
  if (warning !== null) warn(warning);
  return id ?? undefined;
}

/** @param {Mode} mode */
function cannot(mode) {
  const [reason, message] =
    mode === 'disabled'
      ? [
          'DISABLED',
          'the CRM sync is disabled, nothing was sent: set the mode (or TWENTY_CRM_ENABLED and TWENTY_CRM_SYNC_MODE)',
        ]
      : ['MODE', 'in platform mode nothing is sent to Twenty: use a service in direct_crm mode'];
  return apiError(TwentyCrmErrorCode.OPERATION_FAILED, message, {
    isRetryable: false,
    details: { reason, mode },
  });
}

module.exports = { cannot, createElsewhere, readMode };
