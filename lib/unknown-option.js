'use strict';

const { nearest, slipOf } = require('./nearest.js');
const { invalid, unlessLong } = require('./serialise.js');

/** Longest name that an error repeats, in characters. */
const MAX_NAME = 100;

/**
 * Whether a name is an option's, misspelt.
 * @param {string} name
 * @param {Iterable<string>} known
 */
const isSlip = (name, known) => slipOf(name, [...known]) !== undefined;

/**
 * The refusal of a name that is misspelt.
 * @param {string} what whose option it would be
 * @param {string} name
 * @param {Iterable<string>} known
 */
function unknownOption(what, name, known) {
  const shown = unlessLong(name, MAX_NAME);
  const advice = `did you mean ${nearest(name, [...known])}?`;
  return invalid(shown, `${shown} is no option of ${what}: ${advice}`);
}

module.exports = { isSlip, unknownOption };
