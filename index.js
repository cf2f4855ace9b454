'use strict';

const errors = require('./lib/errors.js');

exports.TwentyCrmErrorCode = errors.TwentyCrmErrorCode;
exports.TwentyCrmApiError = errors.TwentyCrmApiError;
exports.isTwentyCrmError = errors.isTwentyCrmError;
exports.createTwentyCrmError = errors.createTwentyCrmError;
exports.TwentyCrmRestClient = require('./lib/rest-client.js').TwentyCrmRestClient;
exports.TwentyCrmSyncService = require('./lib/sync-service.js').TwentyCrmSyncService;
exports.TwentyCrmApiService = require('./lib/api-service.js').TwentyCrmApiService;
exports.createTwentyCrmSyncService =
  require('./lib/create-sync-service.js').createTwentyCrmSyncService;
exports.TWENTY_CRM_DEFAULTS = require('./lib/defaults.js').TWENTY_CRM_DEFAULTS;
