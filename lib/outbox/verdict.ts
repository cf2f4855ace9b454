import type { TwentyCrmError } from '../../index.js';
import { createTwentyCrmError, isTwentyCrmError, TwentyCrmErrorCode } from '../errors.js';
import { describe } from '../serialise.js';

/**
 * What a failure says: about this record for good (`dead`), about this moment (`away`), about the key, the address or
 * the configuration (`workspace`), or something that only its neighbours can tell (`doubtful`).
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

/** Reasons of UNKNOWN that say of every answer what they say of this one. */
const ADDRESS_REASONS = new Set(['CODING', 'NOT_TWENTY']);

/** Reasons of VALIDATION_ERROR that are another row's values: only a write is told so, in Twenty's own words. */
const TAKEN_REASONS = new Set(['DUPLICATE', 'MULTIPLE_MATCHES']);

function verdictOn(error: unknown): Verdict {
  // Whatever is no error of ours (a publish function's own, say) tells nothing about the record.
  if (!isTwentyCrmError(error) || error.isRetryable) return 'away';
  const reason = error.details?.reason;
  switch (error.code) {
    case TwentyCrmErrorCode.AUTH_ERROR:
      return 'workspace';
    case TwentyCrmErrorCode.OPERATION_FAILED:
      // An answer beyond its bound is a proxy's, or that of too many records at once: alone it may be small.
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
 * Whether a refusal is about the record: one that came before any request, or Twenty's own to a write. Those of a proxy
 * and of a look-up would hit every record, and pass.
 */
function isAboutRecord({ status, details }: TwentyCrmError) {
  const { method, path, reason, serverError } = details ?? {};
  if (status === undefined || TAKEN_REASONS.has(String(reason))) return true;
  const isWrite = method !== 'GET' && String(path).startsWith('/rest/');
  // Twenty's REST answers name the class of the error; what a proxy says does not.
  const isTwentys = status === 400 && typeof serverError === 'string';
  return isWrite && (isTwentys || reason === 'DATA');
}

/** The facts of a failure, as they can be stored. */
function plainError(error: unknown) {
  if (!isTwentyCrmError(error)) {
    return createTwentyCrmError(TwentyCrmErrorCode.UNKNOWN, describe(error), { isRetryable: true });
  }
  const { code, message, status, isRetryable, details } = error;
  try {
    // A service of the caller's may put anything into the details, and what JSON cannot write cannot be stored.
    const written = details && JSON.parse(JSON.stringify(details));
    return createTwentyCrmError(code, message, { status, isRetryable, details: written });
  } catch {
    return createTwentyCrmError(code, message, { status, isRetryable });
  }
}

export { plainError, verdictOn };
