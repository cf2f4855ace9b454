import type { DeleteOptions, FindOptions } from '../index.js';
import type { SyncService } from '../native.js';
import { call, liftHoldAfterThisTurn } from './dispatcher.js';
import type { Hooks } from './observability/hooks.js';
import { operationOf } from './observability/operations.js';
import { optionSchema } from './option-schema.js';
import { optionsToJson, readOptions, readSignal } from './options.js';
import { ENTITIES, keyToJson } from './serialise.js';

const FIND_OPTIONS = optionSchema<FindOptions>({ useCache: 'core', signal: 'here' });

const DELETE_OPTIONS = optionSchema<DeleteOptions>({ mode: 'core', signal: 'here' });

type Service = { native: SyncService; hooks: Hooks | undefined };

/** The arguments of find and delete, read before any request. */
function readArguments(known: readonly string[], externalId: unknown, options: unknown) {
  const key = keyToJson(externalId);
  const optionsJson = optionsToJson(readOptions('options', options ?? undefined, known));
  return { key, optionsJson, signal: readSignal(options) };
}

/** Starts the search for one record. */
function startFind(
  { native, hooks }: Service,
  kind: number,
  externalId: unknown,
  options: unknown,
) {
  const { key, optionsJson, signal } = readArguments(FIND_OPTIONS.core, externalId, options);
  return call(
    (dispatcher, id) => native.find(dispatcher, id, kind, key, optionsJson),
    signal,
    operationOf('find', hooks, ENTITIES[kind], key),
  );
}

/** Starts the deletion of one record, queued with the upserts of its key. */
function startDelete(
  { native, hooks }: Service,
  kind: number,
  externalId: unknown,
  options: unknown,
) {
  const { key, optionsJson, signal } = readArguments(DELETE_OPTIONS.core, externalId, options);
  liftHoldAfterThisTurn();
  return call(
    (dispatcher, id) => native.delete(dispatcher, id, kind, key, optionsJson),
    signal,
    operationOf('delete', hooks, ENTITIES[kind], key),
  );
}

export { DELETE_OPTIONS, FIND_OPTIONS, startDelete, startFind };
