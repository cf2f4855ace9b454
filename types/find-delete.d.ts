import type { AbortSignalLike } from './abort-signal.js';
import type { TwentyCompany, TwentyPerson } from './twenty-crm-entities.types.js';

/** A person as the CRM has it, and its id there. */
export interface FoundPerson extends TwentyPerson {
  /** The record's id in Twenty, a UUID. */
  id: string;
  /** The name in two parts, which `upsertPerson` accepts too; `name` joins them. */
  nameParts: {
    /** Given names, or an empty string. */
    firstName: string;
    /** Family name, or an empty string. */
    lastName: string;
  };
}

/** A company as the CRM has it, and its id there. */
export interface FoundCompany extends TwentyCompany {
  /** The record's id in Twenty, a UUID. */
  id: string;
}

/** Options of `findPerson` and `findCompany`. */
export interface FindOptions {
  /**
   * Whether a remembered id may be used; default true. With `false` only the external id, and the id computed from it,
   * are looked up.
   */
  useCache?: boolean;
  /**
   * Aborting ends any wait, and rejects with the signal's reason. A request in flight is cancelled, unless other calls
   * share it.
   */
  signal?: AbortSignalLike;
}

/** Options of `deletePerson` and `deleteCompany`. */
export interface DeleteOptions {
  /**
   * `soft` (default): can be restored, in Twenty or by the next upsert. `destroy`: deletes permanently, also a
   * soft-deleted record, and forgets what is remembered of it.
   */
  mode?: 'soft' | 'destroy';
  /**
   * Aborting ends any wait, and rejects with the signal's reason. A request in flight is cancelled, unless other calls
   * share it. Rows that are already deleted stay deleted.
   */
  signal?: AbortSignalLike;
}

/** The result of a deletion. */
export interface DeleteResult {
  /** The caller's own id. */
  externalId: string;
  /** Whether this call deleted something. */
  deleted: boolean;
  /** The mode that was requested. */
  mode: 'soft' | 'destroy';
  /**
   * Twenty's ids of the rows that were deleted now or before. There is more than one only if several rows have the
   * external id, which requires that the field is not unique.
   */
  ids: string[];
  /**
   * Why nothing was deleted: there is no such record, it is already soft-deleted, or (in `platform` mode) the deletion
   * was published for its consumer to apply.
   */
  reason?: 'not_found' | 'already_deleted' | 'published';
}
