import type { MappedObjectType, Mapping, MappingInput, MappingStore } from '../../index.js';

type WireMapping = Omit<Mapping, 'lastSyncedAt'> & { lastSyncedAt: number | null };

/** Parallel calls to a store that has no bulk methods. */
const FAN_OUT = 16;

const ports: WeakMap<object, MappingStorePort> = new WeakMap();

/** Each store has one port, so that the core recognises it. */
function portOf(store: MappingStore): MappingStorePort {
  let port = ports.get(store);
  if (port === undefined) {
    port = new MappingStorePort(store);
    ports.set(store, port);
  }
  return port;
}

/** Uses one call per chunk if the store has a bulk method, otherwise a bounded number of parallel calls. */
class MappingStorePort {
  #store;

  constructor(store: MappingStore) {
    this.#store = store;
  }

  async findByEverId(everId: string, objectType: MappedObjectType) {
    const found = await this.#store.findByEverId(everId, objectType);
    return toWire('findByEverId', found, objectType);
  }

  async findByCrmId(crmId: string, objectType: MappedObjectType) {
    // Without this method, nothing is known.
    if (!this.#has('findByCrmId')) return null;
    const found = await this.#store.findByCrmId(crmId, objectType);
    return toWire('findByCrmId', found, objectType);
  }

  async findManyByEverIds(everIds: string[], objectType: MappedObjectType) {
    if (this.#has('findManyByEverIds')) {
      const found: unknown = await this.#store.findManyByEverIds?.(everIds, objectType);
      if (!Array.isArray(found)) throw new TypeError('findManyByEverIds returned no array');
      return present(found.map((item) => toWire('findManyByEverIds', item, objectType)));
    }
    return present(
      await fanOut(everIds, (everId: string) => this.findByEverId(everId, objectType)),
    );
  }

  async upsertMapping(mapping: MappingInput) {
    await this.#store.upsertMapping(mapping);
  }

  async upsertManyMappings(mappings: MappingInput[]) {
    if (mappings.length > 1 && this.#has('upsertManyMappings')) {
      await this.#store.upsertManyMappings(mappings);
    } else {
      await fanOut(mappings, (mapping: MappingInput) => this.upsertMapping(mapping));
    }
  }

  async deleteMapping(everId: string, objectType: MappedObjectType) {
    await this.#store.deleteMapping(everId, objectType);
  }

  #has(method: keyof MappingStore) {
    return typeof this.#store[method] === 'function';
  }
}

function present<T>(items: (T | null)[]) {
  return items.filter((item) => item !== null);
}

/** @returns in the order of the items */
async function fanOut<T, R>(items: T[], work: (item: T) => Promise<R>): Promise<R[]> {
  const results: R[] = new Array(items.length);
  const next = items.entries();
  const workers = Array.from({ length: Math.min(FAN_OUT, items.length) }, async () => {
    for (const [at, item] of next) results[at] = await work(item);
  });
  await Promise.all(workers);
  return results;
}

function toWire(method: string, found: unknown, asked: MappedObjectType): WireMapping | null {
  if (found === null || found === undefined) return null;
  const { everId, crmId, objectType, versionHash, lastSyncedAt } = found as Partial<Mapping>;
  if (typeof everId !== 'string' || typeof crmId !== 'string') {
    throw new TypeError(
      `${method} returned something that is not a mapping: everId and crmId must be strings`,
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

function toMillis(time: unknown) {
  if (time === null || time === undefined) return null;
  const millis = typeof time === 'number' ? time : new Date(time as string | Date).getTime();
  return Number.isFinite(millis) ? millis : null;
}

export { portOf };
