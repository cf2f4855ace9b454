import { existsSync } from 'node:fs';
import type {
  TwentyCrmConfig as Config,
  TwentyCrmConfigResponse as Response,
  TwentyCrmConfigStore as Store,
  TwentyCrmConfigIssue,
  TwentyCrmConfigRepositoryOptions,
  UpdateTwentyCrmConfigRequest,
} from '../../index.js';
import { apiError, isApiError, TwentyCrmErrorCode } from '../errors.js';
import { optionSchema } from '../option-schema.js';
import { readOptions, requireKnown } from '../options.js';
import { describe, invalid } from '../serialise.js';
import { sqliteConfigStore } from '../stores/sqlite-config.js';
import { hideKey, maskApiKey } from './api-key.js';
import { readCredentials, readEnvConfig } from './env.js';
import { validateTwentyCrmConfig } from './validate.js';

/** The id of a configuration that no database has. */
const ENV_ID = 'env';

/** Where configurations are kept by default, in the working directory. */
const DEFAULT_FILE = 'twenty-crm-config.sqlite';

const OPTIONS = optionSchema<TwentyCrmConfigRepositoryOptions>({ store: 'here', env: 'here' });

/**
 * The configuration of the CRM: the stored one or, where none is stored, the environment's (with the id `env`). Its key
 * is masked in all that the methods return, except in what {@link getRawConfig} does, and nothing here prints it.
 *
 * The methods reject with {@link TwentyCrmApiError}: `OPERATION_FAILED` with `details.reason` `CONFIG_STORE` when the
 * store fails, `VALIDATION_ERROR` when the environment's values are no good.
 */
class TwentyCrmConfigRepository {
  /** `undefined` until the default one is opened, `null` where there is to be none. */
  #store: Store | null | undefined;
  #env: Record<string, string | undefined>;

  /** @throws {TwentyCrmApiError} `VALIDATION_ERROR` when the store lacks a method. */
  constructor(options?: TwentyCrmConfigRepositoryOptions) {
    requireKnown('TwentyCrmConfigRepository', options, OPTIONS.known);
    const { store, env } = readOptions('options', options ?? undefined, OPTIONS.names);
    if (store !== undefined && store !== null) requireStore(store);
    this.#store = store as Store | null | undefined;
    this.#env = (env ?? process.env) as Record<string, string | undefined>;
  }

  /** The configuration as an admin page may see it; null where there is none. */
  async getConfig(): Promise<Response | null> {
    const config = await this.getRawConfig();
    return config === null ? null : masked(config);
  }

  /** The configuration with its key in clear, for making a client; null where there is none. */
  async getRawConfig(): Promise<Config | null> {
    const stored = await this.#read();
    return stored ?? this.#fromEnv();
  }

  /**
   * Stores the configuration, which then goes over the environment's. Rejects with `VALIDATION_ERROR` when it is no
   * good (`details.issues`, as of {@link validateTwentyCrmConfig}).
   */
  async saveConfig(data: UpdateTwentyCrmConfigRequest, userId: string): Promise<Response> {
    const checked = validateTwentyCrmConfig(data);
    if (!checked.success) throw invalidConfig(checked.error.issues);
    this.#store ??= this.#store === null ? null : sqliteConfigStore(DEFAULT_FILE);
    const store = this.#store;
    if (store === null) {
      throw failed('saved', 'the repository was made without a store');
    }
    const config = checked.data;
    const existing = await this.#read();
    const answer =
      existing === null
        ? await this.#create(store, config, userId)
        : await this.#ask(
            'saved',
            () => store.updateConfig(existing.id, config, userId),
            config.apiKey,
          );
    // A store that tells nothing of what it wrote is asked for it.
    const saved = answer ?? (await this.#read());
    if (saved === null) throw failed('saved', 'the store has none after it was saved');
    return masked(saved);
  }

  /** Whether there is a configuration, stored or in the environment. */
  async hasConfig(): Promise<boolean> {
    return (await this.getRawConfig()) !== null;
  }

