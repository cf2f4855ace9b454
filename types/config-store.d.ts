import type { TwentyCrmConfig, UpdateTwentyCrmConfigRequest } from './twenty-crm-config.types.js';
import type { sqliteConfigStore } from './values.js';

/** Options of {@link sqliteConfigStore}. */
export interface SqliteConfigStoreOptions {
  /**
   * Encrypts the API key in the file (AES-256-GCM, key derived by HKDF-SHA256, bound to its row): a random text of at
   * least 32 bytes, for example from `openssl rand -base64 32`. Not a password. Without it the key is stored in plain
   * text, in a file that only its owner can read.
   */
  secret?: string;
  /**
   * Instead of `secret`, to rotate secrets: the first encrypts, all of them decrypt. To rotate, start every instance
   * with `[old, new]`, then with `[new, old]`, call `reencrypt()` once, and remove `old`.
   */
  secrets?: string[];
}

/**
 * The CRM configuration in an SQLite file. Every method rejects with `TwentyCrmApiError`: `VALIDATION_ERROR` for an
 * argument of the wrong type (the URL and the key are not validated), `OPERATION_FAILED` with `details.reason` `STORE`
 * if the file cannot be used, `SECRET` if no secret decrypts the stored key. No error shows a key or a secret.
 */
export interface SqliteConfigStore {
  /** The configuration with its key in plain text; null if there is none. */
  getConfig(): Promise<TwentyCrmConfig | null>;
  /** Creates the configuration; rejects with `details.reason` `EXISTS` if there already is one. */
  createConfig(
    data: UpdateTwentyCrmConfigRequest,
    userId?: string | null,
  ): Promise<TwentyCrmConfig>;
  /**
   * Updates the configuration; fields that `data` leaves out keep their value. A new `apiKey` needs no old secret.
   * Rejects with `NOT_FOUND` if there is none with this id.
   */
  updateConfig(
    id: string,
    data: Partial<UpdateTwentyCrmConfigRequest>,
    userId?: string | null,
  ): Promise<TwentyCrmConfig>;
  /** Deletes the configuration; false if there is none with this id. */
  deleteConfig(id: string): Promise<boolean>;
  /**
   * Encrypts the stored key again with the first secret, if it is in plain text or was encrypted with another one;
   * false if there was nothing to do.
   */
  reencrypt(): Promise<boolean>;
  /** Closes the store after all pending calls; later calls reject. */
  close(): Promise<void>;
}
