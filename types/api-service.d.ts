import type { TwentyCrmTestConnectionResult } from './twenty-crm-config.types.js';

/** Checks a server and a key before they are configured. */
export declare class TwentyCrmApiService {
  /**
   * Asks the server for something that needs the key. Never rejects for what the server or the network does: `ok`,
   * `message` and `details` say what was found.
   */
  testConnection(baseUrl: string, apiKey: string): Promise<TwentyCrmTestConnectionResult>;
  /** Whether something answers at this URL, without a key. Never rejects. */
  isReachable(baseUrl: string): Promise<boolean>;
}
