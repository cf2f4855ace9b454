// Generated from lib/ by scripts/build-lib.mjs: what exists at run time.
import type { ConnectionTestOptions, DiagnoseOptions, Diagnosis } from './api-service.js';
import type { Inputs, SyncOptions, SyncRun } from './bulk.js';
import type { SqliteConfigStore, SqliteConfigStoreOptions } from './config-store.js';
import type { TwentyCrmConfigRepositoryOptions, TwentyCrmConfigValidation, TwentyCrmEnvSettings } from './config.js';
import type { DeleteOptions, DeleteResult, FindOptions, FoundCompany, FoundPerson } from './find-delete.js';
import type { CompanyInput, PersonInput } from './inputs.js';
import type { ClientProfile, ClientProfileMappingOptions, ClientProfileWithAuth, CompanyMappingOptions, CompanyRow, CreateClientRequest } from './mappers.js';
import type { MappingStore } from './mapping-store.js';
import type { ObservabilityOptions, TwentyCrmStats } from './observability.js';
import type { ClosableOutboxStore, PostgresOutbox, PostgresOutboxOptions, SqliteOutboxOptions } from './outbox-store.js';
import type { OutboxOptions, TwentyCrmOutbox } from './outbox.js';
import type { CompanyDeleteEvent, CompanyUpsertEvent, PersonDeleteEvent, PersonUpsertEvent, PlatformEvent } from './platform-events.js';
import type { TwentyCrmErrorReason } from './reasons.js';
import type { TwentyCrmClientStats, TwentyCrmRequestOptions, TwentyCrmRestClientConfig } from './rest-client.js';
import type { SchemaApplyResult, SchemaCallOptions, SchemaPlan, SchemaSelection, SchemaServiceOptions } from './schema-service.js';
import type { ClosableMappingStore, MemoryMappingStoreOptions, PostgresMappingStore, PostgresMappingStoreOptions, PostgresPool } from './stores.js';
import type { CacheStats, CollisionOptions, FieldNames, SyncServiceOptions, UpsertCallOptions } from './sync-service.js';
import type { TwentyCrmConfig, TwentyCrmConfigResponse, TwentyCrmResponse, TwentyCrmTestConnectionResult, UpdateTwentyCrmConfigRequest } from './twenty-crm-config.types.js';
import type { TwentyCompany, TwentyPerson } from './twenty-crm-entities.types.js';
import type { TwentyCrmError, TwentyCrmErrorCode } from './twenty-crm-errors.types.js';
import type { AnyCacheEntry, UpsertCompanyInput, UpsertOptions, UpsertPersonInput, UpsertResult } from './twenty-crm-sync.types.js';
import type { ApplyWebhookOptions, ApplyWebhookResult, TwentyWebhookEvent, VerifyTwentyWebhookOptions } from './webhook.js';

/**
 * What every promise of the services rejects with, an aborted call aside: an `Error` that is a
 * {@link TwentyCrmError} too. Its fields are own and enumerable; `JSON.stringify` gives the plain error.
 */
declare class TwentyCrmApiError extends Error implements TwentyCrmError {
  /** What went wrong, in nine classes. */
  readonly code: TwentyCrmErrorCode;
  /** HTTP status, where there was an answer. */
  readonly status?: number;
  /** Whether trying later makes sense. Retries were used up already. */
  readonly isRetryable: boolean;
  /** What else is known: `reason` as a constant, `field`, `originalError` and others. */
  readonly details?: NonNullable<TwentyCrmError['details']> & {
    /** Why, for programs. */
    reason?: TwentyCrmErrorReason;
  };
  /**
   * @param error The facts; `message` becomes the message.
   * @param options `cause`: what it was made from.
   * @throws {TypeError} when `error` is no {@link TwentyCrmError}.
   */
  constructor(error: TwentyCrmError, options?: {
    /** What it was made from. */
    cause?: unknown;
  });
  /** The error as a plain object, without stack and cause. */
  toJSON(): TwentyCrmError;
}

