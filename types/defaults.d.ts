import type { SyncOptions } from './bulk.js';
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
      'timeout' | 'maxRetries' | 'initialBackoffMs' | 'maxBackoffMs' | 'maxThrottleWaitMs'
    > &
      Pick<TwentyCrmRequestOptions, 'skipRetry'> &
      Pick<SyncServiceOptions, 'cacheTtlMs' | 'hashTtlMs' | 'mode' | 'invalidEmail'> &
      UpsertOptions &
      Pick<UpsertCallOptions, 'skipUnchanged'> &
      Pick<VerifyTwentyWebhookOptions, 'toleranceMs' | 'maxBodyBytes'> &
      Pick<SyncOptions, 'maxConcurrency' | 'dryRun' | 'force' | 'verifyUnchanged'>
  > & {
    collisions: Readonly<Required<CollisionOptions>>;
    fieldNames: Readonly<Required<Omit<FieldNames, 'plan'>> & { plan: readonly string[] }>;
  }
>;
