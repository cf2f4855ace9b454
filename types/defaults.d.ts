import type { SyncOptions } from './bulk.js';
import type { ObservabilityOptions } from './observability.js';
import type { OutboxOptions } from './outbox.js';
import type { TwentyCrmRequestOptions, TwentyCrmRestClientConfig } from './rest-client.js';
import type {
  CollisionOptions,
  FieldNames,
  SyncServiceOptions,
  UpsertCallOptions,
} from './sync-service.js';
import type { UpsertOptions } from './twenty-crm-sync.types.js';
import type { VerifyTwentyWebhookOptions } from './webhook.js';

/** Every option that has a default, with the default that its `@default` tag names. Frozen, at every depth. */
export declare const TWENTY_CRM_DEFAULTS: Readonly<
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

/** Milliseconds per attempt: `TWENTY_CRM_DEFAULTS.timeout` under the template's name, as are the next three. */
export declare const DEFAULT_TIMEOUT: number;
/** How often a failed request is repeated. */
export declare const DEFAULT_MAX_RETRIES: number;
/** Milliseconds before the first repeat, at most. */
export declare const DEFAULT_INITIAL_BACKOFF_MS: number;
/** Milliseconds before any repeat, at most, unless the server asks for more. */
export declare const DEFAULT_MAX_BACKOFF_MS: number;
/** Milliseconds of a wait that chance decides, at most: all of it, so that many clients do not come back together. */
export declare const MAX_JITTER_MS: number;
/**
 * The statuses that the template repeats a request for. This package repeats it for any 5xx, and looks at the body: a
 * 500 that says that the data is no good is not repeated.
 */
export declare const RETRYABLE_STATUS_CODES: readonly [408, 429, 500, 502, 503, 504];
