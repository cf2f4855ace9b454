'use strict';

const { nearest, slipOf } = require('./nearest.js');
const { invalid, unlessLong } = require('./serialise.js');

/** Longest name that an error repeats, in characters. */
const MAX_NAME = 100;

/**
 * Refuses a name that is misspelt, and no other.
 * @param {string} what whose option it would be
 * @param {string} name
 * @param {readonly string[]} known
 */
function refuseSlip(what, name, known) {
  if (slipOf(name, known) === undefined) return;
  const shown = unlessLong(name, MAX_NAME);
  const advice = `did you mean ${nearest(name, known)}?`;
  throw invalid(shown, `${shown} is no option of ${what}: ${advice}`, undefined);
}

module.exports = { refuseSlip };
