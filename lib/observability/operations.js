'use strict';

const { channels } = require('./channels.js');
const { logs } = require('./hooks.js');

/** @typedef {import('./hooks.js').Hooks} Hooks */

/**
 * Undefined, at the cost of two look-ups, where nobody listens.
 * @param {'upsert' | 'find' | 'delete'} name
 * @param {Hooks | undefined} hooks
 * @param {'person' | 'company'} entity
 * @param {string} keyJson JSON text of an object with `external_id`
 */
function operationOf(name, hooks, entity, keyJson) {
  if (!isWatched(name, hooks)) return undefined;
  const { Operation } = require('./operation.js');
  return new Operation(name, hooks, entity, keyJson);
}

/**
 * @param {'upsert' | 'find' | 'delete' | 'bulk'} name
 * @param {Hooks | undefined} hooks
 */
function isWatched(name, hooks) {
  const { start, end } = channels[name];
  return start.hasSubscribers || end.hasSubscribers || logs(hooks, 'error');
}

/**
 * As {@link operationOf}, for a run over many records.
 * @param {Hooks | undefined} hooks
 * @param {'person' | 'company'} entity
 * @param {number} id
 */
function bulkOperationOf(hooks, entity, id) {
  if (!isWatched('bulk', hooks)) return undefined;
  const { BulkOperation } = require('./bulk-operation.js');
  return new BulkOperation(hooks, entity, id);
}

module.exports = { bulkOperationOf, operationOf };
