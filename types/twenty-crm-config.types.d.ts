import type { TwentyCrmError } from './twenty-crm-errors.types.js';

/**
 * Where a change goes: nowhere (`disabled`), to the caller's event system (`platform`), or straight to the Twenty
 * server (`direct_crm`).
 */
export type TwentyCrmSyncMode = 'disabled' | 'platform' | 'direct_crm';

/** The configuration as the database holds it, with the API key in plain text: keep it on the server. */
export interface TwentyCrmConfig {
  /** The configuration's own id; `env` if it comes from the environment. */
  id: string;
  /** Origin of the Twenty server, for example `https://crm.example.com`. */
  baseUrl: string;
  /** A Twenty API key, in plain text. */
  apiKey: string;
  /** Whether the integration is on. */
  enabled: boolean;
  /** Where changes go. */
  syncMode: TwentyCrmSyncMode;
  /** Id of the user who created it; `null` if unknown. */
  createdBy: string | null;
  /** Id of the user who last changed it; `null` if unknown. */
  updatedBy: string | null;
  /** When it was created. */
  createdAt: Date;
  /** When it was last changed. */
  updatedAt: Date;
}

/** The configuration in the form that an admin page may see. */
export interface TwentyCrmConfigResponse {
  /** The configuration's own id; `env` if it comes from the environment. */
  id: string;
  /** Origin of the Twenty server. */
  baseUrl: string;
  /** The masked key: only its last characters are readable. */
  apiKey: string;
  /** Whether the integration is on. */
  enabled: boolean;
  /** Where changes go. */
  syncMode: TwentyCrmSyncMode;
  /** Id of the user who last changed it; `null` if unknown. */
  updatedBy: string | null;
  /** When it was last changed. */
  updatedAt: Date;
}

/** The data that an admin page sends to create or change the configuration. */
export interface UpdateTwentyCrmConfigRequest {
  /** Origin of the Twenty server, an http or https URL. */
  baseUrl: string;
  /** A Twenty API key, in plain text, of at least 10 characters. */
  apiKey: string;
  /** Whether the integration is on. */
  enabled: boolean;
  /** Where changes go. */
  syncMode: TwentyCrmSyncMode;
}

/** The settings from the environment variables; a stored configuration overrides them. */
export interface TwentyCrmEnvConfig {
  /** `TWENTY_CRM_BASE_URL`. */
  baseUrl?: string;
  /** `TWENTY_CRM_API_KEY`, in plain text. */
  apiKey?: string;
  /** `TWENTY_CRM_ENABLED`: on only for `true`. */
  enabled: boolean;
  /** `TWENTY_CRM_SYNC_MODE`; `disabled` if not set. */
  syncMode: TwentyCrmSyncMode;
}

/** The result of a connection test. */
export interface TwentyCrmTestConnectionResult {
  /** True exactly if the server is a Twenty server and accepts the key. */
  ok: boolean;
  /** Milliseconds from the first byte sent to the complete answer. */
  latencyMs: number;
  /** For people: the result and, if it failed, what to do. Never contains the key. */
  message: string;
  /** The facts behind the message. */
  details?: {
    /** HTTP status, if the server answered. */
    status?: number;
    /** The failure, in short. */
    error?: string;
  };
}

/** How to reach one Twenty workspace, and how long to try. */
export interface TwentyCrmClientConfig {
  /** Origin of the Twenty server, for example `https://crm.example.com`; a trailing slash is ignored. */
  baseUrl: string;
  /** A Twenty API key (Settings → APIs & Webhooks). It never appears in errors, log lines or `util.inspect` output. */
  apiKey: string;
  /**
   * Maximum milliseconds of one attempt, from connecting to the last byte of the body.
   * @default 10000
   */
  timeout?: number;
  /**
   * How often a failed attempt is retried; 0 switches retries off. Waiting for a rate limit does not use them up.
   * @default 3
   */
  maxRetries?: number;
  /**
   * Upper bound of the first backoff, in milliseconds. It doubles with every attempt; the actual wait is random up to
   * this bound.
   * @default 200
   */
  initialBackoffMs?: number;
  /**
   * Upper bound of any backoff, in milliseconds.
   * @default 5000
   */
  maxBackoffMs?: number;
}

/** A request that succeeded. */
export interface TwentyCrmSuccessResponse<T> {
  /** Tells it from a {@link TwentyCrmErrorResponse}. */
  success: true;
  /** The server's JSON, unchanged. */
  data: T;
}

/** A request that failed. */
export interface TwentyCrmErrorResponse {
  /** Tells it from a {@link TwentyCrmSuccessResponse}. */
  success: false;
  /** The error. */
  error: TwentyCrmError;
}

/** The result of the REST client's methods: `success` tells which of the two it is. */
export type TwentyCrmResponse<T> = TwentyCrmSuccessResponse<T> | TwentyCrmErrorResponse;
