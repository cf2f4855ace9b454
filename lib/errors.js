/** @typedef {import('../index.js').TwentyCrmError} TwentyCrmError */

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
const TwentyCrmErrorCode = /** @type {typeof import('../index.js').TwentyCrmErrorCode} */ (
  /** @type {unknown} */ (codes)
);

/** @type {ReadonlySet<unknown>} */
const knownCodes = new Set(Object.values(codes));

/** @type {ReadonlySet<unknown>} */
const retryableCodes = new Set([
  codes.TIMEOUT,
  codes.RATE_LIMIT,
  codes.SERVER_ERROR,
  codes.NETWORK_ERROR,
]);

/**
 * @param {unknown} error
 * @returns {error is TwentyCrmError}
 */
function isTwentyCrmError(error) {
  if (typeof error !== 'object' || error === null) return false;
  try {
    const { code, message, status, isRetryable, details } = /** @type {Record<string, unknown>} */ (
      error
    );
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
}

/** @type {typeof import('../index.js').createTwentyCrmError} */
function createTwentyCrmError(code, message, options) {
  const { status, isRetryable = retryableCodes.has(code), details } = options ?? {};
  return {
    code,
    message,
    ...(status != null && { status }),
    isRetryable,
    ...(details != null && { details }),
  };
}

class TwentyCrmApiError extends Error {
  /**
   * @param {TwentyCrmError} error
   * @param {{ cause?: unknown }} [options]
   */
  constructor(error, options) {
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

  toJSON() {
    return createTwentyCrmError(this.code, this.message, this);
  }
}

/**
 * @param {import('../index.js').TwentyCrmErrorCode} code
 * @param {string} message
 * @param {Parameters<typeof createTwentyCrmError>[2]} [options]
 * @param {unknown} [cause]
 */
function apiError(code, message, options, cause) {
  const plain = createTwentyCrmError(code, message, options);
  return new TwentyCrmApiError(plain, cause === undefined ? undefined : { cause });
}

/** What all copies of this package mark their errors with: `jest.resetModules()`, for one, makes a further copy. */
const MARK = Symbol.for('twenty-crm-native.error');

/**
 * Whether an error was made by this package, in whatever realm, by whichever copy of it.
 * @param {any} error
 * @returns {error is TwentyCrmApiError}
 */
function isApiError(error) {
  try {
    return error?.[MARK] === true;
  } catch {
    // A proxy that was revoked.
    return false;
  }
}

/**
 * As `instanceof Error`, for errors of every realm: Jest and `vm` give code an `Error` of its own, and what Node.js and the
 * core throw has another one.
 * @param {unknown} value
 * @returns {value is Error}
 */
function isError(value) {
  try {
    return value instanceof Error || isTagged(value);
  } catch {
    return false;
  }
}

/** @param {unknown} value */
function isTagged(value) {
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
 * @param {Function} method
 * @returns {{ stack?: unknown }}
 */
function callSite(method) {
  const site = {};
  Error.captureStackTrace(site, method);
  return site;
}

/**
 * The network's or the server's own words.
 * @param {TwentyCrmError} error
 */
function causeOf(error) {
  const original = error.details?.originalError;
  if (typeof original !== 'string' || original === error.message) return undefined;
  return { cause: new Error(original) };
}

/**
 * The words that a wrong base URL leads to show what came of it, and not what is wrong.
 * @param {TwentyCrmError} error
 */
function explained(error) {
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

/**
 * @param {TwentyCrmError} error
 * @param {{ stack?: unknown }} site
 */
function errorAt(error, site) {
  const result = new TwentyCrmApiError(explained(error), causeOf(error));
  const { stack } = site;
  const frames = typeof stack === 'string' ? stack.indexOf('\n    at ') : -1;
  // Without frames (a limit of 0, or a program's own prepareStackTrace) the error keeps the stack that it has.
  if (frames >= 0) result.stack = `${result}${/** @type {string} */ (stack).slice(frames)}`;
  return result;
}

module.exports = {
  TwentyCrmErrorCode,
  TwentyCrmApiError,
  apiError,
  callSite,
  createTwentyCrmError,
  errorAt,
  isApiError,
  isError,
  isTwentyCrmError,
};
