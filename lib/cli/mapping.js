'use strict';

const { readFileSync } = require('node:fs');
const { inputFailure, usageFailure } = require('./failure.js');
const { REQUIRED, joinName, knownNames, targetOf } = require('./fields.js');
const { nearest } = require('../nearest.js');

/**
 * @typedef {import('./fields.js').Entity} Entity
 *
 * @typedef {object} Mapping what the user said about columns
 * @property {Map<string, string>} map column to field
 * @property {Set<string>} ignored columns
 * @property {boolean} ignoreUnknown
 *
 * @typedef {object} RecordFailure why a record is not sent
 * @property {string} code
 * @property {string} [field]
 * @property {string} message
 */

/** Columns and keys of a rejects file: read over when it is fed back in. */
const REJECT_PREFIX = '_reject';

/** Longest name of a column that a message shows, in characters. */
const MAX_SHOWN_NAME = 100;

/** A record that cannot be sent as it is. */
class BadRecord extends Error {
  /** @param {string} field @param {string} message @param {string} [code] */
  constructor(field, message, code = 'VALIDATION_ERROR') {
    super(message);
    this.field = field;
    this.code = code;
  }
}

/**
 * @param {Entity} entity
 * @param {{ map?: string[], mapFile?: string, ignore?: string[], ignoreUnknown?: boolean }} options
 * @returns {Mapping}
 */
function readMapping(entity, { map: pairs = [], mapFile, ignore = [], ignoreUnknown = false }) {
  /** @type {Mapping} */
  const mapping = { map: new Map(), ignored: new Set(ignore), ignoreUnknown };
  if (mapFile !== undefined) {
    for (const [column, field] of Object.entries(readMapFile(mapFile))) {
      if (field === null) mapping.ignored.add(column);
      else setTarget(entity, mapping, column, field, mapFile);
    }
  }
  for (const pair of pairs) {
    const at = pair.lastIndexOf('=');
    if (at < 1 || at === pair.length - 1) {
      throw usageFailure(
        `--map ${pair}: write column=field, for example --map "E-mail address=email"`,
      );
    }
    setTarget(entity, mapping, pair.slice(0, at).trim(), pair.slice(at + 1).trim(), '--map');
  }
  return mapping;
}

/** @param {string} file @returns {object} */
function readMapFile(file) {
  let value;
  try {
    value = JSON.parse(readFileSync(file, 'utf8'));
  } catch (error) {
    throw usageFailure(`--map-file ${file} cannot be read: ${error.message}`);
  }
  if (typeof value !== 'object' || value === null || Array.isArray(value)) {
    throw usageFailure(
      `--map-file ${file} must hold an object: {"column": "field", "column to ignore": null}`,
    );
  }
  return value;
}

/**
 * @param {Entity} entity
 * @param {Mapping} mapping
 * @param {string} column
 * @param {unknown} field
 * @param {string} where
 */
function setTarget(entity, mapping, column, field, where) {
  const target = typeof field === 'string' ? targetOf(entity, field) : undefined;
  if (target === undefined) {
    const known = knownNames(entity);
    const near = nearest(String(field), known);
    throw usageFailure(
      `${where}: "${column}" is mapped to "${field}", which is no field of a ${entity}${near === undefined ? '' : `: did you mean ${near}?`}`,
      fieldsHint(entity),
    );
  }
  mapping.map.set(column, target);
}

/**
 * What each column of a CSV file fills; undefined where it fills nothing.
 * @param {Entity} entity
 * @param {readonly string[]} header
 * @param {Mapping} mapping
 * @returns {(string | undefined)[]}
 */
