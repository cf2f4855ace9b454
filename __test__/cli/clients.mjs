// Records that many command-line tests use.

/** @param {number} n @param {object} [more] */
export const person = (n, more) => ({
  external_id: `cli_${n}`,
  name: `Client Number${n}`,
  email: `client${n}@example.com`,
  ...more,
});
/** @param {number} count */
export const people = (count) => Array.from({ length: count }, (_, n) => person(n + 1));
