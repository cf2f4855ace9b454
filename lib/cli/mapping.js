'use strict';

const { usageFailure } = require('./failure.js');
const { NESTED, givers, knownNames, partsOf, put, targetOf } = require('./fields.js');
const { nearest } = require('../nearest.js');
const { isObject, readObject } = require('./object.js');
const { presetOf } = require('./presets/index.js');
const { tidyName } = require('./text.js');
const { fieldsHint, listed, nearestField } = require('./unknown.js');

/**
 * @typedef {import('./fields.js').Entity} Entity
 *
 * @typedef {object} Mapping what the user said about columns
 * @property {Map<string, string[]>} map column to the fields that it fills
 * @property {Set<string>} ignored columns
 * @property {boolean} ignoreUnknown
 * @property {'email' | 'url'} [idFrom] what ids are made of
 * @property {boolean} [allowId] ids that look spoilt are taken
 * @property {boolean} [allowsNoEmail] no column need give an address
 * @property {import('./presets/index.js').Preset} [preset]
 *
 * @typedef {object} MappingOptions
 * @property {string[]} [map]
 * @property {string} [mapFile]
 * @property {string[]} [ignore]
 * @property {boolean} [ignoreUnknown]
 * @property {'email' | 'url'} [idFrom]
 * @property {boolean} [allowId]
 * @property {'refuse' | 'allow'} [missingEmail]
 * @property {import('./presets/index.js').PresetName} [preset]
 *
 * @typedef {object} RecordFailure why a record is not sent
 * @property {string} code
 * @property {string} [field]
 * @property {string} message
 * @property {UnknownKeys} [unknown]
 *
 * @typedef {{ names: string[], taken: Set<string> }} UnknownKeys keys that are no field, and fields that others give
 */

/** Columns and keys of a rejects file: read over when it is fed back in. */
const REJECT_PREFIX = '_reject';

/** @param {string} name of a column */
const isReason = (name) => tidyName(name).startsWith(REJECT_PREFIX);

/** A record that cannot be sent as it is. */
class BadRecord extends Error {
  /** @type {UnknownKeys | undefined} */
  unknown;

  /** @param {string} field @param {string} message @param {string} [code] */
  constructor(field, message, code = 'VALIDATION_ERROR') {
    super(message);
    this.field = field;
    this.code = code;
  }
}

const NEEDED = 'an object: {"column": "field", "column to ignore": null}';

/**
 * @param {Entity} entity
 * @param {string[]} names of keys, at least one
 * @param {Iterable<string>} taken fields that others give
 */
function unknownKeys(entity, names, taken) {
  const [first] = names;
  const message =
    names.length === 1
      ? `unknown key "${first}"${nearestField(entity, first)}`
      : `unknown keys: ${listed(names)}`;
  const unknown = { names, taken: new Set(taken) };
  return Object.assign(new BadRecord(first, message, 'UNKNOWN_FIELD'), { unknown });
}

/**
 * @param {Entity} entity
 * @param {MappingOptions} options
 */
function readMapping(entity, options) {
  const { map: pairs = [], mapFile, ignore = [], ignoreUnknown = false, idFrom, allowId } = options;
  const allowsNoEmail = options.missingEmail === 'allow';
  if (entity === 'company' && idFrom === 'email') {
    throw usageFailure(
      '--id-from email is for people: a company has no address',
      'Companies have --id-from url.',
    );
  }
  /** @type {Mapping} */
  const mapping = {
    map: new Map(),
    ignored: new Set(ignore.map(tidyName)),
    ignoreUnknown,
    idFrom,
    allowId,
    allowsNoEmail,
    ...(options.preset !== undefined && { preset: readPreset(entity, options.preset) }),
  };
  if (mapFile !== undefined) {
    for (const [column, field] of Object.entries(readObject('--map-file', mapFile, NEEDED))) {
      if (field === null) mapping.ignored.add(tidyName(column));
      else {
        for (const one of Array.isArray(field) ? field : [field]) {
          setTarget(entity, mapping, column, one, mapFile);
        }
      }
    }
  }
  for (const pair of pairs) {
    const at = pair.lastIndexOf('=');
    if (at < 1 || at === pair.length - 1) {
      throw usageFailure(
        `--map ${pair}: write column=field, for example --map "E-mail address=email"`,
      );
    }
    setTarget(entity, mapping, pair.slice(0, at), pair.slice(at + 1).trim(), '--map');
  }
  for (const column of mapping.map.keys()) {
    if (!mapping.ignored.has(column)) continue;
    throw usageFailure(
      `"${column}" is both mapped and left out`,
      'Say one of them: --map or --ignore (in a --map-file, null leaves a column out).',
    );
  }
  return mapping;
}