/**
 * Requests to a Twenty server with retries, pacing and timeouts. It resolves with
 * `{ success: true, data }` or `{ success: false, error }` and rejects for one thing only: an aborted signal, with
 * that signal's own reason. `data` is the server's JSON, untouched.
 *
 * A `path` stays on the server, with or without a `/` at its beginning: absolute URLs, `//host`, `..` and control characters resolve
 * with `VALIDATION_ERROR` before any request.
 */
declare class TwentyCrmRestClient {
  /** @throws {TwentyCrmApiError} `VALIDATION_ERROR` when an option is no good; `details.field` names it. */
  constructor(config: TwentyCrmRestClientConfig);
  /** Reads. */
  get<T = unknown>(path: string, options?: TwentyCrmRequestOptions): Promise<TwentyCrmResponse<T>>;
  /** As `post`, `put` and `patch` are called, with no body. */
  get<T = unknown>(path: string, body: null | undefined, options: TwentyCrmRequestOptions): Promise<TwentyCrmResponse<T>>;
  /** Creates. `body` is sent as JSON; nothing is sent when it is undefined. */
  post<T = unknown>(path: string, body?: unknown, options?: TwentyCrmRequestOptions): Promise<TwentyCrmResponse<T>>;
  /** Replaces. `body` is sent as JSON; nothing is sent when it is undefined. */
  put<T = unknown>(path: string, body?: unknown, options?: TwentyCrmRequestOptions): Promise<TwentyCrmResponse<T>>;
  /** Changes. `body` is sent as JSON; nothing is sent when it is undefined. */
  patch<T = unknown>(path: string, body?: unknown, options?: TwentyCrmRequestOptions): Promise<TwentyCrmResponse<T>>;
  /** Deletes. */
  delete<T = unknown>(path: string, options?: TwentyCrmRequestOptions): Promise<TwentyCrmResponse<T>>;
  /** As `post`, `put` and `patch` are called: with a body. */
  delete<T = unknown>(path: string, body: unknown, options: TwentyCrmRequestOptions): Promise<TwentyCrmResponse<T>>;
  /** Numbers since the client was made, those of services that were made from it among them. */
  stats(): TwentyCrmClientStats;
  /** Lets calls under way finish; later calls resolve with `OPERATION_FAILED`. Connections are shared and stay. */
  close(): Promise<void>;
  /** `close()`, for `await using`. */
  [Symbol.asyncDispose](): Promise<void>;
}

/**
 * Creates and updates people and companies, keyed by the caller's own ids. Services of one workspace in one process
 * share connections, pacing, schema and remembered ids: making one per request costs nothing.
 */
