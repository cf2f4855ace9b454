'use strict';

const { readOptions, readSignal, requireKnown } = require('../options.js');
const { describe, invalid, unlessLong } = require('../serialise.js');
const { parseId } = require('./dead-letter.js');

const PAGE = 1_000;
const LARGEST_PAGE = 10_000;

/** The longest time that a timer takes. */
const LONGEST_MS = 2_147_483_647;

/** Longest name that an error repeats, in characters. */
const MAX_NAME = 100;

/**
 * @template {string} Name
 * @param {string} call whose options they are
 * @param {any} options
 * @param {readonly Name[]} names
 */
function readNamed(call, options, names) {
  requireKnown(call, options, new Set(names));
  return readOptions('options', options ?? undefined, names);
}

/**
 * A word that is passed over might have said whose changes, or in which transaction.
 * @template {string} Name
 * @param {any} options
 * @param {readonly Name[]} names
 */
function readKnown(options, names) {
  const values = readOptions('options', options ?? undefined, names);
  for (const name of ownNames(options)) {
    if (names.includes(/** @type {Name} */ (name))) continue;
    const shown = unlessLong(name, MAX_NAME);
    throw invalid(shown, `options has no "${shown}"; it knows ${names.join(', ')}`);
  }
  return values;
}

/** @param {any} options */
function ownNames(options) {
  try {
    return Object.keys(options ?? {});
  } catch (cause) {
    throw invalid('options', `options cannot be read: ${describe(cause)}`, cause);
  }
}

/**
 * Without a value, an option that narrows down what is done would do it to everybody.
 * @param {any} options
 * @param {string[]} names
 */
function requireValues(options, names) {
  for (const name of ownNames(options)) {
    if (!names.includes(name)) continue;
    if (options[name] === undefined || options[name] === null) {
      throw invalid(name, `${name} is ${options[name]}: leave it out, or give it`);
    }
  }
}

/** @param {unknown} olderThanMs */
function requireAge(olderThanMs) {
  if (olderThanMs !== undefined && (!Number.isInteger(olderThanMs) || Number(olderThanMs) < 0)) {
    throw invalid('olderThanMs', 'olderThanMs must be a whole number from 0');
  }
}

/** @param {string} name @param {unknown} value */
function requireFlag(name, value) {
  if (value !== undefined && typeof value !== 'boolean') {
    throw invalid(name, `${name} must be true or false`);
  }
}

/**
 * The caller's own connection among the options of `enqueue…`. One that is named and not there is an accident: the change
 * would be stored at once, whatever becomes of the caller's transaction.
 * @param {any} options
 * @returns {any} undefined where there is to be none
 */
function readClient(options) {
  const { client } = readKnown(options, ['client']);
  if (client !== undefined && client !== null) return client;
  if (options === undefined || options === null || !('client' in options)) return undefined;
  throw invalid(
    'client',
    `client is ${client}, so the change would not be part of your transaction: give the transaction's connection, or leave client out`,
  );
}

/** @param {unknown} options of `drain` */
function readDrainSignal(options) {
  readKnown(options, ['signal']);
  return readSignal(options);
}

/**
 * @param {unknown} options of `stop` and `flush`
 * @param {number} fallback
 * @returns {number}
 */
function readTimeout(options, fallback) {
  const { timeoutMs = fallback } = readKnown(options, ['timeoutMs']);
  if (!Number.isInteger(timeoutMs) || timeoutMs < 0 || timeoutMs > LONGEST_MS) {
    throw invalid('timeoutMs', 'timeoutMs must be a whole number of milliseconds');
  }
  return timeoutMs;
}

/** @param {unknown} options */
function readPage(options) {
  const { limit = PAGE, after } = readKnown(options, ['limit', 'after']);
  if (!Number.isInteger(limit) || limit < 1 || limit > LARGEST_PAGE) {
    throw invalid('limit', `limit must be a whole number from 1 to ${LARGEST_PAGE}`);
  }
  return { limit, ...(after !== undefined && { after: requireId('after', after) }) };
}

/** @param {unknown} options */
function readRetry(options) {
  const { olderThanMs } = readKnown(options, ['olderThanMs']);
  requireValues(options, ['olderThanMs']);
  requireAge(olderThanMs);
  return { ...(olderThanMs !== undefined && { olderThanMs }) };
}

/**
 * What a store is asked for by `purge`.
 * @param {unknown} options
 */
function readPurge(options) {
  const { id, olderThanMs, pending, all } = readKnown(options, [
    'id',
    'olderThanMs',
    'pending',
    'all',
  ]);
  requireValues(options, ['id', 'olderThanMs']);
  requireAge(olderThanMs);
  requireFlag('pending', pending);
  requireFlag('all', all);
  if (all === true && id !== undefined) {
    throw invalid('all', 'all is for all records, and id for one: leave one of them out');
  }
  if (pending === true && id === undefined && all !== true) {
    throw invalid(
      'id',
      'pending needs the id of a record, or all: true to forget the waiting changes of everybody',
    );
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
    throw invalid(name, `${name} must be a record's id in the outbox, such as "person:cli_1"`);
  }
  return found;
}

module.exports = {
  readClient,
  readDrainSignal,
  readNamed,
  readPage,
  readPurge,
  readRetry,
  readTimeout,
  requireId,
};
