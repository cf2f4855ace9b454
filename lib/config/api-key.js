'use strict';

const { inspect } = require('node:util');

const MASK = '****';
const READABLE = 4;

/**
 * See `index.d.ts`.
 * @param {string | null | undefined} apiKey
 */
function maskApiKey(apiKey) {
  if (typeof apiKey !== 'string' || apiKey.length < READABLE) return MASK;
  return MASK + apiKey.slice(-READABLE);
}

/**
 * The key in clear for whoever reads it, masked for whoever prints it: `console.log` of a configuration is how keys get
 * into log files. Not enumerable, so that copies do not see it.
 * @template {{ apiKey?: string }} T
 * @param {T} config
 */
function hideKey(config) {
  return Object.defineProperty(config, inspect.custom, {
    value(/** @type {number} */ depth, /** @type {any} */ options) {
      const shown = { ...this };
      if (shown.apiKey !== undefined) shown.apiKey = maskApiKey(shown.apiKey);
      return inspect(shown, { ...options, depth });
    },
  });
}

module.exports = { hideKey, maskApiKey };