function planColumns(entity, header, mapping) {
  const names = header.map((name) => name.trim());
  requireColumns(names, mapping);
  /** @type {Map<string, string>} */
  const owners = new Map();
  const columns = names.map((name, index) => {
    if (name === '' || name.startsWith(REJECT_PREFIX) || mapping.ignored.has(name))
      return undefined;
    const isRepeated = names.indexOf(name) !== index;
    const target = mapping.map.get(name) ?? targetOf(entity, name);
    if (isRepeated) {
      throw inputFailure(
        `The column "${name}" is there twice (columns ${names.indexOf(name) + 1} and ${index + 1})${target === undefined ? '' : `, both for ${target}`}`,
        'Rename or remove one of them, or leave both out with --ignore.',
      );
    }
    if (target === undefined) {
      if (mapping.ignoreUnknown) return undefined;
      throw unknownColumn(entity, 'column', name);
    }
    const owner = owners.get(target) ?? conflictOf(target, owners);
    if (owner !== undefined) throw twice(target, owner, name);
    owners.set(target, name);
    return target;
  });
  requireFields(entity, owners, names);
  return columns;
}

/** @param {string[]} names @param {Mapping} mapping */
function requireColumns(names, { map }) {
  for (const column of map.keys()) {
    if (names.includes(column)) continue;
    const near = nearest(column, names);
    throw inputFailure(
      `There is no column "${column}", which --map names${near === undefined ? '' : `: did you mean "${near}"?`}`,
      `Columns: ${names.join(', ')}`,
    );
  }
}

/**
 * @param {Entity} entity
 * @param {Map<string, string>} owners
 * @param {string[]} names
 */
function requireFields(entity, owners, names) {
  for (const field of REQUIRED[entity]) {
    const isThere =
      owners.has(field) ||
      (field === 'name' && (owners.has('name.firstName') || owners.has('name.lastName')));
    if (isThere) continue;
    throw inputFailure(
      `No column gives ${field}, which every ${entity} needs`,
      `Say which one does: --map "${nearest(field, names) ?? 'COLUMN'}=${field}". Columns: ${names.join(', ')}`,
    );
  }
}

/** `name` and its parts exclude each other. @param {string} target @param {Map<string, string>} owners */
function conflictOf(target, owners) {
  if (target === 'name') return owners.get('name.firstName') ?? owners.get('name.lastName');
  return target.startsWith('name.') ? owners.get('name') : undefined;
}

/** @param {string} target @param {string} one @param {string} other */
const twice = (target, one, other) =>
  inputFailure(
    `Two columns give ${target}: "${one}" and "${other}"`,
    `Leave one of them out: --ignore "${other}"`,
  );

/** @param {Entity} entity */
const fieldsHint = (entity) => `Fields: ${knownNames(entity).join(', ')}`;

/** @param {Entity} entity @param {string} name */
function nearestField(entity, name) {
  const near = nearest(name, knownNames(entity));
  return near === undefined
    ? `: no field of a ${entity} is like it`
    : `: the nearest field of a ${entity} is ${near}`;
}

/** @param {Entity} entity @param {'column' | 'key'} what @param {string} name */
function unknownColumn(entity, what, name) {
  // A name can be as long as a record; so much of it says enough.
  const shown = name.length > MAX_SHOWN_NAME ? `${name.slice(0, MAX_SHOWN_NAME)}…` : name;
  return inputFailure(
    `Unknown ${what} "${shown}"${nearestField(entity, shown)}`,
    `--map "${shown}=${nearest(shown, knownNames(entity)) ?? 'FIELD'}" maps it, --ignore "${shown}" leaves it out, --ignore-unknown all such ${what}s. ${fieldsHint(entity)}`,
  );
}

/**
 * A row of a CSV file as a record. A blank cell is no value: it leaves what the CRM has, and never clears it.
 * @param {readonly (string | undefined)[]} columns from {@link planColumns}
 * @param {readonly string[]} cells as many as columns
 * @returns {Record<string, unknown>}
 */
function rowToRecord(columns, cells) {
  /** @type {Record<string, unknown>} */
  const record = {};
  let first;
  let last;
  for (const [index, target] of columns.entries()) {
    const cell = cells[index];
    if (target === undefined || cell.trim() === '') continue;
    if (target === 'name.firstName') first = cell;
    else if (target === 'name.lastName') last = cell;
    else record[target] = target === 'total_submissions' ? toNumber(cell) : cell;
  }
  if (first !== undefined || last !== undefined) record.name = joinName(first, last);
  return record;
}

