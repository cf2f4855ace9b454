'use strict';

/** @typedef {import('../../index.js').Mapping} Mapping */
/** @typedef {import('../../index.js').MappingInput} MappingInput */
/** @typedef {import('../../index.js').MappedObjectType} MappedObjectType */
/** @typedef {Omit<Mapping, 'lastSyncedAt'> & { lastSyncedAt: number | null }} WireMapping */

/** Calls at once on a store that knows no call for many. */
const FAN_OUT = 16;

/** @type {WeakMap<object, MappingStorePort>} */
const ports = new WeakMap();

/**
 * The same store has the same port, by which the core knows it again.
 * @param {object} store
 */
function portOf(store) {
  let port = ports.get(store);
  if (port === undefined) {
    port = new MappingStorePort(store);
    ports.set(store, port);
  }
  return port;
}

/** One call per chunk where the store can, else a bounded number at once. */
class MappingStorePort {
  /** @type {any} */
  #store;

  /** @param {object} store */
  constructor(store) {
    this.#store = store;
  }

  /**
   * @param {string} everId
   * @param {MappedObjectType} objectType
   */
  async findByEverId(everId, objectType) {
    const found = await this.#store.findByEverId(everId, objectType);
    return toWire('findByEverId', found, objectType);
  }

  /**
   * @param {string} crmId
   * @param {MappedObjectType} objectType
   */
  async findByCrmId(crmId, objectType) {
    // What a store cannot tell is not known.
    if (!this.#has('findByCrmId')) return null;
    const found = await this.#store.findByCrmId(crmId, objectType);
    return toWire('findByCrmId', found, objectType);
  }

  /**
   * @param {string[]} everIds
   * @param {MappedObjectType} objectType
   */
  async findManyByEverIds(everIds, objectType) {
    if (this.#has('findManyByEverIds')) {
      const found = await this.#store.findManyByEverIds(everIds, objectType);
      if (!Array.isArray(found)) throw new TypeError('findManyByEverIds gave no array');
      return present(found.map((item) => toWire('findManyByEverIds', item, objectType)));
    }
    return present(
      await fanOut(everIds, (/** @type {string} */ everId) =>
        this.findByEverId(everId, objectType),
      ),
    );
  }

  /** @param {MappingInput} mapping */
  async upsertMapping(mapping) {
    await this.#store.upsertMapping(mapping);
  }

  /** @param {MappingInput[]} mappings */
  async upsertManyMappings(mappings) {
    if (mappings.length > 1 && this.#has('upsertManyMappings')) {
      await this.#store.upsertManyMappings(mappings);
    } else {
      await fanOut(mappings, (/** @type {MappingInput} */ mapping) => this.upsertMapping(mapping));
    }
  }

  /**
   * @param {string} everId
   * @param {MappedObjectType} objectType
   */
  async deleteMapping(everId, objectType) {
    await this.#store.deleteMapping(everId, objectType);
  }

  /** @param {string} method */
  #has(method) {
    return typeof this.#store[method] === 'function';
  }
}

/**
 * @template T
 * @param {(T | null)[]} items
 */
function present(items) {
  return items.filter((item) => item !== null);
}

/**
 * @template T, R
 * @param {T[]} items
 * @param {(item: T) => Promise<R>} work
 * @returns {Promise<R[]>} in the order of the items
 */
async function fanOut(items, work) {
  /** @type {R[]} */
  const results = new Array(items.length);
  const next = items.entries();
  const workers = Array.from({ length: Math.min(FAN_OUT, items.length) }, async () => {
    for (const [at, item] of next) results[at] = await work(item);
  });
  await Promise.all(workers);
  return results;
}

/**
 * @param {string} method
 * @param {any} found
 * @param {MappedObjectType} asked
 * @returns {WireMapping | null}
 */
function toWire(method, found, asked) {
  if (found === null || found === undefined) return null;
  const { everId, crmId, objectType, versionHash, lastSyncedAt } = found;
  if (typeof everId !== 'string' || typeof crmId !== 'string') {
    throw new TypeError(
      `${method} gave something that is no mapping: everId and crmId must be texts`,
    );
  }
  return {
    everId,
    crmId,
    objectType: objectType ?? asked,
    versionHash: typeof versionHash === 'string' ? versionHash : null,
    lastSyncedAt: toMillis(lastSyncedAt),
  };
}

/** @param {unknown} time */
function toMillis(time) {
  if (time === null || time === undefined) return null;
  const millis = typeof time === 'number' ? time : new Date(/** @type {any} */ (time)).getTime();
  return Number.isFinite(millis) ? millis : null;
}

module.exports = { portOf };
