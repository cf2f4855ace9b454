import { createHmac, timingSafeEqual } from 'node:crypto';
import { types } from 'node:util';
import type {
  TwentyCrmErrorCode as ErrorCode,
  TwentyWebhookEvent,
  VerifyTwentyWebhookOptions,
} from '../../index.js';
import { TWENTY_CRM_DEFAULTS } from '../defaults.js';
import { apiError, TwentyCrmErrorCode } from '../errors.js';
import { optionSchema } from '../option-schema.js';
import { readOptions, requireKnown } from '../options.js';
import type { Unchecked } from '../serialise.js';
import { describe, invalid } from '../serialise.js';

/** The nonce is not signed, so it proves nothing. */
type HeaderName = 'timestamp' | 'signature';

const HEADER_PREFIX = 'x-twenty-webhook-';

/** An iterable may be endless. */
const MAX_HEADERS = 2_000;

/** Each secret costs a hash over the body. */
const MAX_SECRETS = 10;

const OPTIONS = optionSchema<VerifyTwentyWebhookOptions>({
  secret: 'here',
  headers: 'here',
  rawBody: 'here',
  toleranceMs: 'here',
  maxBodyBytes: 'here',
  now: 'here',
});

/**
 * Verifies a webhook delivery, and returns its event: signed by Twenty, and recent.
 *
 * Does no I/O and keeps no state: a delivery replayed within `toleranceMs` is accepted again. `applyWebhook` then
 * changes nothing; if your own work must be done only once, remember the `deliveryId` for that long.
 *
 * @throws {TwentyCrmApiError} `AUTH_ERROR` with status 401 for a delivery that is not from Twenty (`details.reason`:
 * `MISSING_HEADER`, `MALFORMED_HEADER`, `BAD_SIGNATURE`, `EXPIRED`, `IN_FUTURE`). `VALIDATION_ERROR` with status 413
 * (`TOO_LARGE`) or 400 (`NOT_JSON`, `NOT_AN_EVENT`) for a bad body, and without a status for an option that is not
 * valid (`details.field`). Answer the delivery with the status. No message contains the secret.
 */
function verifyTwentyWebhook(options: VerifyTwentyWebhookOptions): TwentyWebhookEvent {
  requireKnown('verifyTwentyWebhook', options, OPTIONS.known);
  const given = readOptions('options', options, OPTIONS.names);
  const secrets = readSecrets(given.secret);
  const toleranceMs = readAmount('toleranceMs', given.toleranceMs);
  const maxBodyBytes = readAmount('maxBodyBytes', given.maxBodyBytes);
  const now = readNow(given.now);
  const body = readBody(given.rawBody, maxBodyBytes);
  const headers = readHeaders(given.headers);

  const timestamp = required(headers, 'timestamp');
  if (!/^\d{1,15}$/.test(timestamp)) {
    const message = 'is not a whole number of milliseconds';
    throw refused('MALFORMED_HEADER', `the header ${nameOf('timestamp')} ${message}`);
  }
  const signature = required(headers, 'signature');
  if (!/^[0-9a-f]{64}$/i.test(signature)) {
    const message = 'is not an HMAC-SHA256 in hex (64 digits)';
    throw refused('MALFORMED_HEADER', `the header ${nameOf('signature')} ${message}`);
  }
  requireSignature(secrets, timestamp, body, signature);
  requireFresh(Number(timestamp), now, toleranceMs);
  const event = readEvent(body);
  event.deliveryId = signature.toLowerCase();
  return event;
}

function nameOf(name: HeaderName) {
  return `X-Twenty-Webhook-${name[0].toUpperCase()}${name.slice(1)}`;
}

function readSecrets(secret: unknown): string[] {
  const secrets = listOf(secret);
  if (secrets.length > MAX_SECRETS) {
    throw invalid('secret', `secret must not have more than ${MAX_SECRETS} secrets`);
  }
  // Do not even tell the type: a secret in the wrong place must not get into a log.
  if (secrets.length === 0 || secrets.some((one) => typeof one !== 'string' || one === '')) {
    throw invalid(
      'secret',
      "secret must be the webhook's secret (Twenty: Settings, APIs & Webhooks), or a list of secrets while it is " +
        'being changed. It is missing or empty, so nothing can be verified',
    );
  }
  return secrets;
}

