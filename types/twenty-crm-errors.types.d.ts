/** What went wrong, in nine classes. At run time this is a frozen object. */
export declare enum TwentyCrmErrorCode {
  /** No complete answer came in time. Trying later makes sense. */
  TIMEOUT = 'TIMEOUT',
  /** The workspace's rate limit was hit and did not clear in time. Trying later makes sense. */
  RATE_LIMIT = 'RATE_LIMIT',
  /** The server failed. Trying later makes sense. */
  SERVER_ERROR = 'SERVER_ERROR',
  /** The API key is missing, invalid, expired, revoked, or lacks a permission. */
  AUTH_ERROR = 'AUTH_ERROR',
  /** The connection could not be made, or broke. Trying later makes sense. */
  NETWORK_ERROR = 'NETWORK_ERROR',
  /** The input, or what was made of it, was refused. */
  VALIDATION_ERROR = 'VALIDATION_ERROR',
  /** The record or the path does not exist. */
  NOT_FOUND = 'NOT_FOUND',
  /** The operation could not be carried out for another reason; `details.reason` names it. */
  OPERATION_FAILED = 'OPERATION_FAILED',
  /** Nothing that this package knows, for example an answer that is no Twenty answer at all. */
  UNKNOWN = 'UNKNOWN',
}

/** An error as data: what the REST client resolves with, and what every rejection of the services carries. */
export interface TwentyCrmError {
  /** What went wrong, in nine classes. */
  code: TwentyCrmErrorCode;
  /** For people: what happened, to what, and what to do. Never holds the API key. */
  message: string;
  /** HTTP status, where there was an answer. */
  status?: number;
  /** Whether trying later makes sense. Retries were used up already when the error reaches the caller. */
  isRetryable: boolean;
  /** What else is known, as far as it is; `reason` and `field` tell errors of one class apart. */
  details?: {
    /** The cause's own text. */
    originalError?: string;
    /** Which attempt failed, counted from 1. */
    attempt?: number;
    /** How many repeats were allowed. */
    maxRetries?: number;
    [key: string]: unknown;
  };
}

/**
 * Whether `error` is a {@link TwentyCrmError}: a plain object or an `Error` whose fields have the right types and
 * whose `code` is one of {@link TwentyCrmErrorCode}. Never throws.
 */
export declare function isTwentyCrmError(error: unknown): error is TwentyCrmError;

/**
 * Makes a {@link TwentyCrmError} as a plain object. `isRetryable` defaults to what the code says: true for `TIMEOUT`,
 * `RATE_LIMIT`, `SERVER_ERROR` and `NETWORK_ERROR`. Options that are not given are not set.
 */
export declare function createTwentyCrmError(
  code: TwentyCrmErrorCode,
  message: string,
  options?: {
    /** HTTP status, where there was an answer. */
    status?: number;
    /** Whether trying later makes sense. */
    isRetryable?: boolean;
    /** What else is known. */
    details?: TwentyCrmError['details'];
  },
): TwentyCrmError;
