import { readFileSync } from 'node:fs';
import { parseEnv } from 'node:util';
import type {
  SyncServiceOptions,
  TwentyCrmRestClientConfig,
  TwentyCrmSyncMode,
} from '../../index.js';
import { readEnvMode, readSwitch, readTwentyCrmEnvConfig } from '../config/env.js';
import { isTwentyCrmError } from '../errors.js';
import { messageOf } from '../serialise.js';
import { SERVICE_OPTIONS } from '../sync-service.js';
import type { Console } from './console.js';
import { configFailure, usageFailure } from './failure.js';
import { readObject } from './object.js';

export type Env = Record<string, string | undefined>;

export interface Connection {
  config: TwentyCrmRestClientConfig;
  /** the settings from the environment */
  mode: TwentyCrmSyncMode;
  /** for display: without secrets */
  baseUrl: string;
}

interface ConnectionOptions {
  envFile?: string;
  timeout?: number;
  retries?: number;
}

function readConnection(
  { envFile, timeout, retries }: ConnectionOptions,
  env: Env,
  console: Console,
): Connection {
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
      'Set it in the environment, or in a file of NAME=value lines that --env-file names.',
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

function readEnv(env: Env) {
  try {
    return readTwentyCrmEnvConfig(env);
  } catch (error) {
    throw configFailure(messageOf(error));
  }
}

/** The environment overrides the file, as with Node's `--env-file`. */
function withFile(env: Env, file: string) {
  try {
    return { ...parseEnv(readFileSync(file, 'utf8')), ...env };
  } catch (error) {
    throw usageFailure(`--env-file ${file} cannot be read: ${messageOf(error)}`);
  }
}

/** Up to the last `@`: a password may contain others. */
const withoutCredentials = (baseUrl: string) => baseUrl.replace(/^(\w+:\/\/)?.*@/s, '$1');

function requireDirect({ mode }: Connection) {
  if (mode === 'disabled') {
    throw configFailure(
      'The sync is switched off: TWENTY_CRM_ENABLED is not true, or TWENTY_CRM_SYNC_MODE is disabled',
      'To switch it on for one run: TWENTY_CRM_ENABLED=true TWENTY_CRM_SYNC_MODE=direct_crm twenty-crm-native …',
    );
  }
  if (mode === 'platform') {
    throw configFailure(
      'TWENTY_CRM_SYNC_MODE=platform hands changes to your own queue, which the command line does not have',
      'To send directly for one run: TWENTY_CRM_SYNC_MODE=direct_crm twenty-crm-native …',
    );
  }
}

/** A bad option is wrong usage; a bad address is a configuration error. */
function made<T>(make: () => T) {
  try {
    return make();
  } catch (error) {
    if (!isTwentyCrmError(error) || error.code !== 'VALIDATION_ERROR') throw error;
    const isConfig = ['baseUrl', 'apiKey'].includes(String(error.details?.field));
    throw (isConfig ? configFailure : usageFailure)(error.message);
  }
}

/** Command-line options override those of the file. */
function readServiceOptions({
  options: file,
  ...given
}: {
  options?: string;
  defaultCountry?: string;
  namespace?: string;
  missingEmail?: 'refuse' | 'allow';
  companyKey?: 'external_id' | 'email_domain';
}): SyncServiceOptions {
  const { defaultCountry, namespace, missingEmail, companyKey } = given;
  const own = Object.entries({ defaultCountry, namespace, missingEmail, companyKey });
  return {
    ...(file !== undefined && readOptionsFile(file)),
    ...Object.fromEntries(own.filter(([, value]) => value !== undefined)),
  };
}

function readOptionsFile(file: string) {
  const value = readObject('--options', file, 'a JSON object');
  // The other options are functions, or have a command-line option of their own.
  const names: readonly string[] = SERVICE_OPTIONS.core;
  const unknown = Object.keys(value).find((name) => !names.includes(name));
  if (unknown === undefined) return value;
  throw usageFailure(
    `--options ${file}: "${unknown}" is not an option; known are ${names.join(', ')}`,
    /key|token/i.test(unknown) ? 'Set the API key in the environment.' : undefined,
  );
}

export { made, readConnection, readServiceOptions, requireDirect };
