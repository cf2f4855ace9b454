'use strict';

const { readOptions } = require('../options.js');
const { invalid, isArray } = require('../serialise.js');

/**
 * The secrets that a store's options name: the first encrypts, all of them decrypt; none where nothing is encrypted.
 * @param {{ secret?: string, secrets?: readonly string[] } | undefined} options
 * @returns {readonly string[]}
 */
function secretsOf(options) {
  const { secret, secrets } = readOptions('options', options ?? undefined, ['secret', 'secrets']);
  if (secret !== undefined && secrets !== undefined) {
    throw invalid('secret', 'give secret or secrets, not both', undefined);
  }
  if (secrets !== undefined && (!isArray(secrets) || secrets.length === 0)) {
    throw invalid('secrets', 'secrets must be an array with at least one secret', undefined);
  }
  return secrets ?? (secret === undefined ? [] : [secret]);
}

module.exports = { secretsOf };
