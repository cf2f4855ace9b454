'use strict';

const { apiError, TwentyCrmErrorCode, isError } = require('./errors.js');

/**
 * @param {string} what the argument's name
 * @param {unknown} value
 * @returns {string | undefined} undefined where the value is absent
 */
function toJson(what, value) {
  if (value === undefined || value === null) return undefined;
  let text;
  try {
    text = JSON.stringify(value);
  } catch (cause) {
    throw invalid(what, `${what} cannot be written as JSON: ${describe(cause)}`, cause);
  }
  if (text === undefined) throw invalid(what, `${what} cannot be written as JSON`);
  return text;
}

/**
 * One flat record as JSON text. JSON writes NaN and infinities as null, which would clear the field: they are refused.
 * @param {'person' | 'company'} what
 * @param {unknown} input
 */
function recordToJson(what, input) {
  if (typeof input !== 'object' || input === null) {
    throw notRecord(what);
  }
  requireNoPromise(what, input);
  let text;
  let submissions;
  try {
    submissions = /** @type {any} */ (input).total_submissions;
    text = JSON.stringify(input);
  } catch (cause) {
    const unwritable = unwritableField(input);
    refuseNumericId(unwritable.field, unwritable.value, cause);
    const field = unlessLong(unwritable.field, MAX_NAME);
    throw invalid(
      field,
      `${field} of the ${what} cannot be written as JSON: ${describe(cause)}`,
      cause,
    );
  }
  if (isNotFinite(submissions)) {
    const message = `total_submissions must be a finite number, got ${submissions}`;
    throw invalid('total_submissions', message);
  }
  if (text === undefined || text[0] !== '{') {
    throw notRecord(what);
  }
  return text;
}

/**
 * A promise would be a record without any field.
 * @param {'person' | 'company'} what
 * @param {any} input
 */
function requireNoPromise(what, input) {
  let then;
  try {
    ({ then } = input);
  } catch {
    // Whatever it is, the next step finds out.
  }
  if (typeof then !== 'function') return;
  throw invalid('input', `the ${what} is a promise: await it, and give what it comes to`);
}

/** Members that hold ids of the caller's own: many databases have them as numbers. */
const IDS = new Set(['external_id', 'company_external_id']);

/**
 * One external id as JSON text, in which half a surrogate pair stays one: as a plain string it would become another id.
 * @param {unknown} externalId
 * @returns {string} an object with `external_id`
 */
function keyToJson(externalId) {
  try {
    return JSON.stringify({ external_id: externalId });
  } catch (cause) {
    refuseNumericId('external_id', externalId, cause);
    throw invalid(
      'external_id',
      `external_id cannot be written as JSON: ${describe(cause)}`,
      cause,
    );
  }
}

/**
 * JSON knows no bigint; numbers are refused by the core, in the same words.
 * @param {string} field
 * @param {unknown} value
 * @param {unknown} cause
 */
function refuseNumericId(field, value, cause) {
  if (!IDS.has(field) || typeof value !== 'bigint') return;
  throw invalid(field, `${field} must be a string, got a bigint: pass String(id)`, cause);
}

/** What JSON writes as null. @param {unknown} value */
const isNotFinite = (value) => typeof value === 'number' && !Number.isFinite(value);

/**
 * Flat records as one JSON array, where none needs a closer look: a third less work than one by one. What is no object
 * is refused by the core.
 * @param {unknown[]} records
 * @returns {string | undefined} undefined where they are to go through `recordToJson`, which tells whose fault it is
 */
function plainRecordsToJson(records) {
  try {
    // Libraries of old give arrays a text of their own.
    const isList = /** @type {any} */ (records).toJSON === undefined;
    return isList && records.every(isPlainRecord) ? JSON.stringify(records) : undefined;
  } catch {
    return undefined;
  }
}

/** @param {any} record */
function isPlainRecord(record) {
  if (typeof record !== 'object' || record === null) return false;
  const prototype = Object.getPrototypeOf(record);
  if (prototype !== Object.prototype && prototype !== null) return false;
  return (
    record.toJSON === undefined &&
    typeof record.then !== 'function' &&
    !isNotFinite(record.total_submissions)
  );
}

/** @param {'person' | 'company'} what */
function notRecord(what) {
  const needed = what === 'person' ? 'external_id, name and email' : 'external_id and name';
  return invalid('input', `the ${what} must be an object with ${needed}`);
}

/**
 * The field that keeps a record from being written as JSON.
 * @param {object} input
 * @returns {{ field: string, value?: unknown }}
 */
function unwritableField(input) {
  try {
    for (const field of Object.keys(input)) {
      let value;
      try {
        value = /** @type {any} */ (input)[field];
        JSON.stringify(value);
      } catch {
        return { field, value };
      }
    }
  } catch {
    // A proxy that does not even name its fields.
  }
  return { field: 'input' };
}

/**
 * @param {string} field
 * @param {string} message
 * @param {unknown} [cause]
 */
function invalid(field, message, cause) {
  const options = { isRetryable: false, details: { field } };
  return apiError(TwentyCrmErrorCode.VALIDATION_ERROR, message, options, cause);
}

/**
 * As `Array.isArray`, which throws for a proxy that was revoked.
 * @param {unknown} value
 * @returns {value is any[]}
 */
function isArray(value) {
  try {
    return Array.isArray(value);
  } catch {
    return false;
  }
}

/** Characters that an error repeats of a text that is not ours: logs have limits. */
const MAX_REPEATED = 2_000;

/** The same, of a field's name. */
const MAX_NAME = 200;

/**
 * A text that may be of any length, for people: all of it, or none. Cut somewhere, it could end in half of a key.
 * @param {string} text
 * @param {number} [most] characters
 */
function unlessLong(text, most = MAX_REPEATED) {
  return text.length > most ? `a text of ${text.length} characters` : text;
}

/** What a cause says, whatever it is and however long. @param {unknown} cause */
function messageOf(cause) {
  try {
    return String(isError(cause) ? cause.message : cause);
  } catch {
    return 'an error that cannot be shown';
  }
}

/** The same, for a message of ours. @param {unknown} cause */
function describe(cause) {
  return unlessLong(messageOf(cause));
}

module.exports = {
  describe,
  invalid,
  isArray,
  keyToJson,
  messageOf,
  plainRecordsToJson,
  recordToJson,
  toJson,
  unlessLong,
};
