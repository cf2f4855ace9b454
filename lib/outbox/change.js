'use strict';

const { callNow, dispatcher } = require('../dispatcher.js');
const native = require('../native.js');
const { optionsToJson } = require('../options.js');
const { recordToJson } = require('../serialise.js');
const { optionsJsonOf } = require('../sync-service.js');

/**
 * @typedef {import('../../index.js').OutboxChange} Change
 * @typedef {import('../../index.js').OutboxEntity} Entity
 * @typedef {Record<string, unknown>} Fields
 */

/** Numbers by which the core knows the entities. */
const KINDS = { person: 0, company: 1 };

/**
 * Checks inputs as the service itself would, so that what is refused is refused before it is stored.
 * @param {unknown} service options of ours are used; of any other the defaults, and the outbox's own
 * @param {{ invalidEmail: unknown, missingEmail: unknown }} ownOptions
 * @returns {(entity: Entity, input: unknown) => Change}
 */
function createReader(service, ownOptions) {
  const own = optionsJsonOf(service);
  const options = own ?? optionsToJson({ ...ownOptions }) ?? '{}';
  const checker = callNow(
    () => new native.UnsentService(options, dispatcher, undefined, undefined),
  );
  return (entity, input) => {
    const json = recordToJson(entity, input);
    const { data } = JSON.parse(callNow(() => checker.normalise(KINDS[entity], json)));
    return toChange(entity, data);
  };
}

/**
 * @param {Entity} entity
 * @param {any} data the checked input
 * @returns {Change}
 */
function toChange(entity, data) {
  return {
    entity,
    externalId: data.external_id,
    needs: needsOf(data),
    payload: JSON.stringify(data),
  };
}

/**
 * @param {any} data
 * @returns {string | null}
 */
function needsOf(data) {
  return typeof data.company_external_id === 'string' ? data.company_external_id : null;
}

/**
 * Changes of one record as one: a field that is not there leaves what came before, `null` clears.
 * @param {Fields[]} changes oldest first
 * @returns {Fields}
 */
function merged(changes) {
  // Not through an object literal: a field called __proto__ is a field like any other, and here there is none.
  return Object.assign({}, ...changes);
}

module.exports = { createReader, merged, needsOf };
