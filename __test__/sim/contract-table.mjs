// The notation of the contract table: a row has a request and the server's answer.
import assert from 'node:assert/strict';

/**
 * @typedef {object} Row
 * @property {string} title The fact, in words.
 * @property {string} request `METHOD /path`; `{name}` stands for a value saved by an earlier row.
 * @property {any} [body] Sent as JSON.
 * @property {string} [raw] Sent as it is.
 * @property {Record<string, string>} [headers] Additional headers.
 * @property {string | null} [key] Name of the key, `null` for none; the full one by default.
 * @property {number} status
 * @property {any} [answer] A pattern for the body.
 * @property {Record<string, any>} [headersToo] Patterns for the answer's headers.
 * @property {Record<string, string>} [save] Names for parts of the answer, by their path.
 * @property {(sim: any) => Promise<unknown>} [before] Prepares the simulator.
 */

/**
 * A section of the table: its rows run in order against one server.
 * @param {string} title
 * @param {Row[]} rows
 * @param {import('../helpers/sim.mjs').SimOptions} [options]
 */
export const section = (title, rows, options = {}) => ({ title, rows, options });

const uuidPattern = /^[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}$/;
const instantPattern = /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z$/;

/** Any id. */
export const uuid = (value) => uuidPattern.test(value);
/** Any instant. */
export const instant = (value) => instantPattern.test(value);
/** An absent key. */
export const absent = (value) => value === undefined;
/** A list with this many items. */
export const count = (length) => (value) => Array.isArray(value) && value.length === length;
/** Exactly these keys. */
export const exactly = (expected) => ({ exactly: expected });
/** A record that was inserted. */
export const inserted = (row) => row.createdAt === row.updatedAt;
/** A record that was updated. */
export const updated = (row) => row.createdAt < row.updatedAt;

/** Error shape 1: core REST. */
export const coreError = (statusCode, error, message, code) =>
  exactly({ statusCode, error, messages: [message], ...(code && { code }) });
/** The usual form of shape 1. */
export const badRequest = (message) => coreError(400, 'BadRequestException', message);
/** Error shape 2: from the framework. */
export const frameworkError = (statusCode, error, message) =>
  exactly({ message, error, statusCode });
/** Error shape 5: from the authentication middleware. */
export const authError = (statusCode, error, message) =>
  exactly({ statusCode, messages: [message], error });

export const duplicate = badRequest('A duplicate entry was detected');
export const notFound = coreError(404, 'NotFoundException', 'Record not found');
export const denied = (status) =>
  coreError(
    status,
    'Error',
    'Entity performing the request does not have permission',
    'PERMISSION_DENIED',
  );

/**
 * Throws unless the value matches: predicates and patterns are applied, lists are compared item by item, objects by the
 * keys of the expectation.
 */
export function assertMatches(value, expected, at = 'body') {
  if (typeof expected === 'function') {
    assert.ok(expected(value), `${at} is ${JSON.stringify(value)?.slice(0, 300)}`);
  } else if (expected instanceof RegExp) {
    assert.match(String(value), expected, at);
  } else if (Array.isArray(expected)) {
    assert.ok(Array.isArray(value), `${at} is no list: ${JSON.stringify(value)}`);
    assert.equal(value.length, expected.length, `length of ${at}`);
    for (const [index, item] of expected.entries()) {
      assertMatches(value[index], item, `${at}[${index}]`);
    }
  } else if (typeof expected === 'object' && expected !== null) {
    assert.ok(typeof value === 'object' && value !== null, `${at} is ${JSON.stringify(value)}`);
    if ('exactly' in expected) {
      const keys = Object.keys(expected.exactly).sort();
      assert.deepEqual(Object.keys(value).sort(), keys, `keys of ${at}`);
      assertMatches(value, expected.exactly, at);
      return;
    }
    for (const [key, part] of Object.entries(expected)) {
      assertMatches(value[key], part, `${at}.${key}`);
    }
  } else {
    assert.deepEqual(value, expected, at);
  }
}

/** Replaces names by saved values. */
export function fill(template, saved) {
  const text = JSON.stringify(template).replaceAll(/\{(\w+)\}/g, (whole, name) =>
    name in saved ? saved[name] : whole,
  );
  return JSON.parse(text);
}

/** The part of a value at a path such as `data.people.0.id`. */
export const partAt = (value, path) => path.split('.').reduce((part, key) => part?.[key], value);
