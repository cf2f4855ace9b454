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
 * The error that every promise of the services rejects with, except for an aborted call: an `Error` that is also a
 * {@link TwentyCrmError}. Its fields are own and enumerable; `JSON.stringify` gives the plain error.
 */
declare class TwentyCrmApiError extends Error implements TwentyCrmError {
  /** The error class, one of nine. */
  readonly code: TwentyCrmErrorCode;
  /** HTTP status, if the server answered. */
  readonly status?: number;
  /** Whether it makes sense to try again later. All retries are already used up. */
  readonly isRetryable: boolean;
  /** Further facts: `reason` as a constant, `field`, `originalError` and others. */
  readonly details?: NonNullable<TwentyCrmError['details']> & {
    /** The reason, for programs. */
    reason?: TwentyCrmErrorReason;
  };
  /**
   * @param error The facts; its `message` becomes the message.
   * @param options `cause`: the original error.
   * @throws {TypeError} if `error` is not a {@link TwentyCrmError}.
   */
  constructor(error: TwentyCrmError, options?: {
    /** The original error. */
    cause?: unknown;
  });
  /** The error as a plain object, without stack and cause. */
  toJSON(): TwentyCrmError;
}

/**
 * Sends requests to a Twenty server with retries, pacing and timeouts. Every call resolves with `{ success: true, data
 * }` or `{ success: false, error }`. It rejects only if the signal aborts, with the signal's reason. `data` is the
 * server's JSON, unchanged.
 *
 * A `path` may begin with `/` or not, and always stays on the server: absolute URLs, `//host`, `..` and control
 * characters resolve with `VALIDATION_ERROR` before any request.
 */
declare class TwentyCrmRestClient {
  /** @throws {TwentyCrmApiError} `VALIDATION_ERROR` if an option is not valid; `details.field` names it. */
  constructor(config: TwentyCrmRestClientConfig);
  /** Reads. */
  get<T = unknown>(path: string, options?: TwentyCrmRequestOptions): Promise<TwentyCrmResponse<T>>;
  /** Called like `post`, `put` and `patch`, but without a body. */
  get<T = unknown>(path: string, body: null | undefined, options: TwentyCrmRequestOptions): Promise<TwentyCrmResponse<T>>;
  /** Creates. `body` is sent as JSON; nothing is sent if it is undefined. */
  post<T = unknown>(path: string, body?: unknown, options?: TwentyCrmRequestOptions): Promise<TwentyCrmResponse<T>>;
  /** Replaces. `body` is sent as JSON; nothing is sent if it is undefined. */
  put<T = unknown>(path: string, body?: unknown, options?: TwentyCrmRequestOptions): Promise<TwentyCrmResponse<T>>;
  /** Changes. `body` is sent as JSON; nothing is sent if it is undefined. */
  patch<T = unknown>(path: string, body?: unknown, options?: TwentyCrmRequestOptions): Promise<TwentyCrmResponse<T>>;
  /** Deletes. */
  delete<T = unknown>(path: string, options?: TwentyCrmRequestOptions): Promise<TwentyCrmResponse<T>>;
  /** Called like `post`, `put` and `patch`: with a body. */
  delete<T = unknown>(path: string, body: unknown, options: TwentyCrmRequestOptions): Promise<TwentyCrmResponse<T>>;
  /** Counters since the client was made, including those of services made from it. */
  stats(): TwentyCrmClientStats;
  /** Lets calls in flight finish; later calls resolve with `OPERATION_FAILED`. Connections are shared and stay open. */
  close(): Promise<void>;
  /** `close()`, for `await using`. */
  [Symbol.asyncDispose](): Promise<void>;
}

/**
 * Creates and updates people and companies, keyed by the caller's own ids. Services of one workspace in one process
 * share connections, pacing, schema and remembered ids, so making one per request costs nothing.
 */
