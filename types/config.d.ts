import type {
  TwentyCrmConfig,
  TwentyCrmEnvConfig,
  UpdateTwentyCrmConfigRequest,
} from './twenty-crm-config.types.js';
import type { TwentyCrmConfigRepository, validateTwentyCrmConfig } from './values.js';

/** Something that is wrong with a configuration. */
export interface TwentyCrmConfigIssue {
  /** Where: `['apiKey']`, or empty for the whole. */
  path: string[];
  /** For people: what to do. Never holds the key. */
  message: string;
}

/** What {@link validateTwentyCrmConfig} found; `success` tells which of the two it is. */
export type TwentyCrmConfigValidation =
  | {
      /** The configuration is good. */
      success: true;
      /** The configuration, of its four fields alone. */
      data: UpdateTwentyCrmConfigRequest;
    }
  | {
      /** It is not. */
      success: false;
      /** What is wrong with it. */
      error: {
        /** At most one for each field. */
        issues: TwentyCrmConfigIssue[];
        /** The same messages by field, as a `ZodError` gives them. */
        flatten(): {
          /** What is wrong with the whole. */
          formErrors: string[];
          /** What is wrong with each field that is no good. */
          fieldErrors: { [Field in keyof UpdateTwentyCrmConfigRequest]?: string[] };
        };
      };
    };

/** What the environment says. */
export interface TwentyCrmEnvSettings extends TwentyCrmEnvConfig {
  /** `TWENTY_CRM_CACHE_TTL_MS`, in milliseconds. */
  cacheTtlMs?: number;
}

/** Where a configuration is kept. There is at most one. The template's TwentyCrmConfigDbService fits as it is. */
export interface TwentyCrmConfigStore {
  /** The configuration; null or undefined where there is none. */
  getConfig(): TwentyCrmConfig | null | undefined | PromiseLike<TwentyCrmConfig | null | undefined>;
  /** Keeps the first configuration. Fails where there is one already. */
  createConfig(
    data: UpdateTwentyCrmConfigRequest,
    userId: string,
  ): TwentyCrmConfig | PromiseLike<TwentyCrmConfig>;
  /** Changes the configuration with this id. */
  updateConfig(
    id: string,
    data: UpdateTwentyCrmConfigRequest,
    userId: string,
  ): TwentyCrmConfig | PromiseLike<TwentyCrmConfig>;
}

/** What a {@link TwentyCrmConfigRepository} is made of. */
export interface TwentyCrmConfigRepositoryOptions {
  /**
   * Where configurations are kept. `null`: nowhere, the environment is all there is. When it is not given, in the file
   * `twenty-crm-config.sqlite` of the working directory, which the first {@link TwentyCrmConfigRepository.saveConfig}
   * makes; the key lies there in clear, so rather give `sqliteConfigStore(path, { secret })`.
   */
  store?: TwentyCrmConfigStore | null;
  /** `process.env` when it is not given; read at every call. */
  env?: Record<string, string | undefined>;
}
