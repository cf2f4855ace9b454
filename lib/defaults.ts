import type {
  CollisionOptions,
  FieldNames,
  ObservabilityOptions,
  OutboxOptions,
  SyncOptions,
  SyncServiceOptions,
  TwentyCrmRequestOptions,
  TwentyCrmRestClientConfig,
  UpsertCallOptions,
  UpsertOptions,
  VerifyTwentyWebhookOptions,
} from '../index.js';

// Copied from the core; a test compares them with the core and with the `@default` tags of the types.

/** Options that have a default, with the types of their interfaces. */
type Defaults = Readonly<
  Required<
    Pick<
      TwentyCrmRestClientConfig,
      | 'timeout'
      | 'maxRetries'
      | 'initialBackoffMs'
      | 'maxBackoffMs'
      | 'maxThrottleWaitMs'
      | 'maxResponseBytes'
    > &
      Pick<TwentyCrmRequestOptions, 'skipRetry'> &
      Pick<ObservabilityOptions, 'logLevel'> &
      Pick<
        SyncServiceOptions,
        | 'batching'
        | 'cacheTtlMs'
        | 'hashTtlMs'
        | 'mode'
        | 'invalidEmail'
        | 'missingEmail'
        | 'companyKey'
      > &
      UpsertOptions &
      Pick<UpsertCallOptions, 'skipUnchanged'> &
      Pick<VerifyTwentyWebhookOptions, 'toleranceMs' | 'maxBodyBytes'> &
      Pick<SyncOptions, 'maxConcurrency' | 'dryRun' | 'force' | 'verifyUnchanged'>
  > & {
    /** What to do if another record has the same e-mail address, domain or name. */
    collisions: Readonly<Required<CollisionOptions>>;
    /** Options of `createTwentyCrmOutbox`. */
    outbox: Readonly<
      Required<
        Pick<
          OutboxOptions,
          | 'batchSize'
          | 'leaseMs'
          | 'pollIntervalMs'
          | 'initialBackoffMs'
          | 'maxBackoffMs'
          | 'pauseMs'
          | 'stopTimeoutMs'
          | 'flushTimeoutMs'
        >
      >
    >;
    /** API names of the custom fields. */
    fieldNames: Readonly<
      Required<Omit<FieldNames, 'plan'>> & {
        /** The first one that exists in the workspace is used. */
        plan: readonly string[];
      }
    >;
  }
>;

/** Every option that has a default, with the default of its `@default` tag. Deeply frozen. */
const TWENTY_CRM_DEFAULTS: Defaults = Object.freeze({
  timeout: 10_000,
  maxRetries: 3,
  initialBackoffMs: 200,
  maxBackoffMs: 5_000,
  maxThrottleWaitMs: 300_000,
  maxResponseBytes: 67_108_864,
  skipRetry: false,
  logLevel: 'info',
  cacheTtlMs: 300_000,
  hashTtlMs: 86_400_000,
  maxConcurrency: 4,
  skipUnchanged: false,
  dryRun: false,
  force: false,
  verifyUnchanged: false,
  mode: 'direct_crm',
  batching: true,
  invalidEmail: 'refuse',
  missingEmail: 'refuse',
  companyKey: 'external_id',
  useCache: true,
  toleranceMs: 300_000,
  maxBodyBytes: 10_485_760,
  maxConflictRetries: 3,
  conflictRetryDelay: 100,
  collisions: Object.freeze({
    unclaimedMatch: 'link',
    claimedMatch: 'leave_out',
    deletedMatch: 'leave_out',
    ownDeleted: 'revive',
    ownGone: 'create',
  }),
  fieldNames: Object.freeze({
    externalId: 'externalId',
    accountType: 'accountType',
    plan: Object.freeze(['plan', 'planCustom', 'subscriptionPlan']),
    totalSubmissions: 'totalSubmissions',
    website: 'website',
    city: 'city',
    status: 'status',
  }),
  outbox: Object.freeze({
    batchSize: 800,
    leaseMs: 60_000,
    pollIntervalMs: 1_000,
    initialBackoffMs: 1_000,
    maxBackoffMs: 60_000,
    pauseMs: 300_000,
    stopTimeoutMs: 10_000,
    flushTimeoutMs: 5_000,
  }),
});

/** Milliseconds per attempt: `TWENTY_CRM_DEFAULTS.timeout` under the template's name, like the next three. */
const DEFAULT_TIMEOUT: number = TWENTY_CRM_DEFAULTS.timeout;
/** How often a failed request is retried. */
const DEFAULT_MAX_RETRIES: number = TWENTY_CRM_DEFAULTS.maxRetries;
/** Maximum backoff before the first retry, in milliseconds. */
const DEFAULT_INITIAL_BACKOFF_MS: number = TWENTY_CRM_DEFAULTS.initialBackoffMs;
/** Maximum backoff before any retry, in milliseconds, unless the server asks for more. */
const DEFAULT_MAX_BACKOFF_MS: number = TWENTY_CRM_DEFAULTS.maxBackoffMs;
/**
 * Maximum jitter in milliseconds. It covers the whole backoff (full jitter), so that many clients do not retry
 * together.
 */
const MAX_JITTER_MS: number = TWENTY_CRM_DEFAULTS.maxBackoffMs;

/**
 * The statuses that the template retries. This package retries any 5xx, unless the body of a 500 says that the data is
 * not valid.
 */
const RETRYABLE_STATUS_CODES: readonly [408, 429, 500, 502, 503, 504] = Object.freeze([
  408, 429, 500, 502, 503, 504,
] as const);

export {
  DEFAULT_INITIAL_BACKOFF_MS,
  DEFAULT_MAX_BACKOFF_MS,
  DEFAULT_MAX_RETRIES,
  DEFAULT_TIMEOUT,
  MAX_JITTER_MS,
  RETRYABLE_STATUS_CODES,
  TWENTY_CRM_DEFAULTS,
};
