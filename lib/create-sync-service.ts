import type { MappingStore, SyncServiceOptions, TwentyCrmRestClientConfig } from '../index.js';
import { readMode } from './config/sync-mode.js';
import { readOptions, requireKnown } from './options.js';
import { TwentyCrmRestClient } from './rest-client.js';
import { invalid } from './serialise.js';
import { SERVICE_OPTIONS, TwentyCrmSyncService } from './sync-service.js';

const OPTIONS = ['mode', 'mappingStore', 'cacheTtlMs'] as const;

/**
 * A {@link TwentyCrmSyncService} from a configuration.
 * @param options An object, or just the cache TTL in milliseconds.
 * @throws {TwentyCrmApiError} `VALIDATION_ERROR` if an option is not valid; `details.field` names it.
 */
function createTwentyCrmSyncService(
  config: TwentyCrmRestClientConfig,
  options?: number | SyncServiceOptions,
): TwentyCrmSyncService;
/**
 * A {@link TwentyCrmSyncService} that sends nothing to Twenty: in the modes `platform` and `disabled` the configuration
 * may be empty.
 */
function createTwentyCrmSyncService(
  config: Partial<TwentyCrmRestClientConfig>,
  options: SyncServiceOptions & {
    /** One of the modes that send nothing. */
    mode: 'platform' | 'disabled';
  },
): TwentyCrmSyncService;
function createTwentyCrmSyncService(
  config: Partial<TwentyCrmRestClientConfig>,
  options?: number | SyncServiceOptions,
): TwentyCrmSyncService {
  const settings = toSettings(options);
  requireKnown('createTwentyCrmSyncService', settings, SERVICE_OPTIONS.known);
  const { mode, mappingStore, cacheTtlMs } = readOptions('options', settings, OPTIONS);
  // A service that sends nothing needs no client: there may be no server.
  const client =
    readMode(mode) === 'direct_crm'
      ? new TwentyCrmRestClient(config as TwentyCrmRestClientConfig)
      : undefined;
  return new TwentyCrmSyncService(
    client as TwentyCrmRestClient,
    mappingStore as MappingStore | null | undefined,
    cacheTtlMs as number | undefined,
    settings,
  );
}

/**
 * A {@link TwentyCrmSyncService} from `TWENTY_CRM_BASE_URL`, `TWENTY_CRM_API_KEY`, `TWENTY_CRM_SYNC_MODE` and
 * `TWENTY_CRM_CACHE_TTL_MS`. The options `mode` and `cacheTtlMs` override their variables. If `TWENTY_CRM_ENABLED` is
 * set to anything but `true`, the mode is always `disabled`.
 * @param options An object, or just the cache TTL in milliseconds.
 * @param env `process.env` if not given.
 * @throws {TwentyCrmApiError} `VALIDATION_ERROR` if an option or a variable is not valid, or if the URL or key is
 * missing in `direct_crm` mode; `details.field` names it.
 */
function createTwentyCrmSyncServiceFromEnv(
  options?: number | SyncServiceOptions,
  env: Record<string, string | undefined> = process.env,
): TwentyCrmSyncService {
  const { readCredentials, readEnvCacheTtl, readEnvMode, readSwitch } =
    require('./config/env.js') as typeof import('./config/env.js');
  const settings = toSettings(options);
  requireKnown('createTwentyCrmSyncServiceFromEnv', settings, SERVICE_OPTIONS.known);
  const { baseUrl = '', apiKey = '' } = readCredentials(env);
  const given = readOptions('options', settings, OPTIONS);
  // Only variables that are used are read: one that an option overrides may hold anything.
  const isSwitchedOff = readSwitch(env) === false;
  const mode = isSwitchedOff ? 'disabled' : readMode(given.mode ?? readEnvMode(env));
  const missing = [
    ...(baseUrl === '' ? ['TWENTY_CRM_BASE_URL'] : []),
    ...(apiKey === '' ? ['TWENTY_CRM_API_KEY'] : []),
  ];
  if (mode === 'direct_crm' && missing.length > 0) {
    throw invalid(
      missing[0],
      `Missing Twenty CRM configuration: set ${missing.join(' and ')} in the environment, or TWENTY_CRM_ENABLED=false to run without the CRM`,
    );
  }
  return createTwentyCrmSyncService(
    { baseUrl, apiKey },
    // The caller's options become the prototype: copying them would run getters.
    Object.create(settings, {
      cacheTtlMs: { value: given.cacheTtlMs ?? readEnvCacheTtl(env) },
      mode: { value: mode },
    }),
  );
}

function toSettings(options: number | SyncServiceOptions | null | undefined) {
  if (typeof options === 'number') return { cacheTtlMs: options };
  if (options === undefined || options === null) return {};
  if (typeof options === 'object') return options;
  throw invalid('options', 'options must be an object, or the cache TTL in milliseconds');
}

export { createTwentyCrmSyncService, createTwentyCrmSyncServiceFromEnv };
