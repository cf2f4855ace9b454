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

/** The id of a configuration that comes from the environment. */
const ENV_ID = 'env';

/** The default file for the configuration, in the working directory. */
const DEFAULT_FILE = 'twenty-crm-config.sqlite';

const OPTIONS = optionSchema<TwentyCrmConfigRepositoryOptions>({ store: 'here', env: 'here' });

/**
 * The CRM configuration: the stored one or, if none is stored, the environment's (with the id `env`). Every method but
 * {@link getRawConfig} returns the key masked. The key is never printed.
 *
 * The methods reject with {@link TwentyCrmApiError}: `OPERATION_FAILED` with `details.reason` `CONFIG_STORE` if the
 * store fails, `VALIDATION_ERROR` if a value of the environment is not valid.
 */
class TwentyCrmConfigRepository {
  /** `undefined` until the default store is opened, `null` for no store. */
  #store: Store | null | undefined;
  #env: Record<string, string | undefined>;

  /** @throws {TwentyCrmApiError} `VALIDATION_ERROR` if the store lacks a method. */
  constructor(options?: TwentyCrmConfigRepositoryOptions) {
    requireKnown('TwentyCrmConfigRepository', options, OPTIONS.known);
    const { store, env } = readOptions('options', options ?? undefined, OPTIONS.names);
    if (store !== undefined && store !== null) requireStore(store);
    this.#store = store as Store | null | undefined;
    this.#env = (env ?? process.env) as Record<string, string | undefined>;
  }

  /** The configuration with its key masked, for an admin page; null if there is none. */
  async getConfig(): Promise<Response | null> {
    const config = await this.getRawConfig();
    return config === null ? null : masked(config);
  }

  /** The configuration with its key in plain text, for making a client; null if there is none. */
  async getRawConfig(): Promise<Config | null> {
    const stored = await this.#read();
    return stored ?? this.#fromEnv();
  }

  /**
   * Stores the configuration, which then overrides the environment's. Rejects with `VALIDATION_ERROR` if it is not
   * valid (`details.issues`, as from {@link validateTwentyCrmConfig}).
   */
  async saveConfig(data: UpdateTwentyCrmConfigRequest, userId: string): Promise<Response> {
    const checked = validateTwentyCrmConfig(data);
    if (!checked.success) throw invalidConfig(checked.error.issues);
    this.#store ??= this.#store === null ? null : sqliteConfigStore(DEFAULT_FILE);
    const store = this.#store;
    if (store === null) {
      throw failed('saved', 'the repository was created without a store');
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
    // The store may not return what it wrote: read it back.
    const saved = answer ?? (await this.#read());
    if (saved === null) throw failed('saved', 'the store has no configuration after it was saved');
    return masked(saved);
  }

  /** Whether there is a configuration, stored or in the environment. */
  async hasConfig(): Promise<boolean> {
    return (await this.getRawConfig()) !== null;
  }

  /** If two first saves race, the store accepts one of them; the other then updates that row. */
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
    // Reading creates no file: a site configured by its environment may have a read-only file system.
    if (this.#store === undefined && existsSync(DEFAULT_FILE)) {
      this.#store = sqliteConfigStore(DEFAULT_FILE);
    }
    const store = this.#store ?? null;
    if (store === null) return null;
    const found = await this.#ask('read', () => store.getConfig());
    return found ?? null;
  }

  /**
   * Runs a store call, and returns a configuration or an error without the key. Databases quote parameters in their
   * errors, so the store's error is not attached as the cause.
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
    // Nothing is configured then: the other variables do not matter.
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
    throw new Error('the store returned a configuration without baseUrl or apiKey');
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
