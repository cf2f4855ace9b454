import type { TwentyCrmError } from './twenty-crm-errors.types.js';

/**
 * Where a change goes: nowhere (`disabled`), to the caller's event system (`platform`), or straight to the Twenty
 * server (`direct_crm`).
 */
export type TwentyCrmSyncMode = 'disabled' | 'platform' | 'direct_crm';

/** The configuration as the database holds it, with the API key in clear: it stays on the server. */
export interface TwentyCrmConfig {
  /** The configuration's own id; `env` where it is the environment's. */
  id: string;
  /** Origin of the Twenty server, for example `https://crm.example.com`. */
  baseUrl: string;
  /** A Twenty API key, in clear. */
  apiKey: string;
  /** Whether the integration is on. */
  enabled: boolean;
  /** Where changes go. */
  syncMode: TwentyCrmSyncMode;
  /** Id of the user who made it; `null` when nobody is known. */
  createdBy: string | null;
  /** Id of the user who changed it last; `null` when nobody is known. */
  updatedBy: string | null;
  /** When it was made. */
  createdAt: Date;
  /** When it was changed last. */
  updatedAt: Date;
}

/** The configuration as an admin page may see it. */
export interface TwentyCrmConfigResponse {
  /** The configuration's own id; `env` where it is the environment's. */
  id: string;
  /** Origin of the Twenty server. */
  baseUrl: string;
  /** The masked key: only its last characters are readable. */
  apiKey: string;
  /** Whether the integration is on. */
  enabled: boolean;
  /** Where changes go. */
  syncMode: TwentyCrmSyncMode;
  /** Id of the user who changed it last; `null` when nobody is known. */
  updatedBy: string | null;
  /** When it was changed last. */
  updatedAt: Date;
}

/** What an admin page sends in order to create or change the configuration. */
export interface UpdateTwentyCrmConfigRequest {
  /** Origin of the Twenty server, an http or https URL. */
  baseUrl: string;
  /** A Twenty API key, in clear, of at least 10 characters. */
  apiKey: string;
  /** Whether the integration is on. */
  enabled: boolean;
  /** Where changes go. */
  syncMode: TwentyCrmSyncMode;
}

/** What the environment variables say; the database's configuration goes over it. */
export interface TwentyCrmEnvConfig {
  /** `TWENTY_CRM_BASE_URL`. */
  baseUrl?: string;
  /** `TWENTY_CRM_API_KEY`, in clear. */
  apiKey?: string;
  /** `TWENTY_CRM_ENABLED`: on exactly for `true`. */
  enabled: boolean;
  /** `TWENTY_CRM_SYNC_MODE`; `disabled` when it is not set. */
  syncMode: TwentyCrmSyncMode;
}

/** How a connection test went. */
export interface TwentyCrmTestConnectionResult {
  /** True exactly when the server is a Twenty server and takes the key. */
  ok: boolean;
  /** Time from the first byte sent to the whole answer, in milliseconds. */
  latencyMs: number;
  /** For people: what was found and, where it failed, what to do. Never holds the key. */
  message: string;
  /** The facts behind the message. */
  details?: {
    /** HTTP status, where there was an answer. */
    status?: number;
    /** What failed, in short. */
    error?: string;
  };
}

/** How to reach one Twenty workspace, and how patiently. */
export interface TwentyCrmClientConfig {
  /** Origin of the Twenty server, for example `https://crm.example.com`; a trailing slash does not matter. */
  baseUrl: string;
  /** A Twenty API key (Settings → APIs & Webhooks). It is in no error, no log line and no `util.inspect` output. */
  apiKey: string;
  /**
   * Milliseconds that one attempt may take, from connecting to the last byte of the body.
   * @default 10000
   */
  timeout?: number;
  /**
   * How often a failed attempt is repeated; 0 switches retries off. Waiting for a rate limit does not use these up.
   * @default 3
   */
  maxRetries?: number;
  /**
   * Upper bound of the first wait between attempts, in milliseconds; it doubles with every attempt, and the wait is
   * a random part of it.
   * @default 200
   */
  initialBackoffMs?: number;
  /**
   * Upper bound of any wait between attempts, in milliseconds.
   * @default 5000
   */
  maxBackoffMs?: number;
}

/** A request that went well. */
export interface TwentyCrmSuccessResponse<T> {
  /** Tells it from a {@link TwentyCrmErrorResponse}. */
  success: true;
  /** The server's JSON, untouched. */
  data: T;
}

/** A request that failed. */
export interface TwentyCrmErrorResponse {
  /** Tells it from a {@link TwentyCrmSuccessResponse}. */
  success: false;
  /** What went wrong. */
  error: TwentyCrmError;
}

/** What the REST client's promises resolve with: `success` tells which of the two it is. */
export type TwentyCrmResponse<T> = TwentyCrmSuccessResponse<T> | TwentyCrmErrorResponse;
