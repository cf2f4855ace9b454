// Random values of any kind that JavaScript can pass, from a seed: wrong types, throwing getters, proxies, cycles, odd
// strings.

/** Mulberry32: a seed gives the same numbers on every machine. @param {number} seed */
export function createRandom(seed) {
  let state = seed >>> 0;
  const next = () => {
    state = (state + 0x6d2b79f5) >>> 0;
    let t = Math.imul(state ^ (state >>> 15), state | 1);
    t ^= t + Math.imul(t ^ (t >>> 7), t | 61);
    return ((t ^ (t >>> 14)) >>> 0) / 4_294_967_296;
  };
  return {
    /** From 0 to below `end`. @param {number} end */
    below: (end) => Math.floor(next() * end),
    /** @template T @param {readonly T[]} list @returns {T} */
    pick: (list) => list[Math.floor(next() * list.length)],
    /** @param {number} chance */
    is: (chance) => next() < chance,
  };
}

/** @typedef {ReturnType<typeof createRandom>} Random */

const TEXTS = [
  ...['', ' ', '\0', 'a', 'Jane Doe', 'van der Berg, Jane', 'jane@acme.example', '+33612345678'],
  ...[
    'https://acme.example',
    'acme.example',
    '//evil.example',
    '../x',
    '..\\x',
    '%2e%2e/',
    '\\\\x',
  ],
  ...[
    'http://127.0.0.1:9',
    'javascript:alert(1)',
    '/rest/people',
    '/rest/people?limit=1',
    '/x\r\nX: 1',
  ],
  ...[
    '__proto__',
    'constructor',
    'toString',
    'then',
    'toJSON',
    '\ud800',
    'a\udc00b',
    '\ud83d\ude00',
  ],
  ...[
    '\u202e',
    '\u2028',
    '\ufeff',
    '\u0130',
    'e\u0301',
    'null',
    'undefined',
    'NaN',
    '-0',
    '1e309',
    '{}',
  ],
  ...[
    '[]',
    '"',
    "'",
    '{"external_id":"a"}',
    '<script>',
    '$x',
    '%00',
    '%',
    '\x7f',
    '\u0085',
    'true',
  ],
  ...['disabled', 'platform', 'direct_crm', 'skip', 'DE', 'soft', 'destroy', 'x'.repeat(5_000)],
];

const NUMBERS = [
  ...[0, -0, 1, -1, 5, 0.5, 200, 2 ** 31, 2 ** 32, 2 ** 53, 2 ** 53 + 2, -(2 ** 63), 1e21, 1e308],
  ...[Number.NaN, Number.POSITIVE_INFINITY, Number.NEGATIVE_INFINITY, Number.MIN_VALUE],
];

class Thing {
  #own = 1;
  get own() {
    return this.#own;
  }
}

/** @param {Random} random */
export function text(random) {
  if (random.is(0.8)) return random.pick(TEXTS);
  const pieces = Array.from({ length: random.below(5) }, () => random.pick(TEXTS));
  return random.is(0.5)
    ? pieces.join('')
    : String.fromCharCode(...Array.from({ length: random.below(12) }, () => random.below(65_536)));
}

/** Values that careless code throws. @param {Random} random */
const thrown = (random) =>
  random.pick([
    new Error('thrown'),
    'thrown',
    null,
    undefined,
    5n,
    Symbol('thrown'),
    Object.create(null),
  ]);

/** @param {Random} random @param {unknown} target */
function proxy(random, target) {
  const kind = random.below(4);
  const base = typeof target === 'object' && target !== null ? target : {};
  if (kind === 0) return new Proxy(base, {});
  if (kind === 1) {
    const { proxy: dead, revoke } = Proxy.revocable(base, {});
    revoke();
    return dead;
  }
  const what = thrown(random);
  const trap = () => {
    throw what;
  };
  const traps = [
    'get',
    'has',
    'ownKeys',
    'getOwnPropertyDescriptor',
    'getPrototypeOf',
    'isExtensible',
  ];
  if (kind === 2) return new Proxy(base, { [random.pick(traps)]: trap });
  return new Proxy(base, Object.fromEntries(traps.map((name) => [name, trap])));
}

/**
 * An object with keys from `keys`, or any others.
 * @param {Random} random
 * @param {readonly string[]} keys
 * @param {number} depth
 */
function object(random, keys, depth) {
  /** @type {any} */
  const made = random.is(0.1) ? Object.create(null) : {};
  for (let left = random.below(6); left > 0; left -= 1) {
    const key = random.is(0.8) && keys.length > 0 ? random.pick(keys) : text(random);
    put(random, made, key, value(random, keys, depth - 1));
  }
  return made;
}

