import type {
  TwentyCrmConfig,
  TwentyCrmEnvConfig,
  UpdateTwentyCrmConfigRequest,
} from './twenty-crm-config.types.js';
import type { TwentyCrmConfigRepository, validateTwentyCrmConfig } from './values.js';

/** A problem of a configuration. */
export interface TwentyCrmConfigIssue {
  /** Its place: `['apiKey']`, or empty for the whole configuration. */
  path: string[];
  /** For people: what to do. Never contains the key. */
  message: string;
}

/** The result of {@link validateTwentyCrmConfig}; `success` tells which of the two it is. */
export type TwentyCrmConfigValidation =
  | {
      /** The configuration is valid. */
      success: true;
      /** The configuration, with its four fields only. */
      data: UpdateTwentyCrmConfigRequest;
    }
  | {
      /** The configuration is not valid. */
      success: false;
      /** Its problems. */
      error: {
        /** At most one for each field. */
        issues: TwentyCrmConfigIssue[];
        /** The same messages by field, as a `ZodError` has them. */
        flatten(): {
          /** Problems of the whole configuration. */
          formErrors: string[];
          /** Problems of each field that is not valid. */
          fieldErrors: { [Field in keyof UpdateTwentyCrmConfigRequest]?: string[] };
        };
      };
    };

/** The settings from the environment. */
export interface TwentyCrmEnvSettings extends TwentyCrmEnvConfig {
  /** `TWENTY_CRM_CACHE_TTL_MS`, in milliseconds. */
  cacheTtlMs?: number;
}

/** Stores a configuration; there is at most one. The template's TwentyCrmConfigDbService can be used as it is. */
export interface TwentyCrmConfigStore {
  /** The configuration; null or undefined if there is none. */
  getConfig(): TwentyCrmConfig | null | undefined | PromiseLike<TwentyCrmConfig | null | undefined>;
  /** Creates the configuration. Fails if there already is one. */
  createConfig(
    data: UpdateTwentyCrmConfigRequest,
    userId: string,
  ): TwentyCrmConfig | PromiseLike<TwentyCrmConfig>;
  /** Updates the configuration with this id. */
  updateConfig(
    id: string,
    data: UpdateTwentyCrmConfigRequest,
    userId: string,
  ): TwentyCrmConfig | PromiseLike<TwentyCrmConfig>;
}

/** Options of {@link TwentyCrmConfigRepository}. */
export interface TwentyCrmConfigRepositoryOptions {
  /**
   * The store for the configuration. `null`: no store, only the environment is used. Default: the file
   * `twenty-crm-config.sqlite` in the working directory, created by the first
   * {@link TwentyCrmConfigRepository.saveConfig}. That file holds the key in plain text, so prefer
   * `sqliteConfigStore(path, { secret })`.
   */
  store?: TwentyCrmConfigStore | null;
  /** Default `process.env`; read at every call. */
  env?: Record<string, string | undefined>;
}
