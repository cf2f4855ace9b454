'use strict';

const { nearest, slipOf } = require('./nearest.js');
const { invalid, unlessLong } = require('./serialise.js');

/** Longest name that an error repeats, in characters. */
const MAX_NAME = 100;

/**
 * The refusal of what is no option.
 * @param {string} call whose options they are
 * @param {string} name
 * @param {Iterable<string>} known
 */
function unknownOption(call, name, known) {
  const names = [...known];
  const like = nearest(name, names);
  const advice = like === undefined ? `it knows ${names.join(', ')}` : `did you mean ${like}?`;
  const shown = unlessLong(name, MAX_NAME);
  return invalid(shown, `${shown} is no option of ${call}: ${advice}`, undefined);
}

/**
 * Refuses a name that is misspelt, and no other: a configuration comes with whatever else its owner keeps beside it.
 * @param {string} what
 * @param {string} name
 * @param {readonly string[]} known
 */
function refuseSlip(what, name, known) {
  if (slipOf(name, known) !== undefined) throw unknownOption(what, name, known);
}

module.exports = { refuseSlip, unknownOption };
