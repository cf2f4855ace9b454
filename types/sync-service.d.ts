import type { AbortSignalLike } from './abort-signal.js';
import type { CompanyInput, PersonInput } from './inputs.js';
import type { MappingStore } from './mapping-store.js';
import type { ObservabilityOptions } from './observability.js';
import type { PlatformEvent } from './platform-events.js';
import type { SyncWarningReason } from './reasons.js';
import type { TwentyCrmSyncMode } from './twenty-crm-config.types.js';
import type { UpsertOptions } from './twenty-crm-sync.types.js';
import type { createTwentyCrmSyncService } from './values.js';

/** A difference between what was given and what was written. The record did not fail. */
export interface SyncWarning {
  /** The input's field, for example `phone`. */
  field: string;
  /** The reason, for programs. */
  reason: SyncWarningReason;
  /** For people: what was left out or kept, and why. */
  message: string;
  /** External id of the record. */
  externalId: string;
  /** External id of the record that it collided with. */
  otherExternalId?: string;
  /** Twenty's id of the row that it collided with. */
  crmId?: string;
}

/** What to do if a record meets a row that is not its own. */
export interface CollisionOptions {
  /**
   * A row with this e-mail or domain has no external id. `link`: set its external id and fill only its blank fields;
   * `adopt`: write everything; `report`: fail the record.
   * @default 'link'
   */
  unclaimedMatch?: 'link' | 'adopt' | 'report';
  /**
   * A row with this e-mail or domain has another external id. `leave_out`: write the record without the value and warn;
   * `report`: fail the record; `take_over`: write to that row.
   * @default 'leave_out'
   */
  claimedMatch?: 'leave_out' | 'report' | 'take_over';
  /**
   * A row with this e-mail or domain is deleted, and is not ours. `leave_out`: write the record without the value and
   * warn; `report`: fail the record.
   * @default 'leave_out'
   */
  deletedMatch?: 'leave_out' | 'report';
  /**
   * The record's own row is deleted. `revive`: restore and write it; `skip`: leave it deleted; `report`: fail the
   * record.
   * @default 'revive'
   */
  ownDeleted?: 'revive' | 'skip' | 'report';
  /**
   * The record's own row was deleted permanently. `create`: create it again; `skip`: do nothing; `report`: fail the
   * record.
   * @default 'create'
   */
  ownGone?: 'create' | 'skip' | 'report';
}

/** API names of Twenty's fields, if a workspace uses other names: letters and digits, camelCase. */
export interface FieldNames {
  /**
   * Holds the caller's own id; a unique TEXT field.
   * @default 'externalId'
   */
  externalId?: string;
  /**
   * On people; holds `account_type`.
   * @default 'accountType'
   */
  accountType?: string;
  /**
   * On people; a list of candidates, of which the first that exists in the workspace is used.
   * @default ['plan', 'planCustom', 'subscriptionPlan']
   */
  plan?: string[];
  /**
   * On people; holds `total_submissions`.
   * @default 'totalSubmissions'
   */
  totalSubmissions?: string;
  /**
   * On people and on companies.
   * @default 'website'
   */
  website?: string;
  /**
   * On people.
   * @default 'city'
   */
  city?: string;
  /**
   * On companies.
   * @default 'status'
   */
  status?: string;
}

/**
 * Who owns a field of an existing record. `always`: the site's value is written. `if-empty`: it is written only while
 * the CRM's field is empty (costs a look-up for every update with such a field). `create-only`: it is written only when
 * the record is created. A new record always gets every field.
 */
export type FieldOwner = 'always' | 'if-empty' | 'create-only';

/** Owners by input field; other fields are `always`. */
export interface FieldOwnership {
  /** Fields of people. */
  person?: Partial<Record<Exclude<keyof PersonInput, 'external_id' | 'company_name'>, FieldOwner>>;
  /** Fields of companies. */
  company?: Partial<Record<Exclude<keyof CompanyInput, 'external_id'>, FieldOwner>>;
}