/** Empty if the list cannot be read. */
function listOf(secret: unknown) {
  try {
    if (!Array.isArray(secret)) return [secret];
    const count = Math.min(secret.length, MAX_SECRETS + 1);
    return Array.from({ length: count }, (_, at) => secret[at]);
  } catch {
    return [];
  }
}

function readAmount(name: 'toleranceMs' | 'maxBodyBytes', value: unknown) {
  if (value === undefined || value === null) return TWENTY_CRM_DEFAULTS[name];
  if (typeof value === 'number' && Number.isSafeInteger(value) && value >= 0) return value;
  throw invalid(name, `${name} must be a whole number, 0 or more`);
}

function readNow(now: unknown) {
  let millis: unknown;
  try {
    millis = typeof now === 'function' ? now() : (now ?? Date.now());
  } catch (cause) {
    throw invalid('now', `now cannot be called: ${describe(cause)}`, cause);
  }
  if (typeof millis === 'number' && Number.isFinite(millis)) return millis;
  throw invalid('now', 'now must be, or return, milliseconds since 1970');
}

function readBody(rawBody: unknown, maxBodyBytes: number) {
  const body = toBytes(rawBody, maxBodyBytes);
  if (body === undefined) {
    throw invalid(
      'rawBody',
      'rawBody must be the bytes or the string of the request as received, before any body parser: a parsed body ' +
        'cannot be verified (express.raw({ type: "application/json" }), `await request.text()`)',
    );
  }
  if (body === 'too large' || body.length > maxBodyBytes) {
    throw failure(
      TwentyCrmErrorCode.VALIDATION_ERROR,
      413,
      'TOO_LARGE',
      `the body is larger than maxBodyBytes (${maxBodyBytes}), so it was not read`,
    );
  }
  return body;
}

function toBytes(rawBody: unknown, maxBytes: number): Buffer | 'too large' | undefined {
  // A string has at least as many bytes as characters: do not copy one that is too long.
  if (typeof rawBody === 'string') {
    return rawBody.length > maxBytes ? 'too large' : Buffer.from(rawBody, 'utf8');
  }
  try {
    if (ArrayBuffer.isView(rawBody)) {
      return Buffer.from(rawBody.buffer, rawBody.byteOffset, rawBody.byteLength);
    }
    if (types.isArrayBuffer(rawBody)) return Buffer.from(rawBody);
  } catch {
    // Not real bytes.
  }
  return undefined;
}

function readHeaders(given: unknown) {
  const found: Map<HeaderName, unknown[]> = new Map([
    ['timestamp', []],
    ['signature', []],
  ]);
  const take = (name: unknown, value: unknown) => {
    if (typeof name !== 'string' || name.length > 64) return;
    const lower = name.toLowerCase();
    if (!lower.startsWith(HEADER_PREFIX)) return;
    const values = found.get(lower.slice(HEADER_PREFIX.length) as HeaderName);
    if (values !== undefined) values.push(...(Array.isArray(value) ? value.slice(0, 3) : [value]));
  };
  try {
    if (typeof given !== 'object' || given === null) throw new TypeError('no object');
    const headers = given as Partial<Iterable<unknown>> & Record<string, unknown>;
    if (typeof headers[Symbol.iterator] === 'function')
      takeEntries(headers as Iterable<unknown>, take);
    else if (typeof headers.get === 'function') {
      for (const name of found.keys())
        take(HEADER_PREFIX + name, headers.get(HEADER_PREFIX + name));
    } else for (const name of Object.keys(headers)) take(name, headers[name]);
  } catch (cause) {
    throw invalid(
      'headers',
      `headers must be the request's headers (a Headers, a Map or a plain object): ${describe(cause)}`,
      cause,
    );
  }
  return found;
}

/** Pairs, or alternating names and values (`rawHeaders` of Node's requests). */
function takeEntries(headers: Iterable<unknown>, take: (name: unknown, value: unknown) => void) {
  let name: unknown;
  let isValue = false;
  let count = 0;
  for (const entry of headers) {
    count += 1;
    if (count > MAX_HEADERS) throw new RangeError(`more than ${MAX_HEADERS} headers`);
    if (Array.isArray(entry)) {
      take(entry[0], entry[1]);
    } else {
      if (isValue) take(name, entry);
      else name = entry;
      isValue = !isValue;
    }
  }
}

