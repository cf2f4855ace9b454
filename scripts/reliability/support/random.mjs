// Reproducible random numbers: the same seed gives the same numbers.

/**
 * @typedef {object} Random
 * @property {() => number} next From 0 up to, but not including, 1.
 * @property {(probability: number) => boolean} chance
 * @property {(low: number, high: number) => number} between A whole number, inclusive.
 * @property {<T>(from: readonly T[]) => T} pick
 * @property {<T>(from: readonly T[]) => () => T} deal Each one once in random order, before any of them comes again.
 */

/**
 * Mulberry32.
 * @param {number} seed
 * @returns {Random}
 */
export function seeded(seed) {
  let state = seed >>> 0;
  const next = () => {
    state = (state + 0x6d2b79f5) >>> 0;
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state);
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed;
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 4_294_967_296;
  };
  return {
    next,
    chance: (probability) => next() < probability,
    between: (low, high) => low + Math.floor(next() * (high - low + 1)),
    pick: (from) => from[Math.floor(next() * from.length)],
    deal(from) {
      /** @type {typeof from[number][]} */
      let left = [];
      return () => {
        if (left.length === 0) left = [...from];
        const [dealt] = left.splice(Math.floor(next() * left.length), 1);
        return dealt;
      };
    },
  };
}
