import type { InspectOptions } from 'node:util';
import { inspect } from 'node:util';

const MASK = '****';
const READABLE = 4;

/**
 * An API key in a form that may be shown: `****` and its last four characters, or only `****` for a key of less than
 * four.
 */
function maskApiKey(apiKey: string | null | undefined): string {
  if (typeof apiKey !== 'string' || apiKey.length < READABLE) return MASK;
  return MASK + apiKey.slice(-READABLE);
}

/**
 * Defines the key so that reading it gives the plain text and printing it a mask: keys often get into log files through
 * `console.log` of a configuration. Not enumerable, so that copies do not contain it.
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
