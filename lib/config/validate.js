'use strict';

const { withoutBlanks } = require('../options.js');
const { isArray } = require('../serialise.js');
const { hideKey } = require('./api-key.js');

/** @typedef {import('../../index.js').TwentyCrmConfigIssue} Issue */

const MIN_KEY_LENGTH = 10;
const PASTED = ['baseUrl', 'apiKey'];
/** Quotes of all kinds at either end, as `src/core/http/pasted.rs` has them. */
const QUOTED = /^["'`´“”„‟‘’‚‛«»‹›＂＇「」『』<>]|["'`´“”„‟‘’‚‛«»‹›＂＇「」『』<>]\/*$/;
const RAW = 'without them (a .env file that is read raw keeps its quotes)';
/** What a request puts before the key. */
const WITH_SCHEME = /^(?:authorization|bearer(?:[\s:=+%]|eyJ|$))/i;
const SYNC_MODE_VALUES = Object.freeze(
  /** @type {const} */ (['disabled', 'platform', 'direct_crm']),
);

/** @param {unknown} value @returns {value is import('../../index.js').TwentyCrmSyncMode} */
const isSyncMode = (value) => SYNC_MODE_VALUES.includes(/** @type {any} */ (value));

/**
 * What is wrong with each field; `undefined` where nothing is. What passes here passes the REST client too.
 * @type {Record<string, (value: any) => string | undefined>}
 */
const rules = {
  baseUrl(value) {
    if (typeof value !== 'string' || value === '') return 'baseUrl is required';
    if (QUOTED.test(value)) return `baseUrl is in quotes: give the address ${RAW}`;
    const notUrl = 'baseUrl must be a URL, for example https://crm.example.com';
    if (!URL.canParse(value) || /[\s\\\p{Cc}]/u.test(value)) return notUrl;
    const { protocol, username, password } = new URL(value);
    if (protocol !== 'https:' && protocol !== 'http:') {
      return 'baseUrl must start with https:// or http://';
    }
    // Parsers forgive missing or doubled slashes; what somebody typed that way is more likely a slip.
    if (!/^https?:\/\/[^/]/i.test(value)) return notUrl;
    if (username !== '' || password !== '' || /^[^/]*\/\/[^/]*@/.test(value)) {
      return 'baseUrl must not hold credentials: they belong into apiKey';
    }
    return /[?#]/.test(value) ? 'baseUrl must not have a query or a fragment' : undefined;
  },
  apiKey(value) {
    if (typeof value !== 'string' || value === '') return 'apiKey is required';
    if (QUOTED.test(value)) return `apiKey is in quotes: give the key ${RAW}`;
    if (WITH_SCHEME.test(value))
      return 'apiKey begins with the words of a header: give the key alone';
    if (!/^[\x21-\x7e]*$/.test(value)) {
      return 'apiKey must not have blanks, line breaks or non-ASCII characters: copy it again';
    }
    return value.length < MIN_KEY_LENGTH
      ? `apiKey must have at least ${MIN_KEY_LENGTH} characters`
      : undefined;
  },
  enabled: (value) => (typeof value === 'boolean' ? undefined : 'enabled must be true or false'),
  syncMode: (value) =>
    isSyncMode(value) ? undefined : `syncMode must be one of ${SYNC_MODE_VALUES.join(', ')}`,
};

/**
 * See `index.d.ts`.
 * @param {unknown} config
 * @returns {import('../../index.js').TwentyCrmConfigValidation}
 */
function validateTwentyCrmConfig(config) {
  if (typeof config !== 'object' || config === null || isArray(config)) {
    return failure([{ path: [], message: 'the configuration must be an object' }]);
  }
  /** @type {Issue[]} */
  const issues = [];
  /** @type {Record<string, any>} */
  const data = {};
  for (const [field, rule] of Object.entries(rules)) {
    let message;
    try {
      // Read once: what was checked is what is handed on.
      const value = /** @type {any} */ (config)[field];
      data[field] = PASTED.includes(field) ? withoutBlanks(value) : value;
      message = rule(data[field]);
    } catch {
      message = `${field} cannot be read`;
    }
    if (message !== undefined) issues.push({ path: [field], message });
  }
  if (issues.length > 0) return failure(issues);
  return {
    success: true,
    data: hideKey(/** @type {import('../../index.js').UpdateTwentyCrmConfigRequest} */ (data)),
  };
}

/**
 * @param {Issue[]} issues
 * @returns {import('../../index.js').TwentyCrmConfigValidation}
 */
function failure(issues) {
  // Not enumerable: the issues are all that there is to copy, compare and print.
  const error = Object.defineProperty({ issues }, 'flatten', { value: () => flatten(issues) });
  return { success: false, error: /** @type {any} */ (error) };
}

/**
 * The same by field, as Zod's errors have it.
 * @param {Issue[]} issues
 */
function flatten(issues) {
  /** @type {string[]} */
  const formErrors = [];
  /** @type {Record<string, string[]>} */
  const fieldErrors = {};
  for (const { path, message } of issues) {
    if (path.length === 0) formErrors.push(message);
    else fieldErrors[path[0]] = [message];
  }
  return { formErrors, fieldErrors };
}

module.exports = { SYNC_MODE_VALUES, isSyncMode, validateTwentyCrmConfig };
