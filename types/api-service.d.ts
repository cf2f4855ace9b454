import type { AbortSignalLike } from './abort-signal.js';
import type { TwentyCrmTestConnectionResult } from './twenty-crm-config.types.js';

/** Checks a server and a key before they are configured. */
export declare class TwentyCrmApiService {
  /**
   * Asks the server for something that needs the key. Never rejects for what the server or the network does: `ok`,
   * `message` and `details` say what was found. Rejects with the signal's reason when the signal aborts.
   */
  testConnection(
    baseUrl: string,
    apiKey: string,
    options?: { signal?: AbortSignalLike },
  ): Promise<TwentyCrmTestConnectionResult>;
  /**
   * Whether something answers at this URL, without a key. Rejects for nothing but an aborted signal, with that
   * signal's reason.
   */
  isReachable(baseUrl: string, options?: { signal?: AbortSignalLike }): Promise<boolean>;
}