declare class TwentyCrmSyncService {
  /**
   * @param restClient The client that sends the requests.
   * @param mappingStore Keeps pairs of ids beyond the process. Null or not given: they are kept in memory only.
   * @param cacheTtlMs Milliseconds for which a remembered id is used without asking the server again; default 300000.
   * @throws {TwentyCrmApiError} `VALIDATION_ERROR` if an argument is not valid; `details.field` names it.
   */
  constructor(restClient: TwentyCrmRestClient, mappingStore?: MappingStore | null, cacheTtlMs?: number);
  /**
   * Creates the person, or updates the one with this external id. If the company of `company_external_id` is missing
   * and `company_name` is given, the company is created first.
   *
   * Rejects with {@link TwentyCrmApiError}: `VALIDATION_ERROR` for bad input (before any request; `details.field` names
   * it) and for data that the server refuses, `AUTH_ERROR`, `RATE_LIMIT`, `TIMEOUT`, `NETWORK_ERROR`, `SERVER_ERROR`,
   * or `OPERATION_FAILED`. If the signal aborts, rejects with the signal's reason.
   */
  upsertPerson(input: PersonInput, options?: UpsertCallOptions): Promise<UpsertResult<TwentyPerson>>;
  /** Creates the company, or updates the one with this external id. Rejects as {@link upsertPerson} does. */
  upsertCompany(input: CompanyInput, options?: UpsertCallOptions): Promise<UpsertResult<TwentyCompany>>;
  /**
   * Applies an event that a service in `platform` mode published; for the consumer of the events. Applying an event
   * again changes nothing. Apply the events of one record in the order in which they were published.
   *
   * Rejects as {@link upsertPerson} does. Also rejects with `VALIDATION_ERROR` for an invalid event or one of another
   * namespace, and with `OPERATION_FAILED` in any mode but `direct_crm`.
   */
  applyPlatformEvent(event: PersonUpsertEvent, options?: UpsertCallOptions): Promise<UpsertResult<TwentyPerson>>;
  /** As above, for a company. */
  applyPlatformEvent(event: CompanyUpsertEvent, options?: UpsertCallOptions): Promise<UpsertResult<TwentyCompany>>;
  /** As above, for a deletion. */
  applyPlatformEvent(event: PersonDeleteEvent | CompanyDeleteEvent, options?: UpsertCallOptions): Promise<DeleteResult>;
  /** As above, for any event. */
  applyPlatformEvent(event: PlatformEvent, options?: UpsertCallOptions): Promise<UpsertResult<TwentyPerson> | UpsertResult<TwentyCompany> | DeleteResult>;
  /**
   * The person with this external id as the CRM has it now, or null. A soft-deleted person counts as not found. A
   * failed look-up rejects and never resolves with null.
   */
  findPerson(externalId: string, options?: FindOptions): Promise<FoundPerson | null>;
  /** As {@link findPerson}, for companies. */
  findCompany(externalId: string, options?: FindOptions): Promise<FoundCompany | null>;
  /**
   * Deletes the person with this external id: a soft delete, unless `mode` says otherwise. Deleting a missing person is
   * not an error: `deleted` is then false, and `reason` says why. Queued with the upserts of the same person, in call
   * order.
   */
  deletePerson(externalId: string, options?: DeleteOptions): Promise<DeleteResult>;
  /** As {@link deletePerson}, for companies. The company's people stay, without a company. */
  deleteCompany(externalId: string, options?: DeleteOptions): Promise<DeleteResult>;
  /**
   * Creates and updates many people in batches. Records with the same external id are merged, companies of people are
   * written first, and unchanged records are not sent. One bad record does not affect the others.
   *
   * Throws `VALIDATION_ERROR` at once for options that are not valid.
   */
  syncPersons(inputs: Inputs<PersonInput>, options?: SyncOptions): SyncRun<TwentyPerson>;
  /** As {@link syncPersons}, for companies. */
  syncCompanies(inputs: Inputs<CompanyInput>, options?: SyncOptions): SyncRun<TwentyCompany>;
  /**
   * As {@link syncPersons}, but returns all results at once. If some records failed, rejects with `OPERATION_FAILED`
   * after every record was tried; `details.results` then has the result of every record.
   */
  upsertManyPersons(inputs: Inputs<PersonInput>, options?: SyncOptions): Promise<UpsertResult<TwentyPerson>[]>;
  /** As {@link upsertManyPersons}, for companies. */
  upsertManyCompanies(inputs: Inputs<CompanyInput>, options?: SyncOptions): Promise<UpsertResult<TwentyCompany>[]>;
  /**
   * Counters of this service's own requests since it was made; `workspace` counts all services of the workspace. All
   * are zero for a service that sends nothing to Twenty.
   */
  stats(): TwentyCrmStats;
  /**
   * Processes a verified event of Twenty's webhooks: drops remembered facts that it disproves, so that the next write
   * looks the record up again.
   *
   * - A record that was soft-deleted or destroyed is no longer mapped. With `ownGone` other than `create` its id is
   * kept,
   *   because it shows that this record existed before. A restored record is mapped again.
   * - A record that somebody else edited is sent again by the next run with `skipUnchanged`, unless only fields changed
   *   that are never written.
   * - Echoes of own writes, late or repeated events, and records of other services change nothing. An own write is
   *   recognised by `updatedAt`: the answer to the write and the event carry the same value. The record's author is not
   *   used, because all API keys look alike there.
   * - A merge sends `updated` for the record that stays (`moved`, if it now has another external id), and `destroyed`
   * for
   *   the one that goes.
   *
   * Sends nothing to Twenty. Waits for earlier upserts of the same record, and may be called again with the same event.
   * Rejects with `VALIDATION_ERROR` for an invalid event, and with the signal's reason if the signal aborts. If the
   * mapping store fails, the result and `onWarning` say so.
   */
  applyWebhook(event: TwentyWebhookEvent, options?: ApplyWebhookOptions): Promise<ApplyWebhookResult>;
  /** Forgets all remembered ids. The mapping store is not changed. */
  clearCache(): void;
  /** The number of remembered ids, and the age of the oldest. */
  getCacheStats(): CacheStats;
  /** All remembered ids. */
  cacheEntries(): AnyCacheEntry[];
}