/** @param {string} cell */
function toNumber(cell) {
  const text = cell.trim();
  if (!/^[+-]?\d{1,15}(\.\d+)?$/.test(text)) {
    throw new BadRecord(
      'total_submissions',
      `total_submissions must be a number like 1234, got "${text.slice(0, 40)}"`,
    );
  }
  return Number(text);
}

/**
 * Turns objects of an NDJSON file into records.
 * @param {Entity} entity
 * @param {Mapping} mapping
 * @returns {(object: Record<string, unknown>) => Record<string, unknown>} throws {@link BadRecord}
 */
function objectMapper(entity, { map, ignored, ignoreUnknown }) {
  const paths = [...map].map(([path, target]) => ({ path, target, keys: path.split('.') }));
  const roots = new Set(paths.filter(({ keys }) => keys.length > 1).map(({ keys }) => keys[0]));
  const nestedRoots = new Set(
    knownNames(entity)
      .filter((name) => name.includes('.'))
      .map((name) => name.split('.')[0]),
  );

  return (object) => {
    /** @type {Map<string, { value: unknown, from: string }>} */
    const values = new Map();
    /** @param {string} target @param {unknown} value @param {string} from */
    const put = (target, value, from) => {
      const other = values.get(target);
      if (other !== undefined) {
        throw new BadRecord(target, `"${other.from}" and "${from}" both give ${target}`);
      }
      values.set(target, { value, from });
    };
    /** @param {string} name @param {unknown} value */
    const take = (name, value) => {
      if (ignored.has(name)) return;
      const mapped = map.get(name);
      if (mapped !== undefined) return put(mapped, value, name);
      if (roots.has(name)) return;
      const [root, ...others] = name.split('.');
      if (nestedRoots.has(root) && others.length === 0 && isObject(value)) {
        for (const key of Object.keys(value)) take(`${root}.${key}`, value[key]);
        return;
      }
      const target = targetOf(entity, name);
      if (target !== undefined) return put(target, value, name);
      if (ignoreUnknown) return;
      throw new BadRecord(
        name,
        `unknown key "${name}"${nearestField(entity, name)}`,
        'UNKNOWN_FIELD',
      );
    };
    for (const key of Object.keys(object)) {
      if (!key.startsWith(REJECT_PREFIX)) take(key, object[key]);
    }
    for (const { path, target, keys } of paths) {
      if (keys.length === 1 || Object.hasOwn(object, path)) continue;
      const value = follow(object, keys);
      if (value !== undefined) put(target, value, path);
    }
    return assemble(values);
  };
}

/** @param {Map<string, { value: unknown, from: string }>} values */
function assemble(values) {
  const first = values.get('name.firstName');
  const last = values.get('name.lastName');
  if (first !== undefined || last !== undefined) {
    const whole = values.get('name');
    const from = first?.from ?? last?.from;
    if (whole !== undefined) {
      throw new BadRecord('name', `"${whole.from}" and "${from}" both give name`);
    }
    values.delete('name.firstName');
    values.delete('name.lastName');
    values.set('name', { value: joinName(first?.value, last?.value), from: 'name' });
  }
  /** @type {Record<string, unknown>} */
  const record = {};
  for (const [target, { value }] of values) record[target] = value;
  return record;
}

/** @param {unknown} value @param {string[]} keys */
function follow(value, keys) {
  for (const key of keys) {
    if (!isObject(value) || !Object.hasOwn(value, key)) return undefined;
    value = value[key];
  }
  return value;
}

/** @param {unknown} value @returns {value is Record<string, unknown>} */
const isObject = (value) => typeof value === 'object' && value !== null && !Array.isArray(value);

module.exports = {
  BadRecord,
  REJECT_PREFIX,
  fieldsHint,
  isObject,
  objectMapper,
  planColumns,
  readMapping,
  rowToRecord,
  unknownColumn,
};
