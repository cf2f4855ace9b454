'use strict';

const { TWENTY_CRM_DEFAULTS } = require('../defaults.js');
const { call } = require('../dispatcher.js');
const { readSignal } = require('../options.js');
const { describe, invalid } = require('../serialise.js');
const { problemOf } = require('./verify.js');

/** Names of `ApplyWebhookOptions`. */
const OPTIONS = new Set(['signal']);

/**
 * Starts taking in a webhook's event.
 * @param {import('../../native.js').SyncService} native
 * @param {any} event
 * @param {string} optionsJson the service's own options
 * @param {unknown} options
 */
function startApply(native, event, optionsJson, options) {
  const { fieldNames } = JSON.parse(optionsJson);
  const eventJson = toEventJson(event, fieldNames?.externalId);
  return call(
    (dispatcher, id) => native.applyWebhook(dispatcher, id, eventJson),
    readSignal(options),
  );
}

/**
 * @param {any} event
 * @param {string} [externalId] the field that holds external ids
 */
function toEventJson(event, externalId = TWENTY_CRM_DEFAULTS.fieldNames.externalId) {
  let problem;
  try {
    problem = problemOf(event);
    if (problem === undefined) {
      const { eventName, objectMetadata, workspaceId, record, updatedFields } = event;
      /** @type {Record<string, unknown>} */
      const kept = {};
      for (const name of ['id', 'updatedAt', 'deletedAt', externalId]) {
        if (Object.hasOwn(record, name)) kept[name] = record[name];
      }
      return JSON.stringify({
        eventName,
        objectMetadata: { nameSingular: objectMetadata.nameSingular },
        workspaceId: typeof workspaceId === 'string' ? workspaceId : undefined,
        record: kept,
        updatedFields,
      });
    }
  } catch (cause) {
    throw invalid('event', `event cannot be read: ${describe(cause)}`, cause);
  }
  throw invalid('event', `event must be one that verifyTwentyWebhook gave: ${problem}`);
}

/**
 * @param {any} event
 * @returns {import('../../index.js').ApplyWebhookResult}
 */
function ignoreInMode(event) {
  const { record, objectMetadata } = JSON.parse(toEventJson(event));
  const { nameSingular } = objectMetadata;
  const isOurs = nameSingular === 'person' || nameSingular === 'company';
  return {
    action: 'ignored',
    reason: 'mode',
    objectType: isOurs ? nameSingular : null,
    crmId: record.id,
    externalId: null,
    externalIds: [],
    storeFailed: false,
  };
}

module.exports = { OPTIONS, ignoreInMode, startApply };
