'use strict';

const { readOptions } = require('../options.js');
const { invalid } = require('../serialise.js');
const { parseId } = require('./dead-letter.js');

/** Dead letters of one page, and the most that can be asked for. */
const PAGE = 1_000;
const LARGEST_PAGE = 10_000;

/** The longest time that a timer takes. */
const LONGEST_MS = 2_147_483_647;

/**
 * @param {unknown} options of `stop` and `flush`
 * @param {number} fallback
 * @returns {number}
 */
function readTimeout(options, fallback) {
  const { timeoutMs = fallback } = readOptions('options', options ?? undefined, ['timeoutMs']);
  if (!Number.isInteger(timeoutMs) || timeoutMs < 0 || timeoutMs > LONGEST_MS) {
    throw invalid('timeoutMs', 'timeoutMs must be a whole number of milliseconds', undefined);
  }
  return timeoutMs;
}

/**
 * What a store is asked for by `deadLetters`.
 * @param {unknown} options
 */
function readPage(options) {
  const { limit = PAGE, after } = readOptions('options', options ?? undefined, ['limit', 'after']);
  if (!Number.isInteger(limit) || limit < 1 || limit > LARGEST_PAGE) {
    throw invalid('limit', `limit must be a whole number from 1 to ${LARGEST_PAGE}`, undefined);
  }
  return { limit, ...(after !== undefined && { after: requireId('after', after) }) };
}

/**
 * What a store is asked for by `purge`.
 * @param {unknown} options
 */
function readPurge(options) {
  const { id, olderThanMs, pending } = readOptions('options', options ?? undefined, [
    'id',
    'olderThanMs',
    'pending',
  ]);
  if (olderThanMs !== undefined && (!Number.isInteger(olderThanMs) || olderThanMs < 0)) {
    throw invalid('olderThanMs', 'olderThanMs must be a whole number from 0', undefined);
  }
  if (pending !== undefined && typeof pending !== 'boolean') {
    throw invalid('pending', 'pending must be true or false', undefined);
  }
  return {
    ...(id !== undefined && requireId('id', id)),
    ...(olderThanMs !== undefined && { olderThanMs }),
    pending: pending ?? false,
  };
}

/**
 * The record that an id names.
 * @param {string} name of the argument
 * @param {unknown} id
 */
function requireId(name, id) {
  const found = parseId(id);
  if (found === undefined) {
    throw invalid(
      name,
      `${name} must be a record's id in the outbox, such as "person:cli_1"`,
      undefined,
    );
  }
  return found;
}

module.exports = { readPage, readPurge, readTimeout, requireId };