/** @param {Random} random @param {any} made @param {string} key @param {unknown} held */
function put(random, made, key, held) {
  if (random.is(0.1)) {
    const what = thrown(random);
    const get = random.is(0.5)
      ? () => held
      : () => {
          throw what;
        };
    Object.defineProperty(made, key, { enumerable: random.is(0.9), configurable: true, get });
  } else {
    Object.defineProperty(made, key, {
      enumerable: true,
      configurable: true,
      writable: true,
      value: held,
    });
  }
}

/** @type {((random: Random, keys: readonly string[], depth: number) => unknown)[]} */
const exotic = [
  (random) => Symbol(random.pick(TEXTS)),
  () => 10n,
  () => () => 5,
  (random) => new Date(random.pick(NUMBERS)),
  () => /x/g,
  (random) => new Map([[text(random), text(random)]]),
  (random) => new Set([text(random)]),
  () => new WeakMap(),
  () => new Thing(),
  (random) => new Error(text(random)),
  (random) => Buffer.from(text(random)),
  () => new Uint16Array([1, 65_535]),
  () => {
    const view = new Uint8Array(16);
    structuredClone(view.buffer, { transfer: [view.buffer] });
    return view;
  },
  (random) => Object(text(random)),
  (random) => Object(random.pick(NUMBERS)),
  (random, keys, depth) => proxy(random, value(random, keys, depth - 1)),
  (random) => ({
    toJSON: () => {
      throw thrown(random);
    },
  }),
  (random, keys, depth) => {
    const held = value(random, keys, depth - 1);
    return { toJSON: () => held };
  },
  (random) => ({
    [Symbol.toPrimitive]: () => {
      throw thrown(random);
    },
  }),
  (random) => ({ [Symbol.toPrimitive]: () => random.pick(TEXTS) }),
  (random) => ({
    toString: () => {
      throw thrown(random);
    },
  }),
  // biome-ignore lint/suspicious/noThenProperty: a test value
  (random, keys, depth) => ({ then: value(random, keys, depth - 1) }),
  (random) => ({
    // biome-ignore lint/suspicious/noThenProperty: a test value
    get then() {
      throw thrown(random);
    },
  }),
  (random) => {
    /** @type {any} */
    const Base = Promise;
    class Later extends Base {}
    return Later.resolve(random.pick(TEXTS));
  },
  (random) => {
    const failed = Promise.reject(thrown(random));
    failed.catch(() => {});
    return failed;
  },
  (random) => ({
    *[Symbol.iterator]() {
      yield text(random);
      throw thrown(random);
    },
  }),
  () => ({ [Symbol.iterator]: () => ({ next: () => 5 }) }),
  () => ({ [Symbol.iterator]: 5 }),
  () => {
    /** @type {any} */
    const cycle = { a: [] };
    cycle.a.push(cycle);
    return cycle;
  },
  () => {
    /** @type {any} */
    let deep = {};
    for (let level = 0; level < 300; level += 1) deep = random300(deep, level);
    return deep;
  },
  () => new Array(100),
  () => globalThis,
  () => AbortSignal.abort(),
  () => new AbortController().signal,
  () => ({ aborted: true, addEventListener() {}, removeEventListener() {} }),
];

/** @param {unknown} inner @param {number} level */
const random300 = (inner, level) => (level % 2 === 0 ? { inner } : [inner]);

/**
 * Any value; objects mostly have `keys`.
 * @param {Random} random
 * @param {readonly string[]} [keys]
 * @param {number} [depth]
 * @returns {any}
 */
export function value(random, keys = [], depth = 3) {
  const kind = random.below(depth <= 0 ? 5 : 12);
  if (kind === 0) return random.pick([undefined, null, true, false]);
  if (kind === 1) return random.pick(NUMBERS);
  if (kind <= 4) return text(random);
  if (kind <= 6) return random.pick(exotic)(random, keys, depth);
  if (kind === 7)
    return Array.from({ length: random.below(5) }, () => value(random, keys, depth - 1));
  return object(random, keys, depth);
}

/**
 * `good` with a few of its values (or of `keys`) replaced by anything, and sometimes something else altogether.
 * @template {object} T
 * @param {Random} random
 * @param {T} good
 * @param {readonly string[]} [keys]
 * @returns {any}
 */
export function almost(random, good, keys = Object.keys(good)) {
  if (random.is(0.1)) return value(random, keys);
  const made = { ...good };
  for (let left = random.below(3); left > 0; left -= 1) {
    put(random, made, random.pick(keys), value(random, [], 2));
  }
  return random.is(0.05) ? proxy(random, made) : made;
}

/** A string like `seed`, with a few changes. @param {Random} random @param {string} seed */
export function mutated(random, seed) {
  let made = seed;
  for (let left = 1 + random.below(4); left > 0; left -= 1) {
    const at = random.below(made.length + 1);
    const end = random.is(0.5) ? at : Math.min(made.length, at + random.below(20));
    const piece = random.is(0.2) ? made.slice(at, end).repeat(random.below(40)) : text(random);
    made = (made.slice(0, at) + piece + made.slice(end)).slice(0, 20_000);
  }
  return made;
}
