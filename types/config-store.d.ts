import type { TwentyCrmConfig, UpdateTwentyCrmConfigRequest } from './twenty-crm-config.types.js';
import type { sqliteConfigStore } from './values.js';

/** Options of {@link sqliteConfigStore}. */
export interface SqliteConfigStoreOptions {
  /**
   * Encrypts the API key in the file (AES-256-GCM, key derived by HKDF-SHA256, bound to its row): a random text of at
   * least 32 bytes, for example what `openssl rand -base64 32` prints. Not a password. Without it the key lies in the
   * file in clear, readable by the file's owner only.
   */
  secret?: string;
  /**
   * In place of `secret`, for a change of secrets: the first encrypts, all of them decrypt. To change one, start every
   * instance with `[old, new]`, then with `[new, old]`, call `reencrypt()` once, and leave `old` out.
   */
  secrets?: string[];
}

/**
 * The CRM configuration in an SQLite file. Every method rejects with `TwentyCrmApiError`: `VALIDATION_ERROR` for an
 * argument of the wrong shape (whether a URL or a key is any good is not looked at), `OPERATION_FAILED` with
 * `details.reason` `STORE` for what the file did not allow, `SECRET` where no secret fits the stored key. No error
 * shows a key or a secret.
 */
export interface SqliteConfigStore {
  /** The configuration with its key in clear; null where there is none. */
  getConfig(): Promise<TwentyCrmConfig | null>;
  /** Makes the configuration; rejects with `details.reason` `EXISTS` where there is one. */
  createConfig(
    data: UpdateTwentyCrmConfigRequest,
    userId?: string | null,
  ): Promise<TwentyCrmConfig>;
  /**
   * Changes the configuration; what `data` leaves out stays. With a new `apiKey` no old secret is needed. Rejects with
   * `NOT_FOUND` where there is none of this id.
   */
  updateConfig(
    id: string,
    data: Partial<UpdateTwentyCrmConfigRequest>,
    userId?: string | null,
  ): Promise<TwentyCrmConfig>;
  /** Removes the configuration; false where there is none of this id. */
  deleteConfig(id: string): Promise<boolean>;
  /**
   * Encrypts the stored key anew with the first secret, where it is in clear or was encrypted with another; false where
   * there was nothing to do.
   */
  reencrypt(): Promise<boolean>;
  /** Ends the use of the store once everything asked so far is done; later calls reject. */
  close(): Promise<void>;
}
