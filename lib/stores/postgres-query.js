'use strict';

const { isApiError } = require('../errors.js');
const { describe, isArray } = require('../serialise.js');
const { storeError } = require('./check.js');
const { adviceOn } = require('./postgres-advice.js');

const RACES = 3;

/** @see https://www.postgresql.org/docs/current/errcodes-appendix.html */
const UNDEFINED_TABLE = '42P01';
const LOST_RACES = new Set(['40001', '40P01']);

/** @param {any} pool */
function canQuery(pool) {
  try {
    return typeof pool?.query === 'function';
  } catch {
    return false;
  }
}

/**
 * Rejects as the native stores do; lost races are run again.
 * @param {import('../../index.js').PostgresPool} pool
 * @param {string} text
 * @param {unknown[]} values
 * @param {import('./postgres-advice.js').About} about
 * @returns {Promise<any[]>} rows
 */
async function runQuery(pool, text, values, about) {
  for (let race = 0; ; race += 1) {
    try {
      const { rows } = await pool.query(text, values);
      if (!isArray(rows)) throw new TypeError('the pool gave no rows');
      return rows;
    } catch (cause) {
      if (!about.isOnce && race < RACES && LOST_RACES.has(codeOf(cause))) continue;
      throw await failure(pool, cause, about);
    }
  }
}

/**
 * @param {import('../../index.js').PostgresPool} pool
 * @param {unknown} cause
 * @param {import('./postgres-advice.js').About} about
 */
async function failure(pool, cause, about) {
  const code = codeOf(cause);
  // An AggregateError of Node's, for a host with several addresses, has no message of its own.
  const said = describe(cause) || code || 'an error without a message';
  const hint = await adviceOn(pool, code, cause, about);
  // A connection that failed has a code of Node's, or none; whatever PostgreSQL itself refused, it refuses again.
  const isRetryable = !/^[0-9A-Z]{5}$/.test(code) || /^(08|53|57|40)/.test(code);
  return storeError(`PostgreSQL, ${about.what}: ${said}${hint}`, { isRetryable, cause });
}

/**
 * PostgreSQL's own code, also behind an error of ours.
 * @param {any} error
 */
function codeOf(error) {
  try {
    const source = isApiError(error) ? error.cause : error;
    const { code } = /** @type {any} */ (source ?? {});
    return typeof code === 'string' ? code : '';
  } catch {
    return '';
  }
}

module.exports = { UNDEFINED_TABLE, canQuery, codeOf, runQuery };
