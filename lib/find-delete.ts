import type { SyncService } from '../native.js';
import { call, liftHoldAfterThisTurn } from './dispatcher.js';
import type { Hooks } from './observability/hooks.js';
import { operationOf } from './observability/operations.js';
import { optionsToJson, readOptions, readSignal } from './options.js';
import { ENTITIES } from './platform-events.js';
import { keyToJson } from './serialise.js';

/** Names of `FindOptions`. */
const FIND_OPTIONS = new Set(['useCache', 'signal']);

/** Names of `DeleteOptions`. */
const DELETE_OPTIONS = new Set(['mode', 'signal']);

type Service = { native: SyncService; hooks: Hooks | undefined };

/** Starts the search for one record. */
function startFind(
  { native, hooks }: Service,
  kind: number,
  externalId: unknown,
  options: unknown,
) {
  const key = keyToJson(externalId);
  const optionsJson = optionsToJson(readOptions('options', options ?? undefined, ['useCache']));
  return call(
    (dispatcher, id) => native.find(dispatcher, id, kind, key, optionsJson),
    readSignal(options),
    operationOf('find', hooks, ENTITIES[kind], key),
  );
}

/** Starts the deletion of one record, in turn with the upserts of its key. */
function startDelete(
  { native, hooks }: Service,
  kind: number,
  externalId: unknown,
  options: unknown,
) {
  const key = keyToJson(externalId);
  const optionsJson = optionsToJson(readOptions('options', options ?? undefined, ['mode']));
  const signal = readSignal(options);
  liftHoldAfterThisTurn();
  return call(
    (dispatcher, id) => native.delete(dispatcher, id, kind, key, optionsJson),
    signal,
    operationOf('delete', hooks, ENTITIES[kind], key),
  );
}

export { DELETE_OPTIONS, FIND_OPTIONS, startDelete, startFind };
