import { inputFailure } from '../failure.js';
import type { Entity } from '../fields.js';
import { FIELDS } from '../fields.js';
import type { Mapping } from '../mapping.js';
import { BadRecord, isReason } from '../mapping.js';
import { ownerOf, requireFields, requireOnce } from '../required.js';
import { quoted } from '../text.js';
import type { Preset } from './index.js';
import { findPreset, keyOf, offer } from './index.js';
import type { Fill, ReadCell } from './notes.js';
import { PresetNotes } from './notes.js';

/** what the columns of a CSV file are for */
export interface Columns {
  /** the fields that each value fills */
  targets: (readonly string[])[];
  /** one for each target, from a row's cells */
  values: (cells: string[]) => readonly string[];
  /** the number of cells that a row needs; Outlook leaves out blank cells at the end */
  least: number;
  /** column with an e-mail address, or -1 */
  email: number;
  /** columns that a preset leaves out */
  notes?: PresetNotes;
}

/** The preset still uses a column that is mapped to one of these: an id is often a second use. */
const IDS = new Set(['external_id', 'company_external_id']);

/**
 * The use that a preset makes of a file's columns. The user's own choices override it.
 * @param names of the columns
 */
function planPreset(
  entity: Entity,
  names: readonly string[],
  mapping: Mapping,
  preset: Preset,
): Columns {
  const said = saidByUser(entity, names, mapping);
  const made = madeByPreset(entity, names, mapping, preset, said);
  const other = findPreset(entity, names);
  const offered = other === undefined || other === preset ? [] : [offer(other)];
  if (made.length === 0) {
    throw inputFailure(
      `None of the columns belongs to an export of ${preset.title}`,
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
  const values = (cells: string[]) => {
    if (/^\s*(true|1)\s*$/i.test(cells[deleted] ?? '')) {
      const name = names[deleted];
      throw new BadRecord(
        '',
        `${preset.title} has deleted the record (${name}). To write it anyway: --ignore ${quoted(name)}`,
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

/** @returns the targets of `--map`, and of columns that are named like our ids */
function saidByUser(entity: Entity, names: readonly string[], { map, ignored }: Mapping): Fill[] {
  const fills: Fill[] = [];
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

function madeByPreset(
  entity: Entity,
  names: readonly string[],
  { map, ignored, idFrom }: Mapping,
  preset: Preset,
  said: readonly Fill[],
): Fill[] {
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
    // Only one column: the ids of two columns are of different kinds.
    const places = target === 'external_id' ? found.slice(0, 1) : [...new Set(found)];
    return places.length === 0 ? [] : [{ target, places }];
  });
}

/** @param keys of the header's names */
function placesOf(column: string | RegExp, keys: readonly string[]) {
  const all = keys.map((_, index) => index);
  if (column instanceof RegExp) return all.filter((index) => column.test(keys[index]));
  const [name, number] = column.split('#');
  const found = all.filter((index) => keys[index] === keyOf(name));
  return found.slice(Number(number ?? 1) - 1, Number(number ?? 1));
}

function cellReader(names: readonly string[], { several, lists }: Preset): ReadCell {
  const keys = names.map(keyOf);
  const dividerOf = (rule: { separator: string; columns?: string[] } | undefined) =>
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
 * The value that fills a field, and its column. For `email`, a value with an `@` is preferred: Outlook also exports
 * mailbox names.
 */
function choose({ target, places }: Fill, cells: string[], read: ReadCell) {
  const found = places.flatMap((place) => {
    const { values, isList } = read(cells, place);
    return values.length === 0 || isList ? [] : [{ place, value: values[0] }];
  });
  const better = target === 'email' ? found.find(({ value }) => value.includes('@')) : undefined;
  return better ?? found[0];
}

/** Columns whose values are not written because another column fills their field. */
function furtherOf(fill: Fill, cells: string[], read: ReadCell): number[] {
  const chosen = choose(fill, cells, read)?.value.toLowerCase();
  return fill.places.filter((place) =>
    read(cells, place).values.some((value) => value.toLowerCase() !== chosen),
  );
}

export { planPreset };
