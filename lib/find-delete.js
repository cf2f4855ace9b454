'use strict';

const { call, liftHoldAfterThisTurn } = require('./dispatcher.js');
const { optionsToJson, readOptions, readSignal } = require('./options.js');
const { toJson } = require('./serialise.js');

/** @typedef {import('../native.js').SyncService} NativeService */

/**
 * Starts the search for one record.
 * @param {NativeService} native
 * @param {number} kind
 * @param {unknown} externalId
 * @param {unknown} options
 */
function startFind(native, kind, externalId, options) {
  const key = keyJson(externalId);
  const optionsJson = optionsToJson(readOptions('options', options ?? undefined, ['useCache']));
  return call(
    (dispatcher, id) => native.find(dispatcher, id, kind, key, optionsJson),
    readSignal(options),
  );
}

/**
 * Starts the deletion of one record, in turn with the upserts of its key.
 * @param {NativeService} native
 * @param {number} kind
 * @param {unknown} externalId
 * @param {unknown} options
 */
function startDelete(native, kind, externalId, options) {
  const key = keyJson(externalId);
  const optionsJson = optionsToJson(readOptions('options', options ?? undefined, ['mode']));
  const signal = readSignal(options);
  liftHoldAfterThisTurn();
  return call((dispatcher, id) => native.delete(dispatcher, id, kind, key, optionsJson), signal);
}

/**
 * As JSON, in which half a surrogate pair stays one: as a plain string it would become another, valid id.
 * @param {unknown} externalId
 */
function keyJson(externalId) {
  return /** @type {string} */ (toJson('external_id', { external_id: externalId }));
}

module.exports = { keyJson, startDelete, startFind };
