import { isError, isTwentyCrmError } from '../errors.js';
import type { Unchecked } from '../serialise.js';
import { messageOf } from '../serialise.js';
import { EXIT } from './exit-codes.js';
import { optionFor } from './text.js';

export interface FailureReport {
  code: string;
  message: string;
  /** what to do */
  hint?: string;
  status?: number;
  isRetryable?: boolean;
  details?: Record<string, unknown>;
}

/** A failure that the user can fix: shown without a stack. */
class CliFailure extends Error {
  exitCode: number;
  code: string;
  /** What to do. */
  hint: string | undefined;

  constructor(exitCode: number, code: string, message: string, hint?: string) {
    super(message);
    this.exitCode = exitCode;
    this.code = code;
    this.hint = hint;
  }
}

const usageFailure = (message: string, hint?: string) =>
  new CliFailure(EXIT.USAGE, 'USAGE', message, hint);

const configFailure = (message: string, hint?: string) =>
  new CliFailure(EXIT.CONFIG, 'CONFIG', message, hint);

const inputFailure = (message: string, hint?: string) =>
  new CliFailure(EXIT.INPUT, 'INPUT', message, hint);

/** Why a file cannot be read. */
const whyUnreadable = (error: unknown) =>
  (error as Unchecked)?.code === 'ENOENT' ? 'there is no such file' : messageOf(error);

/** Errors that are not about the record. */
const DOCTOR_HINT = 'npx twenty-crm-native doctor tells more.';

const UNREACHABLE_CODES = new Set(['NETWORK_ERROR', 'TIMEOUT', 'RATE_LIMIT', 'SERVER_ERROR']);

const CONFIG_REASONS = new Set(['DISABLED', 'GATEWAY', 'REDIRECT']);

/** `CONFIG` and `UNREACHABLE` affect every record alike. */
function exitCodeOf({ code, details }: { code: string; details?: Record<string, unknown> }) {
  if (code === 'AUTH_ERROR' || code === 'UNKNOWN' || isWrongAddress(code, details))
    return EXIT.CONFIG;
  if (code === 'OPERATION_FAILED' && CONFIG_REASONS.has(String(details?.reason)))
    return EXIT.CONFIG;
  return UNREACHABLE_CODES.has(code) ? EXIT.UNREACHABLE : EXIT.LEFTOVER;
}

/** The request for the workspace's fields is always the same, so only something other than the API refuses it. */
const isWrongAddress = (code: string, details: Record<string, unknown> | undefined) =>
  (code === 'VALIDATION_ERROR' || code === 'NOT_FOUND') &&
  details?.method === 'GET' &&
  String(details.path).startsWith('/rest/metadata/');

/** @returns `stack` if it is a bug in this program */
function describeFailure(error: unknown): {
  exitCode: number;
  report: FailureReport;
  stack?: string;
} {
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
  if ((error as Unchecked)?.code === 'TWENTY_CRM_NO_BINARY') {
    const [first, ...advice] = message.split('\n');
    return describeFailure(configFailure(first, advice.join('\n')));
  }
  const stack = isError(error) ? error.stack : undefined;
  return { exitCode: EXIT.BUG, report: { code: 'BUG', message }, stack };
}

export {
  CliFailure,
  configFailure,
  DOCTOR_HINT,
  describeFailure,
  exitCodeOf,
  inputFailure,
  usageFailure,
  whyUnreadable,
};
