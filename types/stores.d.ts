import type { MappedObjectType, Mapping, MappingInput, MappingStore } from './mapping-store.js';
import type { memoryMappingStore, postgresMappingStore } from './values.js';

/**
 * A {@link MappingStore} of this package. Every method rejects with `TwentyCrmApiError`: `VALIDATION_ERROR` for an
 * argument that is no good, before anything is asked (`details.field` names it), and `OPERATION_FAILED` with
 * `details.reason` `STORE` for what the store could not do; `isRetryable` says whether trying later makes sense.
 */
export interface ClosableMappingStore extends MappingStore {
  /** The mapping of the caller's id; null where there is none. */
  findByEverId(everId: string, objectType: MappedObjectType): Promise<Mapping | null>;
  /** The mapping of the record's id, the one written last where there are several; null where there is none. */
  findByCrmId(crmId: string, objectType: MappedObjectType): Promise<Mapping | null>;
  /** The mappings of many of the caller's ids, in any order; absent ones are left out. */
  findManyByEverIds(everIds: string[], objectType: MappedObjectType): Promise<Mapping[]>;
  /** Creates or replaces one mapping. */
  upsertMapping(mapping: MappingInput): Promise<void>;
  /** Creates or replaces several mappings; of one key twice, the later counts. */
  upsertManyMappings(mappings: MappingInput[]): Promise<void>;
  /** Forgets one mapping; false where there was none. */
  deleteMapping(everId: string, objectType: MappedObjectType): Promise<boolean>;
  /** Ends the use of the store once everything asked so far is done; later calls reject. Closing twice is no error. */
  close(): Promise<void>;
}

/** Options of {@link memoryMappingStore}. */
export interface MemoryMappingStoreOptions {
  /** How many mappings are kept, 100000 when not given; the least recently used go first. One takes about 850 bytes. */
  capacity?: number;
}

/** What is used of a pool (or a client) of the package `pg`, and what drivers that take its place have as well. */
export interface PostgresPool {
  /** Runs one statement with its parameters. */
  query(
    text: string,
    // biome-ignore lint/suspicious/noExplicitAny: a parameter is whatever the driver takes
    values?: any[],
  ): PromiseLike<{
    /** The rows that the statement gave, as objects. */
    // biome-ignore lint/suspicious/noExplicitAny: rows are whatever the statement selects
    rows: any[];
  }>;
}

/** Options of {@link postgresMappingStore}. */
export interface PostgresMappingStoreOptions {
  /** Name of the table, `integration_mappings` when not given. */
  table?: string;
  /** Schema of the table; the connection's search path when not given. */
  schema?: string;
  /** The template's tenant, where the table keeps tenants apart: only its rows are seen and written. */
  tenantId?: string;
}

/** A {@link ClosableMappingStore} in PostgreSQL. */
export interface PostgresMappingStore extends ClosableMappingStore {
  /** Makes the table where it is missing, as the template's migrations would. Safe when several processes do it. */
  ensureTable(): Promise<void>;
  /** Ends the use of the store; the pool stays open, it is the caller's. */
  close(): Promise<void>;
}
