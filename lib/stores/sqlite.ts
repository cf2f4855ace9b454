import type { ClosableMappingStore, MappedObjectType, Mapping, MappingInput } from '../../index.js';
import type { SqliteStore } from '../../native.js';
import { native } from '../native.js';
import { invalid, toJson } from '../serialise.js';
import * as check from './check.js';
import { ask, construct } from './native-call.js';

const natives: WeakMap<object, SqliteStore> = new WeakMap();

/**
 * Mappings in an SQLite file: one file per workspace, shared by any number of stores and processes of one machine. A
 * missing file is created, readable only by its owner. Its directory must exist, and must not be on a network drive. A
 * write that was reported as done survives the death of the process. A power failure may lose the last writes, but does
 * not damage the file. If another process holds the lock, a call waits for up to 4 seconds. The file belongs to this
 * package; a config store may share it.
 *
 * Sync services use it natively: their look-ups and writes never pass through JavaScript.
 * @param path Path of the file, or `:memory:`.
 * @throws {TwentyCrmApiError} `VALIDATION_ERROR` if the path is not valid, for example if its directory is missing.
 */
function sqliteMappingStore(path: string): ClosableMappingStore {
  return new SqliteMappingStore(path);
}

class SqliteMappingStore implements ClosableMappingStore {
  constructor(path: string) {
    if (typeof path !== 'string') throw invalid('path', 'path must be a string');
    natives.set(
      this,
      construct(() => new native.SqliteStore(path)),
    );
  }

  async findByEverId(everId: string, objectType: MappedObjectType) {
    const found = await this.findManyByEverIds([everId], objectType);
    return found[0] ?? null;
  }

  async findByCrmId(crmId: string, objectType: MappedObjectType) {
    const type = check.objectType(objectType);
    const id = check.text('crmId', crmId);
    const found = await ask<Mapping | null>((dispatcher, call) =>
      of(this).findByCrmId(dispatcher, call, type, id),
    );
    return found === null ? null : withDate(found);
  }

  async findManyByEverIds(everIds: string[], objectType: MappedObjectType) {
    const type = check.objectType(objectType);
    const ids = JSON.stringify(check.everIds(everIds));
    const found = await ask<Mapping[]>((dispatcher, call) =>
      of(this).findMany(dispatcher, call, type, ids),
    );
    return found.map(withDate);
  }

  async upsertMapping(mapping: MappingInput) {
    await this.upsertManyMappings([mapping]);
  }

  async upsertManyMappings(mappings: MappingInput[]) {
    const rows = toJson('mappings', check.mappingInputs(mappings)) as string;
    await ask((dispatcher, call) => of(this).upsertMany(dispatcher, call, rows));
  }

  async deleteMapping(everId: string, objectType: MappedObjectType) {
    const type = check.objectType(objectType);
    const id = check.text('everId', everId);
    return ask<boolean>((dispatcher, call) => of(this).deleteMapping(dispatcher, call, type, id));
  }

  async close() {
    await ask((dispatcher, call) => of(this).close(dispatcher, call));
  }
}

function of(store: object) {
  const found = natives.get(store);
  if (found === undefined) throw new TypeError('not a store of sqliteMappingStore');
  return found;
}

function withDate(mapping: Mapping) {
  return { ...mapping, lastSyncedAt: new Date(mapping.lastSyncedAt as number) };
}

function nativeStoreOf(store: object) {
  return natives.get(store);
}

export { nativeStoreOf, sqliteMappingStore };
