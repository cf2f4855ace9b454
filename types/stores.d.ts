import type { MappedObjectType, Mapping, MappingInput, MappingStore } from './mapping-store.js';
import type { memoryMappingStore, postgresMappingStore } from './values.js';

/**
 * A {@link MappingStore} of this package. Every method rejects with `TwentyCrmApiError`: `VALIDATION_ERROR` for an
 * argument that is not valid, before any query (`details.field` names it), and `OPERATION_FAILED` with `details.reason`
 * `STORE` if the store failed; `isRetryable` says whether it makes sense to try again later.
 */
export interface ClosableMappingStore extends MappingStore {
  /** The mapping of the caller's id; null if there is none. */
  findByEverId(everId: string, objectType: MappedObjectType): Promise<Mapping | null>;
  /** The mapping of the record's id, the latest one if there are several; null if there is none. */
  findByCrmId(crmId: string, objectType: MappedObjectType): Promise<Mapping | null>;
  /** The mappings of many of the caller's ids, in any order; missing ones are left out. */
  findManyByEverIds(everIds: string[], objectType: MappedObjectType): Promise<Mapping[]>;
  /** Creates or replaces one mapping. */
  upsertMapping(mapping: MappingInput): Promise<void>;
  /** Creates or replaces several mappings; if a key occurs twice, the later one wins. */
  upsertManyMappings(mappings: MappingInput[]): Promise<void>;
  /** Deletes one mapping; false if there was none. */
  deleteMapping(everId: string, objectType: MappedObjectType): Promise<boolean>;
  /** Closes the store after all pending calls; later calls reject. Closing twice is allowed. */
  close(): Promise<void>;
}

/** Options of {@link memoryMappingStore}. */
export interface MemoryMappingStoreOptions {
  /**
   * Maximum number of mappings, default 100000; the least recently used are dropped first. One takes about 850 bytes.
   */
  capacity?: number;
}

/** The part of a pool (or client) of the package `pg` that is used. Compatible drivers have it as well. */
export interface PostgresPool {
  /** Runs one statement with its parameters. */
  query(
    text: string,
    // biome-ignore lint/suspicious/noExplicitAny: a parameter is whatever the driver takes
    values?: any[],
  ): PromiseLike<{
    /** The rows of the statement, as objects. */
    // biome-ignore lint/suspicious/noExplicitAny: rows are whatever the statement selects
    rows: any[];
  }>;
}

/** Options of {@link postgresMappingStore}. */
export interface PostgresMappingStoreOptions {
  /** Name of the table, default `integration_mappings`. */
  table?: string;
  /** Schema of the table; default is the connection's search path. */
  schema?: string;
  /** The template's tenant, if the table has tenants: only its rows are read and written. */
  tenantId?: string;
}

/** A {@link ClosableMappingStore} in PostgreSQL. */
export interface PostgresMappingStore extends ClosableMappingStore {
  /** Creates the table if it is missing, as the template's migrations would. Safe if several processes do it. */
  ensureTable(): Promise<void>;
  /** Closes the store. The pool stays open: it belongs to the caller. */
  close(): Promise<void>;
}
