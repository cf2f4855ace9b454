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
  /** The caller's own id: what the record is found by again. */
  external_id: string;
  /** Name of the company. */
  name: string;
  /** For example `example.com`; scheme and `www.` do not matter. No two companies of a workspace have the same. */
  domain_name?: string | null;
  /** The company's site, kept beside the domain. */
  website?: string | null;
  /** For example `active` or `inactive`. */
  status?: string | null;
}

/**
 * A person to create or update. A key that is absent or undefined leaves what the CRM has; `null` clears it.
 */
export interface UpsertPersonInput {
  /** The caller's own id: what the record is found by again. */
  external_id: string;
  /** Full name; it is split into first and last name. */
  name: string;
  /** The primary e-mail address. */
  email: string;
  /** International (`+49 30 …`), or national where a default country is configured. */
  phone?: string | null;
  /** What the person does. */
  job_title?: string | null;
  /** Name of the person's company; used only where that company has to be created. */
  company_name?: string | null;
  /** The person's own site, not the company's. */
  website?: string | null;
  /** Where the person lives. */
  city?: string | null;
  /** For example `individual`, `business` or `enterprise`. */
  account_type?: string | null;
  /** For example `free`, `standard` or `premium`. */
  plan?: string | null;
  /** How many submissions the person has made; a whole number. */
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
  /** Tells which it is. */
  type: 'person';
}

/** A remembered company. */
export interface CompanyCacheEntry extends CacheEntry {
  /** Tells which it is. */
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
