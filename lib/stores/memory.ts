import type {
  ClosableMappingStore,
  MappedObjectType,
  Mapping,
  MappingInput,
  MemoryMappingStoreOptions,
} from '../../index.js';
import { optionSchema } from '../option-schema.js';
import { readOptions, requireKnown } from '../options.js';
import { invalid } from '../serialise.js';
import * as check from './check.js';
import { hashOf } from './version-hash.js';

const OPTIONS = optionSchema<MemoryMappingStoreOptions>({ capacity: 'here' });

const DEFAULT_CAPACITY = 100_000;

/**
 * Mappings in the memory of this process, lost when it ends. Sync services remember ids anyway; this is for tests, and
 * for services that must not share anything else.
 * @throws {TwentyCrmApiError} `VALIDATION_ERROR` if an option is not valid.
 */
function memoryMappingStore(options?: MemoryMappingStoreOptions): ClosableMappingStore {
  requireKnown('memoryMappingStore', options, OPTIONS.known);
  const given = readOptions('options', options ?? undefined, OPTIONS.names);
  const capacity = (given.capacity ?? DEFAULT_CAPACITY) as number;
  if (!Number.isSafeInteger(capacity) || capacity < 1) {
    throw invalid('capacity', 'capacity must be a whole number, 1 or more');
  }
  return new MemoryMappingStore(capacity);
}

type Kept = Mapping & { lastSyncedAt: Date };

/** A Map keeps insertion order: its first entry is the least recently used. */
class MemoryMappingStore implements ClosableMappingStore {
  #capacity;
  #byEverId: Map<string, Kept> = new Map();
  /** Keys of the mappings of a CRM id. */
  #byCrmId: Map<string, Set<string>> = new Map();
  #now = check.createClock();
  #isClosed = false;

  constructor(capacity: number) {
    this.#capacity = capacity;
  }

  async findByEverId(everId: string, objectType: MappedObjectType) {
    return this.#find(check.keyOf(check.objectType(objectType), check.text('everId', everId)));
  }

  async findByCrmId(crmId: string, objectType: MappedObjectType) {
    this.#requireOpen();
    const keys = this.#byCrmId.get(
      check.keyOf(check.objectType(objectType), check.text('crmId', crmId)),
    );
    if (keys === undefined) return null;
    const found = [...keys].map((key) => this.#byEverId.get(key) as Kept);
    found.sort((a, b) => b.lastSyncedAt.getTime() - a.lastSyncedAt.getTime());
    return copy(found[0]);
  }

  async findManyByEverIds(everIds: string[], objectType: MappedObjectType) {
    const type = check.objectType(objectType);
    const found = check.everIds(everIds).map((everId) => this.#find(check.keyOf(type, everId)));
    return found.filter((mapping) => mapping !== null);
  }

  async upsertMapping(mapping: MappingInput) {
    await this.upsertManyMappings([mapping]);
  }

  async upsertManyMappings(mappings: MappingInput[]) {
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

  async deleteMapping(everId: string, objectType: MappedObjectType) {
    this.#requireOpen();
    return this.#remove(check.keyOf(check.objectType(objectType), check.text('everId', everId)));
  }

  async close() {
    this.#isClosed = true;
    this.#byEverId.clear();
    this.#byCrmId.clear();
  }

  #requireOpen() {
    if (this.#isClosed) throw check.storeError('the store is closed: create a new one');
  }

  #find(key: string) {
    this.#requireOpen();
    const found = this.#byEverId.get(key);
    if (found === undefined) return null;
    this.#byEverId.delete(key);
    this.#byEverId.set(key, found);
    return copy(found);
  }

  #put(mapping: Kept) {
    const key = check.keyOf(mapping.objectType, mapping.everId);
    this.#remove(key);
    this.#byEverId.set(key, mapping);
    const back = check.keyOf(mapping.objectType, mapping.crmId);
    const keys = this.#byCrmId.get(back);
    if (keys === undefined) this.#byCrmId.set(back, new Set([key]));
    else keys.add(key);
    if (this.#byEverId.size > this.#capacity) {
      this.#remove(this.#byEverId.keys().next().value as string);
    }
  }

  #remove(key: string) {
    const found = this.#byEverId.get(key);
    if (found === undefined) return false;
    this.#byEverId.delete(key);
    const back = check.keyOf(found.objectType, found.crmId);
    const keys = this.#byCrmId.get(back) as Set<string>;
    keys.delete(key);
    if (keys.size === 0) this.#byCrmId.delete(back);
    return true;
  }
}

function copy(mapping: Kept): Kept {
  return { ...mapping, lastSyncedAt: new Date(mapping.lastSyncedAt) };
}

export { memoryMappingStore };
