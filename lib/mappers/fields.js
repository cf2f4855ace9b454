'use strict';

const { requireKnown } = require('../options.js');
const { describe, invalid, isArray } = require('../serialise.js');

/** Reads fields of what a caller gave as an entity: a value, or a VALIDATION_ERROR that names the field. */
class Fields {
  #entity;
  #what;

  /**
   * @param {unknown} entity
   * @param {string} what the entity's name in error messages
   */
  constructor(entity, what) {
    if (typeof entity !== 'object' || entity === null) {
      throw invalid(what, `the ${what} must be an object`);
    }
    this.#entity = entity;
    this.#what = what;
  }

  /**
   * @param {string} field
   * @returns {unknown}
   */
  read(field) {
    try {
      return /** @type {any} */ (this.#entity)[field];
    } catch (cause) {
      throw invalid(
        field,
        `${field} of the ${this.#what} cannot be read: ${describe(cause)}`,
        cause,
      );
    }
  }

  /**
   * Text without surrounding blanks; `null` where there is none, `undefined` where the field is not there at all.
   * @param {string} field
   */
  text(field) {
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

  /**
   * @param {string} field
   */
  number(field) {
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

  /**
   * The first of the fields that has text.
   * @param {string[]} fields
   */
  required(...fields) {
    for (const field of fields) {
      const text = this.text(field);
      if (text) return text;
    }
    throw invalid(fields[0], `${fields[0]} of the ${this.#what} is required`);
  }
}

/** Fields that become external ids: many databases have them as numbers. */
const IDS = new Set(['id', 'externalId', 'companyExternalId']);

/** @param {string} field @param {unknown} value */
const adviceFor = (field, value) =>
  IDS.has(field) && (typeof value === 'number' || typeof value === 'bigint')
    ? `: pass String(${field})`
    : '';

/** @param {unknown} value */
const kind = (value) => (isArray(value) ? 'an array' : `a value of type ${typeof value}`);

/**
 * Anything but an object is none: `rows.map(mapper)` passes the row's index as the second argument.
 * @param {string} mapper whose options they are
 * @param {unknown} options
 * @param {ReadonlySet<string>} known
 */
function readOptions(mapper, options, known) {
  requireKnown(mapper, options, known);
  return new Fields(typeof options === 'object' && options ? options : {}, 'options');
}

/**
 * One that is empty (`null`) is left out, so that the CRM keeps what it has, or with `clearEmpty` set to `null`.
 * @template {object} T
 * @param {T} target
 * @param {Partial<T>} values
 * @param {boolean} clearEmpty
 */
function setFields(target, values, clearEmpty) {
  for (const [field, value] of Object.entries(values)) {
    if (value === undefined || (value === null && !clearEmpty)) continue;
    /** @type {any} */ (target)[field] = value;
  }
  return target;
}

/**
 * See `index.d.ts`.
 * @param {string | null | undefined} id
 * @param {string} entityType
 */
function ensureExternalId(id, entityType) {
  const trimmed = typeof id === 'string' ? id.trim() : '';
  if (trimmed !== '') return trimmed;
  if (typeof id === 'number' || typeof id === 'bigint') {
    const what = `${describe(entityType)} ID must be a string, got ${kind(id)}: pass String(id)`;
    throw invalid('id', what);
  }
  throw invalid('id', `${describe(entityType)} ID is required for external_id mapping`);
}

/**
 * See `index.d.ts`.
 * @param {string | null | undefined} location
 */
function extractCityFromLocation(location) {
  if (typeof location !== 'string') return null;
  return location.split(',', 1)[0].trim() || null;
}

module.exports = { Fields, ensureExternalId, extractCityFromLocation, readOptions, setFields };
