'use strict';

const { tidyName } = require('../text.js');

/**
 * How an export of another program is read.
 * @typedef {object} Preset
 * @property {string} name as `--preset` has it
 * @property {string} title of the program
 * @property {string[][]} signs columns that only it has, where all of one list are there
 * @property {Fields} [person] which columns give a field: the first of them that has a value. A pattern is compared with
 *   names without blanks and marks, in lower case; `Name#2` is the second column of that name
 * @property {Fields} [company]
 * @property {string} [deleted] column that says of a row that the program has deleted it
 * @property {{ separator: string, columns?: string[] }} [several] how values of one cell are divided, of which the first is
 *   taken; of all columns where none is named
 * @property {{ separator: string, columns: string[] }} [lists] the same, where none of several is the first by right
 *
 * @typedef {Record<string, readonly (string | RegExp)[]>} Fields
 */

const NAMES = /** @type {const} */ (['google', 'outlook', 'linkedin', 'hubspot', 'salesforce']);

/** @typedef {(typeof NAMES)[number]} PresetName */

/** @param {PresetName} name @returns {Preset} */
const presetOf = (name) => require(`./${name}.js`);

/** `E-mail 2: Address`, `Email 2 Address` and `EMail2Address` are one name. @param {string} name */
const keyOf = (name) =>
  tidyName(name)
    .toLowerCase()
    .replace(/[^\p{L}\p{N}]+/gu, '');

/**
 * Whether a header is that of a preset's program.
 * @param {Preset} preset
 * @param {readonly string[]} header
 */
function hasSigns({ signs }, header) {
  const keys = new Set(header.map(keyOf));
  return signs.some((names) => names.every((name) => keys.has(keyOf(name))));
}

/**
 * The preset that a header looks like.
 * @param {import('../fields.js').Entity} entity
 * @param {readonly string[]} header
 */
const findPreset = (entity, header) =>
  NAMES.map(presetOf).find((preset) => preset[entity] !== undefined && hasSigns(preset, header));

/** @param {Preset} preset */
const offer = ({ name, title }) =>
  `This looks like an export of ${title}: --preset ${name} reads it.`;

module.exports = { NAMES, findPreset, hasSigns, keyOf, offer, presetOf };
