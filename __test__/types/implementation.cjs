// What `lib/` exports is what the types declare: the compiler compares the two. Compiled, never run.
'use strict';

const implementation = {
  ...require('../../lib/api-service.js'),
  ...require('../../lib/create-sync-service.js'),
  ...require('../../lib/defaults.js'),
  ...require('../../lib/errors.js'),
  ...require('../../lib/rest-client.js'),
  ...require('../../lib/sync-service.js'),
};

/** @type {typeof import('../../index.js')} */
const declared = implementation;

module.exports = declared;
