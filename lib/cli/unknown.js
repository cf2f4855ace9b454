'use strict';

const { knownNames, partsOf, targetOf } = require('./fields.js');
const { inputFailure } = require('./failure.js');
const { nearest } = require('../nearest.js');
const { keyOf } = require('./presets/index.js');
const { PARTS } = require('./tables/name-parts.js');
const { count, quoted } = require('./text.js');

/** @typedef {import('./fields.js').Entity} Entity */

/** In characters. */
const MAX_SHOWN_NAME = 100;

const MAX_SHOWN = 20;

/** @param {Entity} entity */
const fieldsHint = (entity) => `Fields: ${knownNames(entity).join(', ')}`;

/** @param {string} name */
const shorten = (name) =>
  name.length > MAX_SHOWN_NAME ? `${name.slice(0, MAX_SHOWN_NAME)}…` : name;

/** @param {readonly string[]} names */
function listed(names) {
  const shown = names.slice(0, MAX_SHOWN).map((name) => `"${shorten(name)}"`);
  if (names.length > MAX_SHOWN) shown.push(`and ${count(names.length - MAX_SHOWN)} more`);
  return shown.join(', ');
}

/** @param {Entity} entity @param {string} name */
function nearestField(entity, name) {
  const near = nearest(name, knownNames(entity));
  return near === undefined
    ? `: no field of a ${entity} is like it`
    : `: the nearest field of a ${entity} is ${near}`;
}

/**
 * @param {Entity} entity
 * @param {'column' | 'key'} what
 * @param {readonly string[]} names at least one
 * @param {{ taken?: ReadonlySet<string>, offer?: string, parts?: string }} [known] fields that other columns give, better
 *   advice, and advice on columns with parts of a name
 */
function unknownNames(entity, what, names, { taken = new Set(), offer, parts } = {}) {
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

/**
 * Those names that a column can still have. A field and its parts exclude each other.
 * @param {Entity} entity
 * @param {readonly string[]} names
 * @param {string} given
 */
function withdraw(entity, names, given) {
  const { field, part } = partsOf(targetOf(entity, given) ?? given);
  return names.filter((name) => {
    const other = partsOf(targetOf(entity, name) ?? name);
    const goTogether = part !== undefined && other.part !== undefined && other.part !== part;
    return other.field !== field || goTogether;
  });
}

/** @param {Entity} entity @param {ReadonlySet<string>} taken */
const freeNames = (entity, taken) =>
  [...taken].reduce((names, target) => withdraw(entity, names, target), knownNames(entity));

/**
 * What can be pasted behind the command; a field is proposed once.
 * @param {Entity} entity
 * @param {readonly string[]} names
 * @param {ReadonlySet<string>} taken
 */
function options(entity, names, taken) {
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

/** `Phonetic name` is no phone. @param {string} field @param {string} name */
function isWord(field, name) {
  const word = field.replaceAll(/[._]/g, '').toLowerCase();
  const given = name.toLowerCase();
  return !given.includes(word) || new RegExp(`${word}s?(?!\\p{L})`, 'u').test(given);
}

/** The part of a name that a column is mostly called after. @param {string} column */
const partOf = (column) => (Object.hasOwn(PARTS, keyOf(column)) ? PARTS[keyOf(column)] : undefined);

/**
 * What to do with columns for a name and for parts of it: `Vorname` beside `Name` makes a last name of it.
 * @param {readonly string[]} parts columns, at least one
 * @param {string} whole column
 */
function adviceOnName(parts, whole) {
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

module.exports = { adviceOnName, fieldsHint, listed, nearestField, partOf, unknownNames };
