import type { TwentyCrmErrorReason } from './reasons.js';
import type { TwentyCrmError, TwentyCrmErrorCode } from './twenty-crm-errors.types.js';

/**
 * What every promise of the services rejects with, an aborted call aside: an `Error` that is a
 * {@link TwentyCrmError} too. Its fields are own and enumerable; `JSON.stringify` gives the plain error.
 */
export declare class TwentyCrmApiError extends Error implements TwentyCrmError {
  /**
   * @param error The facts; `message` becomes the message.
   * @param options `cause`: what it was made from.
   * @throws {TypeError} when `error` is no {@link TwentyCrmError}.
   */
  constructor(
    error: TwentyCrmError,
    options?: {
      /** What it was made from. */
      cause?: unknown;
    },
  );
  /** What went wrong, in nine classes. */
  readonly code: TwentyCrmErrorCode;
  /** HTTP status, where there was an answer. */
  readonly status?: number;
  /** Whether trying later makes sense. Retries were used up already. */
  readonly isRetryable: boolean;
  /** What else is known: `reason` as a constant, `field`, `originalError` and others. */
  readonly details?: NonNullable<TwentyCrmError['details']> & {
    /** Why, for programs. */
    reason?: TwentyCrmErrorReason;
  };
  /** The error as a plain object, without stack and cause. */
  toJSON(): TwentyCrmError;
}