function required(headers: Map<HeaderName, unknown[]>, name: HeaderName) {
  const values = (headers.get(name) ?? []).filter((value) => value !== undefined && value !== null);
  if (values.length === 0 || values[0] === '') {
    throw refused(
      'MISSING_HEADER',
      `the header ${nameOf(name)} is missing: the request is not from Twenty, or a proxy before this endpoint ` +
        'dropped its headers',
    );
  }
  const [first] = values;
  if (typeof first !== 'string' || values.some((value) => value !== first)) {
    throw refused('MALFORMED_HEADER', `the header ${nameOf(name)} occurs more than once`);
  }
  return first.trim();
}

/**
 * Twenty signs the timestamp, a colon and the raw body with HMAC-SHA256, in hex. All secrets are always tried, in
 * constant time.
 */
function requireSignature(secrets: string[], timestamp: string, body: Buffer, signature: string) {
  const given = Buffer.from(signature, 'hex');
  let fits = false;
  for (const secret of secrets) {
    const wanted = createHmac('sha256', secret).update(`${timestamp}:`).update(body).digest();
    fits = timingSafeEqual(wanted, given) || fits;
  }
  if (fits) return;
  throw refused(
    'BAD_SIGNATURE',
    `the signature ${secrets.length === 1 ? 'does not match the secret' : 'matches none of the secrets'}: check that it is this ` +
      "webhook's secret without white space around it, and that rawBody is the body byte for byte",
  );
}

function requireFresh(timestamp: number, now: number, toleranceMs: number) {
  const age = now - timestamp;
  if (Math.abs(age) <= toleranceMs) return;
  const apart = `${Math.abs(Math.round(age))} ms`;
  throw age > 0
    ? refused(
        'EXPIRED',
        `the delivery was sent ${apart} ago, more than toleranceMs (${toleranceMs}): it is a replay, or a queue before this ` +
          'endpoint delayed it',
      )
    : refused(
        'IN_FUTURE',
        `the delivery was sent ${apart} in the future, more than toleranceMs (${toleranceMs}): the clocks of Twenty and ` +
          'of this machine differ',
      );
}

function readEvent(body: Buffer): TwentyWebhookEvent {
  let event: unknown;
  try {
    event = JSON.parse(body.toString('utf8'));
  } catch (cause) {
    throw malformed('NOT_JSON', 'the body is not JSON', cause);
  }
  const problem = problemOf(event);
  if (problem !== undefined) throw malformed('NOT_AN_EVENT', problem, undefined);
  return event as TwentyWebhookEvent;
}

function problemOf(event: unknown): string | undefined {
  if (!isObject(event)) return 'the event must be an object';
  if (typeof event.eventName !== 'string' || !/^[^.]+\.[^.]+$/.test(event.eventName)) {
    return 'eventName must be a string like "person.created"';
  }
  const { objectMetadata } = event;
  if (typeof (objectMetadata as Unchecked)?.nameSingular !== 'string') {
    return 'objectMetadata.nameSingular must be a string';
  }
  if (!isObject(event.record)) return 'record must be an object';
  if (typeof event.record.id !== 'string') return 'record.id must be a string';
  const { updatedFields } = event;
  if (updatedFields === undefined || updatedFields === null) return undefined;
  const isList = Array.isArray(updatedFields) && updatedFields.every((f) => typeof f === 'string');
  return isList ? undefined : 'updatedFields must be a list of strings';
}

function isObject(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

function refused(reason: string, message: string) {
  return failure(TwentyCrmErrorCode.AUTH_ERROR, 401, reason, message);
}

function malformed(reason: string, message: string, cause: unknown) {
  return failure(TwentyCrmErrorCode.VALIDATION_ERROR, 400, reason, message, cause);
}

function failure(
  code: ErrorCode,
  status: number,
  reason: string,
  message: string,
  cause?: unknown,
) {
  const options = { status, isRetryable: false, details: { reason } };
  return apiError(code, `webhook refused: ${message}`, options, cause);
}

export { problemOf, verifyTwentyWebhook };
