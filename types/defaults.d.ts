/** The defaults of every option, as the `@default` tags name them. Frozen. */
export declare const TWENTY_CRM_DEFAULTS: {
  /** Milliseconds, see `TwentyCrmClientConfig.timeout`. */
  readonly timeout: number;
  /** See `TwentyCrmClientConfig.maxRetries`. */
  readonly maxRetries: number;
  /** Milliseconds, see `TwentyCrmClientConfig.initialBackoffMs`. */
  readonly initialBackoffMs: number;
  /** Milliseconds, see `TwentyCrmClientConfig.maxBackoffMs`. */
  readonly maxBackoffMs: number;
  /** Milliseconds, see `TwentyCrmRestClientConfig.maxThrottleWaitMs`. */
  readonly maxThrottleWaitMs: number;
  /** See `UpsertOptions.useCache`. */
  readonly useCache: boolean;
  /** See `UpsertOptions.maxConflictRetries`. */
  readonly maxConflictRetries: number;
  /** Milliseconds, see `UpsertOptions.conflictRetryDelay`. */
  readonly conflictRetryDelay: number;
  /** Milliseconds, see `SyncServiceOptions.cacheTtlMs`. */
  readonly cacheTtlMs: number;
};