/** @param {Entity} entity @param {import('./presets/index.js').PresetName} name */
function readPreset(entity, name) {
  const preset = presetOf(name);
  if (preset[entity] !== undefined) return preset;
  throw usageFailure(`--preset ${name} is for people: ${preset.title} exports no companies`);
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
  const name = tidyName(column);
  for (const [other, targets] of mapping.map) {
    if (other !== name && targets.includes(target)) {
      throw usageFailure(
        `${where}: "${other}" and "${name}" are both mapped to ${target}`,
        'One column fills a field; one column may fill several.',
      );
    }
  }
  const targets = mapping.map.get(name) ?? [];
  if (!targets.includes(target)) mapping.map.set(name, [...targets, target]);
}

/**
 * A blank cell is no value: it leaves what the CRM has.
 * @param {readonly (readonly string[])[]} columns the fields that each fills
 * @param {readonly string[]} cells
 */
function rowToRecord(columns, cells) {
  /** @type {Record<string, unknown>} */
  const record = {};
  for (const [index, targets] of columns.entries()) {
    const cell = cells[index] ?? '';
    if (cell.trim() === '') continue;
    for (const target of targets) {
      put(record, target, target === 'total_submissions' ? toNumber(cell) : cell);
    }
  }
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
 * @param {Entity} entity
 * @param {Mapping} mapping
 * @returns {(object: Record<string, unknown>) => Record<string, unknown>} throws {@link BadRecord}
 */
function objectMapper(entity, { map, ignored, ignoreUnknown }) {
  const targetsOf = new Map(
    [...map].map(([path, targets]) => [path, ownPart(entity, path, targets)]),
  );
  const paths = [...targetsOf].map(([path, targets]) => ({ path, targets, keys: path.split('.') }));
  const roots = new Set(paths.filter(({ keys }) => keys.length > 1).map(({ keys }) => keys[0]));
  const nestedRoots = new Map(
    Object.entries(NESTED[entity]).map(([name, target]) => [
      name.split('.')[0],
      partsOf(target).field,
    ]),
  );

  return (object) => {
    /** @type {Map<string, { value: unknown, from: string }>} */
    const values = new Map();
    /** @type {Set<string>} names that are mapped, and were there */
    const taken = new Set();
    /** @type {string[]} */
    const unknown = [];
    /** @param {string} target @param {unknown} value @param {string} from */
    const give = (target, value, from) => {
      const other = values.get(target);
      if (other !== undefined) {
        throw new BadRecord(target, `"${other.from}" and "${from}" both give ${target}`);
      }
      values.set(target, { value, from });
    };
    /** @param {string} name @param {unknown} value @param {string} [parent] the key that it stands in */
    const take = (name, value, parent) => {
      if (ignored.has(name)) return;
      const mapped = targetsOf.get(name);
      if (mapped !== undefined) {
        taken.add(name);
        for (const target of mapped) give(target, value, name);
        return;
      }
      const field = parent === undefined ? nestedRoots.get(name) : undefined;
      if (field !== undefined && isObject(value)) {
        for (const key of Object.keys(value)) take(`${name}.${key}`, value[key], name);
        return;
      }
      if (roots.has(name)) return;
      // As `null` of the field itself.
      const target = targetOf(entity, name) ?? (value === null ? field : undefined);
      if (target !== undefined) return give(target, value, name);
      // A path says what is wanted of an object.
      if (!ignoreUnknown && !(parent !== undefined && roots.has(parent))) unknown.push(name);
    };
    for (const key of Object.keys(object)) {
      if (!key.startsWith(REJECT_PREFIX)) take(key, object[key]);
    }
    if (unknown.length > 0) throw unknownKeys(entity, unknown, values.keys());
    for (const { path, targets, keys } of paths) {
      if (keys.length === 1 || taken.has(path)) continue;
      const value = follow(object, keys);
      if (value === undefined) continue;
      for (const target of targets) give(target, value, path);
    }
    return assemble(values);
  };
}

/**
 * `--map phones.primaryPhoneNumber=phone` is what is meant without it: the number goes with its calling code.
 * @param {Entity} entity
 * @param {string} path
 * @param {string[]} targets
 */
function ownPart(entity, path, targets) {
  const own = targetOf(entity, path);
  return targets.map((target) =>
    own !== undefined && target !== 'name' && givers(target).includes(own) ? own : target,
  );
}

/** @param {Map<string, { value: unknown, from: string }>} values by target */
function assemble(values) {
  /** @type {Record<string, unknown>} */
  const record = {};
  for (const [target, { value, from }] of values) {
    const { field, part } = partsOf(target);
    const whole = part === undefined ? undefined : values.get(field);
    if (whole !== undefined) {
      throw new BadRecord(field, `"${whole.from}" and "${from}" both give ${field}`);
    }
    put(record, target, value);
  }
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

module.exports = {
  BadRecord,
  REJECT_PREFIX,
  isReason,
  objectMapper,
  readMapping,
  rowToRecord,
};
