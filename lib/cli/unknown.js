'use strict';

const { knownNames, partsOf, targetOf } = require('./fields.js');
const { inputFailure } = require('./failure.js');
const { nearest } = require('../nearest.js');
const { count, quoted } = require('./text.js');

/** @typedef {import('./fields.js').Entity} Entity */

/** Longest name of a column that a message shows, in characters. */
const MAX_SHOWN_NAME = 100;

/** So many names are shown. */
const MAX_SHOWN = 20;

/** @param {Entity} entity */
const fieldsHint = (entity) => `Fields: ${knownNames(entity).join(', ')}`;

/** A name can be as long as a record; so much of it says enough. @param {string} name */
const shorten = (name) =>
  name.length > MAX_SHOWN_NAME ? `${name.slice(0, MAX_SHOWN_NAME)}…` : name;

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
 * @param {{ taken?: ReadonlySet<string>, offer?: string }} [known] fields that other columns give, and better advice
 */
function unknownNames(entity, what, names, { taken = new Set(), offer } = {}) {
  const shown = names.map(shorten);
  const others = `--ignore-unknown leaves out every ${what} that is no field. ${fieldsHint(entity)}`;
  if (shown.length === 1) {
    const [name] = shown;
    const field = nearest(name, knownNames(entity)) ?? 'FIELD';
    const before = offer === undefined ? '' : `${offer}\n`;
    return inputFailure(
      `Unknown ${what} "${name}"${nearestField(entity, name)}`,
      `${before}--map ${quoted(`${name}=${field}`)} maps it, --ignore ${quoted(name)} leaves it out. ${others}`,
    );
  }
  const listed = shown.slice(0, MAX_SHOWN).map((name) => `"${name}"`);
  if (shown.length > MAX_SHOWN) listed.push(`and ${count(shown.length - MAX_SHOWN)} more`);
  const advice = offer ?? `To map or leave out each: ${options(entity, names, taken)}`;
  return inputFailure(`Unknown ${what}s: ${listed.join(', ')}`, `${advice}\n${others}`);
}

/**
 * What can be pasted behind the command. A field is proposed once, and none that has a column.
 * @param {Entity} entity
 * @param {readonly string[]} names
 * @param {ReadonlySet<string>} taken
 */
function options(entity, names, taken) {
  let free = knownNames(entity);
  // A field and its parts exclude each other.
  const withdraw = (/** @type {string} */ given) => {
    const { field, part } = partsOf(targetOf(entity, given) ?? given);
    free = free.filter((name) => {
      const other = partsOf(targetOf(entity, name) ?? name);
      const goTogether = part !== undefined && other.part !== undefined && other.part !== part;
      return other.field !== field || goTogether;
    });
  };
  for (const target of taken) withdraw(target);
  return names
    .map((name) => {
      const field = nearest(name, free);
      if (field === undefined || !isWord(field, name)) return `--ignore ${quoted(name)}`;
      withdraw(field);
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

module.exports = { fieldsHint, nearestField, unknownNames };
