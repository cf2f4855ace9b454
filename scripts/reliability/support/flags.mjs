// `--name value` on the command line.

/**
 * @template {Record<string, string | number>} T
 * @param {string[]} args
 * @param {T} defaults Their types are the flags' types.
 * @returns {T}
 */
export function flags(args, defaults) {
  /** @type {Record<string, string | number>} */
  const found = { ...defaults };
  for (let at = 0; at < args.length; at += 2) {
    const name = args[at].replace(/^--/, '');
    const value = args[at + 1];
    if (!(name in defaults) || value === undefined) {
      const known = Object.keys(defaults).map((flag) => `--${flag}`);
      throw new Error(`${args[at]}: these flags take a value each: ${known.join(', ')}`);
    }
    found[name] = typeof defaults[name] === 'number' ? Number(value) : value;
    if (Number.isNaN(found[name])) throw new Error(`${args[at]} takes a number, not ${value}`);
  }
  return /** @type {T} */ (found);
}
