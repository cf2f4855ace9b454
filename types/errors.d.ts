import type { TwentyCrmError, TwentyCrmErrorCode } from './twenty-crm-errors.types.js';

/**
 * What every promise of the services rejects with, an aborted call aside: an `Error` that is a
 * {@link TwentyCrmError} too. Its fields are own and enumerable; `JSON.stringify` gives the plain error.
 */
export declare class TwentyCrmApiError extends Error implements TwentyCrmError {
  /**
   * @param error The facts; `message` becomes the message.
   * @param options `cause`: what it was made from.
   */
  constructor(error: TwentyCrmError, options?: { cause?: unknown });
  readonly code: TwentyCrmErrorCode;
  readonly status?: number;
  readonly isRetryable: boolean;
  readonly details?: NonNullable<TwentyCrmError['details']>;
  /** The error as a plain object, without stack and cause. */
  toJSON(): TwentyCrmError;
}