declare class TwentyCrmSyncService {
  /**
   * @param restClient Where to send to.
   * @param mappingStore Where pairs of ids outlive the process; nowhere when it is null or not given.
   * @param cacheTtlMs Milliseconds for which an id may be used without asking again; 300000 when it is not given.
   * @throws {TwentyCrmApiError} `VALIDATION_ERROR` when an argument is no good; `details.field` names it.
   */
  constructor(restClient: TwentyCrmRestClient, mappingStore?: MappingStore | null, cacheTtlMs?: number);
  /**
   * Creates the person, or updates the one with this external id. The company of `company_external_id` is created
   * first when it is missing and `company_name` is there.
   *
   * Rejects with {@link TwentyCrmApiError}: `VALIDATION_ERROR` for bad input (before any request; `details.field`)
   * and for what the server refuses, `AUTH_ERROR`, `RATE_LIMIT`, `TIMEOUT`, `NETWORK_ERROR`, `SERVER_ERROR`, or
   * `OPERATION_FAILED`; with the signal's reason when the signal aborts.
   */
  upsertPerson(input: PersonInput, options?: UpsertCallOptions): Promise<UpsertResult<TwentyPerson>>;
  /** Creates the company, or updates the one with this external id. Rejects as {@link upsertPerson} does. */
  upsertCompany(input: CompanyInput, options?: UpsertCallOptions): Promise<UpsertResult<TwentyCompany>>;
  /**
   * Does what an event of a service in `platform` mode says: the other end, for whoever consumes the events. Applying an
   * event again changes nothing. Events of one record must be applied in the order in which they were published.
   *
   * Rejects as {@link upsertPerson} does, and with `VALIDATION_ERROR` for what is no event or one of another namespace,
   * with `OPERATION_FAILED` in any mode but `direct_crm`.
   */
  applyPlatformEvent(event: PersonUpsertEvent, options?: UpsertCallOptions): Promise<UpsertResult<TwentyPerson>>;
  /** As above, for a company. */
  applyPlatformEvent(event: CompanyUpsertEvent, options?: UpsertCallOptions): Promise<UpsertResult<TwentyCompany>>;
  /** As above, for a deletion. */
  applyPlatformEvent(event: PersonDeleteEvent | CompanyDeleteEvent, options?: UpsertCallOptions): Promise<DeleteResult>;
  /** As above, for whichever it is. */
  applyPlatformEvent(event: PlatformEvent, options?: UpsertCallOptions): Promise<UpsertResult<TwentyPerson> | UpsertResult<TwentyCompany> | DeleteResult>;
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
  upsertManyPersons(inputs: Inputs<PersonInput>, options?: SyncOptions): Promise<UpsertResult<TwentyPerson>[]>;
  /** As {@link upsertManyPersons}, for companies. */
  upsertManyCompanies(inputs: Inputs<CompanyInput>, options?: SyncOptions): Promise<UpsertResult<TwentyCompany>[]>;
  /**
   * Numbers since the service was made, of its own requests; `workspace` is of all. A service that sends nothing to Twenty
   * has zeros.
   */
  stats(): TwentyCrmStats;
  /**
   * Takes in a verified event of Twenty's webhooks: forgets what it proves wrong, so that the next write looks again.
   *
   * - A record that was soft-deleted, or destroyed, is no longer mapped; with `ownGone` other than `create` its id stays,
   *   because it shows that this record existed before. A record that was restored is mapped again.
   * - A record that somebody else edited is sent again by the next run with `skipUnchanged`, unless the event says that
   *   only fields changed which are never written.
   * - Echoes of own writes, events that come late or again, and records that are not this service's change nothing. An
   *   own write is known by the record's `updatedAt`: the answer to the write and the event carry the same one. The
   *   record's author does not tell, because all API keys look alike there.
   * - A merge sends `updated` for the record that stays (`moved`, where its external id is another one now), and
   *   `destroyed` for the one that goes.
   *
   * It sends nothing to Twenty, waits for upserts of the same record that were called before, and may be called again
   * with the same event. Rejects with `VALIDATION_ERROR` for what is no event and with the signal's reason when the
   * signal aborts; a mapping store that fails is told in the result and to `onWarning`.
   */
  applyWebhook(event: TwentyWebhookEvent, options?: ApplyWebhookOptions): Promise<ApplyWebhookResult>;
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
declare function createTwentyCrmSyncService(config: TwentyCrmRestClientConfig, options?: number | SyncServiceOptions): TwentyCrmSyncService;

/**
 * A {@link TwentyCrmSyncService} that sends nothing to Twenty: in the modes `platform` and `disabled` the configuration
 * may be empty.
 */
declare function createTwentyCrmSyncService(config: Partial<TwentyCrmRestClientConfig>, options: SyncServiceOptions & {
  /** One of those that send nothing. */
  mode: 'platform' | 'disabled';
}): TwentyCrmSyncService;

/**
 * A {@link TwentyCrmSyncService} from `TWENTY_CRM_BASE_URL`, `TWENTY_CRM_API_KEY`, `TWENTY_CRM_SYNC_MODE` and
 * `TWENTY_CRM_CACHE_TTL_MS`. An option overrides the variable of the mode or of the cache TTL. If
 * `TWENTY_CRM_ENABLED` is set, and not to `true`, the mode is always `disabled`.
 * @param options An object, or just the cache TTL in milliseconds.
 * @param env `process.env` when it is not given.
 * @throws {TwentyCrmApiError} `VALIDATION_ERROR` when an option or a variable is no good, or the URL or key is missing
 * in `direct_crm` mode; `details.field` names it.
 */
declare function createTwentyCrmSyncServiceFromEnv(options?: number | SyncServiceOptions, env?: Record<string, string | undefined>): TwentyCrmSyncService;

/** Options that have a default, with the types that their interfaces give them. */
type Defaults = Readonly<Required<Pick<TwentyCrmRestClientConfig, 'timeout' | 'maxRetries' | 'initialBackoffMs' | 'maxBackoffMs' | 'maxThrottleWaitMs' | 'maxResponseBytes'> & Pick<TwentyCrmRequestOptions, 'skipRetry'> & Pick<ObservabilityOptions, 'logLevel'> & Pick<SyncServiceOptions, 'batching' | 'cacheTtlMs' | 'hashTtlMs' | 'mode' | 'invalidEmail' | 'missingEmail' | 'companyKey'> & UpsertOptions & Pick<UpsertCallOptions, 'skipUnchanged'> & Pick<VerifyTwentyWebhookOptions, 'toleranceMs' | 'maxBodyBytes'> & Pick<SyncOptions, 'maxConcurrency' | 'dryRun' | 'force' | 'verifyUnchanged'>> & {
  /** What to do about somebody else who has the same e-mail address, domain or name. */
  collisions: Readonly<Required<CollisionOptions>>;
  /** Of `createTwentyCrmOutbox`. */
  outbox: Readonly<Required<Pick<OutboxOptions, 'batchSize' | 'leaseMs' | 'pollIntervalMs' | 'initialBackoffMs' | 'maxBackoffMs' | 'pauseMs' | 'stopTimeoutMs' | 'flushTimeoutMs'>>>;
  /** API names of the custom fields. */
  fieldNames: Readonly<Required<Omit<FieldNames, 'plan'>> & {
    /** The first of them that the workspace has is used. */
    plan: readonly string[];
  }>;
}>;

/** Every option that has a default, with the default that its `@default` tag names. Frozen, at every depth. */
declare const TWENTY_CRM_DEFAULTS: Defaults;

/** Milliseconds per attempt: `TWENTY_CRM_DEFAULTS.timeout` under the template's name, as are the next three. */
declare const DEFAULT_TIMEOUT: number;

/** How often a failed request is repeated. */
declare const DEFAULT_MAX_RETRIES: number;

/** Milliseconds before the first repeat, at most. */
declare const DEFAULT_INITIAL_BACKOFF_MS: number;

/** Milliseconds before any repeat, at most, unless the server asks for more. */
declare const DEFAULT_MAX_BACKOFF_MS: number;

/** Milliseconds of a wait that chance decides, at most: all of it, so that many clients do not come back together. */
declare const MAX_JITTER_MS: number;

/**
 * The statuses that the template repeats a request for. This package repeats it for any 5xx, and looks at the body: a
 * 500 that says that the data is no good is not repeated.
 */
declare const RETRYABLE_STATUS_CODES: readonly [408, 429, 500, 502, 503, 504];

/**
 * An API key that may be shown: `****` and its last four characters, or `****` alone for a key of less than four.
 */
declare function maskApiKey(apiKey: string | null | undefined): string;

/** The three modes, as the template's form lists them. */
declare const SYNC_MODE_VALUES: readonly ['disabled', 'platform', 'direct_crm'];

/**
 * Checks a configuration from outside: `baseUrl` an http or https URL, `apiKey` at least 10 characters, `enabled` a
 * boolean, `syncMode` one of the three. Never throws; gives at most one issue per field, all of them at once. `data`
 * has these four fields and no others, the URL and the key without blanks and line breaks at their ends.
 */
declare function validateTwentyCrmConfig(config: unknown): TwentyCrmConfigValidation;

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
declare function sqliteMappingStore(path: string): ClosableMappingStore;

/**
 * The custom fields of a workspace: which of them are there, and creating the others. Services of the same server and
 * key use the new fields at once.
 */
declare class TwentyCrmSchemaService {
  /** @throws {TwentyCrmApiError} `VALIDATION_ERROR` when an option is no good; `details.field` names it. */
  constructor(restClient: TwentyCrmRestClient, options?: SchemaServiceOptions);
  /**
   * Reads the workspace's fields from the server and compares them with what this package writes to. Changes nothing.
   * A key that may not read metadata sees the fields, but not whether they are unique.
   */
  plan(options?: SchemaCallOptions): Promise<SchemaPlan>;
  /**
   * Creates what is missing, and makes an `externalId` unique that is not; everything else that conflicts is left to
   * people. Each field is tried, whatever becomes of the others. Safe to repeat, and to run in several processes at
   * once: what somebody else made counts as there.
   *
   * @param plan Restricts it to the entries of `missing` and `conflicting`; everything when it is not given.
   * @throws {TwentyCrmApiError} `AUTH_ERROR` when something is to be changed and the key may not change the data
   * model: the message says what to grant, `details.needed` which fields it is about, `details.created` what was
   * done before the refusal.
   */
  apply(plan?: SchemaSelection | null, options?: SchemaCallOptions): Promise<SchemaApplyResult>;
}

/** Checks a server and a key before they are configured. */
declare class TwentyCrmApiService {
  /**
   * Asks the server for something that needs the key. Never rejects for what the server or the network does: `ok`,
   * `message` and `details` say what was found. Rejects with the signal's reason when the signal aborts.
   */
  testConnection(baseUrl: string, apiKey: string, options?: ConnectionTestOptions): Promise<TwentyCrmTestConnectionResult>;
  /**
   * Whether something answers at this URL, without a key. Rejects for nothing but an aborted signal, with that
   * signal's reason.
   */
  isReachable(baseUrl: string, options?: ConnectionTestOptions): Promise<boolean>;
  /**
   * Looks at everything that syncing needs, and says what to do about each thing that is not as it should be. Changes
   * nothing in the CRM, and takes at most about twice the configuration's `timeout`. Never rejects for what the
   * configuration, the server or the network is like; rejects with the signal's reason when the signal aborts.
   */
  diagnose(config: TwentyCrmRestClientConfig, options?: DiagnoseOptions): Promise<Diagnosis>;
}

/**
 * Reads `TWENTY_CRM_BASE_URL`, `TWENTY_CRM_API_KEY`, `TWENTY_CRM_ENABLED` (on for `true`, in capitals too, and for
 * nothing else), `TWENTY_CRM_SYNC_MODE` (`disabled` when it is not set) and `TWENTY_CRM_CACHE_TTL_MS`. A blank variable
 * is as good as none.
 * @param env `process.env` when it is not given.
 * @throws {TwentyCrmApiError} `VALIDATION_ERROR` for an unknown mode or a time that is no whole number;
 * `details.field` names the variable.
 */
declare function readTwentyCrmEnvConfig(env?: Record<string, string | undefined>): TwentyCrmEnvSettings;

/**
 * The configuration of the CRM: the stored one or, where none is stored, the environment's (with the id `env`). Its key
 * is masked in all that the methods return, except in what {@link getRawConfig} does, and nothing here prints it.
 *
 * The methods reject with {@link TwentyCrmApiError}: `OPERATION_FAILED` with `details.reason` `CONFIG_STORE` when the
 * store fails, `VALIDATION_ERROR` when the environment's values are no good.
 */
declare class TwentyCrmConfigRepository {
  /** @throws {TwentyCrmApiError} `VALIDATION_ERROR` when the store lacks a method. */
  constructor(options?: TwentyCrmConfigRepositoryOptions);
  /** The configuration as an admin page may see it; null where there is none. */
  getConfig(): Promise<TwentyCrmConfigResponse | null>;
  /** The configuration with its key in clear, for making a client; null where there is none. */
  getRawConfig(): Promise<TwentyCrmConfig | null>;
  /**
   * Stores the configuration, which then goes over the environment's. Rejects with `VALIDATION_ERROR` when it is no
   * good (`details.issues`, as of {@link validateTwentyCrmConfig}).
   */
  saveConfig(data: UpdateTwentyCrmConfigRequest, userId: string): Promise<TwentyCrmConfigResponse>;
  /** Whether there is a configuration, stored or in the environment. */
  hasConfig(): Promise<boolean>;
}

/**
 * The person of a client profile. The name falls back to `displayName`, then to `username`. Pure: nothing is asked,
 * nothing is changed, and the same profile always gives the same person.
 * @throws {TwentyCrmApiError} `VALIDATION_ERROR` when id, name or e-mail address is missing, or a value is of a wrong
 * type; `details.field` names it.
 */
declare function mapClientProfileToPerson(profile: ClientProfileWithAuth | ClientProfile | CreateClientRequest): UpsertPersonInput;

/** As above, of a profile that may have no e-mail address. */
declare function mapClientProfileToPerson(profile: (Omit<ClientProfile, 'email'> & {
  /** Becomes `email`. */
  email?: string | null;
}) | CreateClientRequest, options: ClientProfileMappingOptions & {
  /** The one that makes such a person. */
  missingEmail: 'allow';
}): PersonInput;

/** As above, with options. */
declare function mapClientProfileToPerson(profile: ClientProfileWithAuth | ClientProfile | CreateClientRequest, options: ClientProfileMappingOptions | undefined): UpsertPersonInput;

/**
 * The company of a company row. Pure, as {@link mapClientProfileToPerson} is.
 * @throws {TwentyCrmApiError} `VALIDATION_ERROR` when id or name is missing, or a value is of a wrong type;
 * `details.field` names it.
 */
declare function mapCompanyToTwentyCompany(company: CompanyRow): UpsertCompanyInput;

/** As above, with options. */
declare function mapCompanyToTwentyCompany(company: CompanyRow, options: CompanyMappingOptions | undefined): UpsertCompanyInput;

/**
 * The id without surrounding blanks.
 * @param entityType What the id is of, for the error message, for example `ClientProfile`.
 * @throws {TwentyCrmApiError} `VALIDATION_ERROR` when there is no id or it is blank.
 */
declare function ensureExternalId(id: string | null | undefined, entityType: string): string;

/** The part of a location before any comma (`Lyon` of `Lyon, France`); `null` where there is none. */
declare function extractCityFromLocation(location: string | null | undefined): string | null;

/**
 * Mappings in this process's memory, gone with it. Sync services remember ids by themselves; this is for tests, and
 * for services that are to share nothing else.
 * @throws {TwentyCrmApiError} `VALIDATION_ERROR` when an option is no good.
 */
declare function memoryMappingStore(options?: MemoryMappingStoreOptions): ClosableMappingStore;

/**
 * Mappings in PostgreSQL, on the caller's own pool and in the template's table `integration_mappings`, whichever
 * version of the template made it. Safe for any number of instances; many mappings are read and written by one
 * statement per 1000. A CRM id that the table allows once only goes to whoever writes it last.
 * @throws {TwentyCrmApiError} `VALIDATION_ERROR` when an argument is no good.
 */
declare function postgresMappingStore(pool: PostgresPool, options?: PostgresMappingStoreOptions): PostgresMappingStore;

/**
 * The CRM configuration in an SQLite file, one per file. The file is made where it is missing, readable by its owner
 * only; its directory must exist. A mapping store may share it, as may any number of processes of one machine.
 * @param path Path of the file, or `:memory:`.
 * @throws {TwentyCrmApiError} `VALIDATION_ERROR` when the path or a secret is no good.
 */
declare function sqliteConfigStore(path: string, options?: SqliteConfigStoreOptions): SqliteConfigStore;

/**
 * The event of a webhook delivery that Twenty itself has signed, a short while ago.
 *
 * Nothing is asked of anybody and nothing is remembered: a delivery replayed within `toleranceMs` is verified again.
 * `applyWebhook` changes nothing then; where your own work must be done once only, keep the `deliveryId` for that long.
 *
 * @throws {TwentyCrmApiError} `AUTH_ERROR` with status 401 for what is not from Twenty (`details.reason`:
 * `MISSING_HEADER`, `MALFORMED_HEADER`, `BAD_SIGNATURE`, `EXPIRED`, `IN_FUTURE`), `VALIDATION_ERROR` with status 413
 * (`TOO_LARGE`) or 400 (`NOT_JSON`, `NOT_AN_EVENT`) for a body that is none, and without a status for an option that is
 * no good (`details.field`). The status is what to answer. The secret is in no message.
 */
declare function verifyTwentyWebhook(options: VerifyTwentyWebhookOptions): TwentyWebhookEvent;

/**
 * An outbox that stores in `store` and delivers by `service`.
 * @throws {TwentyCrmApiError} `VALIDATION_ERROR` when an option is no good; `details.field` names it.
 */
declare function createTwentyCrmOutbox(options: OutboxOptions): TwentyCrmOutbox;

/**
 * An outbox in PostgreSQL, on the caller's own pool: any number of instances. Changes can be enqueued inside a
 * transaction of the caller's, and then exist exactly if it commits. Needs nothing of the pool but `query`, no session
 * state and no transaction, so that it works behind a transaction pooler.
 * @throws {TwentyCrmApiError} `VALIDATION_ERROR` when an argument is no good.
 */
declare function postgresOutbox(pool: PostgresPool, options?: PostgresOutboxOptions): PostgresOutbox;

/**
 * An outbox in an SQLite file: one machine, any number of processes. The file is made where it is missing, readable by
 * its owner only; its directory must exist, and must not be on a network drive. Mapping and config stores may share it.
 * A change that was reported as enqueued survives the death of the process and a power failure.
 * @param path Path of the file, or `:memory:`, which outlives nothing.
 * @throws {TwentyCrmApiError} `VALIDATION_ERROR` when the path or a secret is no good.
 */
declare function sqliteOutbox(path: string, options?: SqliteOutboxOptions): ClosableOutboxStore;

export {
  DEFAULT_INITIAL_BACKOFF_MS,
  DEFAULT_MAX_BACKOFF_MS,
  DEFAULT_MAX_RETRIES,
  DEFAULT_TIMEOUT,
  MAX_JITTER_MS,
  RETRYABLE_STATUS_CODES,
  SYNC_MODE_VALUES,
  TWENTY_CRM_DEFAULTS,
  TwentyCrmApiError,
  TwentyCrmApiService,
  TwentyCrmConfigRepository,
  TwentyCrmRestClient,
  TwentyCrmSchemaService,
  TwentyCrmSyncService,
  createTwentyCrmOutbox,
  createTwentyCrmSyncService,
  createTwentyCrmSyncServiceFromEnv,
  ensureExternalId,
  extractCityFromLocation,
  mapClientProfileToPerson,
  mapCompanyToTwentyCompany,
  maskApiKey,
  memoryMappingStore,
  postgresMappingStore,
  postgresOutbox,
  readTwentyCrmEnvConfig,
  sqliteConfigStore,
  sqliteMappingStore,
  sqliteOutbox,
  validateTwentyCrmConfig,
  verifyTwentyWebhook,
};
