'use strict';

const { invalid } = require('./serialise.js');
const { TwentyCrmRestClient } = require('./rest-client.js');
const { TwentyCrmSyncService } = require('./sync-service.js');

/**
 * See `index.d.ts`.
 * @param {import('../index.js').TwentyCrmRestClientConfig} config
 * @param {number | import('../index.js').SyncServiceOptions} [options] a number is the cache TTL, as in the template
 */
function createTwentyCrmSyncService(config, options) {
  const settings = typeof options === 'number' ? { cacheTtlMs: options } : (options ?? {});
  if (typeof settings !== 'object') {
    throw invalid(
      'options',
      'options must be an object, or the cache TTL in milliseconds',
      undefined,
    );
  }
  return new TwentyCrmSyncService(
    new TwentyCrmRestClient(config),
    settings.mappingStore,
    settings.cacheTtlMs,
    settings,
  );
}

module.exports = { createTwentyCrmSyncService };
