import type {
  TwentyCrmConfig,
  TwentyCrmConfigResponse,
  TwentyCrmEnvConfig,
  UpdateTwentyCrmConfigRequest,
} from './twenty-crm-config.types.js';

/**
 * An API key that may be shown: `****` and its last four characters, or `****` alone for a key of less than four.
 */
export declare function maskApiKey(apiKey: string | null | undefined): string;

/** The three modes, as the template's form lists them. */
export declare const SYNC_MODE_VALUES: readonly ['disabled', 'platform', 'direct_crm'];

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

/**
 * Checks a configuration from outside: `baseUrl` an http or https URL, `apiKey` at least 10 characters, `enabled` a
 * boolean, `syncMode` one of the three. Never throws; gives at most one issue per field, all of them at once. `data`
 * has these four fields and no others, the URL and the key without blanks and line breaks at their ends.
 */
export declare function validateTwentyCrmConfig(config: unknown): TwentyCrmConfigValidation;

/** What the environment says. */
export interface TwentyCrmEnvSettings extends TwentyCrmEnvConfig {
  /** `TWENTY_CRM_CACHE_TTL_MS`, in milliseconds. */
  cacheTtlMs?: number;
}

/**
 * Reads `TWENTY_CRM_BASE_URL`, `TWENTY_CRM_API_KEY`, `TWENTY_CRM_ENABLED` (on for `true`, in capitals too, and for
 * nothing else), `TWENTY_CRM_SYNC_MODE` (`disabled` when it is not set) and `TWENTY_CRM_CACHE_TTL_MS`. A blank variable
 * is as good as none.
 * @param env `process.env` when it is not given.
 * @throws {TwentyCrmApiError} `VALIDATION_ERROR` for an unknown mode or a time that is no whole number;
 * `details.field` names the variable.
 */
export declare function readTwentyCrmEnvConfig(
  env?: Record<string, string | undefined>,
): TwentyCrmEnvSettings;

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

/**
 * The configuration of the CRM: the stored one or, where none is stored, the environment's (with the id `env`). Its key
 * is masked in all that the methods return, except in what {@link getRawConfig} does, and nothing here prints it.
 *
 * The methods reject with {@link TwentyCrmApiError}: `OPERATION_FAILED` with `details.reason` `CONFIG_STORE` when the
 * store fails, `VALIDATION_ERROR` when the environment's values are no good.
 */
export declare class TwentyCrmConfigRepository {
  /** @throws {TwentyCrmApiError} `VALIDATION_ERROR` when the store lacks a method. */
  constructor(options?: TwentyCrmConfigRepositoryOptions);
  /** The configuration as an admin page may see it; null where there is none. */
  getConfig(): Promise<TwentyCrmConfigResponse | null>;
  /** The configuration with its key in clear, for making a client; null where there is none. */
  getRawConfig(): Promise<TwentyCrmConfig | null>;
  /**
   * Stores the configuration, which then goes over the environment's. Rejects with `VALIDATION_ERROR` when it is no
   * good (`details.issues`, as of {@link validateTwentyCrmConfig}).
   */
  saveConfig(data: UpdateTwentyCrmConfigRequest, userId: string): Promise<TwentyCrmConfigResponse>;
  /** Whether there is a configuration, stored or in the environment. */
  hasConfig(): Promise<boolean>;
}
