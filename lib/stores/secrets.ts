import { readOptions } from '../options.js';
import { invalid, isArray } from '../serialise.js';

/**
 * The secrets that a store's options name, as JSON: a text, or an array of which the first encrypts and all decrypt; an
 * empty one where nothing is encrypted. Of what is no secret nothing is told: one in the wrong place must not end in a log.
 */
function secretsJsonOf(options: { secret?: string; secrets?: readonly string[] } | undefined) {
  const { secret, secrets } = readOptions('options', options ?? undefined, ['secret', 'secrets']);
  if (secret !== undefined && secrets !== undefined) {
    throw invalid('secret', 'give secret or secrets, not both');
  }
  // No text, so no secret: the core says so.
  if (secret !== undefined) return JSON.stringify(typeof secret === 'string' ? secret : null);
  try {
    if (secrets === undefined || (isArray(secrets) && secrets.length > 0)) {
      return JSON.stringify(secrets ?? []);
    }
  } catch {
    // No texts, so no secrets.
  }
  throw invalid('secrets', 'secrets must be an array with at least one secret');
}

export { secretsJsonOf };
