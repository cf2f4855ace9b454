'use strict';

const { TWENTY_CRM_DEFAULTS } = require('../defaults.js');
const { callNow, takeCallId } = require('../dispatcher.js');
const { cannot } = require('../modes.js');
const { callHook } = require('../observability/call-hook.js');
const { bulkOperationOf } = require('../observability/operations.js');
const { optionsToJson, readOptions, readSignal, requireKnown } = require('../options.js');
const { ENTITIES } = require('../platform-events.js');
const { invalid } = require('../serialise.js');
const { requireIterable } = require('./inputs.js');
const { nativeWriter } = require('./native-writer.js');
const { publishingWriter } = require('./publishing-writer.js');
const { BulkRun } = require('./run.js');

/** Methods by the number of their entity. */
const METHODS = /** @type {const} */ (['syncPersons', 'syncCompanies']);

/** What the core reads of `SyncOptions`. */
const OPTIONS = /** @type {const} */ ([
  'useCache',
  'force',
  'maxConflictRetries',
  'conflictRetryDelay',
  'dryRun',
  'verifyUnchanged',
]);

/** Names of `SyncOptions`. */
const KNOWN_OPTIONS = new Set([...OPTIONS, 'maxConcurrency', 'onProgress', 'signal']);

/**
 * @param {import('../sync-service.js').Internals} service
 * @param {number} kind
 * @param {unknown} inputs
 * @param {any} options
 */
function startBulk(service, kind, inputs, options) {
  const { elsewhere, onWarning, hooks } = service;
  const entity = ENTITIES[kind];
  requireIterable(inputs);
  requireKnown(METHODS[kind], options, KNOWN_OPTIONS);
  const signal = readSignal(options);
  const { onProgress } = readOptions('options', options ?? undefined, ['onProgress']);
  if (onProgress !== undefined && typeof onProgress !== 'function') {
    throw invalid('onProgress', 'onProgress must be a function');
  }
  const operationId = takeCallId();
  const settings = {
    maxConcurrency: readMaxConcurrency(options),
    onProgress,
    signal,
    operation: bulkOperationOf(hooks, entity, operationId),
    holds: hooks,
    /** @param {import('../../index.js').SyncWarning} warning */
    warn: (warning) => {
      if (onWarning !== undefined) callHook('onWarning', onWarning, [warning]);
    },
  };
  if (elsewhere !== undefined) {
    if (elsewhere.mode === 'disabled') throw cannot(elsewhere.mode);
    /** @param {unknown} record */
    const publish = (record) => elsewhere.upsert(kind, record, options);
    return new BulkRun(publishingWriter(publish, entity), inputs, settings);
  }
  const optionsJson = optionsToJson(readOptions('options', options ?? undefined, OPTIONS));
  const run = callNow(() => service.native.bulk(operationId, kind, optionsJson ?? '{}'));
  return new BulkRun(nativeWriter(run, entity, signal), inputs, settings);
}

/** @param {any} options */
function readMaxConcurrency(options) {
  const { maxConcurrency } = readOptions('options', options ?? undefined, ['maxConcurrency']);
  if (maxConcurrency === undefined) return TWENTY_CRM_DEFAULTS.maxConcurrency;
  if (!Number.isInteger(maxConcurrency) || maxConcurrency < 1 || maxConcurrency > 64) {
    throw invalid('maxConcurrency', 'maxConcurrency must be a whole number from 1 to 64');
  }
  return maxConcurrency;
}

module.exports = { startBulk };
