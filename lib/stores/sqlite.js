'use strict';

const native = require('../native.js');
const { invalid, toJson } = require('../serialise.js');
const check = require('./check.js');
const { ask, construct } = require('./native-call.js');

/** @typedef {import('../../index.js').MappedObjectType} MappedObjectType */

/** @type {WeakMap<object, import('../../native.js').SqliteStore>} */
const natives = new WeakMap();

/**
 * See `index.d.ts`.
 * @param {string} path
 * @returns {import('../../index.js').ClosableMappingStore}
 */
function sqliteMappingStore(path) {
  return new SqliteMappingStore(path);
}

class SqliteMappingStore {
  /** @param {string} path */
  constructor(path) {
    if (typeof path !== 'string') throw invalid('path', 'path must be a string');
    natives.set(
      this,
      construct(() => new native.SqliteStore(path)),
    );
  }

  /**
   * @param {string} everId
   * @param {MappedObjectType} objectType
   */
  async findByEverId(everId, objectType) {
    const found = await this.findManyByEverIds([everId], objectType);
    return found[0] ?? null;
  }

  /**
   * @param {string} crmId
   * @param {MappedObjectType} objectType
   */
  async findByCrmId(crmId, objectType) {
    const type = check.objectType(objectType);
    const id = check.text('crmId', crmId);
    const found = await ask((dispatcher, call) => of(this).findByCrmId(dispatcher, call, type, id));
    return found === null ? null : withDate(found);
  }

  /**
   * @param {string[]} everIds
   * @param {MappedObjectType} objectType
   */
  async findManyByEverIds(everIds, objectType) {
    const type = check.objectType(objectType);
    const ids = JSON.stringify(check.everIds(everIds));
    const found = await ask((dispatcher, call) => of(this).findMany(dispatcher, call, type, ids));
    return /** @type {any[]} */ (found).map(withDate);
  }

  /** @param {import('../../index.js').MappingInput} mapping */
  async upsertMapping(mapping) {
    await this.upsertManyMappings([mapping]);
  }

  /** @param {import('../../index.js').MappingInput[]} mappings */
  async upsertManyMappings(mappings) {
    const rows = /** @type {string} */ (toJson('mappings', check.mappingInputs(mappings)));
    await ask((dispatcher, call) => of(this).upsertMany(dispatcher, call, rows));
  }

  /**
   * @param {string} everId
   * @param {MappedObjectType} objectType
   */
  async deleteMapping(everId, objectType) {
    const type = check.objectType(objectType);
    const id = check.text('everId', everId);
    return ask((dispatcher, call) => of(this).deleteMapping(dispatcher, call, type, id));
  }

  async close() {
    await ask((dispatcher, call) => of(this).close(dispatcher, call));
  }
}

/**
 * @param {object} store
 */
function of(store) {
  const found = natives.get(store);
  if (found === undefined) throw new TypeError('not a store of sqliteMappingStore');
  return found;
}

/** @param {import('../../index.js').Mapping} mapping */
function withDate(mapping) {
  return { ...mapping, lastSyncedAt: new Date(/** @type {number} */ (mapping.lastSyncedAt)) };
}

/** @param {object} store */
function nativeStoreOf(store) {
  return natives.get(store);
}

module.exports = { nativeStoreOf, sqliteMappingStore };
