// A small seeded generator (mulberry32): the same seed gives the same files on every machine.

/**
 * @param {number} seed
 */
export function createRandom(seed) {
  let state = seed >>> 0;

  /** @returns {number} in [0, 1) */
  function next() {
    state = (state + 0x6d2b79f5) >>> 0;
    let t = state;
    t = Math.imul(t ^ (t >>> 15), t | 1);
    t ^= t + Math.imul(t ^ (t >>> 7), t | 61);
    return ((t ^ (t >>> 14)) >>> 0) / 4294967296;
  }

  /** A whole number from `min` to `max`, inclusive. */
  const int = (min, max) => min + Math.floor(next() * (max - min + 1));

  /** @template T @param {readonly T[]} items @returns {T} */
  const pick = (items) => items[int(0, items.length - 1)];

  const chance = (probability) => next() < probability;

  /** @template T @param {readonly (readonly [number, T])[]} pairs @returns {T} */
  function weighted(pairs) {
    let rest = next() * pairs.reduce((sum, [weight]) => sum + weight, 0);
    for (const [weight, value] of pairs) {
      rest -= weight;
      if (rest < 0) return value;
    }
    return pairs[pairs.length - 1][1];
  }

  const hex = (length) => Array.from({ length }, () => int(0, 15).toString(16)).join('');

  /** A UUID that looks like version 4. */
  const uuid = () =>
    `${hex(8)}-${hex(4)}-4${hex(3)}-${pick(['8', '9', 'a', 'b'])}${hex(3)}-${hex(12)}`;

  const digits = (length) => Array.from({ length }, () => int(0, 9)).join('');

  return { next, int, pick, chance, weighted, hex, uuid, digits };
}
