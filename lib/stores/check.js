'use strict';

const { TwentyCrmErrorCode, apiError } = require('../errors.js');
const { readOptions } = require('../options.js');
const { describe, invalid, isArray, unlessLong } = require('../serialise.js');

/** @typedef {import('../../index.js').MappedObjectType} MappedObjectType */
/** @typedef {import('../../index.js').MappingInput} MappingInput */

/** Characters of a message. */
const MAX_MESSAGE = 4_000;

const MAPPING = /** @type {const} */ ([
  'everId',
  'crmId',
  'objectType',
  'dataForHash',
  'versionHash',
]);

/**
 * PostgreSQL takes no NUL, and half a surrogate pair has no UTF-8.
 * @param {string} field
 * @param {unknown} value
 */
function text(field, value) {
  if (typeof value !== 'string' || value === '') {
    throw invalid(field, `${field} must be a text that is not empty`);
  }
  if (value.includes('\0') || !isWellFormed(value)) {
    throw invalid(
      field,
      `${field} must not hold NUL or half a surrogate pair: ${unlessLong(JSON.stringify(value), 200)}`,
    );
  }
  return value;
}

/** @param {string} value */
function isWellFormed(value) {
  // In Node since 20, in the types since ES2024.
  return /** @type {any} */ (value).isWellFormed();
}

/**
 * @param {unknown} value
 */
function objectType(value) {
  if (value === 'person' || value === 'company') return value;
  throw invalid('objectType', 'objectType must be "person" or "company"');
}

/**
 * @param {unknown} values
 */
function everIds(values) {
  return listOf('everIds', values).map((value) => text('everId', value));
}

/**
 * The items of an array, each read once.
 * @param {string} what
 * @param {unknown} values
 * @returns {unknown[]}
 */
function listOf(what, values) {
  if (!isArray(values)) throw invalid(what, `${what} must be an array`);
  try {
    return Array.from({ length: values.length }, (_, at) => values[at]);
  } catch (cause) {
    throw invalid(what, `${what} cannot be read: ${describe(cause)}`, cause);
  }
}

/**
 * @param {unknown} value
 * @returns {MappingInput}
 */
function mappingInput(value) {
  if (typeof value !== 'object' || value === null) {
    throw invalid('mapping', 'a mapping must be an object');
  }
  const {
    everId,
    crmId,
    objectType: type,
    dataForHash,
    versionHash,
  } = readOptions('mapping', value, MAPPING);
  if (dataForHash !== undefined && (typeof dataForHash !== 'object' || isArray(dataForHash))) {
    throw invalid('dataForHash', 'dataForHash must be an object');
  }
  if (versionHash !== undefined && versionHash !== null) text('versionHash', versionHash);
  return {
    everId: text('everId', everId),
    crmId: text('crmId', crmId),
    objectType: objectType(type),
    ...(dataForHash && { dataForHash }),
    ...(versionHash && { versionHash }),
  };
}

/**
 * Of one key twice, the later counts, as if written one after the other.
 * @param {unknown} values
 */
function mappingInputs(values) {
  /** @type {Map<string, MappingInput>} */
  const byKey = new Map();
  for (const value of listOf('mappings', values)) {
    const mapping = mappingInput(value);
    const key = keyOf(mapping.objectType, mapping.everId);
    byKey.delete(key);
    byKey.set(key, mapping);
  }
  return [...byKey.values()];
}

/**
 * @param {string} type
 * @param {string} everId
 */
function keyOf(type, everId) {
  return `${type}:${everId}`;
}

/**
 * @param {string} message
 * @param {{ isRetryable?: boolean, cause?: unknown }} [options]
 */
function storeError(message, { isRetryable = false, cause } = {}) {
  // Names of tables and schemas are in there, which are as long as their owner likes.
  const isLong = message.length > MAX_MESSAGE;
  const short = isLong ? 'a store failed, and what is wrong is too long to be shown' : message;
  const options = { isRetryable, details: { reason: 'STORE' } };
  return apiError(TwentyCrmErrorCode.OPERATION_FAILED, short, options, cause);
}

/** Milliseconds since 1970, never twice the same: what was written later is later. */
function createClock() {
  let last = 0;
  return () => {
    last = Math.max(Date.now(), last + 1);
    return last;
  };
}

module.exports = {
  createClock,
  everIds,
  keyOf,
  mappingInputs,
  objectType,
  storeError,
  text,
};
