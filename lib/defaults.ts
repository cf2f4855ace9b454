/** The core's own defaults; a test holds this copy, and the `@default` tags of the types, to them. */
const TWENTY_CRM_DEFAULTS: typeof import('../index.js').TWENTY_CRM_DEFAULTS = Object.freeze({
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

const { timeout, maxRetries, initialBackoffMs, maxBackoffMs } = TWENTY_CRM_DEFAULTS;

const RETRYABLE_STATUS_CODES = Object.freeze([408, 429, 500, 502, 503, 504] as const);

export {
  initialBackoffMs as DEFAULT_INITIAL_BACKOFF_MS,
  maxBackoffMs as DEFAULT_MAX_BACKOFF_MS,
  maxBackoffMs as MAX_JITTER_MS,
  maxRetries as DEFAULT_MAX_RETRIES,
  RETRYABLE_STATUS_CODES,
  TWENTY_CRM_DEFAULTS,
  timeout as DEFAULT_TIMEOUT,
};
