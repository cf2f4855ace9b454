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

// The core's own; a test holds this copy, and the `@default` tags of the types, to them.

/** Options that have a default, with the types that their interfaces give them. */
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
    /** What to do about somebody else who has the same e-mail address, domain or name. */
    collisions: Readonly<Required<CollisionOptions>>;
    /** Of `createTwentyCrmOutbox`. */
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
        /** The first of them that the workspace has is used. */
        plan: readonly string[];
      }
    >;
  }
>;

/** Every option that has a default, with the default that its `@default` tag names. Frozen, at every depth. */
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

/** Milliseconds per attempt: `TWENTY_CRM_DEFAULTS.timeout` under the template's name, as are the next three. */
const DEFAULT_TIMEOUT: number = TWENTY_CRM_DEFAULTS.timeout;
/** How often a failed request is repeated. */
const DEFAULT_MAX_RETRIES: number = TWENTY_CRM_DEFAULTS.maxRetries;
/** Milliseconds before the first repeat, at most. */
const DEFAULT_INITIAL_BACKOFF_MS: number = TWENTY_CRM_DEFAULTS.initialBackoffMs;
/** Milliseconds before any repeat, at most, unless the server asks for more. */
const DEFAULT_MAX_BACKOFF_MS: number = TWENTY_CRM_DEFAULTS.maxBackoffMs;
/** Milliseconds of a wait that chance decides, at most: all of it, so that many clients do not come back together. */
const MAX_JITTER_MS: number = TWENTY_CRM_DEFAULTS.maxBackoffMs;

/**
 * The statuses that the template repeats a request for. This package repeats it for any 5xx, and looks at the body: a
 * 500 that says that the data is no good is not repeated.
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
