import { nearest, slipOf } from './nearest.js';
import { invalid, unlessLong } from './serialise.js';

/** Longest option name that an error repeats, in characters. */
const MAX_NAME = 100;

/** Whether a name is a misspelt option. */
const isSlip = (name: string, known: Iterable<string>) => slipOf(name, [...known]) !== undefined;

/**
 * The error for a misspelt option.
 * @param what whose option it would be
 */
function unknownOption(what: string, name: string, known: Iterable<string>) {
  const shown = unlessLong(name, MAX_NAME);
  const advice = `did you mean ${nearest(name, [...known])}?`;
  return invalid(shown, `${shown} is not an option of ${what}: ${advice}`);
}

export { isSlip, unknownOption };
