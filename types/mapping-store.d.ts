/** A value, or a promise of it. */
type MaybePromise<T> = T | PromiseLike<T>;

/** The kind of object that a mapping is for. */
export type MappedObjectType = 'person' | 'company';

/** A remembered pair of ids, as a store returns it. */
export interface Mapping {
  /** The caller's own id; with a `namespace`, prefixed by it and a colon. */
  everId: string;
  /** The record's id in Twenty, a UUID. */
  crmId: string;
  /** `person` or `company`. */
  objectType: string;
  /** Hash of what was last written, followed by `@` and the row's `updatedAt` in milliseconds. */
  versionHash?: string | null;
  /** Time of the last write; a number is milliseconds since 1970. */
  lastSyncedAt?: Date | string | number | null;
}

/** A pair of ids to remember. */
export interface MappingInput {
  /** The caller's own id; with a `namespace`, prefixed by it and a colon. */
  everId: string;
  /** The record's id in Twenty, a UUID. */
  crmId: string;
  /** The kind of the record. */
  objectType: MappedObjectType;
  /** The data that was written, for the store to hash. */
  dataForHash?: Record<string, unknown>;
  /**
   * Hash of what was written, if the caller has one; a store that keeps it need not compute one. At most 64 characters,
   * in the form `<hash>@<milliseconds>`. Without a hash, the record will be written again.
   */
  versionHash?: string;
}

/**
 * Keeps pairs of ids beyond the process. Any object with these methods works; each may return a value or a promise. If
 * a store throws or rejects, the upsert does not fail: it continues without the store, with a warning.
 */
export interface MappingStore {
  /** The mapping of the caller's id; null or undefined if there is none. */
  findByEverId(
    everId: string,
    objectType: MappedObjectType,
  ): MaybePromise<Mapping | null | undefined>;
  /** The mapping of the record's id; null or undefined if there is none. */
  findByCrmId(
    crmId: string,
    objectType: MappedObjectType,
  ): MaybePromise<Mapping | null | undefined>;
  /** Creates or replaces one mapping. */
  upsertMapping(mapping: MappingInput): MaybePromise<unknown>;
  /** Creates or replaces several mappings. */
  upsertManyMappings(mappings: MappingInput[]): MaybePromise<unknown>;
  /** Deletes one mapping. */
  deleteMapping(everId: string, objectType: MappedObjectType): MaybePromise<unknown>;
  /** The mappings of many of the caller's ids, in any order; missing ones are left out. */
  findManyByEverIds?(everIds: string[], objectType: MappedObjectType): MaybePromise<Mapping[]>;
}