  /** Of two first saves at once the store takes one; the other then changes what that one made. */
  async #create(store: Store, config: UpdateTwentyCrmConfigRequest, userId: string) {
    try {
      return await this.#ask('saved', () => store.createConfig(config, userId), config.apiKey);
    } catch (error) {
      const made = await this.#read();
      if (made === null) throw error;
      return this.#ask('saved', () => store.updateConfig(made.id, config, userId), config.apiKey);
    }
  }

  async #read() {
    // Reading makes no file: a site that is configured by its environment may run where nothing can be written.
    if (this.#store === undefined && existsSync(DEFAULT_FILE)) {
      this.#store = sqliteConfigStore(DEFAULT_FILE);
    }
    const store = this.#store ?? null;
    if (store === null) return null;
    const found = await this.#ask('read', () => store.getConfig());
    return found ?? null;
  }

  /**
   * What the store answers, as a configuration, or an error without the key: databases quote their parameters in
   * errors, so what the store threw is not attached.
   */
  async #ask<T extends Config | null | undefined>(
    what: 'read' | 'saved',
    question: () => T | PromiseLike<T>,
    apiKey?: string,
  ): Promise<T> {
    try {
      const answer = await question();
      return answer === null || answer === undefined ? answer : (hideKey(plain(answer)) as T);
    } catch (cause) {
      if (isApiError(cause)) throw cause;
      const text = describe(cause);
      throw failed(what, apiKey === undefined ? text : text.replaceAll(apiKey, maskApiKey(apiKey)));
    }
  }

  #fromEnv(): Config | null {
    const { baseUrl, apiKey } = readCredentials(this.#env);
    // Nothing is configured then, whatever the rest says.
    if (baseUrl === undefined || apiKey === undefined) return null;
    const { enabled, syncMode } = readEnvConfig(this.#env);
    const now = new Date();
    return hideKey({
      id: ENV_ID,
      baseUrl,
      apiKey,
      enabled,
      syncMode,
      createdBy: null,
      updatedBy: null,
      createdAt: now,
      updatedAt: now,
    });
  }
}

function masked({
  id,
  baseUrl,
  apiKey,
  enabled,
  syncMode,
  updatedBy,
  updatedAt,
}: Config): Response {
  return { id, baseUrl, apiKey: maskApiKey(apiKey), enabled, syncMode, updatedBy, updatedAt };
}

function plain(row: { [Name in keyof Config]?: unknown }): Config {
  const { id, baseUrl, apiKey, enabled, syncMode, createdBy, updatedBy, createdAt, updatedAt } =
    row;
  if (typeof baseUrl !== 'string' || typeof apiKey !== 'string') {
    throw new Error('what the store gave has no baseUrl or no apiKey');
  }
  return {
    id: String(id),
    baseUrl,
    apiKey,
    // SQLite and MySQL have no booleans: 1 is true.
    enabled: Boolean(enabled),
    syncMode: syncMode as Config['syncMode'],
    createdBy: (createdBy ?? null) as string | null,
    updatedBy: (updatedBy ?? null) as string | null,
    createdAt: new Date(createdAt as string),
    updatedAt: new Date(updatedAt as string),
  };
}

function requireStore(store: unknown) {
  for (const method of ['getConfig', 'createConfig', 'updateConfig']) {
    const { [method]: value } = readOptions('store', store, [method]);
    if (typeof value !== 'function') {
      throw invalid('store', `store must have a method ${method}`);
    }
  }
}

function invalidConfig(issues: TwentyCrmConfigIssue[]) {
  const message = issues.map((issue) => issue.message).join('; ');
  return apiError(TwentyCrmErrorCode.VALIDATION_ERROR, message, {
    isRetryable: false,
    details: { field: issues[0].path.join('.') || 'config', issues },
  });
}

function failed(what: 'read' | 'saved', originalError: string) {
  return apiError(
    TwentyCrmErrorCode.OPERATION_FAILED,
    `the configuration could not be ${what}: ${originalError}`,
    { isRetryable: false, details: { reason: 'CONFIG_STORE', originalError } },
  );
}

export { TwentyCrmConfigRepository };