/**
 * Checks and creates the custom fields of a workspace. Services with the same server and key use new fields at once.
 */
declare class TwentyCrmSchemaService {
  /** @throws {TwentyCrmApiError} `VALIDATION_ERROR` if an option is not valid; `details.field` names it. */
  constructor(restClient: TwentyCrmRestClient, options?: SchemaServiceOptions);
  /**
   * Reads the workspace's fields from the server and compares them with the fields that this package needs. Changes
   * nothing. A key without the right to read metadata sees the fields, but not whether they are unique.
   */
  plan(options?: SchemaCallOptions): Promise<SchemaPlan>;
  /**
   * Creates missing fields, and makes an `externalId` field unique if it is not. All other conflicts need a human. A
   * failure of one field does not keep the others from being tried. Safe to repeat, and to run in several processes at
   * once: a field that another process created counts as present.
   *
   * @param plan Restricts it to these entries of `missing` and `conflicting`; everything if not given.
   * @throws {TwentyCrmApiError} `AUTH_ERROR` if a change is needed and the key may not change the data model. The
   * message says what to grant, `details.needed` lists the fields, and `details.created` lists what was done before the
   * refusal.
   */
  apply(plan?: SchemaSelection | null, options?: SchemaCallOptions): Promise<SchemaApplyResult>;
}

/** Checks a server and a key before they are configured. */
declare class TwentyCrmApiService {
  /**
   * Sends a request that needs the key. `ok`, `message` and `details` report what was found. Never rejects because of
   * the server or the network; rejects only with the signal's reason when the signal aborts.
   */
  testConnection(baseUrl: string, apiKey: string, options?: ConnectionTestOptions): Promise<TwentyCrmTestConnectionResult>;
  /**
   * Whether a server answers at this URL. Needs no key. Rejects only when the signal aborts, with the signal's reason.
   */
  isReachable(baseUrl: string, options?: ConnectionTestOptions): Promise<boolean>;
  /**
   * Checks everything that syncing needs, and says how to fix each problem. Changes nothing in the CRM. Takes at most
   * about twice the configuration's `timeout`. Never rejects because of the configuration, the server or the network;
   * rejects only with the signal's reason when the signal aborts.
   */
  diagnose(config: TwentyCrmRestClientConfig, options?: DiagnoseOptions): Promise<Diagnosis>;
}

/**
 * A {@link TwentyCrmSyncService} from a configuration.
 * @param options An object, or just the cache TTL in milliseconds.
 * @throws {TwentyCrmApiError} `VALIDATION_ERROR` if an option is not valid; `details.field` names it.
 */
declare function createTwentyCrmSyncService(config: TwentyCrmRestClientConfig, options?: number | SyncServiceOptions): TwentyCrmSyncService;

/**
 * A {@link TwentyCrmSyncService} that sends nothing to Twenty: in the modes `platform` and `disabled` the configuration
 * may be empty.
 */
