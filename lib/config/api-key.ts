import type { InspectOptions } from 'node:util';
import { inspect } from 'node:util';

const MASK = '****';
const READABLE = 4;

/**
 * An API key that may be shown: `****` and its last four characters, or `****` alone for a key of less than four.
 */
function maskApiKey(apiKey: string | null | undefined): string {
  if (typeof apiKey !== 'string' || apiKey.length < READABLE) return MASK;
  return MASK + apiKey.slice(-READABLE);
}

/**
 * The key in clear for whoever reads it, masked for whoever prints it: `console.log` of a configuration is how keys get
 * into log files. Not enumerable, so that copies do not see it.
 */
function hideKey<T extends { apiKey?: string }>(config: T): T {
  return Object.defineProperty(config, inspect.custom, {
    value(this: T, depth: number, options: InspectOptions) {
      const shown = { ...this };
      if (shown.apiKey !== undefined) shown.apiKey = maskApiKey(shown.apiKey);
      return inspect(shown, { ...options, depth });
    },
  });
}

export { hideKey, maskApiKey };
