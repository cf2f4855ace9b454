/** What became of one upsert. */
export interface UpsertResult<T> {
  /** The record's id in Twenty, a UUID. */
  id: string;
  /** The caller's own id, as it was given. */
  externalId: string;
  /** True exactly when the server inserted the record in this call. */
  created: boolean;
  /** True when the record was written, by creating or by updating it. */
  updated: boolean;
  /** The flat entity, made from the record that the server returned. */
  data: T;
}

/**
 * A company to create or update. A key that is absent or undefined leaves what the CRM has; `null` clears it.
 */
export interface UpsertCompanyInput {
  external_id: string;
  name: string;
  domain_name?: string | null;
  website?: string | null;
  status?: string | null;
}

/**
 * A person to create or update. A key that is absent or undefined leaves what the CRM has; `null` clears it.
 */
export interface UpsertPersonInput {
  external_id: string;
  name: string;
  email: string;
  phone?: string | null;
  job_title?: string | null;
  company_name?: string | null;
  website?: string | null;
  city?: string | null;
  account_type?: string | null;
  plan?: string | null;
  total_submissions?: number | null;
  /** External id of the person's company, which is created first when it is missing and `company_name` is there. */
  company_external_id?: string | null;
}

/** A remembered pair of ids. */
export interface CacheEntry {
  /** The record's id in Twenty, a UUID. */
  crmId: string;
  /** The caller's own id. */
  externalId: string;
  /** When it was remembered, in milliseconds since 1970. */
  cachedAt: number;
}

/** A remembered person. */
export interface PersonCacheEntry extends CacheEntry {
  type: 'person';
}

/** A remembered company. */
export interface CompanyCacheEntry extends CacheEntry {
  type: 'company';
}

/** Anything that is remembered; `type` tells which. */
export type AnyCacheEntry = PersonCacheEntry | CompanyCacheEntry;

/** How one upsert behaves. */
export interface UpsertOptions {
  /**
   * Whether remembered ids may be used; `false` asks the server anew and goes past the mapping store too.
   * @default true
   */
  useCache?: boolean;
  /**
   * How often a write that lost a race against another writer is decided again.
   * @default 3
   */
  maxConflictRetries?: number;
  /**
   * Wait before deciding again, in milliseconds.
   * @default 100
   */
  conflictRetryDelay?: number;
}
