'use strict';

const { TWENTY_CRM_DEFAULTS } = require('../defaults.js');
const { invalid } = require('../serialise.js');
const { readNamed } = require('./arguments.js');
const { systemClock } = require('./timing.js');

const LONGEST_MS = 3_600_000;

/**
 * PostgreSQL's statements take a lease that ends more than an hour from now for the trace of a clock set back; half an
 * hour is left for what waits for a lock.
 */
const LONGEST_LEASE_MS = 1_800_000;

/** Smallest and largest value of each number. */
const NUMBERS = /** @type {const} */ ({
  batchSize: [1, 10_000],
  leaseMs: [1_000, LONGEST_LEASE_MS],
  pollIntervalMs: [1, LONGEST_MS],
  initialBackoffMs: [1, LONGEST_MS],
  maxBackoffMs: [1, LONGEST_MS],
  pauseMs: [1, LONGEST_MS],
  stopTimeoutMs: [0, LONGEST_MS],
  flushTimeoutMs: [0, LONGEST_MS],
});

const numberNames = /** @type {(keyof typeof NUMBERS)[]} */ (Object.keys(NUMBERS));

const OTHERS = /** @type {const} */ ([
  'service',
  'store',
  'invalidEmail',
  'missingEmail',
  'onError',
  'onDeadLetter',
  'clock',
  'random',
]);

const STORE_METHODS = [
  'enqueue',
  'claim',
  'renew',
  'settle',
  'stats',
  'deadLetters',
  'retry',
  'purge',
];

/**
 * @typedef {Record<keyof typeof NUMBERS, number> & {
 *   service: any,
 *   store: import('../../index.js').OutboxStore,
 *   invalidEmail: unknown,
 *   missingEmail: unknown,
 *   onError: any,
 *   onDeadLetter: any,
 *   clock: import('../../index.js').OutboxClock,
 *   random: () => number,
 * }} Settings
 */

/**
 * @param {unknown} options
 * @returns {Settings}
 */
function readSettings(options) {
  if (typeof options !== 'object' || options === null) {
    throw invalid('options', 'options must be an object with service and store');
  }
  const given = readNamed('createTwentyCrmOutbox', options, [...numberNames, ...OTHERS]);
  const numbers = pick(given, numberNames);
  for (const [name, [least, most]] of Object.entries(NUMBERS)) {
    const value = numbers[name] ?? /** @type {any} */ (TWENTY_CRM_DEFAULTS.outbox)[name];
    if (!Number.isInteger(value) || value < least || value > most) {
      throw invalid(name, `${name} must be a whole number from ${least} to ${most}`);
    }
    numbers[name] = value;
  }
  const others = pick(given, OTHERS);
  requireMethods('service', others.service, ['syncPersons', 'syncCompanies']);
  requireMethods('store', others.store, STORE_METHODS);
  for (const name of /** @type {const} */ (['onError', 'onDeadLetter', 'random'])) {
    if (others[name] !== undefined && typeof others[name] !== 'function') {
      throw invalid(name, `${name} must be a function`);
    }
  }
  if (others.clock !== undefined) requireMethods('clock', others.clock, ['now', 'sleep']);
  return /** @type {any} */ ({
    ...numbers,
    ...others,
    clock: others.clock ?? systemClock,
    random: others.random ?? Math.random,
  });
}

/**
 * @template {string} Name
 * @param {Record<Name, any>} values
 * @param {readonly Name[]} names
 * @returns {Record<string, any>}
 */
function pick(values, names) {
  return Object.fromEntries(names.map((name) => [name, values[name]]));
}

/**
 * @param {string} what
 * @param {any} object
 * @param {string[]} methods
 */
function requireMethods(what, object, methods) {
  for (const method of methods) {
    let found;
    try {
      found = object?.[method];
    } catch {
      // A getter that throws: there is no method.
    }
    if (typeof found !== 'function') {
      throw invalid(what, `${what} must have a method ${method}`);
    }
  }
}

module.exports = { readSettings };
