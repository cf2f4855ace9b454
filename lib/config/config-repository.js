'use strict';

const { existsSync } = require('node:fs');
const { apiError, TwentyCrmErrorCode, isApiError } = require('../errors.js');
const { readOptions, requireKnown } = require('../options.js');
const { describe, invalid } = require('../serialise.js');
const { sqliteConfigStore } = require('../stores/sqlite-config.js');
const { hideKey, maskApiKey } = require('./api-key.js');
const { readCredentials, readEnvConfig } = require('./env.js');
const { validateTwentyCrmConfig } = require('./validate.js');

/**
 * @typedef {import('../../index.js').TwentyCrmConfig} Config
 * @typedef {import('../../index.js').TwentyCrmConfigResponse} Response
 * @typedef {import('../../index.js').TwentyCrmConfigStore} Store
 */

/** The id of a configuration that no database has. */
const ENV_ID = 'env';

/** Where configurations are kept by default, in the working directory. */
const DEFAULT_FILE = 'twenty-crm-config.sqlite';

/** Names of `TwentyCrmConfigRepositoryOptions`. */
const OPTIONS = new Set(['store', 'env']);

/** See `index.d.ts`. */
class TwentyCrmConfigRepository {
  /** @type {Store | null | undefined} `undefined` until the default one is opened, `null` where there is to be none. */
  #store;
  /** @type {Record<string, string | undefined>} */
  #env;

  /** @param {import('../../index.js').TwentyCrmConfigRepositoryOptions} [options] */
  constructor(options) {
    requireKnown('TwentyCrmConfigRepository', options, OPTIONS);
    const { store, env } = readOptions('options', options ?? undefined, ['store', 'env']);
    if (store !== undefined && store !== null) requireStore(store);
    this.#store = store;
    this.#env = env ?? process.env;
  }

  async getConfig() {
    const config = await this.getRawConfig();
    return config === null ? null : masked(config);
  }

  async getRawConfig() {
    const stored = await this.#read();
    return stored ?? this.#fromEnv();
  }

  /**
   * @param {import('../../index.js').UpdateTwentyCrmConfigRequest} data
   * @param {string} userId
   */
  async saveConfig(data, userId) {
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

  async hasConfig() {
    return (await this.getRawConfig()) !== null;
  }

  /**
   * Of two first saves at once the store takes one; the other then changes what that one made.
   * @param {Store} store
   * @param {import('../../index.js').UpdateTwentyCrmConfigRequest} config
   * @param {string} userId
   */
  async #create(store, config, userId) {
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
   * @template {Config | null | undefined} T
   * @param {'read' | 'saved'} what
   * @param {() => T | PromiseLike<T>} question
   * @param {string} [apiKey]
   * @returns {Promise<T>}
   */
  async #ask(what, question, apiKey) {
    try {
      const answer = await question();
      return answer === null || answer === undefined
        ? answer
        : hideKey(/** @type {any} */ (plain(answer)));
    } catch (cause) {
      if (isApiError(cause)) throw cause;
      const text = describe(cause);
      throw failed(what, apiKey === undefined ? text : text.replaceAll(apiKey, maskApiKey(apiKey)));
    }
  }

  /** @returns {Config | null} */
  #fromEnv() {
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

/** @param {Config} config @returns {Response} */
function masked({ id, baseUrl, apiKey, enabled, syncMode, updatedBy, updatedAt }) {
  return { id, baseUrl, apiKey: maskApiKey(apiKey), enabled, syncMode, updatedBy, updatedAt };
}

/** @param {any} row @returns {Config} */
function plain(row) {
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
    syncMode,
    createdBy: createdBy ?? null,
    updatedBy: updatedBy ?? null,
    createdAt: new Date(createdAt),
    updatedAt: new Date(updatedAt),
  };
}

/** @param {any} store */
function requireStore(store) {
  for (const method of ['getConfig', 'createConfig', 'updateConfig']) {
    const { [method]: value } = readOptions('store', store, [method]);
    if (typeof value !== 'function') {
      throw invalid('store', `store must have a method ${method}`);
    }
  }
}

/** @param {import('../../index.js').TwentyCrmConfigIssue[]} issues */
function invalidConfig(issues) {
  const message = issues.map((issue) => issue.message).join('; ');
  return apiError(TwentyCrmErrorCode.VALIDATION_ERROR, message, {
    isRetryable: false,
    details: { field: issues[0].path.join('.') || 'config', issues },
  });
}

/**
 * @param {'read' | 'saved'} what
 * @param {string} originalError
 */
function failed(what, originalError) {
  return apiError(
    TwentyCrmErrorCode.OPERATION_FAILED,
    `the configuration could not be ${what}: ${originalError}`,
    { isRetryable: false, details: { reason: 'CONFIG_STORE', originalError } },
  );
}

module.exports = { TwentyCrmConfigRepository };
