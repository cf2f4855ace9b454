// One instance for both module systems, so that `instanceof` holds across them.
import api from './index.js';

export const {
  TWENTY_CRM_DEFAULTS,
  TwentyCrmApiError,
  TwentyCrmApiService,
  TwentyCrmConfigRepository,
  TwentyCrmErrorCode,
  TwentyCrmRestClient,
  TwentyCrmSchemaService,
  TwentyCrmSyncService,
  createTwentyCrmError,
  createTwentyCrmSyncService,
  createTwentyCrmSyncServiceFromEnv,
  ensureExternalId,
  extractCityFromLocation,
  isTwentyCrmError,
  mapClientProfileToPerson,
  mapCompanyToTwentyCompany,
  maskApiKey,
  memoryMappingStore,
  postgresMappingStore,
  readTwentyCrmEnvConfig,
  sqliteConfigStore,
  sqliteMappingStore,
  validateTwentyCrmConfig,
  verifyTwentyWebhook,
} = api;
