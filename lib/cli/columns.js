'use strict';

const { inputFailure } = require('./failure.js');
const { partsOf, targetOf } = require('./fields.js');
const { isReason } = require('./mapping.js');
const { planPreset } = require('./presets/columns.js');
const { findPreset, offer } = require('./presets/index.js');
const { ownerOf, requireColumns, requireFields, requireOnce } = require('./required.js');
const { quoted, tidyName } = require('./text.js');
const { adviceOnName, partOf, unknownNames } = require('./unknown.js');

/**
 * @typedef {import('./fields.js').Entity} Entity
 * @typedef {import('./mapping.js').Mapping} Mapping
 *
 * @typedef {object} Columns what the columns of a CSV file are for
 * @property {(readonly string[])[]} targets the fields that each value fills
 * @property {(cells: string[]) => readonly string[]} values of a row, as many as there are targets
 * @property {number} least so many cells has a row that can be written; those behind it may be missing, as Outlook leaves
 *   out blank ones
 * @property {number} email column with an address, or -1
 * @property {InstanceType<typeof import('./presets/notes.js')['PresetNotes']>} [notes] of what a preset leaves out
 */

/**
 * @param {Entity} entity
 * @param {readonly string[]} header
 * @param {Mapping} mapping
 * @returns {Columns}
 */
function planColumns(entity, header, mapping) {
  const names = header.map(tidyName);
  requireColumns(names, mapping);
  if (mapping.preset !== undefined) return planPreset(entity, names, mapping, mapping.preset);
  const parts = entity === 'person' ? partsOfName(names, mapping) : new Map();
  /** @type {Map<string, number>} column that gives a field */
  const owners = new Map();
  /** @type {Set<string>} */
  const unknown = new Set();
  const targets = names.map((name, index) => {
    if (name === '' || isReason(name) || mapping.ignored.has(name)) return [];
    const own = targetOf(entity, name) ?? parts.get(name);
    const fields = mapping.map.get(name) ?? (own === undefined ? [] : [own]);
    if (fields.length === 0) {
      if (!mapping.ignoreUnknown) unknown.add(name);
      return [];
    }
    requireOnce(names, index, fields);
    for (const field of fields) {
      const owner = owners.get(field) ?? conflictOf(field, owners);
      if (owner !== undefined && owner !== index) throw twice(field, names[owner], name, mapping);
      owners.set(field, index);
    }
    return fields;
  });
  const preset = findPreset(entity, names);
  const offered = preset && offer(preset);
  if (unknown.size > 0) {
    const taken = new Set(owners.keys());
    const whole = owners.get('name');
    const ofName = [...unknown].filter((name) => partOf(name) !== undefined);
    const isBeside = entity === 'person' && whole !== undefined && ofName.length > 0;
    throw unknownNames(entity, 'column', [...unknown], {
      taken,
      offer: offered,
      ...(isBeside && { parts: adviceOnName(ofName, names[whole]) }),
    });
  }
  const least = requireFields(entity, mapping, owners, names, () => (offered ? [offered] : []));
  return { targets, values: (cells) => cells, least, email: ownerOf('email', owners) };
}

/**
 * Columns that give the parts of a name, where both are there and none has the whole.
 * @param {readonly string[]} names
 * @param {Mapping} mapping
 * @returns {Map<string, string>}
 */
function partsOfName(names, { map, ignored }) {
  const own = names.filter((name) => !ignored.has(name));
  const given = new Set(own.flatMap((name) => map.get(name) ?? targetOf('person', name) ?? []));
  /** @type {Map<string, string>} */
  const parts = new Map();
  for (const name of own) {
    const part = partOf(name);
    if (part !== undefined && !given.has(part)) parts.set(name, part);
  }
  for (const part of parts.values()) given.add(part);
  const hasBoth = given.has('name.firstName') && given.has('name.lastName');
  return hasBoth && !given.has('name') ? parts : new Map();
}

/**
 * @param {string} target
 * @param {ReadonlyMap<string, number>} owners
 */
function conflictOf(target, owners) {
  const { field, part } = partsOf(target);
  if (part !== undefined) return owners.get(field);
  for (const [other, owner] of owners) if (other.startsWith(`${field}.`)) return owner;
  return undefined;
}

/** @param {string} target @param {string} one @param {string} other @param {Mapping} mapping */
function twice(target, one, other, { map }) {
  const part = [one, other].find((name) => partOf(name) !== undefined);
  const advice =
    target === 'name' && part !== undefined && map.has(part)
      ? adviceOnName([part], part === one ? other : one)
      : `Leave one of them out: --ignore ${quoted(other)}`;
  return inputFailure(`Two columns give ${target}: "${one}" and "${other}"`, advice);
}

/**
 * @param {Entity} entity
 * @param {readonly string[]} header
 * @param {Mapping} mapping
 */
const knownColumns = (entity, header, { map }) =>
  header
    .map(tidyName)
    .filter((name) => name !== '' && (map.has(name) || targetOf(entity, name) !== undefined))
    .length;

module.exports = { knownColumns, planColumns };
