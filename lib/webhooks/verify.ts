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

/** The nonce is not signed, so it says nothing. */
type HeaderName = 'timestamp' | 'signature';

const HEADER_PREFIX = 'x-twenty-webhook-';

/** What is iterated may have no end. */
const MAX_HEADERS = 2_000;

/** Each secret costs a hash of the body. */
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
 * The event of a webhook delivery that Twenty itself has signed, a short while ago.
 *
 * Nothing is asked of anybody and nothing is remembered: a delivery replayed within `toleranceMs` is verified again.
 * `applyWebhook` changes nothing then; where your own work must be done once only, keep the `deliveryId` for that long.
 *
 * @throws {TwentyCrmApiError} `AUTH_ERROR` with status 401 for what is not from Twenty (`details.reason`:
 * `MISSING_HEADER`, `MALFORMED_HEADER`, `BAD_SIGNATURE`, `EXPIRED`, `IN_FUTURE`), `VALIDATION_ERROR` with status 413
 * (`TOO_LARGE`) or 400 (`NOT_JSON`, `NOT_AN_EVENT`) for a body that is none, and without a status for an option that is
 * no good (`details.field`). The status is what to answer. The secret is in no message.
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
    const message = 'is no whole number of milliseconds';
    throw refused('MALFORMED_HEADER', `the header ${nameOf('timestamp')} ${message}`);
  }
  const signature = required(headers, 'signature');
  if (!/^[0-9a-f]{64}$/i.test(signature)) {
    const message = 'is no HMAC-SHA256 in hex (64 digits)';
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
    throw invalid('secret', `secret must not be more than ${MAX_SECRETS} secrets`);
  }
  // Not even its type is told: a secret in the wrong place must not end in a log.
  if (secrets.length === 0 || secrets.some((one) => typeof one !== 'string' || one === '')) {
    throw invalid(
      'secret',
      "secret must be the webhook's secret (Twenty: Settings, APIs & Webhooks), or a list of them while it is " +
        'being changed: it is missing or empty, so nothing can be verified',
    );
  }
  return secrets;
}

/** None where the list cannot be read, whatever its iterator does. */
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
  throw invalid(name, `${name} must be a whole number from 0`);
}

function readNow(now: unknown) {
  let millis: unknown;
  try {
    millis = typeof now === 'function' ? now() : (now ?? Date.now());
  } catch (cause) {
    throw invalid('now', `now cannot be asked: ${describe(cause)}`, cause);
  }
  if (typeof millis === 'number' && Number.isFinite(millis)) return millis;
  throw invalid('now', 'now must be, or give, milliseconds since 1970');
}

function readBody(rawBody: unknown, maxBodyBytes: number) {
  const body = toBytes(rawBody, maxBodyBytes);
  if (body === undefined) {
    throw invalid(
      'rawBody',
      'rawBody must be the bytes or the text of the request as they came in, before any body parser: what was parsed ' +
        'cannot be verified (express.raw({ type: "application/json" }), `await request.text()`)',
    );
  }
  if (body === 'too large' || body.length > maxBodyBytes) {
    throw failure(
      TwentyCrmErrorCode.VALIDATION_ERROR,
      413,
      'TOO_LARGE',
      `the body is larger than maxBodyBytes (${maxBodyBytes}), it was not looked at`,
    );
  }
  return body;
}

function toBytes(rawBody: unknown, maxBytes: number): Buffer | 'too large' | undefined {
  // A text has at least as many bytes as characters: what is too long is not copied first.
  if (typeof rawBody === 'string') {
    return rawBody.length > maxBytes ? 'too large' : Buffer.from(rawBody, 'utf8');
  }
  try {
    if (ArrayBuffer.isView(rawBody)) {
      return Buffer.from(rawBody.buffer, rawBody.byteOffset, rawBody.byteLength);
    }
    if (types.isArrayBuffer(rawBody)) return Buffer.from(rawBody);
  } catch {
    // What only looks like bytes.
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

/** Pairs, or names and values in turn (`rawHeaders` of Node's own requests). */
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
      `the header ${nameOf(name)} is missing: this is no delivery of Twenty's, or something before this endpoint ` +
        'dropped its headers',
    );
  }
  const [first] = values;
  if (typeof first !== 'string' || values.some((value) => value !== first)) {
    throw refused('MALFORMED_HEADER', `the header ${nameOf(name)} is there more than once`);
  }
  return first.trim();
}

/**
 * As Twenty signs: hex HMAC-SHA256 over the timestamp, a colon and the raw body. Every secret is tried, whichever fits,
 * and compared in constant time.
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
    `the signature ${secrets.length === 1 ? 'does not fit the secret' : 'fits none of the secrets'}: check that it is this ` +
      "webhook's secret, without white space around it, and that rawBody is the body byte for byte",
  );
}

function requireFresh(timestamp: number, now: number, toleranceMs: number) {
  const age = now - timestamp;
  if (Math.abs(age) <= toleranceMs) return;
  const apart = `${Math.abs(Math.round(age))} ms`;
  throw age > 0
    ? refused(
        'EXPIRED',
        `the delivery was sent ${apart} ago, more than toleranceMs (${toleranceMs}): a replay, or a queue before this ` +
          'endpoint that takes longer',
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
    throw malformed('NOT_JSON', 'the body is no JSON', cause);
  }
  const problem = problemOf(event);
  if (problem !== undefined) throw malformed('NOT_AN_EVENT', problem, undefined);
  return event as TwentyWebhookEvent;
}

function problemOf(event: unknown): string | undefined {
  if (!isObject(event)) return 'the event must be an object';
  if (typeof event.eventName !== 'string' || !/^[^.]+\.[^.]+$/.test(event.eventName)) {
    return 'eventName must be a text like "person.created"';
  }
  const { objectMetadata } = event;
  if (typeof (objectMetadata as Unchecked)?.nameSingular !== 'string') {
    return 'objectMetadata.nameSingular must be a text';
  }
  if (!isObject(event.record)) return 'record must be an object';
  if (typeof event.record.id !== 'string') return 'record.id must be a text';
  const { updatedFields } = event;
  if (updatedFields === undefined || updatedFields === null) return undefined;
  const isList = Array.isArray(updatedFields) && updatedFields.every((f) => typeof f === 'string');
  return isList ? undefined : 'updatedFields must be a list of texts';
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
