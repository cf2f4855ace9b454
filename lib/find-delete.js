'use strict';

const { call, liftHoldAfterThisTurn } = require('./dispatcher.js');
const { operationOf } = require('./observability/operations.js');
const { optionsToJson, readOptions, readSignal } = require('./options.js');
const { ENTITIES } = require('./platform-events.js');
const { keyToJson } = require('./serialise.js');

/** Names of `FindOptions`. */
const FIND_OPTIONS = new Set(['useCache', 'signal']);

/** Names of `DeleteOptions`. */
const DELETE_OPTIONS = new Set(['mode', 'signal']);

/**
 * @typedef {{ native: import('../native.js').SyncService, hooks: import('./observability/hooks.js').Hooks | undefined }} Service
 */

/**
 * Starts the search for one record.
 * @param {Service} service
 * @param {number} kind
 * @param {unknown} externalId
 * @param {unknown} options
 */
function startFind({ native, hooks }, kind, externalId, options) {
  const key = keyToJson(externalId);
  const optionsJson = optionsToJson(readOptions('options', options ?? undefined, ['useCache']));
  return call(
    (dispatcher, id) => native.find(dispatcher, id, kind, key, optionsJson),
    readSignal(options),
    operationOf('find', hooks, ENTITIES[kind], key),
  );
}

/**
 * Starts the deletion of one record, in turn with the upserts of its key.
 * @param {Service} service
 * @param {number} kind
 * @param {unknown} externalId
 * @param {unknown} options
 */
function startDelete({ native, hooks }, kind, externalId, options) {
  const key = keyToJson(externalId);
  const optionsJson = optionsToJson(readOptions('options', options ?? undefined, ['mode']));
  const signal = readSignal(options);
  liftHoldAfterThisTurn();
  return call(
    (dispatcher, id) => native.delete(dispatcher, id, kind, key, optionsJson),
    signal,
    operationOf('delete', hooks, ENTITIES[kind], key),
  );
}

module.exports = { DELETE_OPTIONS, FIND_OPTIONS, startDelete, startFind };
