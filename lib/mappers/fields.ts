import { requireKnown } from '../options.js';
import { describe, invalid, isArray } from '../serialise.js';

/**
 * Reads the fields of an entity from the caller: returns a value, or throws a VALIDATION_ERROR that names the field.
 */
class Fields {
  #entity;
  #what;

  /** @param what the entity's name in error messages */
  constructor(entity: unknown, what: string) {
    if (typeof entity !== 'object' || entity === null) {
      throw invalid(what, `the ${what} must be an object`);
    }
    this.#entity = entity;
    this.#what = what;
  }

  read(field: string): unknown {
    try {
      return (this.#entity as Record<string, unknown>)[field];
    } catch (cause) {
      throw invalid(
        field,
        `${field} of the ${this.#what} cannot be read: ${describe(cause)}`,
        cause,
      );
    }
  }

  /** Text without surrounding blanks; `null` if it is blank or null, `undefined` if the field is absent. */
  text(field: string) {
    const value = this.read(field);
    if (value === undefined || value === null) return value;
    if (typeof value !== 'string') {
      throw invalid(
        field,
        `${field} of the ${this.#what} must be a string, got ${kind(value)}${adviceFor(field, value)}`,
      );
    }
    return value.trim() || null;
  }

  number(field: string) {
    const value = this.read(field);
    if (value === undefined || value === null) return value;
    if (typeof value !== 'number' || !Number.isFinite(value)) {
      throw invalid(
        field,
        `${field} of the ${this.#what} must be a finite number, got ${typeof value === 'number' ? value : kind(value)}`,
      );
    }
    return value;
  }

  /** The first of the fields that has text. */
  required(...fields: string[]) {
    for (const field of fields) {
      const text = this.text(field);
      if (text) return text;
    }
    throw invalid(fields[0], `${fields[0]} of the ${this.#what} is required`);
  }
}

/** Fields that become external ids: many databases store them as numbers. */
const IDS = new Set(['id', 'externalId', 'companyExternalId']);

const adviceFor = (field: string, value: unknown) =>
  IDS.has(field) && (typeof value === 'number' || typeof value === 'bigint')
    ? `: pass String(${field})`
    : '';

const kind = (value: unknown) => (isArray(value) ? 'an array' : `a value of type ${typeof value}`);

/**
 * Ignores anything but an object: `rows.map(mapper)` passes the row's index as the second argument.
 * @param mapper whose options they are
 */
function readOptions(mapper: string, options: unknown, known: ReadonlySet<string>) {
  requireKnown(mapper, options, known);
  return new Fields(typeof options === 'object' && options ? options : {}, 'options');
}

/** An empty value (`null`) is left out, so that the CRM keeps its own; with `clearEmpty` it is set to `null`. */
function setFields<T extends object>(target: T, values: Partial<T>, clearEmpty: boolean) {
  for (const [field, value] of Object.entries(values)) {
    if (value === undefined || (value === null && !clearEmpty)) continue;
    target[field as keyof T] = value as T[keyof T];
  }
  return target;
}

/**
 * The id without surrounding blanks.
 * @param entityType The entity's name for the error message, for example `ClientProfile`.
 * @throws {TwentyCrmApiError} `VALIDATION_ERROR` if the id is missing or blank.
 */
function ensureExternalId(id: string | null | undefined, entityType: string): string {
  const trimmed = typeof id === 'string' ? id.trim() : '';
  if (trimmed !== '') return trimmed;
  if (typeof id === 'number' || typeof id === 'bigint') {
    const what = `${describe(entityType)} ID must be a string, got ${kind(id)}: pass String(id)`;
    throw invalid('id', what);
  }
  throw invalid('id', `${describe(entityType)} ID is required for external_id mapping`);
}

/** The part of a location before the first comma (`Lyon` of `Lyon, France`); `null` if it is blank. */
function extractCityFromLocation(location: string | null | undefined): string | null {
  if (typeof location !== 'string') return null;
  return location.split(',', 1)[0].trim() || null;
}

export { ensureExternalId, extractCityFromLocation, Fields, readOptions, setFields };