declare function createTwentyCrmSyncService(config: Partial<TwentyCrmRestClientConfig>, options: SyncServiceOptions & {
  /** One of the modes that send nothing. */
  mode: 'platform' | 'disabled';
}): TwentyCrmSyncService;

/**
 * A {@link TwentyCrmSyncService} from `TWENTY_CRM_BASE_URL`, `TWENTY_CRM_API_KEY`, `TWENTY_CRM_SYNC_MODE` and
 * `TWENTY_CRM_CACHE_TTL_MS`. The options `mode` and `cacheTtlMs` override their variables. If `TWENTY_CRM_ENABLED` is
 * set to anything but `true`, the mode is always `disabled`.
 * @param options An object, or just the cache TTL in milliseconds.
 * @param env `process.env` if not given.
 * @throws {TwentyCrmApiError} `VALIDATION_ERROR` if an option or a variable is not valid, or if the URL or key is
 * missing in `direct_crm` mode; `details.field` names it.
 */
declare function createTwentyCrmSyncServiceFromEnv(options?: number | SyncServiceOptions, env?: Record<string, string | undefined>): TwentyCrmSyncService;

/** Options that have a default, with the types of their interfaces. */
type Defaults = Readonly<Required<Pick<TwentyCrmRestClientConfig, 'timeout' | 'maxRetries' | 'initialBackoffMs' | 'maxBackoffMs' | 'maxThrottleWaitMs' | 'maxResponseBytes'> & Pick<TwentyCrmRequestOptions, 'skipRetry'> & Pick<ObservabilityOptions, 'logLevel'> & Pick<SyncServiceOptions, 'batching' | 'cacheTtlMs' | 'hashTtlMs' | 'mode' | 'invalidEmail' | 'missingEmail' | 'companyKey'> & UpsertOptions & Pick<UpsertCallOptions, 'skipUnchanged'> & Pick<VerifyTwentyWebhookOptions, 'toleranceMs' | 'maxBodyBytes'> & Pick<SyncOptions, 'maxConcurrency' | 'dryRun' | 'force' | 'verifyUnchanged'>> & {
  /** What to do if another record has the same e-mail address, domain or name. */
  collisions: Readonly<Required<CollisionOptions>>;
  /** Options of `createTwentyCrmOutbox`. */
  outbox: Readonly<Required<Pick<OutboxOptions, 'batchSize' | 'leaseMs' | 'pollIntervalMs' | 'initialBackoffMs' | 'maxBackoffMs' | 'pauseMs' | 'stopTimeoutMs' | 'flushTimeoutMs'>>>;
  /** API names of the custom fields. */
  fieldNames: Readonly<Required<Omit<FieldNames, 'plan'>> & {
    /** The first one that exists in the workspace is used. */
    plan: readonly string[];
  }>;
}>;

/** Every option that has a default, with the default of its `@default` tag. Deeply frozen. */
declare const TWENTY_CRM_DEFAULTS: Defaults;

/** Milliseconds per attempt: `TWENTY_CRM_DEFAULTS.timeout` under the template's name, like the next three. */
declare const DEFAULT_TIMEOUT: number;

/** How often a failed request is retried. */
declare const DEFAULT_MAX_RETRIES: number;

/** Maximum backoff before the first retry, in milliseconds. */
declare const DEFAULT_INITIAL_BACKOFF_MS: number;

/** Maximum backoff before any retry, in milliseconds, unless the server asks for more. */
declare const DEFAULT_MAX_BACKOFF_MS: number;

/**
 * Maximum jitter in milliseconds. It covers the whole backoff (full jitter), so that many clients do not retry
 * together.
 */
declare const MAX_JITTER_MS: number;

/**
 * The statuses that the template retries. This package retries any 5xx, unless the body of a 500 says that the data is
 * not valid.
 */
declare const RETRYABLE_STATUS_CODES: readonly [408, 429, 500, 502, 503, 504];

/**
 * An API key in a form that may be shown: `****` and its last four characters, or only `****` for a key of less than
 * four.
 */
declare function maskApiKey(apiKey: string | null | undefined): string;

/**
 * Checks a configuration from outside: `baseUrl` must be an http or https URL, `apiKey` at least 10 characters,
 * `enabled` a boolean, `syncMode` one of the three modes. Never throws. Returns all issues at once, at most one per
 * field. `data` has only these four fields; the URL and the key are trimmed.
 */
