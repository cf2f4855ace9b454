'use strict';

const native = require('../native.js');
const { readOptions, requireKnown } = require('../options.js');
const { invalid, toJson } = require('../serialise.js');
const check = require('./check.js');
const { ask, construct } = require('./native-call.js');
const { secretsJsonOf } = require('./secrets.js');

/** @typedef {import('../../index.js').UpdateTwentyCrmConfigRequest} Update */

/** @type {WeakMap<object, import('../../native.js').SqliteConfig>} Out of reach of `util.inspect`. */
const natives = new WeakMap();

/** Names of `SqliteConfigStoreOptions`. */
const OPTIONS = new Set(['secret', 'secrets']);

/**
 * See `index.d.ts`.
 * @param {string} path
 * @param {import('../../index.js').SqliteConfigStoreOptions} [options]
 */
function sqliteConfigStore(path, options) {
  return new SqliteConfigStore(path, options);
}

class SqliteConfigStore {
  /**
   * @param {string} path
   * @param {import('../../index.js').SqliteConfigStoreOptions} [options]
   */
  constructor(path, options) {
    if (typeof path !== 'string') throw invalid('path', 'path must be a string');
    requireKnown('sqliteConfigStore', options, OPTIONS);
    const secrets = secretsJsonOf(options);
    natives.set(
      this,
      construct(() => new native.SqliteConfig(path, secrets)),
    );
  }

  async getConfig() {
    const found = await ask((dispatcher, call) => of(this).getConfig(dispatcher, call));
    return found === null ? null : withDates(found);
  }

  /**
   * @param {Update} data
   * @param {string | null} [userId]
   */
  async createConfig(data, userId) {
    const json = dataToJson(data);
    const user = userOf(userId);
    return withDates(
      await ask((dispatcher, call) => of(this).createConfig(dispatcher, call, json, user)),
    );
  }

  /**
   * @param {string} id
   * @param {Partial<Update>} data
   * @param {string | null} [userId]
   */
  async updateConfig(id, data, userId) {
    const row = check.text('id', id);
    const json = dataToJson(data);
    const user = userOf(userId);
    return withDates(
      await ask((dispatcher, call) => of(this).updateConfig(dispatcher, call, row, json, user)),
    );
  }

  /** @param {string} id */
  async deleteConfig(id) {
    const row = check.text('id', id);
    return ask((dispatcher, call) => of(this).deleteConfig(dispatcher, call, row));
  }

  async reencrypt() {
    return ask((dispatcher, call) => of(this).reencrypt(dispatcher, call));
  }

  async close() {
    await ask((dispatcher, call) => of(this).close(dispatcher, call));
  }
}

/**
 * @param {SqliteConfigStore} store
 */
function of(store) {
  const found = natives.get(store);
  if (found === undefined) throw new TypeError('not a store of sqliteConfigStore');
  return found;
}

const DATA = /** @type {const} */ (['baseUrl', 'apiKey', 'enabled', 'syncMode']);

/** @param {unknown} data */
function dataToJson(data) {
  if (typeof data !== 'object' || data === null) {
    throw invalid('data', 'data must be an object');
  }
  return /** @type {string} */ (toJson('data', readOptions('data', data, DATA)));
}

/** @param {unknown} userId */
function userOf(userId) {
  return userId === undefined || userId === null ? undefined : check.text('userId', userId);
}

/** @param {any} config */
function withDates(config) {
  return {
    ...config,
    createdAt: new Date(config.createdAt),
    updatedAt: new Date(config.updatedAt),
  };
}

module.exports = { sqliteConfigStore };
