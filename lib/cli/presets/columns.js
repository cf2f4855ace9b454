'use strict';

const { inputFailure } = require('../failure.js');
const { FIELDS } = require('../fields.js');
const { BadRecord, isReason } = require('../mapping.js');
const { PresetNotes } = require('./notes.js');
const { findPreset, keyOf, offer } = require('./index.js');
const { ownerOf, requireFields, requireOnce } = require('../required.js');
const { quoted } = require('../text.js');

/**
 * @typedef {import('../fields.js').Entity} Entity
 * @typedef {import('../mapping.js').Mapping} Mapping
 * @typedef {import('./index.js').Preset} Preset
 *
 * @typedef {object} Fill a field and the columns that can give it
 * @property {string} target
 * @property {number[]} places columns, the first with a value fills it
 */

/** A column with one of these keeps what the preset makes of it: ids are often a second use. */
const IDS = new Set(['external_id', 'company_external_id']);

/**
 * What a preset makes of a file's columns. What the user says goes over it.
 * @param {Entity} entity
 * @param {readonly string[]} names of the columns
 * @param {Mapping} mapping
 * @param {Preset} preset
 * @returns {import('../columns.js').Columns}
 */
function planPreset(entity, names, mapping, preset) {
  const said = saidByUser(entity, names, mapping);
  const made = madeByPreset(entity, names, mapping, preset, said);
  const other = findPreset(entity, names);
  const offered = other === undefined || other === preset ? [] : [offer(other)];
  if (made.length === 0) {
    throw inputFailure(
      `No column is one of an export of ${preset.title}`,
      [...offered, `Columns: ${names.join(', ')}`].join('\n'),
    );
  }
  const fills = [...said, ...made];
  const owners = new Map(fills.map(({ target, places }) => [target, Math.min(...places)]));
  const least = requireFields(entity, mapping, owners, names, (field) => [
    ...offered,
    ...(field === 'external_id' ? [`${preset.title}: the export has no ids.`] : []),
  ]);
  const cellsOf = cellReader(names, preset);
  const deleted = names.findIndex(
    (name) =>
      keyOf(name) === keyOf(preset.deleted ?? '') && name !== '' && !mapping.ignored.has(name),
  );
  /** @param {string[]} cells */
  const values = (cells) => {
    if (/^\s*(true|1)\s*$/i.test(cells[deleted] ?? '')) {
      const name = names[deleted];
      throw new BadRecord(
        '',
        `${preset.title} has deleted the record (${name}). --ignore ${quoted(name)} writes it all the same`,
        'DELETED',
      );
    }
    const chosen = fills.map((fill) => choose(fill, cells, cellsOf)?.value ?? '');
    const hasPart = fills.some(({ target }, n) => target.startsWith('name.') && chosen[n] !== '');
    return chosen.map((value, n) => (hasPart && fills[n].target === 'name' ? '' : value));
  };
  const used = new Set(fills.flatMap(({ places }) => places));
  const rest = names.flatMap((name, index) =>
    name === '' || isReason(name) || mapping.ignored.has(name) || used.has(index) ? [] : [index],
  );
  return {
    targets: fills.map(({ target }) => [target]),
    values,
    least,
    email: ownerOf('email', owners),
    notes: new PresetNotes(preset, names, rest, fills, cellsOf, furtherOf),
  };
}

/**
 * @param {Entity} entity
 * @param {readonly string[]} names
 * @param {Mapping} mapping
 * @returns {Fill[]} of `--map`, and of columns that are named as our ids are
 */
function saidByUser(entity, names, { map, ignored }) {
  /** @type {Fill[]} */
  const fills = [];
  for (const [index, name] of names.entries()) {
    if (ignored.has(name)) continue;
    const isOwn = name.includes('_') && FIELDS[entity].includes(name);
    const targets = map.get(name) ?? (isOwn ? [name] : []);
    if (targets.length > 0) requireOnce(names, index, targets);
    for (const target of targets) {
      if (!fills.some((fill) => fill.target === target)) fills.push({ target, places: [index] });
    }
  }
  return fills;
}

