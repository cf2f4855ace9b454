import type { AbortSignalLike } from './abort-signal.js';
import type { Inputs, SyncOptions, SyncRun } from './bulk.js';
import type {
  DeleteOptions,
  DeleteResult,
  FindOptions,
  FoundCompany,
  FoundPerson,
} from './find-delete.js';
import type { CompanyInput, PersonInput } from './inputs.js';
import type { MappingStore } from './mapping-store.js';
import type { ObservabilityOptions, TwentyCrmStats } from './observability.js';
import type {
  CompanyDeleteEvent,
  CompanyUpsertEvent,
  PersonDeleteEvent,
  PersonUpsertEvent,
  PlatformEvent,
} from './platform-events.js';
import type { SyncWarningReason } from './reasons.js';
import type { TwentyCrmRestClient, TwentyCrmRestClientConfig } from './rest-client.js';
import type { TwentyCrmSyncMode } from './twenty-crm-config.types.js';
import type { TwentyCompany, TwentyPerson } from './twenty-crm-entities.types.js';
import type { AnyCacheEntry, UpsertOptions, UpsertResult } from './twenty-crm-sync.types.js';
import type { ApplyWebhookOptions, ApplyWebhookResult, TwentyWebhookEvent } from './webhook.js';

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

/**
 * Creates and updates people and companies, keyed by the caller's own ids. Services of one workspace in one process
 * share connections, pacing, schema and remembered ids: making one per request costs nothing.
 */
export declare class TwentyCrmSyncService {
  /**
   * @param restClient Where to send to.
   * @param mappingStore Where pairs of ids outlive the process; nowhere when it is null or not given.
   * @param cacheTtlMs Milliseconds for which an id may be used without asking again; 300000 when it is not given.
   * @throws {TwentyCrmApiError} `VALIDATION_ERROR` when an argument is no good; `details.field` names it.
   */
  constructor(
    restClient: TwentyCrmRestClient,
    mappingStore?: MappingStore | null,
    cacheTtlMs?: number,
  );

  /**
   * Creates the person, or updates the one with this external id. The company of `company_external_id` is created
   * first when it is missing and `company_name` is there.
   *
   * Rejects with {@link TwentyCrmApiError}: `VALIDATION_ERROR` for bad input (before any request; `details.field`)
   * and for what the server refuses, `AUTH_ERROR`, `RATE_LIMIT`, `TIMEOUT`, `NETWORK_ERROR`, `SERVER_ERROR`, or
   * `OPERATION_FAILED`; with the signal's reason when the signal aborts.
   */
  upsertPerson(
    input: PersonInput,
    options?: UpsertCallOptions,
  ): Promise<UpsertResult<TwentyPerson>>;
  /** Creates the company, or updates the one with this external id. Rejects as {@link upsertPerson} does. */
  upsertCompany(
    input: CompanyInput,
    options?: UpsertCallOptions,
  ): Promise<UpsertResult<TwentyCompany>>;

  /**
   * Does what an event of a service in `platform` mode says: the other end, for whoever consumes the events. Applying an
   * event again changes nothing. Events of one record must be applied in the order in which they were published.
   *
   * Rejects as {@link upsertPerson} does, and with `VALIDATION_ERROR` for what is no event or one of another namespace,
   * with `OPERATION_FAILED` in any mode but `direct_crm`.
   */
  applyPlatformEvent(
    event: PersonUpsertEvent,
    options?: UpsertCallOptions,
  ): Promise<UpsertResult<TwentyPerson>>;
  /** As above, for a company. */
  applyPlatformEvent(
    event: CompanyUpsertEvent,
    options?: UpsertCallOptions,
  ): Promise<UpsertResult<TwentyCompany>>;
  /** As above, for a deletion. */
  applyPlatformEvent(
    event: PersonDeleteEvent | CompanyDeleteEvent,
    options?: UpsertCallOptions,
  ): Promise<DeleteResult>;
  /** As above, for whichever it is. */
  applyPlatformEvent(
    event: PlatformEvent,
    options?: UpsertCallOptions,
  ): Promise<UpsertResult<TwentyPerson> | UpsertResult<TwentyCompany> | DeleteResult>;

  /**
   * The person with this external id as the CRM has it now, or null: a soft-deleted one counts as not there. A failed
   * look-up rejects, it is never "not there".
   */
  findPerson(externalId: string, options?: FindOptions): Promise<FoundPerson | null>;
  /** As {@link findPerson}, for companies. */
  findCompany(externalId: string, options?: FindOptions): Promise<FoundCompany | null>;
  /**
   * Deletes the person with this external id, softly unless told otherwise. That there is none is no error: `deleted`
   * is false then, and `reason` says why. Takes its turn among the upserts of the same person, in the order of calls.
   */
  deletePerson(externalId: string, options?: DeleteOptions): Promise<DeleteResult>;
  /** As {@link deletePerson}, for companies. People of the company stay, without it. */
  deleteCompany(externalId: string, options?: DeleteOptions): Promise<DeleteResult>;

