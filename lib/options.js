'use strict';

const { describe, invalid, toJson } = require('./serialise.js');

/**
 * The named options, each read once; what cannot be read ends in a VALIDATION_ERROR that names the option.
 * @template {string} Name
 * @param {string} what the argument's name
 * @param {unknown} options
 * @param {readonly Name[]} names
 */
function readOptions(what, options, names) {
  if (typeof options !== 'object' && options !== undefined) {
    throw invalid(what, `${what} must be an object`);
  }
  const values = /** @type {Record<Name, any>} */ ({});
  for (const name of names) values[name] = readOption(options, name);
  return values;
}

/**
 * @param {any} options
 * @param {string} name
 */
function readOption(options, name) {
  let value;
  try {
    value = options?.[name];
  } catch (cause) {
    throw invalid(name, `${name} cannot be read: ${describe(cause)}`, cause);
  }
  // JSON writes NaN and infinities as null, and leaves functions and symbols out: both would read as "not given".
  if (typeof value === 'number' && !Number.isFinite(value)) {
    throw invalid(name, `${name} must be a finite number, got ${value}`);
  }
  if (typeof value === 'bigint' || typeof value === 'symbol') {
    throw invalid(name, `${name} must not be a ${typeof value}`);
  }
  return value;
}

/**
 * Refuses options of a call that are misspelt: they would be ignored, and `dryrun` would write. What is like none of them
 * may be anybody's, as in options that go through several hands; what is undefined is not given.
 * @param {string} call whose options they are, for people
 * @param {any} options
 * @param {ReadonlySet<string>} known
 */
function requireKnown(call, options, known) {
  if (typeof options !== 'object' || options === null) return;
  for (const name of namesOf('options', options)) {
    if (known.has(name)) continue;
    const { isSlip, unknownOption } = require('./unknown-option.js');
    // What is nobody's option is not even read.
    if (isSlip(name, known) && readOption(options, name) !== undefined) {
      throw unknownOption(call, name, known);
    }
  }
}

/**
 * @param {string} what the argument's name
 * @param {object} options
 */
function namesOf(what, options) {
  try {
    return Object.keys(options);
  } catch (cause) {
    throw invalid(what, `${what} cannot be read: ${describe(cause)}`, cause);
  }
}

/**
 * The signal among the options.
 * @param {unknown} options
 * @returns {import('../index.js').AbortSignalLike | undefined}
 */
function readSignal(options) {
  const { signal } = readOptions('options', options ?? undefined, ['signal']);
  if (signal === undefined || signal === null) return undefined;
  if (!isSignal(signal)) throw invalid('signal', 'signal must be an AbortSignal');
  return signal;
}

/** @param {any} value */
function isSignal(value) {
  try {
    return (
      typeof value === 'object' &&
      typeof value.aborted === 'boolean' &&
      typeof value.addEventListener === 'function' &&
      typeof value.removeEventListener === 'function'
    );
  } catch {
    return false;
  }
}

/** Options with a shape of their own, which few programs give. */
const SHAPED = new Set([
  'batching',
  'collisions',
  'companyKey',
  'defaultCountry',
  'fieldNames',
  'fieldOwnership',
  'invalidEmail',
  'missingEmail',
  'namespace',
]);

/**
 * Options as JSON text, each of them checked to be writable under its own name. `null` is as good as not given.
 * @param {Record<string, unknown>} values
 * @returns {string | undefined} undefined where no option is given
 */
function optionsToJson(values) {
  let isGiven = false;
  let hasShapes = false;
  for (const name in values) {
    const value = values[name];
    // Null is what a database's row has for what nobody set.
    if (value === null) values[name] = undefined;
    if (value === undefined || value === null) continue;
    isGiven = true;
    hasShapes ||= SHAPED.has(name);
    if (typeof value === 'object' || typeof value === 'function') toJson(name, value);
  }
  if (!isGiven) return undefined;
  const json = JSON.stringify(values);
  if (hasShapes) require('./option-shapes.js').requireShapes(JSON.parse(json));
  return json;
}

/** @param {unknown} value */
const withoutBlanks = (value) => (typeof value === 'string' ? value.trim() : value);

module.exports = {
  namesOf,
  optionsToJson,
  readOptions,
  readSignal,
  requireKnown,
  withoutBlanks,
};