/** Options of {@link createTwentyCrmSyncService}. */
export interface SyncServiceOptions extends ObservabilityOptions {
  /**
   * Milliseconds for which a remembered id is used without asking the server again.
   * @default 300000
   */
  cacheTtlMs?: number;
  /**
   * Where changes go. `direct_crm`: to Twenty. `platform`: to {@link publish}, and nothing to Twenty. `disabled`:
   * nowhere; every call rejects with `OPERATION_FAILED`, `details.reason` `DISABLED`.
   * @default 'direct_crm'
   */
  mode?: TwentyCrmSyncMode;
  /**
   * Receives each change in `platform` mode, where it is required. It is called once per upsert or deletion, in call
   * order, with validated and normalised input. The call waits for it; if it throws or rejects, the call rejects with
   * the same error.
   */
  publish?: (event: PlatformEvent) => unknown;
  /**
   * Milliseconds for which bulk calls trust that the CRM still holds a record as it was last written.
   * @default 86400000
   */
  hashTtlMs?: number;
  /** Keeps pairs of ids beyond the process; none by default. */
  mappingStore?: MappingStore | null;
  /**
   * Country of national phone numbers, as ISO 3166-1 alpha-2 (`DE`). Without it, national numbers are left out with a
   * warning.
   */
  defaultCountry?: string;
  /** What to do if a record meets a row that is not its own. */
  collisions?: CollisionOptions;
  /** Which fields of existing records belong to the people who work in the CRM; none by default. */
  fieldOwnership?: FieldOwnership;
  /** Separates two sites in one workspace: it becomes part of every record's id and external id. */
  namespace?: string;
  /** API names of Twenty's fields, if a workspace uses other names. */
  fieldNames?: FieldNames;
  /**
   * For an e-mail address that is not valid, or that Twenty refuses: `refuse` fails the record with `VALIDATION_ERROR`,
   * `leave_out` writes it without the address and warns.
   * @default 'refuse'
   */
  invalidEmail?: 'refuse' | 'leave_out';
  /**
   * For a person without an e-mail address: `refuse` fails the record with `VALIDATION_ERROR`, `allow` writes it. With
   * `allow`, absent, blank and `null` create a row without an address; in an existing row `null` clears the address,
   * while absent and blank keep it.
   * @default 'refuse'
   */
  missingEmail?: 'refuse' | 'allow';
  /**
   * How a person's company is identified. `external_id`: by `company_external_id` only. `email_domain`: for a person
   * without `company_external_id`, by the registered domain of the e-mail address (`acme.example` of
   * `jane@eu.acme.example`), which becomes the company's external id and its domain. Shared mail providers are never
   * used.
   * @default 'external_id'
   */
  companyKey?: 'external_id' | 'email_domain';
  /**
   * Whether concurrent calls may share requests. An upsert that finds the workspace idle is sent at once, alone.
   * Upserts that arrive while two are in flight, or while the rate limit makes calls wait, are sent together as one
   * group: one look-up and at most two writes for up to 200 records. Their options may differ. Finds and deletions
   * share their look-ups in the same way. `false` sends each one alone.
   * @default true
   */
  batching?: boolean;
  /**
   * Called for every warning, before the upsert's promise settles. If it throws or rejects, there is one process
   * warning.
   */
  onWarning?: (warning: SyncWarning) => void;
}

/** {@link UpsertOptions}, and a signal. */
export interface UpsertCallOptions extends UpsertOptions {
  /**
   * Send nothing if the record is the same as last written. The result then has `created: false, updated: false`, and
   * its data is what was last written.
   * @default false
   */
  skipUnchanged?: boolean;
  /**
   * With `skipUnchanged`: send anyway.
   * @default false
   */
  force?: boolean;
  /**
   * Aborting ends any wait, and rejects with the signal's reason. A record that still waits for its group is not sent.
   * A request in flight is cancelled, unless other upserts share it: then it goes on, and may still write this record.
   */
  signal?: AbortSignalLike;
}

/** A summary of the remembered ids. */
export interface CacheStats {
  /** Number of ids. */
  size: number;
  /** One for each id. */
  entries: {
    /** `person:` or `company:` and the external id. */
    key: string;
    /** Milliseconds since it was remembered. */
    age: number;
  }[];
}
