import type {
  SqliteConfigStore as ConfigStore,
  SqliteConfigStoreOptions,
  TwentyCrmConfig,
  UpdateTwentyCrmConfigRequest as Update,
} from '../../index.js';
import type { SqliteConfig } from '../../native.js';
import { native } from '../native.js';
import { optionSchema } from '../option-schema.js';
import { readOptions, requireKnown } from '../options.js';
import { invalid, toJson } from '../serialise.js';
import * as check from './check.js';
import { ask, construct } from './native-call.js';
import { secretsJsonOf } from './secrets.js';

/** Hidden from `util.inspect`. */
const natives: WeakMap<object, SqliteConfig> = new WeakMap();

const OPTIONS = optionSchema<SqliteConfigStoreOptions>({ secret: 'here', secrets: 'here' });

/**
 * The CRM configuration in an SQLite file, one per file. A missing file is created, readable only by its owner; its
 * directory must exist. A mapping store may share the file, and so may any number of processes of one machine.
 * @param path Path of the file, or `:memory:`.
 * @throws {TwentyCrmApiError} `VALIDATION_ERROR` if the path or a secret is not valid.
 */
function sqliteConfigStore(path: string, options?: SqliteConfigStoreOptions): ConfigStore {
  return new SqliteConfigStore(path, options);
}

class SqliteConfigStore implements ConfigStore {
  constructor(path: string, options?: SqliteConfigStoreOptions) {
    if (typeof path !== 'string') throw invalid('path', 'path must be a string');
    requireKnown('sqliteConfigStore', options, OPTIONS.known);
    const secrets = secretsJsonOf(options);
    natives.set(
      this,
      construct(() => new native.SqliteConfig(path, secrets)),
    );
  }

  async getConfig() {
    const found = await ask<TwentyCrmConfig | null>((dispatcher, call) =>
      of(this).getConfig(dispatcher, call),
    );
    return found === null ? null : withDates(found);
  }

  async createConfig(data: Update, userId?: string | null) {
    const json = dataToJson(data);
    const user = userOf(userId);
    return withDates(
      await ask((dispatcher, call) => of(this).createConfig(dispatcher, call, json, user)),
    );
  }

  async updateConfig(id: string, data: Partial<Update>, userId?: string | null) {
    const row = check.text('id', id);
    const json = dataToJson(data);
    const user = userOf(userId);
    return withDates(
      await ask((dispatcher, call) => of(this).updateConfig(dispatcher, call, row, json, user)),
    );
  }

  async deleteConfig(id: string) {
    const row = check.text('id', id);
    return ask<boolean>((dispatcher, call) => of(this).deleteConfig(dispatcher, call, row));
  }

  async reencrypt() {
    return ask<boolean>((dispatcher, call) => of(this).reencrypt(dispatcher, call));
  }

  async close() {
    await ask((dispatcher, call) => of(this).close(dispatcher, call));
  }
}

function of(store: SqliteConfigStore) {
  const found = natives.get(store);
  if (found === undefined) throw new TypeError('not a store of sqliteConfigStore');
  return found;
}

const DATA = ['baseUrl', 'apiKey', 'enabled', 'syncMode'] as const;

function dataToJson(data: unknown) {
  if (typeof data !== 'object' || data === null) {
    throw invalid('data', 'data must be an object');
  }
  return toJson('data', readOptions('data', data, DATA)) as string;
}

function userOf(userId: unknown) {
  return userId === undefined || userId === null ? undefined : check.text('userId', userId);
}

/** @param config with its dates as JSON strings */
function withDates(config: TwentyCrmConfig) {
  return {
    ...config,
    createdAt: new Date(config.createdAt),
    updatedAt: new Date(config.updatedAt),
  };
}

export { sqliteConfigStore };
