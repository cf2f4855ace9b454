import type { AbortSignalLike } from '../index.js';
import { SHAPED } from './option-schema.js';
import type { Unchecked } from './serialise.js';
import { describe, invalid, toJson } from './serialise.js';

/**
 * Reads each of the named options once. If one cannot be read, the VALIDATION_ERROR names it.
 * @param what the argument's name
 */
function readOptions<Name extends string>(what: string, options: unknown, names: readonly Name[]) {
  if (typeof options !== 'object' && options !== undefined) {
    throw invalid(what, `${what} must be an object`);
  }
  const values = {} as Record<Name, unknown>;
  for (const name of names) values[name] = readOption(options, name);
  return values;
}

function readOption(options: unknown, name: string) {
  let value: unknown;
  try {
    value = (options as Unchecked)?.[name];
  } catch (cause) {
    throw invalid(name, `${name} cannot be read: ${describe(cause)}`, cause);
  }
  // JSON writes NaN and infinities as null, and omits functions and symbols: both would look like "not given".
  if (typeof value === 'number' && !Number.isFinite(value)) {
    throw invalid(name, `${name} must be a finite number, got ${value}`);
  }
  if (typeof value === 'bigint' || typeof value === 'symbol') {
    throw invalid(name, `${name} must not be a ${typeof value}`);
  }
  return value;
}

/**
 * Refuses a misspelt option, because it would be ignored: a call with `dryrun` would write. Names that resemble no
 * option are allowed, because an options object may serve several functions. An undefined option is allowed, too.
 * @param call whose options they are, for the message
 */
function requireKnown(call: string, options: unknown, known: ReadonlySet<string>) {
  if (typeof options !== 'object' || options === null) return;
  for (const name of namesOf('options', options)) {
    if (known.has(name)) continue;
    const { isSlip, unknownOption } =
      require('./unknown-option.js') as typeof import('./unknown-option.js');
    // Other unknown properties are not even read.
    if (isSlip(name, known) && readOption(options, name) !== undefined) {
      throw unknownOption(call, name, known);
    }
  }
}

/** @param what the argument's name */
function namesOf(what: string, options: object) {
  try {
    return Object.keys(options);
  } catch (cause) {
    throw invalid(what, `${what} cannot be read: ${describe(cause)}`, cause);
  }
}

/** The option `signal`. */
function readSignal(options: unknown): AbortSignalLike | undefined {
  const { signal } = readOptions('options', options ?? undefined, ['signal']);
  if (signal === undefined || signal === null) return undefined;
  if (!isSignal(signal)) throw invalid('signal', 'signal must be an AbortSignal');
  return signal;
}

function isSignal(value: unknown): value is AbortSignalLike {
  try {
    if (typeof value !== 'object') return false;
    const { aborted, addEventListener, removeEventListener } = value as Record<string, unknown>;
    return (
      typeof aborted === 'boolean' &&
      typeof addEventListener === 'function' &&
      typeof removeEventListener === 'function'
    );
  } catch {
    return false;
  }
}

/**
 * Options as JSON text. Each is checked separately, so that an error names it. `null` counts as not given.
 * @returns undefined if no option is given
 */
function optionsToJson(values: Record<string, unknown>): string | undefined {
  let isGiven = false;
  let hasShapes = false;
  for (const name in values) {
    const value = values[name];
    // A database row has null for a column that was never set.
    if (value === null) values[name] = undefined;
    if (value === undefined || value === null) continue;
    isGiven = true;
    hasShapes ||= SHAPED.has(name);
    if (typeof value === 'object' || typeof value === 'function') toJson(name, value);
  }
  if (!isGiven) return undefined;
  const json = JSON.stringify(values);
  if (hasShapes)
    (require('./option-shapes.js') as typeof import('./option-shapes.js')).requireShapes(
      JSON.parse(json),
    );
  return json;
}

const withoutBlanks = (value: unknown) => (typeof value === 'string' ? value.trim() : value);

export { namesOf, optionsToJson, readOptions, readSignal, requireKnown, withoutBlanks };
