import { readOptions } from '../options.js';
import { invalid, isArray } from '../serialise.js';

/**
 * The secrets of a store's options as JSON: a string, or an array of which the first encrypts and all decrypt, or an
 * empty array for no encryption. Errors never show an invalid value: it may be a secret in the wrong place.
 */
function secretsJsonOf(options: { secret?: string; secrets?: readonly string[] } | undefined) {
  const { secret, secrets } = readOptions('options', options ?? undefined, ['secret', 'secrets']);
  if (secret !== undefined && secrets !== undefined) {
    throw invalid('secret', 'give secret or secrets, not both');
  }
  // Not a string: the core refuses it.
  if (secret !== undefined) return JSON.stringify(typeof secret === 'string' ? secret : null);
  try {
    if (secrets === undefined || (isArray(secrets) && secrets.length > 0)) {
      return JSON.stringify(secrets ?? []);
    }
  } catch {
    // Not an array of strings: refused below.
  }
  throw invalid('secrets', 'secrets must be an array with at least one secret');
}

export { secretsJsonOf };
