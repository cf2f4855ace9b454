'use strict';

const { readOptions } = require('../options.js');
const { invalid, isArray } = require('../serialise.js');

/**
 * The secrets that a store's options name, as a JSON array: the first encrypts, all of them decrypt; none where nothing
 * is encrypted. Of what is no secret nothing is told: one in the wrong place must not end in a log.
 * @param {{ secret?: string, secrets?: readonly string[] } | undefined} options
 * @returns {string}
 */
function secretsJsonOf(options) {
  const { secret, secrets } = readOptions('options', options ?? undefined, ['secret', 'secrets']);
  if (secret !== undefined && secrets !== undefined) {
    throw invalid('secret', 'give secret or secrets, not both', undefined);
  }
  try {
    if (secrets === undefined || (isArray(secrets) && secrets.length > 0)) {
      return JSON.stringify(secrets ?? (secret === undefined ? [] : [secret]));
    }
  } catch {
    // No texts, so no secrets.
  }
  throw invalid('secrets', 'secrets must be an array with at least one secret', undefined);
}

module.exports = { secretsJsonOf };
