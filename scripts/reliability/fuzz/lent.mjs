// Objects that are slow to open serve many inputs, one at a time.

/** Number of inputs for each of them. */
const INPUTS = 500;

/** @typedef {import('./values.mjs').Random} Random */

/**
 * @template T
 * @param {() => T} open
 * @param {(thing: T) => Promise<unknown>} close is tested, too
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
      // Whatever state this object is in, later inputs must not fail because of it.
      one.left = 0;
      throw error;
    } finally {
      one.left -= 1;
      if (one.left > 0) idle.push(one);
      else await close(one.thing);
    }
  };
}
