import { nearest } from '../nearest.js';
import { inputFailure } from './failure.js';
import type { Entity } from './fields.js';
import { knownNames, partsOf, targetOf } from './fields.js';
import { keyOf } from './presets/index.js';
import { PARTS } from './tables/name-parts.js';
import { count, quoted } from './text.js';

/** In characters. */
const MAX_SHOWN_NAME = 100;

const MAX_SHOWN = 20;

const fieldsHint = (entity: Entity) => `Fields: ${knownNames(entity).join(', ')}`;

const shorten = (name: string) =>
  name.length > MAX_SHOWN_NAME ? `${name.slice(0, MAX_SHOWN_NAME)}…` : name;

function listed(names: readonly string[]) {
  const shown = names.slice(0, MAX_SHOWN).map((name) => `"${shorten(name)}"`);
  if (names.length > MAX_SHOWN) shown.push(`and ${count(names.length - MAX_SHOWN)} more`);
  return shown.join(', ');
}

function nearestField(entity: Entity, name: string) {
  const near = nearest(name, knownNames(entity));
  return near === undefined
    ? `: no field of a ${entity} is like it`
    : `: the nearest field of a ${entity} is ${near}`;
}

/**
 * @param names at least one
 * @param known fields that other columns give, better
 * advice, and advice on columns with parts of a name
 */
function unknownNames(
  entity: Entity,
  what: 'column' | 'key',
  names: readonly string[],
  {
    taken = new Set(),
    offer,
    parts,
  }: { taken?: ReadonlySet<string>; offer?: string; parts?: string } = {},
) {
  const others = `--ignore-unknown leaves out every ${what} that is no field. ${fieldsHint(entity)}`;
  if (names.length === 1 && parts === undefined) {
    const name = shorten(names[0]);
    const field = nearest(name, knownNames(entity)) ?? 'FIELD';
    const before = offer === undefined ? '' : `${offer}\n`;
    const isFree = field === 'FIELD' || freeNames(entity, taken).includes(field);
    const map = isFree ? `--map ${quoted(`${name}=${field}`)} maps it, ` : '';
    return inputFailure(
      `Unknown ${what} "${name}"${nearestField(entity, name)}${isFree ? '' : ', which has a value already'}`,
      `${before}${map}--ignore ${quoted(name)} leaves it out. ${others}`,
    );
  }
  const rest = parts === undefined ? names : names.filter((name) => partOf(name) === undefined);
  const each =
    rest.length === 0 ? [] : [`To map or leave out each: ${options(entity, rest, taken)}`];
  const advice = offer === undefined ? [...(parts === undefined ? [] : [parts]), ...each] : [offer];
  return inputFailure(
    `Unknown ${what}${names.length === 1 ? '' : 's'}: ${listed(names)}`,
    [...advice, others].join('\n'),
  );
}

/** Those names that a column can still have. A field and its parts exclude each other. */
function withdraw(entity: Entity, names: readonly string[], given: string) {
  const { field, part } = partsOf(targetOf(entity, given) ?? given);
  return names.filter((name) => {
    const other = partsOf(targetOf(entity, name) ?? name);
    const goTogether = part !== undefined && other.part !== undefined && other.part !== part;
    return other.field !== field || goTogether;
  });
}

const freeNames = (entity: Entity, taken: ReadonlySet<string>) =>
  [...taken].reduce((names, target) => withdraw(entity, names, target), knownNames(entity));

/** What can be pasted behind the command; a field is proposed once. */
function options(entity: Entity, names: readonly string[], taken: ReadonlySet<string>) {
  let free = freeNames(entity, taken);
  return names
    .map((name) => {
      const field = nearest(name, free);
      if (field === undefined || !isWord(field, name)) return `--ignore ${quoted(name)}`;
      free = withdraw(entity, free, field);
      return `--map ${quoted(`${name}=${field}`)}`;
    })
    .join(' ');
}

/** `Phonetic name` is no phone. */
function isWord(field: string, name: string) {
  const word = field.replaceAll(/[._]/g, '').toLowerCase();
  const given = name.toLowerCase();
  return !given.includes(word) || new RegExp(`${word}s?(?!\\p{L})`, 'u').test(given);
}

/** The part of a name that a column is mostly called after. */
const partOf = (column: string) =>
  Object.hasOwn(PARTS, keyOf(column)) ? PARTS[keyOf(column)] : undefined;

/**
 * What to do with columns for a name and for parts of it: `Vorname` beside `Name` makes a last name of it.
 * @param parts columns, at least one
 * @param whole column
 */
function adviceOnName(parts: readonly string[], whole: string) {
  const leaveOut = parts.map((part) => `--ignore ${quoted(part)}`).join(' ');
  const given = new Set(parts.map(partOf));
  if (given.size > 1) {
    return `For the name in its parts: --ignore ${quoted(whole)}. For the whole of it, which is divided then: ${leaveOut}`;
  }
  const [word, other] = given.has('name.lastName')
    ? ['first', 'name.firstName']
    : ['last', 'name.lastName'];
  const mapped = parts.map((part) => `--map ${quoted(`${part}=${partOf(part)}`)}`).join(' ');
  return `Where "${whole}" holds the ${word} name: ${mapped} --map ${quoted(`${whole}=${other}`)}. Where it holds the whole: ${leaveOut}`;
}

export { adviceOnName, fieldsHint, listed, nearestField, partOf, unknownNames };
