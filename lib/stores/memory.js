'use strict';

const { readOptions, requireKnown } = require('../options.js');
const { invalid } = require('../serialise.js');
const check = require('./check.js');
const { hashOf } = require('./version-hash.js');

/** @typedef {import('../../index.js').Mapping} Mapping */
/** @typedef {import('../../index.js').MappedObjectType} MappedObjectType */

/** Names of `MemoryMappingStoreOptions`. */
const OPTIONS = new Set(['capacity']);

const DEFAULT_CAPACITY = 100_000;

/**
 * See `index.d.ts`.
 * @param {import('../../index.js').MemoryMappingStoreOptions} [options]
 * @returns {import('../../index.js').ClosableMappingStore}
 */
function memoryMappingStore(options) {
  requireKnown('memoryMappingStore', options, OPTIONS);
  const given = readOptions('options', options ?? undefined, ['capacity']);
  const capacity = given.capacity ?? DEFAULT_CAPACITY;
  if (!Number.isSafeInteger(capacity) || capacity < 1) {
    throw invalid('capacity', 'capacity must be a whole number from 1');
  }
  return new MemoryMappingStore(capacity);
}

/** A Map keeps the order of insertion: its first entry is the least recently used. */
class MemoryMappingStore {
  #capacity;
  /** @type {Map<string, Mapping & { lastSyncedAt: Date }>} */
  #byEverId = new Map();
  /** @type {Map<string, Set<string>>} Keys of the mappings of a CRM id. */
  #byCrmId = new Map();
  #now = check.createClock();
  #isClosed = false;

  /** @param {number} capacity */
  constructor(capacity) {
    this.#capacity = capacity;
  }

  /**
   * @param {string} everId
   * @param {MappedObjectType} objectType
   */
  async findByEverId(everId, objectType) {
    return this.#find(check.keyOf(check.objectType(objectType), check.text('everId', everId)));
  }

  /**
   * @param {string} crmId
   * @param {MappedObjectType} objectType
   */
  async findByCrmId(crmId, objectType) {
    this.#requireOpen();
    const keys = this.#byCrmId.get(
      check.keyOf(check.objectType(objectType), check.text('crmId', crmId)),
    );
    if (keys === undefined) return null;
    const found = [...keys].map((key) => /** @type {any} */ (this.#byEverId.get(key)));
    found.sort((a, b) => b.lastSyncedAt - a.lastSyncedAt);
    return copy(found[0]);
  }

  /**
   * @param {string[]} everIds
   * @param {MappedObjectType} objectType
   */
  async findManyByEverIds(everIds, objectType) {
    const type = check.objectType(objectType);
    const found = check.everIds(everIds).map((everId) => this.#find(check.keyOf(type, everId)));
    return found.filter((mapping) => mapping !== null);
  }

  /** @param {import('../../index.js').MappingInput} mapping */
  async upsertMapping(mapping) {
    await this.upsertManyMappings([mapping]);
  }

  /** @param {import('../../index.js').MappingInput[]} mappings */
  async upsertManyMappings(mappings) {
    this.#requireOpen();
    const rows = check.mappingInputs(mappings).map((mapping) => ({
      everId: mapping.everId,
      crmId: mapping.crmId,
      objectType: mapping.objectType,
      versionHash: hashOf(mapping),
    }));
    const lastSyncedAt = new Date(this.#now());
    for (const row of rows) this.#put({ ...row, lastSyncedAt });
  }

  /**
   * @param {string} everId
   * @param {MappedObjectType} objectType
   */
  async deleteMapping(everId, objectType) {
    this.#requireOpen();
    return this.#remove(check.keyOf(check.objectType(objectType), check.text('everId', everId)));
  }

  async close() {
    this.#isClosed = true;
    this.#byEverId.clear();
    this.#byCrmId.clear();
  }

  #requireOpen() {
    if (this.#isClosed) throw check.storeError('the store is closed: make a new one');
  }

  /** @param {string} key */
  #find(key) {
    this.#requireOpen();
    const found = this.#byEverId.get(key);
    if (found === undefined) return null;
    this.#byEverId.delete(key);
    this.#byEverId.set(key, found);
    return copy(found);
  }

  /** @param {Mapping & { lastSyncedAt: Date }} mapping */
  #put(mapping) {
    const key = check.keyOf(mapping.objectType, mapping.everId);
    this.#remove(key);
    this.#byEverId.set(key, mapping);
    const back = check.keyOf(mapping.objectType, mapping.crmId);
    const keys = this.#byCrmId.get(back);
    if (keys === undefined) this.#byCrmId.set(back, new Set([key]));
    else keys.add(key);
    if (this.#byEverId.size > this.#capacity) {
      this.#remove(/** @type {string} */ (this.#byEverId.keys().next().value));
    }
  }

  /** @param {string} key */
  #remove(key) {
    const found = this.#byEverId.get(key);
    if (found === undefined) return false;
    this.#byEverId.delete(key);
    const back = check.keyOf(found.objectType, found.crmId);
    const keys = /** @type {Set<string>} */ (this.#byCrmId.get(back));
    keys.delete(key);
    if (keys.size === 0) this.#byCrmId.delete(back);
    return true;
  }
}

/** @param {Mapping & { lastSyncedAt: Date }} mapping */
function copy(mapping) {
  return { ...mapping, lastSyncedAt: new Date(mapping.lastSyncedAt) };
}

module.exports = { memoryMappingStore };
