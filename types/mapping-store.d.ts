/** A value, or the promise of one. */
type MaybePromise<T> = T | PromiseLike<T>;

/** Which of Twenty's objects a mapping is about. */
export type MappedObjectType = 'person' | 'company';

/** A remembered pair of ids, as a store returns it. */
export interface Mapping {
  /** The caller's own id; of a service with a `namespace`, after that and a colon. */
  everId: string;
  /** The record's id in Twenty, a UUID. */
  crmId: string;
  /** `person` or `company`. */
  objectType: string;
  /** Hash of what was written last, and after an `@` the row's `updatedAt` in milliseconds. */
  versionHash?: string | null;
  /** When it was written last; a number is milliseconds since 1970. */
  lastSyncedAt?: Date | string | number | null;
}

/** A pair of ids to remember. */
export interface MappingInput {
  /** The caller's own id; of a service with a `namespace`, after that and a colon. */
  everId: string;
  /** The record's id in Twenty, a UUID. */
  crmId: string;
  /** What the record is. */
  objectType: MappedObjectType;
  /** What was written, for the store to hash. */
  dataForHash?: Record<string, unknown>;
  /**
   * Hash of what was written, where the caller has one; a store that takes it need not make one. At most 64 characters,
   * of the form `<hash>@<milliseconds>`; without a hash the record is to be written again.
   */
  versionHash?: string;
}

/**
 * Where pairs of ids outlive the process. Any object with these methods will do; each may answer at once or with a
 * promise. A store that throws or rejects never fails an upsert: the work goes on without it, with a warning.
 */
export interface MappingStore {
  /** The mapping of the caller's id; null or undefined where there is none. */
  findByEverId(
    everId: string,
    objectType: MappedObjectType,
  ): MaybePromise<Mapping | null | undefined>;
  /** The mapping of the record's id; null or undefined where there is none. */
  findByCrmId(
    crmId: string,
    objectType: MappedObjectType,
  ): MaybePromise<Mapping | null | undefined>;
  /** Creates or replaces one mapping. */
  upsertMapping(mapping: MappingInput): MaybePromise<unknown>;
  /** Creates or replaces several mappings. */
  upsertManyMappings(mappings: MappingInput[]): MaybePromise<unknown>;
  /** Forgets one mapping. */
  deleteMapping(everId: string, objectType: MappedObjectType): MaybePromise<unknown>;
  /** The mappings of many of the caller's ids in one go, in any order; absent ones are left out. */
  findManyByEverIds?(everIds: string[], objectType: MappedObjectType): MaybePromise<Mapping[]>;
}