declare function validateTwentyCrmConfig(config: unknown): TwentyCrmConfigValidation;

/** The three modes, as the template's form lists them. */
declare const SYNC_MODE_VALUES: readonly ['disabled', 'platform', 'direct_crm'];

/**
 * Reads `TWENTY_CRM_BASE_URL`, `TWENTY_CRM_API_KEY`, `TWENTY_CRM_ENABLED` (on only for `true`, in any case),
 * `TWENTY_CRM_SYNC_MODE` (`disabled` if not set) and `TWENTY_CRM_CACHE_TTL_MS`. A blank variable counts as not set.
 * @param env `process.env` if not given.
 * @throws {TwentyCrmApiError} `VALIDATION_ERROR` for an unknown mode or a TTL that is not a whole number;
 * `details.field` names the variable.
 */
declare function readTwentyCrmEnvConfig(env?: Record<string, string | undefined>): TwentyCrmEnvSettings;

/**
 * The CRM configuration: the stored one or, if none is stored, the environment's (with the id `env`). Every method but
 * {@link getRawConfig} returns the key masked. The key is never printed.
 *
 * The methods reject with {@link TwentyCrmApiError}: `OPERATION_FAILED` with `details.reason` `CONFIG_STORE` if the
 * store fails, `VALIDATION_ERROR` if a value of the environment is not valid.
 */
declare class TwentyCrmConfigRepository {
  /** @throws {TwentyCrmApiError} `VALIDATION_ERROR` if the store lacks a method. */
  constructor(options?: TwentyCrmConfigRepositoryOptions);
  /** The configuration with its key masked, for an admin page; null if there is none. */
  getConfig(): Promise<TwentyCrmConfigResponse | null>;
  /** The configuration with its key in plain text, for making a client; null if there is none. */
  getRawConfig(): Promise<TwentyCrmConfig | null>;
  /**
   * Stores the configuration, which then overrides the environment's. Rejects with `VALIDATION_ERROR` if it is not
   * valid (`details.issues`, as from {@link validateTwentyCrmConfig}).
   */
  saveConfig(data: UpdateTwentyCrmConfigRequest, userId: string): Promise<TwentyCrmConfigResponse>;
  /** Whether there is a configuration, stored or in the environment. */
  hasConfig(): Promise<boolean>;
}

/**
 * Maps a client profile to a person. The name falls back to `displayName`, then to `username`. Pure: no I/O, inputs are
 * not mutated, and the same profile always gives the same person.
 * @throws {TwentyCrmApiError} `VALIDATION_ERROR` if id, name or e-mail address is missing, or a value has the wrong
 * type; `details.field` names it.
 */
declare function mapClientProfileToPerson(profile: ClientProfileWithAuth | ClientProfile | CreateClientRequest): UpsertPersonInput;

/** As above, for a profile that may have no e-mail address. */
declare function mapClientProfileToPerson(profile: (Omit<ClientProfile, 'email'> & {
  /** Becomes `email`. */
  email?: string | null;
}) | CreateClientRequest, options: ClientProfileMappingOptions & {
  /** The option that allows it. */
  missingEmail: 'allow';
}): PersonInput;

/** As above, with options. */
declare function mapClientProfileToPerson(profile: ClientProfileWithAuth | ClientProfile | CreateClientRequest, options: ClientProfileMappingOptions | undefined): UpsertPersonInput;

/**
 * Maps a company row to a company. Pure, like {@link mapClientProfileToPerson}.
 * @throws {TwentyCrmApiError} `VALIDATION_ERROR` if id or name is missing, or a value has the wrong type;
 * `details.field` names it.
 */
declare function mapCompanyToTwentyCompany(company: CompanyRow): UpsertCompanyInput;

/** As above, with options. */
declare function mapCompanyToTwentyCompany(company: CompanyRow, options: CompanyMappingOptions | undefined): UpsertCompanyInput;

/**
 * The id without surrounding blanks.
 * @param entityType The entity's name for the error message, for example `ClientProfile`.
 * @throws {TwentyCrmApiError} `VALIDATION_ERROR` if the id is missing or blank.
 */
declare function ensureExternalId(id: string | null | undefined, entityType: string): string;

/** The part of a location before the first comma (`Lyon` of `Lyon, France`); `null` if it is blank. */
declare function extractCityFromLocation(location: string | null | undefined): string | null;

