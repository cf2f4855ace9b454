'use strict';

const { inputFailure } = require('./failure.js');
const { REQUIRED, givers } = require('./fields.js');
const { SOURCES } = require('./presets/id-from.js');
const { keyOf } = require('./presets/index.js');
const { nearest } = require('../nearest.js');
const { quoted } = require('./text.js');

/**
 * @typedef {import('./fields.js').Entity} Entity
 * @typedef {import('./mapping.js').Mapping} Mapping
 */

/** @param {readonly string[]} names @param {Mapping} mapping */
function requireColumns(names, { map, ignored }) {
  for (const column of map.keys()) {
    if (names.includes(column)) continue;
    const near = nearest(column, names);
    throw inputFailure(
      `There is no column "${column}", which --map names${near === undefined ? '' : `: did you mean "${near}"?`}`,
      `Columns: ${names.join(', ')}`,
    );
  }
  const kept = names.filter((name) => !ignored.has(name));
  for (const column of ignored) {
    const key = keyOf(column);
    const near = names.includes(column) ? undefined : kept.find((name) => keyOf(name) === key);
    if (near === undefined || key === '') continue;
    throw inputFailure(
      `There is no column "${column}", which --ignore names: did you mean "${near}"?`,
    );
  }
}

/** @param {readonly string[]} names @param {number} index @param {readonly string[]} fields */
function requireOnce(names, index, fields) {
  const first = names.indexOf(names[index]);
  if (first === index) return;
  throw inputFailure(
    `The column "${names[index]}" is there twice (columns ${first + 1} and ${index + 1}), both for ${fields.join(' and ')}`,
    'Rename or remove one of them, or leave both out with --ignore.',
  );
}

/**
 * @param {Entity} entity
 * @param {Mapping} mapping
 * @param {ReadonlyMap<string, number>} owners the first column that gives a field
 * @param {readonly string[]} names of the columns
 * @param {(field: string) => string[]} [more] lines that go before the advice on a field
 * @returns {number} of cells up to the last that is needed
 */
function requireFields(entity, { idFrom, allowsNoEmail }, owners, names, more = () => []) {
  const required = REQUIRED[entity].filter(
    (field) =>
      (field !== 'external_id' || idFrom === undefined) && (field !== 'email' || !allowsNoEmail),
  );
  if (idFrom !== undefined) required.push(idSource(idFrom, owners, names));
  let least = 0;
  for (const field of required) {
    const place = ownerOf(field, owners);
    if (place < 0) throw missing(entity, field, names, more(field));
    least = Math.max(least, place + 1);
  }
  return least;
}

/**
 * The first column that gives a field's value, or -1.
 * @param {string} field
 * @param {ReadonlyMap<string, number>} owners
 */
function ownerOf(field, owners) {
  const places = givers(field).flatMap((one) => owners.get(one) ?? []);
  return places.length === 0 ? -1 : Math.min(...places);
}

/**
 * @param {'email' | 'url'} idFrom
 * @param {ReadonlyMap<string, number>} owners
 * @param {readonly string[]} names
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
 * @param {string} field
 * @param {readonly string[]} names
 * @param {string[]} more
 */
function missing(entity, field, names, more) {
  const who = REQUIRED[entity].includes(field) ? `every ${entity}` : '--id-from';
  const column = nearest(field, names) ?? 'COLUMN';
  const advice = `Say which one does: --map ${quoted(`${column}=${field}`)}${HINTS[entity][field] ?? ''}.`;
  return inputFailure(
    `No column gives ${field}, which ${who} needs`,
    [...more, `${advice} Columns: ${names.join(', ')}`].join('\n'),
  );
}

/** @type {Record<Entity, Record<string, string>>} */
const HINTS = Object.freeze({
  person: {
    external_id:
      ', or make ids of another column: --id-from email (the address) or --id-from url (the link)',
    email: ', or write people without an address: --missing-email allow',
  },
  company: { external_id: ', or make ids of the link: --id-from url' },
});

module.exports = { ownerOf, requireColumns, requireFields, requireOnce };
