import type { MappedObjectType, Mapping, MappingInput, MappingStore } from './mapping-store.js';

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

/**
 * Mappings in this process's memory, gone with it. Sync services remember ids by themselves; this is for tests, and
 * for services that are to share nothing else.
 * @throws {TwentyCrmApiError} `VALIDATION_ERROR` when an option is no good.
 */
export declare function memoryMappingStore(
  options?: MemoryMappingStoreOptions,
): ClosableMappingStore;

/**
 * Mappings in an SQLite file: one file per workspace, shared by any number of stores and processes of one machine. The
 * file is made where it is missing, readable by its owner only; its directory must exist, and must not be on a network
 * drive. Once a write is reported as done it survives the death of the process (a power failure may take the last ones
 * with it, never the file). Another process that holds the lock is waited for, for 4 seconds. The file belongs to this
 * package; a config store may share it.
 *
 * Sync services use it natively: their look-ups and writes never pass through JavaScript.
 * @param path Path of the file, or `:memory:`.
 * @throws {TwentyCrmApiError} `VALIDATION_ERROR` when the path is no good, for example where its directory is missing.
 */
export declare function sqliteMappingStore(path: string): ClosableMappingStore;

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

/**
 * Mappings in PostgreSQL, on the caller's own pool and in the template's table `integration_mappings`, whichever
 * version of the template made it. Safe for any number of instances; many mappings are read and written by one
 * statement per 1000. A CRM id that the table allows once only goes to whoever writes it last.
 * @throws {TwentyCrmApiError} `VALIDATION_ERROR` when an argument is no good.
 */
export declare function postgresMappingStore(
  pool: PostgresPool,
  options?: PostgresMappingStoreOptions,
): PostgresMappingStore;
