'use strict';

const errors = require('./lib/errors.js');

// Files are loaded when one of their exports is first read: every file adds to the cold start. The client comes at
// once, because it loads the binary: without one, `require` itself reports it.

exports.TwentyCrmErrorCode = errors.TwentyCrmErrorCode;
exports.TwentyCrmApiError = errors.TwentyCrmApiError;
exports.isTwentyCrmError = errors.isTwentyCrmError;
exports.createTwentyCrmError = errors.createTwentyCrmError;
exports.TwentyCrmRestClient = require('./lib/rest-client.js').TwentyCrmRestClient;
Object.defineProperty(exports, 'TwentyCrmSyncService', {
  enumerable: true,
  get: () => require('./lib/sync-service.js').TwentyCrmSyncService,
});
Object.defineProperty(exports, 'TwentyCrmSchemaService', {
  enumerable: true,
  get: () => require('./lib/schema-service.js').TwentyCrmSchemaService,
});
Object.defineProperty(exports, 'TwentyCrmApiService', {
  enumerable: true,
  get: () => require('./lib/api-service.js').TwentyCrmApiService,
});
Object.defineProperty(exports, 'createTwentyCrmSyncService', {
  enumerable: true,
  get: () => require('./lib/create-sync-service.js').createTwentyCrmSyncService,
});
Object.defineProperty(exports, 'createTwentyCrmSyncServiceFromEnv', {
  enumerable: true,
  get: () => require('./lib/create-sync-service.js').createTwentyCrmSyncServiceFromEnv,
});
Object.defineProperty(exports, 'TWENTY_CRM_DEFAULTS', {
  enumerable: true,
  get: () => require('./lib/defaults.js').TWENTY_CRM_DEFAULTS,
});
Object.defineProperty(exports, 'DEFAULT_TIMEOUT', {
  enumerable: true,
  get: () => require('./lib/defaults.js').DEFAULT_TIMEOUT,
});
Object.defineProperty(exports, 'DEFAULT_MAX_RETRIES', {
  enumerable: true,
  get: () => require('./lib/defaults.js').DEFAULT_MAX_RETRIES,
});
Object.defineProperty(exports, 'DEFAULT_INITIAL_BACKOFF_MS', {
  enumerable: true,
  get: () => require('./lib/defaults.js').DEFAULT_INITIAL_BACKOFF_MS,
});
Object.defineProperty(exports, 'DEFAULT_MAX_BACKOFF_MS', {
  enumerable: true,
  get: () => require('./lib/defaults.js').DEFAULT_MAX_BACKOFF_MS,
});
Object.defineProperty(exports, 'MAX_JITTER_MS', {
  enumerable: true,
  get: () => require('./lib/defaults.js').MAX_JITTER_MS,
});
Object.defineProperty(exports, 'RETRYABLE_STATUS_CODES', {
  enumerable: true,
  get: () => require('./lib/defaults.js').RETRYABLE_STATUS_CODES,
});
Object.defineProperty(exports, 'maskApiKey', {
  enumerable: true,
  get: () => require('./lib/config/api-key.js').maskApiKey,
});
Object.defineProperty(exports, 'validateTwentyCrmConfig', {
  enumerable: true,
  get: () => require('./lib/config/validate.js').validateTwentyCrmConfig,
});
Object.defineProperty(exports, 'SYNC_MODE_VALUES', {
  enumerable: true,
  get: () => require('./lib/config/sync-mode.js').SYNC_MODE_VALUES,
});
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
Object.defineProperty(exports, 'sqliteMappingStore', {
  enumerable: true,
  get: () => require('./lib/stores/sqlite.js').sqliteMappingStore,
});
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
