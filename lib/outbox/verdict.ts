import type { TwentyCrmError } from '../../index.js';
import { createTwentyCrmError, isTwentyCrmError, TwentyCrmErrorCode } from '../errors.js';
import { describe } from '../serialise.js';

/**
 * What a failure is about: the record itself, for good (`dead`); the moment (`away`); the key, the address or the
 * configuration (`workspace`); or unknown until other records are tried (`doubtful`).
 */
export type Verdict = 'dead' | 'away' | 'workspace' | 'doubtful';

const WORKSPACE_REASONS = new Set([
  'DISABLED',
  'GATEWAY',
  'LOOKUP_FAILED',
  'MODE',
  'NO_OBJECT',
  'NOT_TWENTY',
  'QUOTA',
  'REDIRECT',
  'SECRET',
  'STORE',
]);

/** Reasons of UNKNOWN that apply to every answer alike. */
const ADDRESS_REASONS = new Set(['CODING', 'NOT_TWENTY']);

/**
 * Reasons of VALIDATION_ERROR that mean a value is another row's. Only Twenty itself gives them, and only to a write.
 */
const TAKEN_REASONS = new Set(['DUPLICATE', 'MULTIPLE_MATCHES']);

function verdictOn(error: unknown): Verdict {
  // An error that is not ours (for example from a publish function) says nothing about the record.
  if (!isTwentyCrmError(error) || error.isRetryable) return 'away';
  const reason = error.details?.reason;
  switch (error.code) {
    case TwentyCrmErrorCode.AUTH_ERROR:
      return 'workspace';
    case TwentyCrmErrorCode.OPERATION_FAILED:
      // An oversized answer comes from a proxy, or from too many records at once: for one record it may be small
      // enough.
      if (reason === 'TOO_LARGE') return 'away';
      return WORKSPACE_REASONS.has(String(reason)) ? 'workspace' : 'dead';
    case TwentyCrmErrorCode.NOT_FOUND:
      return reason === 'OWN_ROW_GONE' ? 'dead' : 'doubtful';
    case TwentyCrmErrorCode.UNKNOWN:
      return ADDRESS_REASONS.has(String(reason)) ? 'workspace' : 'doubtful';
    case TwentyCrmErrorCode.VALIDATION_ERROR:
      return isAboutRecord(error) ? 'dead' : 'doubtful';
    default:
      return 'dead';
  }
}

/**
 * Whether a refusal is about the record: one before any request, or Twenty's own answer to a write. Refusals by a proxy
 * or of a look-up would affect every record, and may be temporary.
 */
function isAboutRecord({ status, details }: TwentyCrmError) {
  const { method, path, reason, serverError } = details ?? {};
  if (status === undefined || TAKEN_REASONS.has(String(reason))) return true;
  const isWrite = method !== 'GET' && String(path).startsWith('/rest/');
  // Twenty's REST answers name the error class; a proxy's answers do not.
  const isTwentys = status === 400 && typeof serverError === 'string';
  return isWrite && (isTwentys || reason === 'DATA');
}

/** The facts of a failure in a form that can be stored. */
function plainError(error: unknown) {
  if (!isTwentyCrmError(error)) {
    return createTwentyCrmError(TwentyCrmErrorCode.UNKNOWN, describe(error), { isRetryable: true });
  }
  const { code, message, status, isRetryable, details } = error;
  try {
    // The caller's own service may put anything into the details, and only JSON can be stored.
    const written = details && JSON.parse(JSON.stringify(details));
    return createTwentyCrmError(code, message, { status, isRetryable, details: written });
  } catch {
    return createTwentyCrmError(code, message, { status, isRetryable });
  }
}

export { plainError, verdictOn };
