import type { TwentyCrmEnvConfig, TwentyCrmEnvSettings } from '../../index.js';
import { describe, invalid, unlessLong } from '../serialise.js';
import { hideKey } from './api-key.js';
import { isSyncMode, SYNC_MODE_VALUES } from './sync-mode.js';

type Env = Record<string, string | undefined>;

/**
 * Reads `TWENTY_CRM_BASE_URL`, `TWENTY_CRM_API_KEY`, `TWENTY_CRM_ENABLED` (on only for `true`, in any case),
 * `TWENTY_CRM_SYNC_MODE` (`disabled` if not set) and `TWENTY_CRM_CACHE_TTL_MS`. A blank variable counts as not set.
 * @param env `process.env` if not given.
 * @throws {TwentyCrmApiError} `VALIDATION_ERROR` for an unknown mode or a TTL that is not a whole number;
 * `details.field` names the variable.
 */
function readTwentyCrmEnvConfig(
  env: Record<string, string | undefined> = process.env,
): TwentyCrmEnvSettings {
  const cacheTtlMs = readEnvCacheTtl(env);
  return hideKey({ ...readEnvConfig(env), ...(cacheTtlMs !== undefined && { cacheTtlMs }) });
}

function readEnvConfig(env: Env): TwentyCrmEnvConfig {
  return {
    ...readCredentials(env),
    enabled: readSwitch(env) ?? false,
    syncMode: readEnvMode(env) ?? 'disabled',
  };
}

/** Base URL and key. */
function readCredentials(env: Env): { baseUrl?: string; apiKey?: string } {
  const baseUrl = read(env, 'TWENTY_CRM_BASE_URL');
  const apiKey = read(env, 'TWENTY_CRM_API_KEY');
  return { ...(baseUrl !== undefined && { baseUrl }), ...(apiKey !== undefined && { apiKey }) };
}

const readEnvCacheTtl = (env: Env) => readMillis(env, 'TWENTY_CRM_CACHE_TTL_MS');

/** A variable without surrounding blanks. Blank counts as not set, as in `NAME=` of a `.env` file. */
function read(env: Env, name: string) {
  let value: unknown;
  try {
    value = env?.[name];
  } catch (cause) {
    throw invalid(name, `${name} cannot be read: ${describe(cause)}`, cause);
  }
  return typeof value === 'string' && value.trim() !== '' ? value.trim() : undefined;
}

/**
 * Whether the sync is on; undefined if the variable is not set. A service from the environment needs only a URL and a
 * key, so a missing variable does not switch it off.
 */
function readSwitch(env: Env) {
  const value = read(env, 'TWENTY_CRM_ENABLED');
  return value === undefined ? undefined : value.toLowerCase() === 'true';
}

function readEnvMode(env: Env) {
  const name = 'TWENTY_CRM_SYNC_MODE';
  const value = read(env, name);
  if (value === undefined || isSyncMode(value)) return value;
  throw invalid(name, `${name} must be one of ${SYNC_MODE_VALUES.join(', ')}`);
}

function readMillis(env: Env, name: string) {
  const value = read(env, name);
  if (value === undefined) return undefined;
  const millis = Number(value);
  if (/^\d+$/.test(value) && Number.isSafeInteger(millis)) return millis;
  const got = unlessLong(value, 100);
  throw invalid(name, `${name} must be a whole number of milliseconds, got "${got}"`);
}

export {
  readCredentials,
  readEnvCacheTtl,
  readEnvConfig,
  readEnvMode,
  readSwitch,
  readTwentyCrmEnvConfig,
};
