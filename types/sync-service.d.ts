import type { AbortSignalLike } from './abort-signal.js';
import type { CompanyInput, PersonInput } from './inputs.js';
import type { MappingStore } from './mapping-store.js';
import type { ObservabilityOptions } from './observability.js';
import type { PlatformEvent } from './platform-events.js';
import type { SyncWarningReason } from './reasons.js';
import type { TwentyCrmSyncMode } from './twenty-crm-config.types.js';
import type { UpsertOptions } from './twenty-crm-sync.types.js';
import type { createTwentyCrmSyncService } from './values.js';

/** Something that was done otherwise than asked, without failing the record. */
export interface SyncWarning {
  /** The input's field, for example `phone`. */
  field: string;
  /** Why, for programs. */
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

/** What happens where a record meets a row that is not its own. */
export interface CollisionOptions {
  /**
   * The row with this e-mail or domain has no external id. `link`: set its external id and fill only its blank
   * fields; `adopt`: write everything; `report`: fail the record.
   * @default 'link'
   */
  unclaimedMatch?: 'link' | 'adopt' | 'report';
  /**
   * The row with this e-mail or domain carries another external id. `leave_out`: write the record without the value
   * and warn; `report`: fail the record; `take_over`: write to that row.
   * @default 'leave_out'
   */
  claimedMatch?: 'leave_out' | 'report' | 'take_over';
  /**
   * The row with this e-mail or domain is deleted and not ours. `leave_out`: write the record without the value and
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
   * The record's own row is gone for good. `create`: make it anew; `skip`: leave it; `report`: fail the record.
   * @default 'create'
   */
  ownGone?: 'create' | 'skip' | 'report';
}

/** API names of Twenty's fields where a workspace has them under other names: letters and digits, camelCase. */
export interface FieldNames {
  /**
   * Holds the caller's own id; a unique TEXT field.
   * @default 'externalId'
   */
  externalId?: string;
  /**
   * Of people; takes `account_type`.
   * @default 'accountType'
   */
  accountType?: string;
  /**
   * Of people, candidates; the first that the workspace has is used.
   * @default ['plan', 'planCustom', 'subscriptionPlan']
   */
  plan?: string[];
  /**
   * Of people; takes `total_submissions`.
   * @default 'totalSubmissions'
   */
  totalSubmissions?: string;
  /**
   * Of people and of companies.
   * @default 'website'
   */
  website?: string;
  /**
   * Of people.
   * @default 'city'
   */
  city?: string;
  /**
   * Of companies.
   * @default 'status'
   */
  status?: string;
}

/**
 * Who owns a field of a record that exists. `always`: the site's value is written; `if-empty`: only while the CRM has
 * none (costs a look-up for every update that carries such a field); `create-only`: never again after the record was
 * created. A new record gets every field.
 */
export type FieldOwner = 'always' | 'if-empty' | 'create-only';

/** Owners by input field; a field that is not named is `always` the site's. */
export interface FieldOwnership {
  /** Of people. */
  person?: Partial<Record<Exclude<keyof PersonInput, 'external_id' | 'company_name'>, FieldOwner>>;
  /** Of companies. */
  company?: Partial<Record<Exclude<keyof CompanyInput, 'external_id'>, FieldOwner>>;
}

/** Options of {@link createTwentyCrmSyncService}. */
export interface SyncServiceOptions extends ObservabilityOptions {
  /**
   * Milliseconds for which an id that was found may be used without asking again.
   * @default 300000
   */
  cacheTtlMs?: number;
  /**
   * Where changes go. `direct_crm`: to Twenty. `platform`: to {@link publish}, and nothing to Twenty. `disabled`:
   * nowhere, every call rejects with `OPERATION_FAILED`, `details.reason` `DISABLED`.
   * @default 'direct_crm'
   */
  mode?: TwentyCrmSyncMode;
  /**
   * Takes each change in `platform` mode, which cannot do without it. It is called once per upsert or deletion, in the
   * order of the calls, with input that is checked and normalised. The call waits for it; what it throws or rejects
   * with is what the call rejects with.
   */
  publish?: (event: PlatformEvent) => unknown;
  /**
   * Milliseconds for which bulk calls believe that a record is in the CRM as it was written last.
   * @default 86400000
   */
  hashTtlMs?: number;
  /** Where pairs of ids outlive the process; nowhere when it is not given. */
  mappingStore?: MappingStore | null;
  /** Country of national phone numbers, as ISO 3166-1 alpha-2 (`DE`); without it they are left out with a warning. */
  defaultCountry?: string;
  /** What happens where a record meets a row that is not its own. */
  collisions?: CollisionOptions;
  /** Which fields of existing records the people who work in the CRM own; none when it is not given. */
  fieldOwnership?: FieldOwnership;
  /** Keeps two sites in one workspace apart: it goes into every record's id and external id. */
  namespace?: string;
  /** Names of Twenty's fields where a workspace has them under other names. */
  fieldNames?: FieldNames;
  /**
   * An e-mail address that is none, or that Twenty refuses: `refuse` fails the record with `VALIDATION_ERROR`,
   * `leave_out` writes it without and warns.
   * @default 'refuse'
   */
  invalidEmail?: 'refuse' | 'leave_out';
  /**
   * A person without an e-mail address: `refuse` fails the record with `VALIDATION_ERROR`, `allow` writes it. Then absent,
   * blank and `null` mean that a new row gets none; in one that is there `null` clears the address, absent and blank keep
   * it.
   * @default 'refuse'
   */
  missingEmail?: 'refuse' | 'allow';
  /**
   * What a person's company is known by. `external_id`: `company_external_id`, and nothing else. `email_domain`: for a
   * person without `company_external_id`, the domain of the e-mail address, as registered (`acme.example` of
   * `jane@eu.acme.example`), which is then the company's external id and its domain; never a host that many share.
   * @default 'external_id'
   */
  companyKey?: 'external_id' | 'email_domain';
  /**
   * Whether upserts that are under way at once may share requests. An upsert that finds the workspace idle leaves at
   * once, alone. Those that come while two are in flight, or while the rate limit makes calls wait, leave together with
   * the next departure: one look-up and at most two writes for up to 200 records. `false` sends each one alone.
   * @default true
   */
  batching?: boolean;
  /**
   * Called for every warning, before the upsert's promise settles. What it throws or rejects with becomes a process
   * warning, once.
   */
  onWarning?: (warning: SyncWarning) => void;
}

/** {@link UpsertOptions}, and a signal. */
export interface UpsertCallOptions extends UpsertOptions {
  /**
   * Send nothing when the record was last written as it would be written now; the result then says `created: false,
   * updated: false`, and its data is what was written last.
   * @default false
   */
  skipUnchanged?: boolean;
  /**
   * With `skipUnchanged`: send in any case.
   * @default false
   */
  force?: boolean;
  /**
   * Aborting ends any wait, and rejects with the signal's own reason. A record that waits for a departure is then not
   * sent. A request that is in flight is given up, unless other upserts share it: then it goes on, and may still write
   * this record.
   */
  signal?: AbortSignalLike;
}

/** What is remembered, in short. */
export interface CacheStats {
  /** How many ids. */
  size: number;
  /** One for each id. */
  entries: {
    /** `person:` or `company:` and the external id. */
    key: string;
    /** Milliseconds since it was remembered. */
    age: number;
  }[];
}
