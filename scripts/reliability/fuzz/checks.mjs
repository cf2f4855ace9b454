// Checks that every fuzz target of the public API makes on an outcome.
import assert from 'node:assert/strict';
import * as surface from '../../../index.mjs';

/** Without types: everything here gets values that the types forbid. @type {any} */
export const api = surface;

export const KEY = 'fuzz-eyJhbGciOiJIUzI1NiJ9.c2VjcmV0';

/** Nothing listens there, so a connection is refused at once: inputs that are not refused end there. */
export const NOWHERE = 'http://127.0.0.1:9';
export const CONFIG = {
  baseUrl: NOWHERE,
  apiKey: KEY,
  maxRetries: 0,
  timeout: 5_000,
  deadlineMs: 5_000,
};

export const PERSON = {
  external_id: 'cli_1',
  name: 'Jane Doe',
  email: 'jane@acme.example',
  phone: '+33612345678',
  job_title: 'CTO',
  company_name: 'Acme',
  website: 'acme.example',
  city: 'Lyon',
  account_type: 'business',
  plan: 'free',
  total_submissions: 5,
  company_external_id: 'org_1',
};
export const COMPANY = {
  external_id: 'org_1',
  name: 'Acme',
  domain_name: 'acme.example',
  website: 'acme.example',
  status: 'active',
};

/** Checks that an error is ours and shows no key. @param {any} error @param {string} [code] */
export function assertOurs(error, code) {
  assert.ok(error instanceof api.TwentyCrmApiError, `not ours: ${describe(error)}`);
  assertPlain(error, code);
}

/** @param {any} error @param {string} [code] */
export function assertPlain(error, code) {
  assert.ok(api.isTwentyCrmError(error), `no TwentyCrmError: ${describe(error)}`);
  if (code !== undefined) assert.equal(error.code, code, error.message);
  if (error.code === 'UNKNOWN') assert.fail(`an internal failure: ${error.message}`);
  const json = JSON.stringify(error);
  assert.ok(!json.includes(KEY), `the key is in ${json}`);
  assert.ok(error.message.length < 6_000, 'the message is short');
}

/** @param {any} thing */
export function describe(thing) {
  try {
    return thing instanceof Error ? (thing.stack ?? '') : String(thing);
  } catch {
    return 'something that cannot be shown';
  }
}

/** Checks that an exception of `work` is a refusal. @template T @param {() => T} work @returns {T | undefined} */
export function refusesOrReturns(work) {
  try {
    return work();
  } catch (error) {
    assertOurs(error, 'VALIDATION_ERROR');
    return undefined;
  }
}

/**
 * Checks that a call rejects only with an error of ours, or with the reason of an aborted signal.
 * @template T
 * @param {() => T | Promise<T>} work
 * @param {any} options
 * @returns {Promise<T | undefined>}
 */
export async function settles(work, options) {
  try {
    return await work();
  } catch (error) {
    if (reasonOf(options) === error || error?.name === 'AbortError') return undefined;
    assertOurs(error);
    return undefined;
  }
}

/** @param {any} options */
function reasonOf(options) {
  try {
    return options?.signal?.aborted ? options.signal.reason : KEY;
  } catch {
    return KEY;
  }
}
