'use strict';

const { knownNames } = require('./fields.js');
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
 * @param {{ taken?: ReadonlySet<string>, more?: string }} [known] fields that other columns give, and a line that goes
 *   before the advice
 */
function unknownNames(entity, what, names, { taken = new Set(), more } = {}) {
  const shown = names.map(shorten);
  const before = more === undefined ? '' : `${more}\n`;
  const others = `${fieldsHint(entity)}`;
  if (shown.length === 1) {
    const [name] = shown;
    const field = nearest(name, knownNames(entity)) ?? 'FIELD';
    return inputFailure(
      `Unknown ${what} "${name}"${nearestField(entity, name)}`,
      `${before}--map ${quoted(`${name}=${field}`)} maps it, --ignore ${quoted(name)} leaves it out, --ignore-unknown all such ${what}s. ${others}`,
    );
  }
  const listed = shown.slice(0, MAX_SHOWN).map((name) => `"${name}"`);
  if (shown.length > MAX_SHOWN) listed.push(`and ${count(shown.length - MAX_SHOWN)} more`);
  return inputFailure(
    `Unknown ${what}s: ${listed.join(', ')}`,
    `${before}To map or leave out each: ${options(entity, names, taken)}\n--ignore-unknown leaves all of them out. ${others}`,
  );
}

/**
 * What can be pasted behind the command. A field is proposed once, and none that has a column.
 * @param {Entity} entity
 * @param {readonly string[]} names
 * @param {ReadonlySet<string>} taken
 */
function options(entity, names, taken) {
  const free = new Set(knownNames(entity).filter((field) => !taken.has(field)));
  return names
    .map((name) => {
      const field = nearest(name, [...free]);
      if (field === undefined) return `--ignore ${quoted(name)}`;
      free.delete(field);
      return `--map ${quoted(`${name}=${field}`)}`;
    })
    .join(' ');
}

module.exports = { fieldsHint, nearestField, unknownNames };
