// One instance for both module systems, so that `instanceof` holds across them.
import api from './index.js';

export const {
  TWENTY_CRM_DEFAULTS,
  TwentyCrmApiError,
  TwentyCrmApiService,
  TwentyCrmErrorCode,
  TwentyCrmRestClient,
  TwentyCrmSyncService,
  createTwentyCrmError,
  createTwentyCrmSyncService,
  isTwentyCrmError,
} = api;
