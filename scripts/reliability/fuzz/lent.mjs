// What takes long to be opened serves many inputs, one at a time.

/** Inputs that one of them serves. */
const INPUTS = 500;

/** @typedef {import('./values.mjs').Random} Random */

/**
 * @template T
 * @param {() => T} open
 * @param {(thing: T) => Promise<unknown>} close is part of what is tried
 * @returns {(target: (random: Random, thing: T) => Promise<void>) => (random: Random) => Promise<void>}
 */
export function lent(open, close) {
  /** @type {{ thing: T, left: number }[]} */
  const idle = [];
  return (target) => async (random) => {
    const one = idle.pop() ?? { thing: open(), left: INPUTS };
    try {
      await target(random, one.thing);
    } catch (error) {
      // Whatever state that one is in, the inputs after this one are not to blame for it.
      one.left = 0;
      throw error;
    } finally {
      one.left -= 1;
      if (one.left > 0) idle.push(one);
      else await close(one.thing);
    }
  };
}
