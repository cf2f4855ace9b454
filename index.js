'use strict';

const errors = require('./lib/errors.js');

// Rarely used files are loaded on first use: every file adds to the cold start.

exports.TwentyCrmErrorCode = errors.TwentyCrmErrorCode;
exports.TwentyCrmApiError = errors.TwentyCrmApiError;
exports.isTwentyCrmError = errors.isTwentyCrmError;
exports.createTwentyCrmError = errors.createTwentyCrmError;
exports.TwentyCrmRestClient = require('./lib/rest-client.js').TwentyCrmRestClient;
exports.TwentyCrmSyncService = require('./lib/sync-service.js').TwentyCrmSyncService;
Object.defineProperty(exports, 'TwentyCrmSchemaService', {
  enumerable: true,
  get: () => require('./lib/schema-service.js').TwentyCrmSchemaService,
});
Object.defineProperty(exports, 'TwentyCrmApiService', {
  enumerable: true,
  get: () => require('./lib/api-service.js').TwentyCrmApiService,
});
exports.createTwentyCrmSyncService =
  require('./lib/create-sync-service.js').createTwentyCrmSyncService;
exports.createTwentyCrmSyncServiceFromEnv =
  require('./lib/create-sync-service.js').createTwentyCrmSyncServiceFromEnv;
const defaults = require('./lib/defaults.js');
exports.TWENTY_CRM_DEFAULTS = defaults.TWENTY_CRM_DEFAULTS;
exports.DEFAULT_TIMEOUT = defaults.DEFAULT_TIMEOUT;
exports.DEFAULT_MAX_RETRIES = defaults.DEFAULT_MAX_RETRIES;
exports.DEFAULT_INITIAL_BACKOFF_MS = defaults.DEFAULT_INITIAL_BACKOFF_MS;
exports.DEFAULT_MAX_BACKOFF_MS = defaults.DEFAULT_MAX_BACKOFF_MS;
exports.MAX_JITTER_MS = defaults.MAX_JITTER_MS;
exports.RETRYABLE_STATUS_CODES = defaults.RETRYABLE_STATUS_CODES;
exports.maskApiKey = require('./lib/config/api-key.js').maskApiKey;
exports.validateTwentyCrmConfig = require('./lib/config/validate.js').validateTwentyCrmConfig;
exports.SYNC_MODE_VALUES = require('./lib/config/validate.js').SYNC_MODE_VALUES;
Object.defineProperty(exports, 'readTwentyCrmEnvConfig', {
  enumerable: true,
  get: () => require('./lib/config/env.js').readTwentyCrmEnvConfig,
});
Object.defineProperty(exports, 'TwentyCrmConfigRepository', {
  enumerable: true,
  get: () => require('./lib/config/config-repository.js').TwentyCrmConfigRepository,
});
Object.defineProperty(exports, 'mapClientProfileToPerson', {
  enumerable: true,
  get: () => require('./lib/mappers/client-profile.js').mapClientProfileToPerson,
});
Object.defineProperty(exports, 'mapCompanyToTwentyCompany', {
  enumerable: true,
  get: () => require('./lib/mappers/company.js').mapCompanyToTwentyCompany,
});
Object.defineProperty(exports, 'ensureExternalId', {
  enumerable: true,
  get: () => require('./lib/mappers/fields.js').ensureExternalId,
});
Object.defineProperty(exports, 'extractCityFromLocation', {
  enumerable: true,
  get: () => require('./lib/mappers/fields.js').extractCityFromLocation,
});
Object.defineProperty(exports, 'memoryMappingStore', {
  enumerable: true,
  get: () => require('./lib/stores/memory.js').memoryMappingStore,
});
Object.defineProperty(exports, 'postgresMappingStore', {
  enumerable: true,
  get: () => require('./lib/stores/postgres.js').postgresMappingStore,
});
Object.defineProperty(exports, 'sqliteConfigStore', {
  enumerable: true,
  get: () => require('./lib/stores/sqlite-config.js').sqliteConfigStore,
});
exports.sqliteMappingStore = require('./lib/stores/sqlite.js').sqliteMappingStore;
Object.defineProperty(exports, 'verifyTwentyWebhook', {
  enumerable: true,
  get: () => require('./lib/webhooks/verify.js').verifyTwentyWebhook,
});
Object.defineProperty(exports, 'createTwentyCrmOutbox', {
  enumerable: true,
  get: () => require('./lib/outbox/outbox.js').createTwentyCrmOutbox,
});
Object.defineProperty(exports, 'postgresOutbox', {
  enumerable: true,
  get: () => require('./lib/outbox/postgres.js').postgresOutbox,
});
Object.defineProperty(exports, 'sqliteOutbox', {
  enumerable: true,
  get: () => require('./lib/outbox/sqlite.js').sqliteOutbox,
});
