import { nearest, slipOf } from './nearest.js';
import { invalid, unlessLong } from './serialise.js';

/** Longest name that an error repeats, in characters. */
const MAX_NAME = 100;

/** Whether a name is an option's, misspelt. */
const isSlip = (name: string, known: Iterable<string>) => slipOf(name, [...known]) !== undefined;

/**
 * The refusal of a name that is misspelt.
 * @param what whose option it would be
 */
function unknownOption(what: string, name: string, known: Iterable<string>) {
  const shown = unlessLong(name, MAX_NAME);
  const advice = `did you mean ${nearest(name, [...known])}?`;
  return invalid(shown, `${shown} is no option of ${what}: ${advice}`);
}

export { isSlip, unknownOption };
