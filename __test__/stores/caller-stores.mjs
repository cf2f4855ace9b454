// Stores as callers write them.
import { createHash } from 'node:crypto';

/** With the template's methods and hashing: only the required part of the interface. */
export class RepositoryLikeStore {
  rows = new Map();
  calls = [];

  #key(type, everId) {
    return `${type}:${everId}`;
  }

  async findByEverId(everId, objectType) {
    this.calls.push('findByEverId');
    return this.rows.get(this.#key(objectType, everId)) ?? null;
  }

  async findByCrmId(crmId, objectType) {
    this.calls.push('findByCrmId');
    const found = [...this.rows.values()].filter(
      (row) => row.crmId === crmId && row.objectType === objectType,
    );
    return found.sort((a, b) => b.lastSyncedAt - a.lastSyncedAt || b.order - a.order)[0] ?? null;
  }

  async upsertMapping(input) {
    this.calls.push('upsertMapping');
    return this.#put(input);
  }

  async upsertManyMappings(inputs) {
    this.calls.push('upsertManyMappings');
    return inputs.map((input) => this.#put(input));
  }

  async deleteMapping(everId, objectType) {
    this.calls.push('deleteMapping');
    return this.rows.delete(this.#key(objectType, everId));
  }

  #put({ everId, crmId, objectType, dataForHash }) {
    const row = {
      id: `${this.rows.size}`,
      everId,
      crmId,
      objectType,
      versionHash: dataForHash ? hashOf(dataForHash) : null,
      lastSyncedAt: new Date(),
      order: this.calls.length,
    };
    this.rows.set(this.#key(objectType, everId), row);
    return row;
  }
}

/** As the template's repository hashes: top-level keys sorted. */
export function hashOf(data) {
  const sorted = Object.fromEntries(
    Object.keys(data)
      .sort()
      .map((key) => [key, data[key]]),
  );
  return createHash('sha256').update(JSON.stringify(sorted)).digest('hex');
}

/** A store with bulk methods that return values instead of promises. */
export class BatchStore {
  #inner = new RepositoryLikeStore();
  calls = [];

  findByEverId(everId, objectType) {
    this.calls.push('findByEverId');
    return this.#inner.rows.get(`${objectType}:${everId}`);
  }

  findByCrmId(crmId, objectType) {
    return this.#inner.findByCrmId(crmId, objectType);
  }

  findManyByEverIds(everIds, objectType) {
    this.calls.push('findManyByEverIds');
    return everIds.flatMap((everId) => this.#inner.rows.get(`${objectType}:${everId}`) ?? []);
  }

  upsertMapping(input) {
    this.calls.push('upsertMapping');
    this.#inner.upsertMapping(input);
  }

  upsertManyMappings(inputs) {
    this.calls.push('upsertManyMappings');
    this.#inner.upsertManyMappings(inputs);
  }

  deleteMapping(everId, objectType) {
    this.#inner.deleteMapping(everId, objectType);
  }
}
