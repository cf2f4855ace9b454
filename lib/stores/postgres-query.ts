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
 * Runs a statement; retries it after a lost race. Rejects as the native stores do.
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
      if (!isArray(rows)) throw new TypeError('the pool returned no rows');
      return rows as Row[];
    } catch (cause) {
      if (!about.isOnce && race < RACES && LOST_RACES.has(codeOf(cause))) continue;
      throw await failure(pool, cause, about);
    }
  }
}

async function failure(pool: PostgresPool, cause: unknown, about: About) {
  const code = codeOf(cause);
  // Node's AggregateError for a host with several addresses has an empty message.
  const said = describe(cause) || code || 'an error without a message';
  const hint = await adviceOn(pool, code, cause, about);
  // A failed connection has an error code of Node, or none. A statement that PostgreSQL refused, it would refuse again.
  const isRetryable = !/^[0-9A-Z]{5}$/.test(code) || /^(08|53|57|40)/.test(code);
  return storeError(`PostgreSQL, ${about.what}: ${said}${hint}`, { isRetryable, cause });
}

/** The SQLSTATE, also of the cause of an error of ours. */
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
