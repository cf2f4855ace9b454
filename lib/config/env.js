'use strict';

const { describe, invalid, unlessLong } = require('../serialise.js');
const { hideKey } = require('./api-key.js');
const { SYNC_MODE_VALUES, isSyncMode } = require('./validate.js');

/** @typedef {Record<string, string | undefined>} Env */

/**
 * See `index.d.ts`.
 * @param {Env} [env]
 * @returns {import('../../index.js').TwentyCrmEnvSettings}
 */
function readTwentyCrmEnvConfig(env = process.env) {
  const cacheTtlMs = readEnvCacheTtl(env);
  return hideKey({ ...readEnvConfig(env), ...(cacheTtlMs !== undefined && { cacheTtlMs }) });
}

/**
 * @param {Env} env
 * @returns {import('../../index.js').TwentyCrmEnvConfig}
 */
function readEnvConfig(env) {
  return {
    ...readCredentials(env),
    enabled: readSwitch(env) ?? false,
    syncMode: readEnvMode(env) ?? 'disabled',
  };
}

/**
 * Where to, and with what.
 * @param {Env} env
 * @returns {{ baseUrl?: string, apiKey?: string }}
 */
function readCredentials(env) {
  const baseUrl = read(env, 'TWENTY_CRM_BASE_URL');
  const apiKey = read(env, 'TWENTY_CRM_API_KEY');
  return { ...(baseUrl !== undefined && { baseUrl }), ...(apiKey !== undefined && { apiKey }) };
}

/** @param {Env} env */
const readEnvCacheTtl = (env) => readMillis(env, 'TWENTY_CRM_CACHE_TTL_MS');

/**
 * A variable without surrounding blanks; blank is unset, as in a `.env` file's `NAME=`.
 * @param {Env} env
 * @param {string} name
 */
function read(env, name) {
  let value;
  try {
    value = env?.[name];
  } catch (cause) {
    throw invalid(name, `${name} cannot be read: ${describe(cause)}`, cause);
  }
  return typeof value === 'string' && value.trim() !== '' ? value.trim() : undefined;
}

/**
 * Whether the sync is on; undefined where nothing is said. A service from the environment needs no more than a URL and
 * a key: only what says "off" in so many words switches it off.
 * @param {Env} env
 */
function readSwitch(env) {
  const value = read(env, 'TWENTY_CRM_ENABLED');
  return value === undefined ? undefined : value.toLowerCase() === 'true';
}

/** @param {Env} env */
function readEnvMode(env) {
  const name = 'TWENTY_CRM_SYNC_MODE';
  const value = read(env, name);
  if (value === undefined || isSyncMode(value)) return value;
  throw invalid(name, `${name} must be one of ${SYNC_MODE_VALUES.join(', ')}`);
}

/**
 * @param {Env} env
 * @param {string} name
 */
function readMillis(env, name) {
  const value = read(env, name);
  if (value === undefined) return undefined;
  const millis = Number(value);
  if (/^\d+$/.test(value) && Number.isSafeInteger(millis)) return millis;
  const got = unlessLong(value, 100);
  throw invalid(name, `${name} must be a whole number of milliseconds, got "${got}"`);
}

module.exports = {
  readCredentials,
  readEnvCacheTtl,
  readEnvConfig,
  readEnvMode,
  readSwitch,
  readTwentyCrmEnvConfig,
};
