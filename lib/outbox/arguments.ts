import type { OutboxStore, PostgresPool } from '../../index.js';
import { readOptions, readSignal, requireKnown } from '../options.js';
import type { Unchecked } from '../serialise.js';
import { describe, invalid, unlessLong } from '../serialise.js';
import { parseId } from './dead-letter.js';

const PAGE = 1_000;
const LARGEST_PAGE = 10_000;

/** Longest delay that a timer supports. */
const LONGEST_MS = 2_147_483_647;

/** Longest option name that an error repeats, in characters. */
const MAX_NAME = 100;

/** @param call whose options they are */
function readNamed<Name extends string>(call: string, options: unknown, names: readonly Name[]) {
  requireKnown(call, options, new Set(names));
  return readOptions('options', options ?? undefined, names);
}

/**
 * Reads options strictly. An ignored option could have restricted the call to one record, or put it into a transaction.
 */
function readKnown<Name extends string>(options: unknown, names: readonly Name[]) {
  const values = readOptions('options', options ?? undefined, names);
  for (const name of ownNames(options)) {
    if (names.includes(name as Name)) continue;
    const shown = unlessLong(name, MAX_NAME);
    throw invalid(shown, `options has no "${shown}": use one of ${names.join(', ')}`);
  }
  return values;
}

function ownNames(options: unknown) {
  try {
    return Object.keys(options ?? {});
  } catch (cause) {
    throw invalid('options', `options cannot be read: ${describe(cause)}`, cause);
  }
}

/** An option that restricts the call must not be null or undefined: the call would affect every record. */
function requireValues(options: unknown, names: string[]) {
  for (const name of ownNames(options)) {
    if (!names.includes(name)) continue;
    const value = (options as Unchecked)?.[name];
    if (value === undefined || value === null) {
      throw invalid(name, `${name} is ${value}: leave it out, or give a value`);
    }
  }
}

function requireAge(olderThanMs: unknown): asserts olderThanMs is number | undefined {
  if (olderThanMs !== undefined && (!Number.isInteger(olderThanMs) || Number(olderThanMs) < 0)) {
    throw invalid('olderThanMs', 'olderThanMs must be a whole number, 0 or more');
  }
}

function requireFlag(name: string, value: unknown): asserts value is boolean | undefined {
  if (value !== undefined && typeof value !== 'boolean') {
    throw invalid(name, `${name} must be true or false`);
  }
}

/**
 * The caller's own connection among the options of `enqueue…`. A `client` that is null or undefined is a mistake: the
 * change would be stored at once, outside the caller's transaction.
 * @returns undefined if none is given
 */
function readClient(options: unknown): PostgresPool | undefined {
  const { client } = readKnown(options, ['client']);
  if (client !== undefined && client !== null) return client as PostgresPool;
  if (options === undefined || options === null || !('client' in (options as object)))
    return undefined;
  throw invalid(
    'client',
    `client is ${client}, so the change would not be part of your transaction: pass the transaction's connection, or leave client out`,
  );
}

/** @param options of `drain` */
function readDrainSignal(options: unknown) {
  readKnown(options, ['signal']);
  return readSignal(options);
}

/** @param options of `stop` and `flush` */
function readTimeout(options: unknown, fallback: number): number {
  const given = readKnown(options, ['timeoutMs']).timeoutMs;
  const timeoutMs = (given === undefined ? fallback : given) as number;
  if (!Number.isInteger(timeoutMs) || timeoutMs < 0 || timeoutMs > LONGEST_MS) {
    throw invalid('timeoutMs', 'timeoutMs must be a whole number of milliseconds');
  }
  return timeoutMs;
}

function readPage(options: unknown): Parameters<OutboxStore['deadLetters']>[0] {
  const given = readKnown(options, ['limit', 'after']);
  const { after } = given;
  const limit = (given.limit === undefined ? PAGE : given.limit) as number;
  if (!Number.isInteger(limit) || limit < 1 || limit > LARGEST_PAGE) {
    throw invalid('limit', `limit must be a whole number from 1 to ${LARGEST_PAGE}`);
  }
  return { limit, ...(after !== undefined && { after: requireId('after', after) }) };
}

function readRetry(options: unknown): { olderThanMs?: number } {
  const { olderThanMs } = readKnown(options, ['olderThanMs']);
  requireValues(options, ['olderThanMs']);
  requireAge(olderThanMs);
  return olderThanMs === undefined ? {} : { olderThanMs };
}

/** What `purge` asks of a store. */
function readPurge(options: unknown): Parameters<OutboxStore['purge']>[0] {
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
    throw invalid('all', 'all is for all records and id is for one: leave one of them out');
  }
  if (pending === true && id === undefined && all !== true) {
    throw invalid(
      'id',
      'pending needs the id of a record, or all: true to delete the waiting changes of all records',
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
 * @param name of the argument
 */
function requireId(name: string, id: unknown) {
  const found = parseId(id);
  if (found === undefined) {
    throw invalid(name, `${name} must be a record's id in the outbox, such as "person:cli_1"`);
  }
  return found;
}

export {
  readClient,
  readDrainSignal,
  readNamed,
  readPage,
  readPurge,
  readRetry,
  readTimeout,
  requireId,
};
