import type { PostgresPool } from '../../index.js';
import { isApiError } from '../errors.js';
import type { Unchecked } from '../serialise.js';
import { describe, isArray } from '../serialise.js';
import { storeError } from './check.js';
import type { About } from './postgres-advice.js';
import { adviceOn } from './postgres-advice.js';

const RACES = 3;

/** @see https://www.postgresql.org/docs/current/errcodes-appendix.html */
const UNDEFINED_TABLE = '42P01';
const LOST_RACES = new Set(['40001', '40P01']);

function canQuery(pool: unknown): pool is PostgresPool {
  try {
    return typeof (pool as Unchecked)?.query === 'function';
  } catch {
    return false;
  }
}

/**
 * Rejects as the native stores do; lost races are run again.
 * @returns rows
 */
async function runQuery<Row>(
  pool: PostgresPool,
  text: string,
  values: unknown[],
  about: About,
): Promise<Row[]> {
  for (let race = 0; ; race += 1) {
    try {
      const { rows }: { rows: unknown } = await pool.query(text, values);
      if (!isArray(rows)) throw new TypeError('the pool gave no rows');
      return rows as Row[];
    } catch (cause) {
      if (!about.isOnce && race < RACES && LOST_RACES.has(codeOf(cause))) continue;
      throw await failure(pool, cause, about);
    }
  }
}

async function failure(pool: PostgresPool, cause: unknown, about: About) {
  const code = codeOf(cause);
  // An AggregateError of Node's, for a host with several addresses, has no message of its own.
  const said = describe(cause) || code || 'an error without a message';
  const hint = await adviceOn(pool, code, cause, about);
  // A connection that failed has a code of Node's, or none; whatever PostgreSQL itself refused, it refuses again.
  const isRetryable = !/^[0-9A-Z]{5}$/.test(code) || /^(08|53|57|40)/.test(code);
  return storeError(`PostgreSQL, ${about.what}: ${said}${hint}`, { isRetryable, cause });
}

/** PostgreSQL's own code, also behind an error of ours. */
function codeOf(error: unknown) {
  try {
    const source = isApiError(error) ? error.cause : error;
    const code = (source as Unchecked)?.code;
    return typeof code === 'string' ? code : '';
  } catch {
    return '';
  }
}

export { canQuery, codeOf, runQuery, UNDEFINED_TABLE };
