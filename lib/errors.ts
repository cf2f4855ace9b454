import type {
  TwentyCrmErrorCode as ErrorCode,
  TwentyCrmError,
  TwentyCrmErrorReason,
} from '../index.js';

/** The declarations of the file that mirrors the template's. */
type Mirrored = typeof import('../index.js');

const codes = Object.freeze({
  TIMEOUT: 'TIMEOUT',
  RATE_LIMIT: 'RATE_LIMIT',
  SERVER_ERROR: 'SERVER_ERROR',
  AUTH_ERROR: 'AUTH_ERROR',
  NETWORK_ERROR: 'NETWORK_ERROR',
  VALIDATION_ERROR: 'VALIDATION_ERROR',
  NOT_FOUND: 'NOT_FOUND',
  OPERATION_FAILED: 'OPERATION_FAILED',
  UNKNOWN: 'UNKNOWN',
});

// TypeScript does not accept strings as enum members, so the object literal needs a cast.
const TwentyCrmErrorCode = codes as unknown as Mirrored['TwentyCrmErrorCode'];

const knownCodes: ReadonlySet<unknown> = new Set(Object.values(codes));

const retryableCodes: ReadonlySet<unknown> = new Set([
  codes.TIMEOUT,
  codes.RATE_LIMIT,
  codes.SERVER_ERROR,
  codes.NETWORK_ERROR,
]);

const isTwentyCrmError: Mirrored['isTwentyCrmError'] = (error): error is TwentyCrmError => {
  if (typeof error !== 'object' || error === null) return false;
  try {
    const { code, message, status, isRetryable, details } = error as Record<string, unknown>;
    return (
      knownCodes.has(code) &&
      typeof message === 'string' &&
      typeof isRetryable === 'boolean' &&
      (status === undefined || typeof status === 'number') &&
      (details === undefined || (typeof details === 'object' && details !== null))
    );
  } catch {
    // A getter or proxy that throws: not an error of ours.
    return false;
  }
};

const createTwentyCrmError: Mirrored['createTwentyCrmError'] = (code, message, options) => {
  const { status, isRetryable = retryableCodes.has(code), details } = options ?? {};
  return {
    code,
    message,
    ...(status != null && { status }),
    isRetryable,
    ...(details != null && { details }),
  };
};

/**
 * The error that every promise of the services rejects with, except for an aborted call: an `Error` that is also a
 * {@link TwentyCrmError}. Its fields are own and enumerable; `JSON.stringify` gives the plain error.
 */
class TwentyCrmApiError extends Error implements TwentyCrmError {
  // `declare` only: an absent field must not become an own property.
  /** The error class, one of nine. */
  declare readonly code: ErrorCode;
  /** HTTP status, if the server answered. */
  declare readonly status?: number;
  /** Whether it makes sense to try again later. All retries are already used up. */
  declare readonly isRetryable: boolean;
  /** Further facts: `reason` as a constant, `field`, `originalError` and others. */
  declare readonly details?: NonNullable<TwentyCrmError['details']> & {
    /** The reason, for programs. */
    reason?: TwentyCrmErrorReason;
  };

  /**
   * @param error The facts; its `message` becomes the message.
   * @param options `cause`: the original error.
   * @throws {TypeError} if `error` is not a {@link TwentyCrmError}.
   */
  constructor(
    error: TwentyCrmError,
    options?: {
      /** The original error. */
      cause?: unknown;
    },
  ) {
    if (!isTwentyCrmError(error)) {
      throw new TypeError(
        'TwentyCrmApiError needs a TwentyCrmError: make one with createTwentyCrmError(code, message)',
      );
    }
    super(error.message, options);
    // Own and enumerable, unlike in other Errors, so that `{ ...error }` is a complete TwentyCrmError.
    Object.defineProperty(this, 'message', { enumerable: true });
    this.code = error.code;
    if (error.status !== undefined) this.status = error.status;
    this.isRetryable = error.isRetryable;
    if (error.details !== undefined) this.details = error.details;
  }

  /** The error as a plain object, without stack and cause. */
  toJSON(): TwentyCrmError {
    return createTwentyCrmError(this.code, this.message, this);
  }
}

function apiError(
  code: ErrorCode,
  message: string,
  options?: Parameters<typeof createTwentyCrmError>[2],
  cause?: unknown,
) {
  const plain = createTwentyCrmError(code, message, options);
  return new TwentyCrmApiError(plain, cause === undefined ? undefined : { cause });
}

/** A mark on the errors of all copies of this package: `jest.resetModules()`, for example, loads another copy. */
const MARK: unique symbol = Symbol.for('twenty-crm-native.error');

/** Whether this package made the error, in any realm and by any copy of it. */
function isApiError(error: unknown): error is TwentyCrmApiError {
  try {
    return (error as { [MARK]?: unknown } | null | undefined)?.[MARK] === true;
  } catch {
    // A revoked proxy.
    return false;
  }
}

/**
 * As `instanceof Error`, but for errors of every realm: Jest and `vm` give code its own `Error`, while Node.js and the
 * core throw another one.
 */
function isError(value: unknown): value is Error {
  try {
    return value instanceof Error || isTagged(value);
  } catch {
    return false;
  }
}

function isTagged(value: unknown) {
  return /^\[object (?:Error|DOMException)\]$/.test(Object.prototype.toString.call(value));
}

// On the prototype, as with built-in errors, so that it is not an own field of the error.
Object.defineProperties(TwentyCrmApiError.prototype, {
  name: { value: 'TwentyCrmApiError', configurable: true, writable: true },
  [MARK]: { value: true },
});

/**
 * The place where a public method was called. It must be captured during the call: after the answer V8 only knows
 * callers that await.
 */
function callSite(method: (...args: never[]) => unknown): { stack?: unknown } {
  const site = {};
  Error.captureStackTrace(site, method);
  return site;
}

/** The original message of the network or the server. */
function causeOf(error: TwentyCrmError) {
  const original = error.details?.originalError;
  if (typeof original !== 'string' || original === error.message) return undefined;
  return { cause: new Error(original) };
}

/** Adds advice to the messages that a wrong base URL causes: they show a symptom, not the cause. */
function explained(error: TwentyCrmError) {
  const { reason, originalError, path } = error.details ?? {};
  const words = String(originalError);
  const isDoubled = words.startsWith(`Query path '/rest${String(path).split('?')[0]}'`);
  const isPlain = reason === 'TLS' && words.includes('InvalidContentType');
  if (!isDoubled && !isPlain) return error;
  const advice = isDoubled
    ? 'Leave /rest out of baseUrl.'
    : 'The server does not speak TLS there: use http://, or another port.';
  return { ...error, message: `${error.message} ${advice}` };
}

function errorAt(error: TwentyCrmError, site: { stack?: unknown }) {
  const result = new TwentyCrmApiError(explained(error), causeOf(error));
  const { stack } = site;
  const frames = typeof stack === 'string' ? stack.indexOf('\n    at ') : -1;
  // Without frames (a limit of 0, or a custom `prepareStackTrace`) the error keeps its own stack.
  if (frames >= 0) result.stack = `${result}${(stack as string).slice(frames)}`;
  return result;
}

export {
  apiError,
  callSite,
  createTwentyCrmError,
  errorAt,
  isApiError,
  isError,
  isTwentyCrmError,
  TwentyCrmApiError,
  TwentyCrmErrorCode,
};
