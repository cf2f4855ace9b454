'use strict';

const { readFileSync } = require('node:fs');
const { parseEnv } = require('node:util');
const { readEnvMode, readSwitch, readTwentyCrmEnvConfig } = require('../config/env.js');
const { isTwentyCrmError } = require('../errors.js');
const { configFailure, usageFailure } = require('./failure.js');
const { readObject } = require('./object.js');

/**
 * @typedef {Record<string, string | undefined>} Env
 *
 * @typedef {object} Connection
 * @property {import('../../index.js').TwentyCrmRestClientConfig} config
 * @property {import('../../index.js').TwentyCrmSyncMode} mode what the environment says
 * @property {string} baseUrl for people: nothing secret in it
 *
 * @typedef {object} ConnectionOptions
 * @property {string} [envFile]
 * @property {number} [timeout]
 * @property {number} [retries]
 */

/**
 * @param {ConnectionOptions} options
 * @param {Env} env
 * @param {import('./console.js').Console} console
 * @returns {Connection}
 */
function readConnection({ envFile, timeout, retries }, env, console) {
  const all = envFile === undefined ? env : withFile(env, envFile);
  const { baseUrl = '', apiKey = '', cacheTtlMs: _ } = readEnv(all);
  console.keepSecret(apiKey);
  const missing = [
    ...(baseUrl === '' ? ['TWENTY_CRM_BASE_URL'] : []),
    ...(apiKey === '' ? ['TWENTY_CRM_API_KEY'] : []),
  ];
  if (missing.length > 0) {
    throw configFailure(
      `${missing.join(' and ')} must be set`,
      'In the environment, or in a file of NAME=value lines named by --env-file.',
    );
  }
  return {
    config: {
      baseUrl,
      apiKey,
      ...(timeout !== undefined && { timeout }),
      ...(retries !== undefined && { maxRetries: retries }),
    },
    mode: readSwitch(all) === false ? 'disabled' : (readEnvMode(all) ?? 'direct_crm'),
    baseUrl: withoutCredentials(baseUrl),
  };
}

/** @param {Env} env */
function readEnv(env) {
  try {
    return readTwentyCrmEnvConfig(env);
  } catch (error) {
    throw configFailure(error.message);
  }
}

/** The environment goes over the file, as with Node's `--env-file`. @param {Env} env @param {string} file */
function withFile(env, file) {
  try {
    return { ...parseEnv(readFileSync(file, 'utf8')), ...env };
  } catch (error) {
    throw usageFailure(`--env-file ${file} cannot be read: ${error.message}`);
  }
}

/**
 * Up to the last `@`: a password may hold others.
 * @param {string} baseUrl
 */
const withoutCredentials = (baseUrl) => baseUrl.replace(/^(\w+:\/\/)?.*@/s, '$1');

/** @param {Connection} connection */
function requireDirect({ mode }) {
  if (mode === 'disabled') {
    throw configFailure(
      'The sync is switched off: TWENTY_CRM_ENABLED is not true, or TWENTY_CRM_SYNC_MODE is disabled',
      'For one run: TWENTY_CRM_ENABLED=true TWENTY_CRM_SYNC_MODE=direct_crm twenty-crm-native …',
    );
  }
  if (mode === 'platform') {
    throw configFailure(
      'TWENTY_CRM_SYNC_MODE=platform hands changes to the site’s own queue, which the command line does not have',
      'For one run: TWENTY_CRM_SYNC_MODE=direct_crm twenty-crm-native …',
    );
  }
}

/**
 * An option that is no good is wrong usage, a bad address is configuration.
 * @template T
 * @param {() => T} make
 */
function made(make) {
  try {
    return make();
  } catch (error) {
    if (!isTwentyCrmError(error) || error.code !== 'VALIDATION_ERROR') throw error;
    const isConfig = ['baseUrl', 'apiKey'].includes(String(error.details?.field));
    throw (isConfig ? configFailure : usageFailure)(error.message);
  }
}

/** What `--options` may hold: what is left out is code, or a matter of other options. */
const SERVICE_OPTIONS = [
  'batching',
  'collisions',
  'companyKey',
  'defaultCountry',
  'fieldNames',
  'fieldOwnership',
  'hashTtlMs',
  'invalidEmail',
  'missingEmail',
  'namespace',
];

/**
 * Options of the command line go over those of the file.
 * @param {{ options?: string, defaultCountry?: string, namespace?: string, missingEmail?: 'refuse' | 'allow', companyKey?: 'external_id' | 'email_domain' }} options
 * @returns {import('../../index.js').SyncServiceOptions}
 */
function readServiceOptions({ options: file, ...given }) {
  const { defaultCountry, namespace, missingEmail, companyKey } = given;
  const own = Object.entries({ defaultCountry, namespace, missingEmail, companyKey });
  return {
    ...(file !== undefined && readOptionsFile(file)),
    ...Object.fromEntries(own.filter(([, value]) => value !== undefined)),
  };
}

/** @param {string} file */
function readOptionsFile(file) {
  const value = readObject('--options', file, 'a JSON object');
  const unknown = Object.keys(value).find((name) => !SERVICE_OPTIONS.includes(name));
  if (unknown === undefined) return value;
  throw usageFailure(
    `--options ${file}: "${unknown}" is none of ${SERVICE_OPTIONS.join(', ')}`,
    /key|token/i.test(unknown) ? 'The API key comes from the environment.' : undefined,
  );
}

module.exports = { made, readConnection, readServiceOptions, requireDirect };
