// What `startTwentySim` can be told, once: the program's flag, and which values it takes.
'use strict';

/**
 * @typedef {object} Option
 * @property {string} [flag] Of the program; without one it is no argument.
 * @property {(value: unknown) => boolean} takes
 * @property {string} what The values that it takes, in words.
 */

/** @param {string} flag @param {string[]} words @returns {Option} */
const oneOf = (flag, ...words) => ({
  flag,
  takes: (value) => words.some((word) => word === value),
  what: words.map((word) => `'${word}'`).join(', '),
});

/** @param {string} flag @returns {Option} */
const whole = (flag) => ({
  flag,
  takes: (value) => Number.isSafeInteger(value) && Number(value) >= 0,
  what: 'a whole number from 0',
});

/** @param {string} flag @returns {Option} */
const flagged = (flag) => ({
  flag,
  takes: (value) => typeof value === 'boolean',
  what: 'true or false',
});

const LIMIT = String.raw`\d+/\d+(/\d+)?`;

/** @param {string} what @returns {Option} */
const object = (what) => ({
  takes: (value) => typeof value === 'object' && value !== null,
  what,
});

/** @type {Record<keyof import('../index.js').TwentySimOptions, Option>} */
const OPTIONS = {
  preset: oneOf('--preset', 'fresh', 'provisioned', 'dev'),
  flavour: oneOf('--flavour', '2.21', '2.31', '2.47'),
  seed: object('an object of rows: { people: [{ … }] }'),
  faults: object('a fault rule or a list of them'),
  rateLimit: {
    flag: '--rate-limit',
    takes: (value) =>
      typeof value === 'string' && new RegExp(`^(none|default|${LIMIT}(,${LIMIT})?)$`).test(value),
    what: "'none', 'default', or calls/milliseconds such as '100/60000'",
  },
  latencyMs: whole('--latency-ms'),
  port: whole('--port'),
  metadataFormat: oneOf('--metadata-format', 'legacy', 'new'),
  unsentSubfields: oneOf('--unsent-subfields', 'wiped', 'kept'),
  toldLimits: flagged('--told-limits'),
  recordLimit: whole('--record-limit'),
  allowanceExhausted: flagged('--allowance-exhausted'),
  webhookLimit: flagged('--webhook-limit'),
  upsertRace: {
    flag: '--upsert-race',
    takes: (value) => typeof value === 'number' && value >= 0 && value <= 1,
    what: 'a chance from 0 to 1',
  },
  serviceTimes: {
    flag: '--service-times',
    takes: (value) => typeof value === 'string' && /^\d+,\d+,\d+$/.test(value),
    what: "microseconds for insert, update and look-up such as '300,300,50'",
  },
  keepAliveMs: whole('--keep-alive-ms'),
  logSize: whole('--log-size'),
  rngSeed: whole('--rng-seed'),
  env: object('an object of texts'),
};

/**
 * The program's arguments.
 * @param {import('../index.js').TwentySimOptions} options
 * @throws {TypeError} for an option that there is not, or a value that it does not take
 */
function toArguments(options) {
  requireKnown('startTwentySim', options, Object.keys(OPTIONS));
  const args = [];
  for (const [name, { flag, takes, what }] of Object.entries(OPTIONS)) {
    const value = options[/** @type {keyof typeof OPTIONS} */ (name)];
    if (value === undefined) continue;
    if (!takes(value)) throw new TypeError(`startTwentySim: ${name} must be ${what}`);
    if (flag !== undefined) args.push(flag, String(value));
  }
  return args;
}

/**
 * @param {string} caller
 * @param {unknown} options
 * @param {string[]} names
 */
function requireKnown(caller, options, names) {
  if (typeof options !== 'object' || options === null) {
    throw new TypeError(`${caller}: options must be an object`);
  }
  const unknown = Object.keys(options).find((name) => !names.includes(name));
  if (unknown !== undefined) {
    throw new TypeError(`${caller} has no option '${unknown}'; it has ${names.join(', ')}`);
  }
}

module.exports = { requireKnown, toArguments };
