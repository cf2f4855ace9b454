import type { AbortSignalLike } from './abort-signal.js';
import type { TwentyCompany, TwentyPerson } from './twenty-crm-entities.types.js';

/** A person as the CRM has it, and its id there. */
export interface FoundPerson extends TwentyPerson {
  /** The record's id in Twenty, a UUID. */
  id: string;
  /** The name in its two parts, as `upsertPerson` takes it, too; `name` is both of them in one text. */
  nameParts: {
    /** Given names, or an empty text. */
    firstName: string;
    /** Family name, or an empty text. */
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
   * Whether a remembered id is asked for, too, which it is when this is not given; `false` goes by the external id, and
   * the id computed from it, alone.
   */
  useCache?: boolean;
  /** Aborting closes the socket, ends any wait, and rejects with the signal's own reason. */
  signal?: AbortSignalLike;
}

/** Options of `deletePerson` and `deleteCompany`. */
export interface DeleteOptions {
  /**
   * `soft`, also when it is not given: it can be restored, in Twenty or by the next upsert. `destroy`: it is gone for
   * good, a soft-deleted record too, and what is remembered of it is forgotten.
   */
  mode?: 'soft' | 'destroy';
  /**
   * Aborting closes the socket, ends any wait, and rejects with the signal's own reason; what was deleted by then stays
   * deleted.
   */
  signal?: AbortSignalLike;
}

/** What became of a deletion. */
export interface DeleteResult {
  /** The caller's own id. */
  externalId: string;
  /** Whether this call deleted something. */
  deleted: boolean;
  /** What was asked for. */
  mode: 'soft' | 'destroy';
  /**
   * Twenty's ids of the rows that were deleted, or found deleted. More than one only where several rows carry the
   * external id, which takes a field that is not unique.
   */
  ids: string[];
  /**
   * Why nothing was deleted: there is no such record, it is soft-deleted already, or it is left to whoever applies the
   * event that was published in `platform` mode.
   */
  reason?: 'not_found' | 'already_deleted' | 'published';
}
