'use strict';

const check = require('../stores/check.js');
const { isApiError } = require('../errors.js');
const { describe, isArray } = require('../serialise.js');

/** @typedef {import('../../index.js').OutboxStore} OutboxStore */

/**
 * `read` gives the answer of a method, each part read once, or undefined where it is none.
 * @type {Record<string, { what: string, read: (answer: any, asked: any) => unknown }>}
 */
const ANSWERS = {
  enqueue: { what: 'anything', read: () => null },
  claim: { what: 'a list of records with their changes', read: listReader(readClaim) },
  renew: { what: 'a number', read: ofType('number') },
  settle: {
    what: 'a list with an entry for each record',
    read(answer, { records }) {
      const held = listReader(Boolean)(answer);
      return held?.length === records.length ? held : undefined;
    },
  },
  stats: { what: 'counts', read: readCounts },
  deadLetters: { what: 'a list of dead letters', read: listReader(readDeadLetter) },
  retry: { what: 'true or false', read: ofType('boolean') },
  retryAll: { what: 'a number', read: ofType('number') },
  purge: { what: 'a number', read: ofType('number') },
};

const COUNTS = ['pending', 'changes', 'inFlight', 'delayed', 'deadLetters'];

/** Dead letters that are looked at together, where a store cannot retry all of them itself. */
const PAGE = 1_000;

/**
 * A store as the outbox asks it: whatever it throws becomes an error of this package, and so does an answer that is
 * none.
 * @param {OutboxStore} store
 * @returns {Required<OutboxStore>}
 */
function askedStore(store) {
  /** @type {any} */
  const asked = {};
  for (const [method, { what, read }] of Object.entries(ANSWERS)) {
    /** @param {any} question @param {any[]} rest */
    asked[method] = async (question, ...rest) => {
      try {
        const answer = await /** @type {any} */ (store)[method](question, ...rest);
        const found = read(answer, question);
        if (found !== undefined) return found;
      } catch (error) {
        throw failureOf(method, error);
      }
      throw check.storeError(`the outbox's store: ${method} must give ${what}`);
    };
  }
  if (!canRetryAll(store)) asked.retryAll = (/** @type {any} */ how) => retryEach(asked, how);
  asked.close = async () => {
    try {
      await /** @type {any} */ (store).close?.();
    } catch (error) {
      throw failureOf('close', error);
    }
  };
  return asked;
}

/** @param {any} store */
function canRetryAll(store) {
  try {
    return typeof store.retryAll === 'function';
  } catch {
    return false;
  }
}

/**
 * `retryAll` of a store that has none.
 * @param {OutboxStore} store
 * @param {{ olderThanMs?: number }} which
 */
async function retryEach(store, { olderThanMs }) {
  const before = olderThanMs === undefined ? Number.POSITIVE_INFINITY : Date.now() - olderThanMs;
  let found = 0;
  /** @type {{ after?: import('../../index.js').OutboxRecordKey }} */
  let from = {};
  while (true) {
    const page = await store.deadLetters({ limit: PAGE, ...from });
    for (const { entity, externalId, deadAt } of page) {
      if (deadAt < before && (await store.retry({ entity, externalId }))) found += 1;
    }
    const last = page.at(-1);
    if (last === undefined || page.length < PAGE) return found;
    from = { after: { entity: last.entity, externalId: last.externalId } };
  }
}

/** @param {string} method */
function silent(method) {
  const message = `the outbox's store: ${method} did not answer in time`;
  return check.storeError(message, { isRetryable: true });
}

/**
 * @param {string} method
 * @param {any} error
 */
function failureOf(method, error) {
  if (isApiError(error)) return error;
  const message = `the outbox's store: ${method} failed: ${describe(error)}`;
  return check.storeError(message, { isRetryable: saysRetryable(error), cause: error });
}

/** @param {any} error */
function saysRetryable(error) {
  try {
    return error?.isRetryable === true;
  } catch {
    return false;
  }
}

/** @param {string} type */
function ofType(type) {
  return (/** @type {unknown} */ answer) => (typeof answer === type ? answer : undefined);
}

/**
 * @template T
 * @param {(item: any) => T | undefined} readItem
 * @returns {(answer: unknown) => T[] | undefined}
 */
function listReader(readItem) {
  return (answer) => {
    if (!isArray(answer)) return undefined;
    const items = [...answer].map(readItem);
    return items.includes(undefined) ? undefined : /** @type {T[]} */ (items);
  };
}

/** @param {any} claim */
function readClaim({ entity, externalId, attempts, changes }) {
  if (!isRecord(entity, externalId) || !Number.isInteger(attempts)) return undefined;
  const read = listReader(readChange)(changes);
  return read && { entity, externalId, attempts, changes: read };
}

/** @param {any} change */
function readChange({ id, payload, isDead, enqueuedAt, error }) {
  if (payload !== null && typeof payload !== 'string') return undefined;
  return { id, payload, isDead: isDead === true, enqueuedAt, error };
}

/** @param {any} letter */
function readDeadLetter({ entity, externalId, payload, info, error, enqueuedAt, deadAt }) {
  if (!isRecord(entity, externalId)) return undefined;
  if (payload !== null && !isObject(JSON.parse(payload))) return undefined;
  return { entity, externalId, payload, info, error, enqueuedAt, deadAt };
}

/** @param {any} counts */
function readCounts(counts) {
  const { oldestAt } = counts;
  const isTime = oldestAt === null || typeof oldestAt === 'number';
  const read = Object.fromEntries(COUNTS.map((name) => [name, counts[name]]));
  const areNumbers = Object.values(read).every((count) => typeof count === 'number');
  return isTime && areNumbers ? { ...read, oldestAt } : undefined;
}

/** @param {unknown} entity @param {unknown} externalId */
const isRecord = (entity, externalId) =>
  (entity === 'person' || entity === 'company') && typeof externalId === 'string';

/** @param {unknown} value */
const isObject = (value) => typeof value === 'object' && value !== null && !isArray(value);

module.exports = { askedStore, silent };
