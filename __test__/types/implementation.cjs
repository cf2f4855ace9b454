// What `lib/` exports is what the types declare: the compiler compares the two. Compiled, never run.
'use strict';

const implementation = {
  ...require('../../lib/api-service.js'),
  maskApiKey: require('../../lib/config/api-key.js').maskApiKey,
  ...require('../../lib/config/config-repository.js'),
  readTwentyCrmEnvConfig: require('../../lib/config/env.js').readTwentyCrmEnvConfig,
  SYNC_MODE_VALUES: require('../../lib/config/validate.js').SYNC_MODE_VALUES,
  validateTwentyCrmConfig: require('../../lib/config/validate.js').validateTwentyCrmConfig,
  ...require('../../lib/create-sync-service.js'),
  ...require('../../lib/defaults.js'),
  ...require('../../lib/errors.js'),
  ...require('../../lib/mappers/client-profile.js'),
  ...require('../../lib/mappers/company.js'),
  ...require('../../lib/mappers/fields.js'),
  ...require('../../lib/outbox/outbox.js'),
  ...require('../../lib/outbox/postgres.js'),
  ...require('../../lib/outbox/sqlite.js'),
  ...require('../../lib/rest-client.js'),
  ...require('../../lib/schema-service.js'),
  ...require('../../lib/stores/memory.js'),
  ...require('../../lib/stores/postgres.js'),
  ...require('../../lib/stores/sqlite-config.js'),
  ...require('../../lib/stores/sqlite.js'),
  ...require('../../lib/sync-service.js'),
  verifyTwentyWebhook: require('../../lib/webhooks/verify.js').verifyTwentyWebhook,
};

/** @type {typeof import('../../index.js')} */
const declared = implementation;

module.exports = declared;
