'use strict';

const errors = require('./lib/errors.js');

exports.TwentyCrmErrorCode = errors.TwentyCrmErrorCode;
exports.TwentyCrmApiError = errors.TwentyCrmApiError;
exports.isTwentyCrmError = errors.isTwentyCrmError;
exports.createTwentyCrmError = errors.createTwentyCrmError;
exports.TwentyCrmRestClient = require('./lib/rest-client.js').TwentyCrmRestClient;
exports.TwentyCrmSyncService = require('./lib/sync-service.js').TwentyCrmSyncService;
exports.TwentyCrmSchemaService = require('./lib/schema-service.js').TwentyCrmSchemaService;
exports.TwentyCrmApiService = require('./lib/api-service.js').TwentyCrmApiService;
exports.createTwentyCrmSyncService =
  require('./lib/create-sync-service.js').createTwentyCrmSyncService;
exports.createTwentyCrmSyncServiceFromEnv =
  require('./lib/create-sync-service.js').createTwentyCrmSyncServiceFromEnv;
exports.TWENTY_CRM_DEFAULTS = require('./lib/defaults.js').TWENTY_CRM_DEFAULTS;
exports.maskApiKey = require('./lib/config/api-key.js').maskApiKey;
exports.validateTwentyCrmConfig = require('./lib/config/validate.js').validateTwentyCrmConfig;
exports.readTwentyCrmEnvConfig = require('./lib/config/env.js').readTwentyCrmEnvConfig;
exports.TwentyCrmConfigRepository =
  require('./lib/config/config-repository.js').TwentyCrmConfigRepository;
exports.mapClientProfileToPerson =
  require('./lib/mappers/client-profile.js').mapClientProfileToPerson;
exports.mapCompanyToTwentyCompany = require('./lib/mappers/company.js').mapCompanyToTwentyCompany;
exports.ensureExternalId = require('./lib/mappers/fields.js').ensureExternalId;
exports.extractCityFromLocation = require('./lib/mappers/fields.js').extractCityFromLocation;
exports.memoryMappingStore = require('./lib/stores/memory.js').memoryMappingStore;
exports.postgresMappingStore = require('./lib/stores/postgres.js').postgresMappingStore;
exports.sqliteConfigStore = require('./lib/stores/sqlite-config.js').sqliteConfigStore;
exports.sqliteMappingStore = require('./lib/stores/sqlite.js').sqliteMappingStore;
