'use strict';

const { TwentyCrmApiError, TwentyCrmErrorCode, createTwentyCrmError } = require('./errors.js');

/**
 * A value as JSON text, or a VALIDATION_ERROR that names what could not be written as JSON.
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
  if (text === undefined) throw invalid(what, `${what} cannot be written as JSON`, undefined);
  return text;
}

/**
 * One flat record as JSON text. JSON writes NaN and infinities as null, which would clear the field: they are refused.
 * @param {'person' | 'company'} what
 * @param {unknown} input
 * @returns {string}
 */
function recordToJson(what, input) {
  if (typeof input !== 'object' || input === null || Array.isArray(input)) {
    throw invalid('input', `the ${what} must be an object with external_id and name`, undefined);
  }
  let submissions;
  try {
    submissions = /** @type {any} */ (input).total_submissions;
  } catch (cause) {
    throw invalid(
      'total_submissions',
      `total_submissions cannot be read: ${describe(cause)}`,
      cause,
    );
  }
  if (typeof submissions === 'number' && !Number.isFinite(submissions)) {
    throw invalid(
      'total_submissions',
      `total_submissions must be a finite number, got ${submissions}`,
      undefined,
    );
  }
  return /** @type {string} */ (toJson(`the ${what}`, input));
}

/**
 * @param {string} field
 * @param {string} message
 * @param {unknown} cause
 */
function invalid(field, message, cause) {
  const plain = createTwentyCrmError(TwentyCrmErrorCode.VALIDATION_ERROR, message, {
    isRetryable: false,
    details: { field },
  });
  return new TwentyCrmApiError(plain, cause === undefined ? undefined : { cause });
}

/** @param {unknown} cause */
function describe(cause) {
  try {
    return cause instanceof Error ? cause.message : String(cause);
  } catch {
    return 'an error that cannot be shown';
  }
}

module.exports = { describe, invalid, recordToJson, toJson };