/**
 * @param {Entity} entity
 * @param {readonly string[]} names
 * @param {Mapping} mapping
 * @param {Preset} preset
 * @param {readonly Fill[]} said
 * @returns {Fill[]}
 */
function madeByPreset(entity, names, { map, ignored, idFrom }, preset, said) {
  const given = new Set(said.map(({ target }) => target));
  const hasName = given.has('name') || given.has('name.firstName') || given.has('name.lastName');
  const keys = names.map((name) => {
    const isTaken = map.get(name)?.some((target) => !IDS.has(target)) ?? false;
    return ignored.has(name) || isTaken ? '' : keyOf(name);
  });
  return Object.entries(preset[entity] ?? {}).flatMap(([target, columns]) => {
    if (given.has(target) || (target === 'external_id' && idFrom !== undefined)) return [];
    if (hasName && (target === 'name' || (target.startsWith('name.') && given.has('name'))))
      return [];
    const found = columns.flatMap((column) => placesOf(column, keys));
    // Ids of one kind: those of two columns would not go together.
    const places = target === 'external_id' ? found.slice(0, 1) : [...new Set(found)];
    return places.length === 0 ? [] : [{ target, places }];
  });
}

/** @param {string | RegExp} column @param {readonly string[]} keys of the header's names */
function placesOf(column, keys) {
  const all = keys.map((_, index) => index);
  if (column instanceof RegExp) return all.filter((index) => column.test(keys[index]));
  const [name, number] = column.split('#');
  const found = all.filter((index) => keys[index] === keyOf(name));
  return found.slice(Number(number ?? 1) - 1, Number(number ?? 1));
}

/**
 * @typedef {(cells: string[], index: number) => { values: string[], isList: boolean }} ReadCell `isList` where none of
 *   several values is the first by right
 *
 * @param {readonly string[]} names
 * @param {Preset} preset
 * @returns {ReadCell}
 */
function cellReader(names, { several, lists }) {
  const keys = names.map(keyOf);
  /** @param {{ separator: string, columns?: string[] } | undefined} rule */
  const dividerOf = (rule) =>
    keys.map((key) =>
      rule?.columns === undefined || rule.columns.map(keyOf).includes(key)
        ? rule?.separator
        : undefined,
    );
  const [taken, listed] = [dividerOf(several), dividerOf(lists)];
  return (cells, index) => {
    const cell = cells[index] ?? '';
    const separator = taken[index] ?? listed[index];
    const values = (separator === undefined ? [cell] : cell.split(separator.trim()))
      .map((value) => value.trim())
      .filter((value) => value !== '');
    return { values, isList: listed[index] !== undefined && values.length > 1 };
  };
}

/**
 * The value that fills a field, and where it is from. An address that is none goes behind one that is: Outlook has names of
 * mailboxes among them.
 * @param {Fill} fill
 * @param {string[]} cells
 * @param {ReadCell} read
 */
function choose({ target, places }, cells, read) {
  const found = places.flatMap((place) => {
    const { values, isList } = read(cells, place);
    return values.length === 0 || isList ? [] : [{ place, value: values[0] }];
  });
  const better = target === 'email' ? found.find(({ value }) => value.includes('@')) : undefined;
  return better ?? found[0];
}

/**
 * Columns with values that are not written, as another one fills their field.
 * @param {Fill} fill
 * @param {string[]} cells
 * @param {ReadCell} read
 * @returns {number[]}
 */
function furtherOf(fill, cells, read) {
  const chosen = choose(fill, cells, read)?.value.toLowerCase();
  return fill.places.filter((place) =>
    read(cells, place).values.some((value) => value.toLowerCase() !== chosen),
  );
}

module.exports = { planPreset };