  /**
   * Creates and updates many people in batches: records of one external id are merged, companies that people name are
   * written first, unchanged records are not sent, one bad record does not harm the others.
   *
   * Throws `VALIDATION_ERROR` at once for options that are no good.
   */
  syncPersons(inputs: Inputs<PersonInput>, options?: SyncOptions): SyncRun<TwentyPerson>;
  /** As {@link syncPersons}, for companies. */
  syncCompanies(inputs: Inputs<CompanyInput>, options?: SyncOptions): SyncRun<TwentyCompany>;
  /**
   * As {@link syncPersons}, with all results at once. Rejects with `OPERATION_FAILED` after every record was tried when
   * some failed; `details.results` then has the result of every record.
   */
  upsertManyPersons(
    inputs: Inputs<PersonInput>,
    options?: SyncOptions,
  ): Promise<UpsertResult<TwentyPerson>[]>;
  /** As {@link upsertManyPersons}, for companies. */
  upsertManyCompanies(
    inputs: Inputs<CompanyInput>,
    options?: SyncOptions,
  ): Promise<UpsertResult<TwentyCompany>[]>;

  /**
   * Numbers since the service was made, of its own requests; `workspace` is of all. A service that sends nothing to Twenty
   * has zeros.
   */
  stats(): TwentyCrmStats;

  /**
   * Takes in a verified event of Twenty's webhooks: forgets what it proves wrong, so that the next write looks again.
   *
   * - A record that was soft-deleted, or destroyed, is no longer mapped; with `ownGone` other than `create` its id stays,
   *   because it tells a record that was there from a new one. A record that was restored is mapped again.
   * - A record that somebody else edited is sent again by the next run with `skipUnchanged`, unless the event says that
   *   only fields changed which are never written.
   * - Echoes of own writes, events that come late or again, and records that are not this service's change nothing. An
   *   own write is known by the record's `updatedAt`, which the answer to the write and its event have in common; who
   *   wrote, as the record tells it, does not count: every API key is the same there.
   * - A merge sends `updated` for the record that stays (`moved`, where its external id is another one now), and
   *   `destroyed` for the one that goes.
   *
   * It sends nothing to Twenty, waits for upserts of the same record that were called before, and may be called again
   * with the same event. Rejects with `VALIDATION_ERROR` for what is no event and with the signal's reason when the
   * signal aborts; a mapping store that fails is told in the result and to `onWarning`.
   */
  applyWebhook(
    event: TwentyWebhookEvent,
    options?: ApplyWebhookOptions,
  ): Promise<ApplyWebhookResult>;

  /** Forgets every remembered id; the mapping store keeps what it has. */
  clearCache(): void;
  /** How many ids are remembered, and for how long already. */
  getCacheStats(): CacheStats;
  /** Every remembered id. */
  cacheEntries(): AnyCacheEntry[];
}

/**
 * A {@link TwentyCrmSyncService} from a configuration.
 * @param options An object, or just the cache TTL in milliseconds.
 * @throws {TwentyCrmApiError} `VALIDATION_ERROR` when an option is no good; `details.field` names it.
 */
export declare function createTwentyCrmSyncService(
  config: TwentyCrmRestClientConfig,
  options?: number | SyncServiceOptions,
): TwentyCrmSyncService;
/**
 * A {@link TwentyCrmSyncService} that sends nothing to Twenty: in the modes `platform` and `disabled` the configuration
 * may be empty.
 */
export declare function createTwentyCrmSyncService(
  config: Partial<TwentyCrmRestClientConfig>,
  options: SyncServiceOptions & {
    /** One of those that send nothing. */
    mode: 'platform' | 'disabled';
  },
): TwentyCrmSyncService;

/**
 * A {@link TwentyCrmSyncService} from `TWENTY_CRM_BASE_URL`, `TWENTY_CRM_API_KEY`, `TWENTY_CRM_SYNC_MODE` and
 * `TWENTY_CRM_CACHE_TTL_MS`; options go over the latter two. `TWENTY_CRM_ENABLED` set to anything but `true` makes it
 * `disabled`, whatever else is said; a variable that is not set switches nothing off.
 * @param options An object, or just the cache TTL in milliseconds.
 * @param env `process.env` when it is not given.
 * @throws {TwentyCrmApiError} `VALIDATION_ERROR` when an option or a variable is no good, or the URL or key is missing
 * in `direct_crm` mode; `details.field` names it.
 */
export declare function createTwentyCrmSyncServiceFromEnv(
  options?: number | SyncServiceOptions,
  env?: Record<string, string | undefined>,
): TwentyCrmSyncService;