/**
 * Mappings in the memory of this process, lost when it ends. Sync services remember ids anyway; this is for tests, and
 * for services that must not share anything else.
 * @throws {TwentyCrmApiError} `VALIDATION_ERROR` if an option is not valid.
 */
declare function memoryMappingStore(options?: MemoryMappingStoreOptions): ClosableMappingStore;

/**
 * Mappings in PostgreSQL, on the caller's own pool and in the template's table `integration_mappings`, whichever
 * version of the template made it. Safe for any number of instances. Reads and writes up to 1000 mappings per
 * statement. If the table allows a CRM id only once, the latest write gets it.
 * @throws {TwentyCrmApiError} `VALIDATION_ERROR` if an argument is not valid.
 */
declare function postgresMappingStore(pool: PostgresPool, options?: PostgresMappingStoreOptions): PostgresMappingStore;

/**
 * The CRM configuration in an SQLite file, one per file. A missing file is created, readable only by its owner; its
 * directory must exist. A mapping store may share the file, and so may any number of processes of one machine.
 * @param path Path of the file, or `:memory:`.
 * @throws {TwentyCrmApiError} `VALIDATION_ERROR` if the path or a secret is not valid.
 */
declare function sqliteConfigStore(path: string, options?: SqliteConfigStoreOptions): SqliteConfigStore;

/**
 * Mappings in an SQLite file: one file per workspace, shared by any number of stores and processes of one machine. A
 * missing file is created, readable only by its owner. Its directory must exist, and must not be on a network drive. A
 * write that was reported as done survives the death of the process. A power failure may lose the last writes, but does
 * not damage the file. If another process holds the lock, a call waits for up to 4 seconds. The file belongs to this
 * package; a config store may share it.
 *
 * Sync services use it natively: their look-ups and writes never pass through JavaScript.
 * @param path Path of the file, or `:memory:`.
 * @throws {TwentyCrmApiError} `VALIDATION_ERROR` if the path is not valid, for example if its directory is missing.
 */
declare function sqliteMappingStore(path: string): ClosableMappingStore;

/**
 * Verifies a webhook delivery, and returns its event: signed by Twenty, and recent.
 *
 * Does no I/O and keeps no state: a delivery replayed within `toleranceMs` is accepted again. `applyWebhook` then
 * changes nothing; if your own work must be done only once, remember the `deliveryId` for that long.
 *
 * @throws {TwentyCrmApiError} `AUTH_ERROR` with status 401 for a delivery that is not from Twenty (`details.reason`:
 * `MISSING_HEADER`, `MALFORMED_HEADER`, `BAD_SIGNATURE`, `EXPIRED`, `IN_FUTURE`). `VALIDATION_ERROR` with status 413
 * (`TOO_LARGE`) or 400 (`NOT_JSON`, `NOT_AN_EVENT`) for a bad body, and without a status for an option that is not
 * valid (`details.field`). Answer the delivery with the status. No message contains the secret.
 */
declare function verifyTwentyWebhook(options: VerifyTwentyWebhookOptions): TwentyWebhookEvent;

/**
 * An outbox that stores changes in `store` and delivers them with `service`.
 * @throws {TwentyCrmApiError} `VALIDATION_ERROR` if an option is not valid; `details.field` names it.
 */
declare function createTwentyCrmOutbox(options: OutboxOptions): TwentyCrmOutbox;

/**
 * An outbox in PostgreSQL on the caller's own pool, for any number of instances. Changes can be enqueued inside a
 * transaction of the caller, and then exist exactly if it commits. It only uses the pool's `query`, without session
 * state and without transactions, so it works behind a transaction pooler.
 * @throws {TwentyCrmApiError} `VALIDATION_ERROR` if an argument is not valid.
 */
declare function postgresOutbox(pool: PostgresPool, options?: PostgresOutboxOptions): PostgresOutbox;

/**
 * An outbox in an SQLite file, for one machine and any number of processes. A missing file is created, readable only by
 * its owner. Its directory must exist, and must not be on a network drive. Mapping and config stores may share the
 * file. A change that was reported as enqueued survives the death of the process and a power failure.
 * @param path Path of the file, or `:memory:`, which survives nothing.
 * @throws {TwentyCrmApiError} `VALIDATION_ERROR` if the path or a secret is not valid.
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
