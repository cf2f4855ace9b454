import type {
  TwentyCrmErrorCode as ErrorCode,
  TwentyCrmError,
  TwentyCrmErrorReason,
} from '../index.js';

/** What is declared in the file that mirrors the template's. */
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

// To the compiler an enum's members are no mere strings, so an object literal cannot be one without a cast.
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
    // A getter or a proxy that throws: whatever it is, it is no error of ours.
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
 * What every promise of the services rejects with, an aborted call aside: an `Error` that is a
 * {@link TwentyCrmError} too. Its fields are own and enumerable; `JSON.stringify` gives the plain error.
 */
class TwentyCrmApiError extends Error implements TwentyCrmError {
  // Declared only: a field that is not there must not be an own one.
  /** What went wrong, in nine classes. */
  declare readonly code: ErrorCode;
  /** HTTP status, where there was an answer. */
  declare readonly status?: number;
  /** Whether trying later makes sense. Retries were used up already. */
  declare readonly isRetryable: boolean;
  /** What else is known: `reason` as a constant, `field`, `originalError` and others. */
  declare readonly details?: NonNullable<TwentyCrmError['details']> & {
    /** Why, for programs. */
    reason?: TwentyCrmErrorReason;
  };

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
  ) {
    if (!isTwentyCrmError(error)) {
      throw new TypeError(
        'TwentyCrmApiError is made from a TwentyCrmError: createTwentyCrmError(code, message) gives one',
      );
    }
    super(error.message, options);
    // Own and enumerable, unlike an Error's: `{ ...error }` is then a whole TwentyCrmError.
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

/** What all copies of this package mark their errors with: `jest.resetModules()`, for one, makes a further copy. */
const MARK: unique symbol = Symbol.for('twenty-crm-native.error');

/** Whether an error was made by this package, in whatever realm, by whichever copy of it. */
function isApiError(error: unknown): error is TwentyCrmApiError {
  try {
    return (error as { [MARK]?: unknown } | null | undefined)?.[MARK] === true;
  } catch {
    // A proxy that was revoked.
    return false;
  }
}

/**
 * As `instanceof Error`, for errors of every realm: Jest and `vm` give code an `Error` of its own, and what Node.js and the
 * core throw has another one.
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

// On the prototype, as the built-in errors have it, so that it is no field of the error.
Object.defineProperties(TwentyCrmApiError.prototype, {
  name: { value: 'TwentyCrmApiError', configurable: true, writable: true },
  [MARK]: { value: true },
});

/**
 * Where a public method was called from. It has to be taken at the call: once the answer is there, V8 knows only of
 * callers that await.
 */
function callSite(method: (...args: never[]) => unknown): { stack?: unknown } {
  const site = {};
  Error.captureStackTrace(site, method);
  return site;
}

/** The network's or the server's own words. */
function causeOf(error: TwentyCrmError) {
  const original = error.details?.originalError;
  if (typeof original !== 'string' || original === error.message) return undefined;
  return { cause: new Error(original) };
}

/** The words that a wrong base URL leads to show what came of it, and not what is wrong. */
function explained(error: TwentyCrmError) {
  const { reason, originalError, path } = error.details ?? {};
  const words = String(originalError);
  const isDoubled = words.startsWith(`Query path '/rest${String(path).split('?')[0]}'`);
  const isPlain = reason === 'TLS' && words.includes('InvalidContentType');
  if (!isDoubled && !isPlain) return error;
  const advice = isDoubled
    ? 'Leave /rest out of baseUrl.'
    : 'The server does not speak TLS there: is it http://, or another port?';
  return { ...error, message: `${error.message} ${advice}` };
}

function errorAt(error: TwentyCrmError, site: { stack?: unknown }) {
  const result = new TwentyCrmApiError(explained(error), causeOf(error));
  const { stack } = site;
  const frames = typeof stack === 'string' ? stack.indexOf('\n    at ') : -1;
  // Without frames (a limit of 0, or a program's own prepareStackTrace) the error keeps the stack that it has.
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
