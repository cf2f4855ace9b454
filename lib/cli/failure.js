'use strict';

const { isError, isTwentyCrmError } = require('../errors.js');
const { messageOf } = require('../serialise.js');
const { EXIT } = require('./exit-codes.js');
const { optionFor } = require('./text.js');

/**
 * @typedef {object} FailureReport
 * @property {string} code
 * @property {string} message
 * @property {string} [hint] what to do
 * @property {number} [status]
 * @property {boolean} [isRetryable]
 * @property {Record<string, unknown>} [details]
 */

/** A failure that the user can put right: shown without a stack. */
class CliFailure extends Error {
  /**
   * @param {number} exitCode
   * @param {string} code
   * @param {string} message
   * @param {string} [hint]
   */
  constructor(exitCode, code, message, hint) {
    super(message);
    this.exitCode = exitCode;
    this.code = code;
    this.hint = hint;
  }
}

/** @param {string} message @param {string} [hint] */
const usageFailure = (message, hint) => new CliFailure(EXIT.USAGE, 'USAGE', message, hint);

/** @param {string} message @param {string} [hint] */
const configFailure = (message, hint) => new CliFailure(EXIT.CONFIG, 'CONFIG', message, hint);

/** @param {string} message @param {string} [hint] */
const inputFailure = (message, hint) => new CliFailure(EXIT.INPUT, 'INPUT', message, hint);

/** Why a file cannot be read. @param {NodeJS.ErrnoException} error */
const whyUnreadable = ({ code, message }) =>
  code === 'ENOENT' ? 'there is no such file' : message;

/** Where it is not the record that is at fault. */
const DOCTOR_HINT = 'npx twenty-crm-native doctor says more.';

const UNREACHABLE_CODES = new Set(['NETWORK_ERROR', 'TIMEOUT', 'RATE_LIMIT', 'SERVER_ERROR']);

const CONFIG_REASONS = new Set(['DISABLED', 'GATEWAY', 'REDIRECT']);

/**
 * What is `CONFIG` or `UNREACHABLE` concerns every record alike.
 * @param {{ code: string, details?: Record<string, unknown> }} error
 */
function exitCodeOf({ code, details }) {
  if (code === 'AUTH_ERROR' || code === 'UNKNOWN' || isWrongAddress(code, details))
    return EXIT.CONFIG;
  if (code === 'OPERATION_FAILED' && CONFIG_REASONS.has(String(details?.reason)))
    return EXIT.CONFIG;
  return UNREACHABLE_CODES.has(code) ? EXIT.UNREACHABLE : EXIT.LEFTOVER;
}

/**
 * The question for the workspace's fields is always the same: who finds fault with it is not the API.
 * @param {string} code
 * @param {Record<string, unknown> | undefined} details
 */
const isWrongAddress = (code, details) =>
  (code === 'VALIDATION_ERROR' || code === 'NOT_FOUND') &&
  details?.method === 'GET' &&
  String(details.path).startsWith('/rest/metadata/');

/**
 * @param {unknown} error
 * @returns {{ exitCode: number, report: FailureReport, stack?: string }} `stack` where it is a fault of this program
 */
function describeFailure(error) {
  if (error instanceof CliFailure) {
    const { exitCode, code, message, hint } = error;
    return { exitCode, report: { code, message, ...(hint !== undefined && { hint }) } };
  }
  if (isTwentyCrmError(error)) {
    const { code, message, status, isRetryable, details } = error;
    const exitCode = exitCodeOf(error);
    return {
      exitCode,
      report: {
        code,
        message: `${message}${optionFor(undefined, message)}`,
        ...(exitCode !== EXIT.LEFTOVER && { hint: DOCTOR_HINT }),
        ...(status !== undefined && { status }),
        isRetryable,
        ...(details !== undefined && { details }),
      },
    };
  }
  const message = messageOf(error);
  if (/** @type {any} */ (error)?.code === 'TWENTY_CRM_NO_BINARY') {
    const [first, ...advice] = message.split('\n');
    return describeFailure(configFailure(first, advice.join('\n')));
  }
  const stack = isError(error) ? error.stack : undefined;
  return { exitCode: EXIT.BUG, report: { code: 'BUG', message }, stack };
}

module.exports = {
  CliFailure,
  DOCTOR_HINT,
  configFailure,
  describeFailure,
  exitCodeOf,
  inputFailure,
  usageFailure,
  whyUnreadable,
};
