/**
 * The defaults of every option. They are the core's own (src/core/config.rs); a test holds the two, and the `@default`
 * tags of the types, to each other.
 * @type {typeof import('../index.js').TWENTY_CRM_DEFAULTS}
 */
const TWENTY_CRM_DEFAULTS = Object.freeze({
  timeout: 10_000,
  maxRetries: 3,
  initialBackoffMs: 200,
  maxBackoffMs: 5_000,
  maxThrottleWaitMs: 120_000,
  useCache: true,
  maxConflictRetries: 3,
  conflictRetryDelay: 100,
  cacheTtlMs: 300_000,
});

module.exports = { TWENTY_CRM_DEFAULTS };
