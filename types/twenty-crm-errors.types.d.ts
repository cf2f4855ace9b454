/** The error class, one of nine. At run time this is a frozen object. */
export declare enum TwentyCrmErrorCode {
  /** No complete answer arrived in time. It makes sense to try again later. */
  TIMEOUT = 'TIMEOUT',
  /** The workspace's rate limit was hit and did not clear in time. It makes sense to try again later. */
  RATE_LIMIT = 'RATE_LIMIT',
  /** The server failed. It makes sense to try again later. */
  SERVER_ERROR = 'SERVER_ERROR',
  /** The API key is missing, invalid, expired, revoked, or lacks a permission. */
  AUTH_ERROR = 'AUTH_ERROR',
  /** The connection could not be made, or broke. It makes sense to try again later. */
  NETWORK_ERROR = 'NETWORK_ERROR',
  /** The input, or the request made from it, was refused. */
  VALIDATION_ERROR = 'VALIDATION_ERROR',
  /** The record or the path does not exist. */
  NOT_FOUND = 'NOT_FOUND',
  /** The operation failed for another reason; `details.reason` names it. */
  OPERATION_FAILED = 'OPERATION_FAILED',
  /** Anything unexpected, for example an answer that is not from Twenty. */
  UNKNOWN = 'UNKNOWN',
}

/** An error as data: the REST client resolves with it, and every rejection of the services carries it. */
export interface TwentyCrmError {
  /** The error class, one of nine. */
  code: TwentyCrmErrorCode;
  /** For people: what happened, to which record or request, and what to do. Never contains the API key. */
  message: string;
  /** HTTP status, if the server answered. */
  status?: number;
  /** Whether it makes sense to try again later. All retries are already used up when the caller gets the error. */
  isRetryable: boolean;
  /** Further facts, if known; `reason` and `field` tell errors of one class apart. */
  details?: {
    /** The original message of the cause. */
    originalError?: string;
    /** Which attempt failed, counted from 1. */
    attempt?: number;
    /** How many retries were allowed. */
    maxRetries?: number;
    [key: string]: unknown;
  };
}

/**
 * Whether `error` is a {@link TwentyCrmError}: a plain object or an `Error` whose fields have the right types and whose
 * `code` is one of {@link TwentyCrmErrorCode}. Never throws.
 */
export declare function isTwentyCrmError(error: unknown): error is TwentyCrmError;

/**
 * Makes a {@link TwentyCrmError} as a plain object. `isRetryable` defaults to true for `TIMEOUT`, `RATE_LIMIT`,
 * `SERVER_ERROR` and `NETWORK_ERROR`, and to false for other codes. Options that are not given are not set.
 */
export declare function createTwentyCrmError(
  code: TwentyCrmErrorCode,
  message: string,
  options?: {
    /** HTTP status, if the server answered. */
    status?: number;
    /** Whether it makes sense to try again later. */
    isRetryable?: boolean;
    /** Further facts. */
    details?: TwentyCrmError['details'];
  },
): TwentyCrmError;
