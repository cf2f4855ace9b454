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
    ? `: a ${entity} has no similar field`
    : `: the nearest field of a ${entity} is ${near}`;
}

/**
 * @param names at least one
 * @param known fields that other columns fill, better advice, and advice on columns with parts of a name
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
  const others = `--ignore-unknown ignores every ${what} that is not a field. ${fieldsHint(entity)}`;
  if (names.length === 1 && parts === undefined) {
    const name = shorten(names[0]);
    const field = nearest(name, knownNames(entity)) ?? 'FIELD';
    const before = offer === undefined ? '' : `${offer}\n`;
    const isFree = field === 'FIELD' || freeNames(entity, taken).includes(field);
    const map = isFree ? `To map it: --map ${quoted(`${name}=${field}`)}. ` : '';
    return inputFailure(
      `Unknown ${what} "${name}"${nearestField(entity, name)}${isFree ? '' : ', but another column already fills it'}`,
      `${before}${map}To ignore it: --ignore ${quoted(name)}. ${others}`,
    );
  }
  const rest = parts === undefined ? names : names.filter((name) => partOf(name) === undefined);
  const each = rest.length === 0 ? [] : [`To map or ignore each: ${options(entity, rest, taken)}`];
  const advice = offer === undefined ? [...(parts === undefined ? [] : [parts]), ...each] : [offer];
  return inputFailure(
    `Unknown ${what}${names.length === 1 ? '' : 's'}: ${listed(names)}`,
    [...advice, others].join('\n'),
  );
}

/** Field names that a column can still use. A field and its parts exclude each other. */
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

/** Options that the user can paste after the command; each field is suggested once. */
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

/** `Phonetic name` is not a phone. */
function isWord(field: string, name: string) {
  const word = field.replaceAll(/[._]/g, '').toLowerCase();
  const given = name.toLowerCase();
  return !given.includes(word) || new RegExp(`${word}s?(?!\\p{L})`, 'u').test(given);
}

/** The part of a name that a column usually holds, by its name. */
const partOf = (column: string) =>
  Object.hasOwn(PARTS, keyOf(column)) ? PARTS[keyOf(column)] : undefined;

/**
 * Advice for columns with a name and with parts of it: beside `Vorname`, `Name` is usually a last name.
 * @param parts columns, at least one
 * @param whole column
 */
function adviceOnName(parts: readonly string[], whole: string) {
  const leaveOut = parts.map((part) => `--ignore ${quoted(part)}`).join(' ');
  const given = new Set(parts.map(partOf));
  if (given.size > 1) {
    return `To use the parts of the name: --ignore ${quoted(whole)}. To use the whole name, which is then divided: ${leaveOut}`;
  }
  const [word, other] = given.has('name.lastName')
    ? ['first', 'name.firstName']
    : ['last', 'name.lastName'];
  const mapped = parts.map((part) => `--map ${quoted(`${part}=${partOf(part)}`)}`).join(' ');
  return `If "${whole}" holds the ${word} name: ${mapped} --map ${quoted(`${whole}=${other}`)}. If it holds the whole name: ${leaveOut}`;
}

export { adviceOnName, fieldsHint, listed, nearestField, partOf, unknownNames };
