import { nearest } from '../nearest.js';
import { inputFailure } from './failure.js';
import type { Entity } from './fields.js';
import { givers, REQUIRED } from './fields.js';
import type { Mapping } from './mapping.js';
import { SOURCES } from './presets/id-from.js';
import { keyOf } from './presets/index.js';
import { quoted } from './text.js';

function requireColumns(names: readonly string[], { map, ignored }: Mapping) {
  for (const column of map.keys()) {
    if (names.includes(column)) continue;
    const near = nearest(column, names);
    throw inputFailure(
      `--map names the column "${column}", which the file does not have${near === undefined ? '' : `: did you mean "${near}"?`}`,
      `Columns: ${names.join(', ')}`,
    );
  }
  const kept = names.filter((name) => !ignored.has(name));
  for (const column of ignored) {
    const key = keyOf(column);
    const near = names.includes(column) ? undefined : kept.find((name) => keyOf(name) === key);
    if (near === undefined || key === '') continue;
    throw inputFailure(
      `--ignore names the column "${column}", which the file does not have: did you mean "${near}"?`,
    );
  }
}

function requireOnce(names: readonly string[], index: number, fields: readonly string[]) {
  const first = names.indexOf(names[index]);
  if (first === index) return;
  throw inputFailure(
    `There are two columns "${names[index]}" (columns ${first + 1} and ${index + 1}), both for ${fields.join(' and ')}`,
    'Rename or remove one of them, or ignore both with --ignore.',
  );
}

/**
 * @param owners the first column that fills a field
 * @param names of the columns
 * @param more lines to show before the advice on a field
 * @returns the number of cells up to the last one that is needed
 */
function requireFields(
  entity: Entity,
  { idFrom, allowsNoEmail }: Mapping,
  owners: ReadonlyMap<string, number>,
  names: readonly string[],
  more: (field: string) => string[] = () => [],
): number {
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

/** The first column that provides a field's value, or -1. */
function ownerOf(field: string, owners: ReadonlyMap<string, number>) {
  const places = givers(field).flatMap((one) => owners.get(one) ?? []);
  return places.length === 0 ? -1 : Math.min(...places);
}

function idSource(
  idFrom: 'email' | 'url',
  owners: ReadonlyMap<string, number>,
  names: readonly string[],
) {
  const owner = owners.get('external_id');
  if (owner === undefined) return SOURCES[idFrom].field;
  throw inputFailure(
    `--id-from ${idFrom} makes ids, but the column "${names[owner]}" also gives them`,
    `Use one of them: drop the option, or ignore the column with --ignore "${names[owner]}".`,
  );
}

function missing(entity: Entity, field: string, names: readonly string[], more: string[]) {
  const who = REQUIRED[entity].includes(field) ? `every ${entity}` : '--id-from';
  const column = nearest(field, names) ?? 'COLUMN';
  const advice = `Name the column: --map ${quoted(`${column}=${field}`)}${HINTS[entity][field] ?? ''}.`;
  return inputFailure(
    `No column fills ${field}, which ${who} needs`,
    [...more, `${advice} Columns: ${names.join(', ')}`].join('\n'),
  );
}

const HINTS: Record<Entity, Record<string, string>> = Object.freeze({
  person: {
    external_id:
      ', or make ids from another column: --id-from email (the address) or --id-from url (the link)',
    email: ', or write people without an e-mail address: --missing-email allow',
  },
  company: { external_id: ', or make ids from the link: --id-from url' },
});

export { ownerOf, requireColumns, requireFields, requireOnce };
