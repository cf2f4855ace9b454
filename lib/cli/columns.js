'use strict';

const { inputFailure } = require('./failure.js');
const { REQUIRED, targetOf } = require('./fields.js');
const { SOURCES } = require('./ids.js');
const { REJECT_PREFIX, tidyName } = require('./mapping.js');
const { nearest } = require('../nearest.js');
const { unknownNames } = require('./unknown.js');

/**
 * @typedef {import('./fields.js').Entity} Entity
 * @typedef {import('./mapping.js').Mapping} Mapping
 *
 * @typedef {object} Columns what the columns of a CSV file are for
 * @property {(readonly string[])[]} targets of each column: the fields it fills
 * @property {number} least so many cells has a row that can be written; those behind it may be missing, as Outlook leaves
 *   out blank ones
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
  /** @type {Map<string, number>} column that gives a field */
  const owners = new Map();
  /** @type {Set<string>} */
  const unknown = new Set();
  const targets = names.map((name, index) => {
    if (name === '' || name.startsWith(REJECT_PREFIX) || mapping.ignored.has(name)) return [];
    const own = targetOf(entity, name);
    const fields = mapping.map.get(name) ?? (own === undefined ? [] : [own]);
    if (fields.length === 0) {
      if (!mapping.ignoreUnknown) unknown.add(name);
      return [];
    }
    requireOnce(names, index, fields);
    for (const field of fields) {
      const owner = owners.get(field) ?? conflictOf(field, owners);
      if (owner !== undefined && owner !== index) throw twice(field, names[owner], name);
      owners.set(field, index);
    }
    return fields;
  });
  if (unknown.size > 0) {
    throw unknownNames(entity, 'column', [...unknown], { taken: new Set(owners.keys()) });
  }
  const required = REQUIRED[entity].filter(
    (field) =>
      (field !== 'external_id' || mapping.idFrom === undefined) &&
      (field !== 'email' || !mapping.allowsNoEmail),
  );
  if (mapping.idFrom !== undefined) required.push(idSource(mapping.idFrom, owners, names));
  return { targets, least: requireFields(entity, required, owners, names) };
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

/** @param {string[]} names @param {number} index @param {readonly string[]} fields */
function requireOnce(names, index, fields) {
  const first = names.indexOf(names[index]);
  if (first === index) return;
  throw inputFailure(
    `The column "${names[index]}" is there twice (columns ${first + 1} and ${index + 1}), both for ${fields.join(' and ')}`,
    'Rename or remove one of them, or leave both out with --ignore.',
  );
}

/**
 * The field that ids are made of.
 * @param {'email' | 'url'} idFrom
 * @param {Map<string, number>} owners
 * @param {string[]} names
 */
function idSource(idFrom, owners, names) {
  const owner = owners.get('external_id');
  if (owner === undefined) return SOURCES[idFrom].field;
  throw inputFailure(
    `--id-from ${idFrom} makes ids, and the column "${names[owner]}" gives them`,
    `Leave one of them out: the option, or the column with --ignore "${names[owner]}".`,
  );
}

/**
 * @param {Entity} entity
 * @param {readonly string[]} required
 * @param {Map<string, number>} owners
 * @param {string[]} names
 * @returns {number} of cells up to the last that is needed
 */
function requireFields(entity, required, owners, names) {
  let least = 0;
  for (const field of required) {
    const fields = field === 'name' ? ['name', 'name.firstName', 'name.lastName'] : [field];
    const places = fields.flatMap((one) => owners.get(one) ?? []);
    if (places.length === 0) {
      throw inputFailure(
        `No column gives ${field}, which ${REQUIRED[entity].includes(field) ? `every ${entity}` : '--id-from'} needs`,
        `Say which one does: --map "${nearest(field, names) ?? 'COLUMN'}=${field}"${HINTS[field] ?? ''}. Columns: ${names.join(', ')}`,
      );
    }
    least = Math.max(least, Math.min(...places) + 1);
  }
  return least;
}

/** What can be done where no column gives a field. @type {Record<string, string>} */
const HINTS = Object.freeze({
  external_id:
    ', or make ids of another column: --id-from email (the address) or --id-from url (the link)',
  email: ', or write people without an address: --missing-email allow',
});

/** `name` and its parts exclude each other. @param {string} target @param {Map<string, number>} owners */
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

/**
 * How many of these names are columns that fill something.
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
