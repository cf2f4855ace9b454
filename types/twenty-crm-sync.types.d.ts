/** The result of one upsert. */
export interface UpsertResult<T> {
  /** The record's id in Twenty, a UUID. */
  id: string;
  /** The caller's own id, as given. */
  externalId: string;
  /** True exactly if the server inserted the record in this call. */
  created: boolean;
  /** True if the record was written: created or updated. */
  updated: boolean;
  /** The flat entity, made from the record that the server returned. */
  data: T;
}

/** A company to create or update. A key that is absent or undefined keeps the CRM's value; `null` clears it. */
export interface UpsertCompanyInput {
  /** The caller's own id, which identifies the record. */
  external_id: string;
  /** Name of the company. */
  name: string;
  /** For example `example.com`; scheme and `www.` are ignored. Unique in a workspace. */
  domain_name?: string | null;
  /** The company's website, in addition to the domain. */
  website?: string | null;
  /** For example `active` or `inactive`. */
  status?: string | null;
}

/** A person to create or update. A key that is absent or undefined keeps the CRM's value; `null` clears it. */
export interface UpsertPersonInput {
  /** The caller's own id, which identifies the record. */
  external_id: string;
  /** Full name; it is split into first and last name. */
  name: string;
  /** The primary e-mail address. */
  email: string;
  /** International (`+49 30 …`), or national if a default country is configured. */
  phone?: string | null;
  /** The person's job title. */
  job_title?: string | null;
  /** Name of the person's company; used only if that company has to be created. */
  company_name?: string | null;
  /** The person's own site, not the company's. */
  website?: string | null;
  /** The city where the person lives. */
  city?: string | null;
  /** For example `individual`, `business` or `enterprise`. */
  account_type?: string | null;
  /** For example `free`, `standard` or `premium`. */
  plan?: string | null;
  /** The number of submissions that the person has made; a whole number. */
  total_submissions?: number | null;
  /**
   * External id of the person's company. If the company is missing and `company_name` is given, the company is created
   * first.
   */
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

/** Any remembered pair of ids; `type` tells which. */
export type AnyCacheEntry = PersonCacheEntry | CompanyCacheEntry;

/** Options of one upsert. */
export interface UpsertOptions {
  /**
   * Whether remembered ids may be used; `false` asks the server again and bypasses the mapping store, too.
   * @default true
   */
  useCache?: boolean;
  /**
   * How often a write is decided again after it lost a race against another writer.
   * @default 3
   */
  maxConflictRetries?: number;
  /**
   * Wait before deciding again, in milliseconds.
   * @default 100
   */
  conflictRetryDelay?: number;
}
