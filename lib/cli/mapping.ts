import { nearest } from '../nearest.js';
import { usageFailure } from './failure.js';
import type { Entity } from './fields.js';
import { givers, knownNames, NESTED, partsOf, put, targetOf } from './fields.js';
import { isObject, readObject } from './object.js';
import type { Preset, PresetName } from './presets/index.js';
import { presetOf } from './presets/index.js';
import { tidyName } from './text.js';
import { fieldsHint, listed, nearestField } from './unknown.js';

/** the user's choices for columns */
export interface Mapping {
  /** column to the fields that it fills */
  map: Map<string, string[]>;
  /** columns */
  ignored: Set<string>;
  ignoreUnknown: boolean;
  /** the field that ids are made from */
  idFrom?: 'email' | 'url';
  /** accept ids that look damaged */
  allowId?: boolean;
  /** no column has to hold an e-mail address */
  allowsNoEmail?: boolean;
  preset?: Preset;
}

interface MappingOptions {
  map?: string[];
  mapFile?: string;
  ignore?: string[];
  ignoreUnknown?: boolean;
  idFrom?: 'email' | 'url';
  allowId?: boolean;
  missingEmail?: 'refuse' | 'allow';
  preset?: PresetName;
}

/** why a record is not sent */
export interface RecordFailure {
  code: string;
  field?: string;
  message: string;
  unknown?: UnknownKeys;
}

/** unknown keys, and fields that other columns fill */
type UnknownKeys = { names: string[]; taken: Set<string> };

/** Columns and keys that a rejects file adds: skipped when it is fed back in. */
const REJECT_PREFIX = '_reject';

/** @param name of a column */
const isReason = (name: string) => tidyName(name).startsWith(REJECT_PREFIX);

/** A record that cannot be sent as it is. */
class BadRecord extends Error {
  field: string;
  code: string;
  unknown: UnknownKeys | undefined;

  constructor(field: string, message: string, code: string = 'VALIDATION_ERROR') {
    super(message);
    this.field = field;
    this.code = code;
  }
}

const NEEDED = 'an object: {"column": "field", "column to ignore": null}';

/**
 * @param names of keys, at least one
 * @param taken fields that other keys fill
 */
function unknownKeys(entity: Entity, names: string[], taken: Iterable<string>) {
  const [first] = names;
  const message =
    names.length === 1
      ? `unknown key "${first}"${nearestField(entity, first)}`
      : `unknown keys: ${listed(names)}`;
  const unknown = { names, taken: new Set(taken) };
  return Object.assign(new BadRecord(first, message, 'UNKNOWN_FIELD'), { unknown });
}

function readMapping(entity: Entity, options: MappingOptions) {
  const { map: pairs = [], mapFile, ignore = [], ignoreUnknown = false, idFrom, allowId } = options;
  const allowsNoEmail = options.missingEmail === 'allow';
  if (entity === 'company' && idFrom === 'email') {
    throw usageFailure(
      '--id-from email works only for people: a company has no e-mail address',
      'For companies, use --id-from url.',
    );
  }
  const mapping: Mapping = {
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
      `"${column}" is both mapped and ignored`,
      'Give only one of them: --map or --ignore (in a --map-file, null ignores a column).',
    );
  }
  return mapping;
}

function readPreset(entity: Entity, name: PresetName) {
  const preset = presetOf(name);
  if (preset[entity] !== undefined) return preset;
  throw usageFailure(
    `--preset ${name} works only for people: ${preset.title} exports no companies`,
  );
}

function setTarget(
  entity: Entity,
  mapping: Mapping,
  column: string,
  field: unknown,
  where: string,
) {
  const target = typeof field === 'string' ? targetOf(entity, field) : undefined;
  if (target === undefined) {
    const known = knownNames(entity);
    const near = nearest(String(field), known);
    throw usageFailure(
      `${where}: "${column}" is mapped to "${field}", which is not a field of a ${entity}${near === undefined ? '' : `: did you mean ${near}?`}`,
      fieldsHint(entity),
    );
  }
  const name = tidyName(column);
  for (const [other, targets] of mapping.map) {
    if (other !== name && targets.includes(target)) {
      throw usageFailure(
        `${where}: "${other}" and "${name}" are both mapped to ${target}`,
        'Only one column may fill a field, but one column may fill several fields.',
      );
    }
  }
  const targets = mapping.map.get(name) ?? [];
  if (!targets.includes(target)) mapping.map.set(name, [...targets, target]);
}

/**
 * A blank cell is no value: the CRM keeps what it has.
 * @param columns the fields that each fills
 */
function rowToRecord(columns: readonly (readonly string[])[], cells: readonly string[]) {
  const record: Record<string, unknown> = {};
  for (const [index, targets] of columns.entries()) {
    const cell = cells[index] ?? '';
    if (cell.trim() === '') continue;
    for (const target of targets) {
      put(record, target, target === 'total_submissions' ? toNumber(cell) : cell);
    }
  }
  return record;
}

function toNumber(cell: string) {
  const text = cell.trim();
  if (!/^[+-]?\d{1,15}(\.\d+)?$/.test(text)) {
    throw new BadRecord(
      'total_submissions',
      `total_submissions must be a number like 1234, got "${text.slice(0, 40)}"`,
    );
  }
  return Number(text);
}

/** @returns throws {@link BadRecord} */
function objectMapper(
  entity: Entity,
  { map, ignored, ignoreUnknown }: Mapping,
): (object: Record<string, unknown>) => Record<string, unknown> {
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
    const values: Map<string, { value: unknown; from: string }> = new Map();
    /** names that are mapped and were found */
    const taken: Set<string> = new Set();
    const unknown: string[] = [];
    const give = (target: string, value: unknown, from: string) => {
      const other = values.get(target);
      if (other !== undefined) {
        throw new BadRecord(target, `"${other.from}" and "${from}" both fill ${target}`);
      }
      values.set(target, { value, from });
    };
    /** @param parent the key that contains it */
    const take = (name: string, value: unknown, parent?: string) => {
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
      // As `null` for the field itself.
      const target = targetOf(entity, name) ?? (value === null ? field : undefined);
      if (target !== undefined) return give(target, value, name);
      // With a path, the user has chosen a part of the object.
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

/** Without it, `--map phones.primaryPhoneNumber=phone` would send the number without its calling code. */
function ownPart(entity: Entity, path: string, targets: string[]) {
  const own = targetOf(entity, path);
  return targets.map((target) =>
    own !== undefined && target !== 'name' && givers(target).includes(own) ? own : target,
  );
}

/** @param values by target */
function assemble(values: Map<string, { value: unknown; from: string }>) {
  const record: Record<string, unknown> = {};
  for (const [target, { value, from }] of values) {
    const { field, part } = partsOf(target);
    const whole = part === undefined ? undefined : values.get(field);
    if (whole !== undefined) {
      throw new BadRecord(field, `"${whole.from}" and "${from}" both fill ${field}`);
    }
    put(record, target, value);
  }
  return record;
}

function follow(value: unknown, keys: string[]) {
  for (const key of keys) {
    if (!isObject(value) || !Object.hasOwn(value, key)) return undefined;
    value = value[key];
  }
  return value;
}

export { BadRecord, isReason, objectMapper, REJECT_PREFIX, readMapping, rowToRecord };
