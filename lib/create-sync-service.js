'use strict';

const { readCredentials, readEnvCacheTtl, readEnvMode, readSwitch } = require('./config/env.js');
const { readMode } = require('./modes.js');
const { readOptions, requireKnown } = require('./options.js');
const { invalid } = require('./serialise.js');
const { TwentyCrmRestClient } = require('./rest-client.js');
const { SERVICE_OPTIONS, TwentyCrmSyncService } = require('./sync-service.js');

/** @typedef {import('../index.js').SyncServiceOptions} SyncServiceOptions */
/** @typedef {import('../index.js').TwentyCrmRestClientConfig} TwentyCrmRestClientConfig */

const OPTIONS = /** @type {const} */ (['mode', 'mappingStore', 'cacheTtlMs']);

/**
 * See `index.d.ts`.
 * @param {Partial<TwentyCrmRestClientConfig>} config whole in mode `direct_crm`
 * @param {number | SyncServiceOptions} [options] a number is the cache TTL, as in the template
 */
function createTwentyCrmSyncService(config, options) {
  const settings = toSettings(options);
  requireKnown('createTwentyCrmSyncService', settings, SERVICE_OPTIONS);
  const { mode, mappingStore, cacheTtlMs } = readOptions('options', settings, OPTIONS);
  // A service that sends nothing needs no client: there may be no server to name.
  const client =
    readMode(mode) === 'direct_crm'
      ? new TwentyCrmRestClient(/** @type {TwentyCrmRestClientConfig} */ (config))
      : undefined;
  return new TwentyCrmSyncService(/** @type {any} */ (client), mappingStore, cacheTtlMs, settings);
}

/**
 * See `index.d.ts`.
 * @param {number | SyncServiceOptions} [options]
 * @param {Record<string, string | undefined>} [env]
 */
function createTwentyCrmSyncServiceFromEnv(options, env = process.env) {
  const settings = toSettings(options);
  requireKnown('createTwentyCrmSyncServiceFromEnv', settings, SERVICE_OPTIONS);
  const { baseUrl = '', apiKey = '' } = readCredentials(env);
  const given = readOptions('options', settings, OPTIONS);
  // Only what is used is read: what an option goes over may say what it likes.
  const isSwitchedOff = readSwitch(env) === false;
  const mode = isSwitchedOff ? 'disabled' : readMode(given.mode ?? readEnvMode(env));
  const missing = [
    ...(baseUrl === '' ? ['TWENTY_CRM_BASE_URL'] : []),
    ...(apiKey === '' ? ['TWENTY_CRM_API_KEY'] : []),
  ];
  if (mode === 'direct_crm' && missing.length > 0) {
    throw invalid(
      missing[0],
      `Missing Twenty CRM configuration: ${missing.join(' and ')} must be set in the environment; to do without the CRM, set TWENTY_CRM_ENABLED=false`,
    );
  }
  return createTwentyCrmSyncService(
    { baseUrl, apiKey },
    // In front of the caller's options instead of a copy, which would run getters.
    Object.create(settings, {
      cacheTtlMs: { value: given.cacheTtlMs ?? readEnvCacheTtl(env) },
      mode: { value: mode },
    }),
  );
}

/**
 * @param {number | SyncServiceOptions | null | undefined} options
 */
function toSettings(options) {
  if (typeof options === 'number') return { cacheTtlMs: options };
  if (options === undefined || options === null) return {};
  if (typeof options === 'object') return options;
  throw invalid('options', 'options must be an object, or the cache TTL in milliseconds');
}

module.exports = { createTwentyCrmSyncService, createTwentyCrmSyncServiceFromEnv };
