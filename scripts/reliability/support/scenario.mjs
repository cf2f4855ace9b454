// The steps of the server comparison: people who work in the CRM and a site that syncs into it, with messy values from
// a small pool, so that they collide.

/**
 * @typedef {import('./random.mjs').Random} Random
 * @typedef {Record<string, unknown>} Fields
 * @typedef {'people' | 'companies'} Plural
 * @typedef {{ by: 'somebody', does: 'create', plural: Plural, fields: Fields }
 *   | { by: 'somebody', does: 'edit', plural: Plural, at: number, fields: Fields }
 *   | { by: 'somebody', does: 'delete' | 'destroy' | 'restore', plural: Plural, at: number }
 *   | { by: 'somebody', does: 'merge', plural: Plural, at: number, with: number }
 *   | { by: 'site', does: 'start', options: Fields }
 *   | { by: 'site', does: 'upsert', plural: Plural, input: Fields, options: Fields }
 *   | { by: 'site', does: 'sync', plural: Plural, inputs: Fields[], options: Fields }
 *   | { by: 'site', does: 'find', plural: Plural, externalId: string }
 *   | { by: 'site', does: 'delete', plural: Plural, externalId: string, mode: 'soft' | 'destroy' }} Step
 */

const NAMES = [
  ...[
    'Jane Smith',
    'Jane van der Berg',
    'Madonna',
    '  Ada   Byron ',
    'Byron, Ada',
    'de la Cruz, Ana',
  ],
  ...[
    'Ünïcödé Ñame',
    '王小明',
    'مدير',
    '🦊 Fox',
    "O'Neil (Bob)",
    'x'.repeat(300),
    'A\tB\nC',
    '%_\\',
  ],
  ...['Dr. Hans Müller, PhD', 'null', 'Al-Rashid bin Said', '"quoted" name', 'a,b,c', '<b>x</b>'],
];
const COMPANY_NAMES = [
  ...['Acme GmbH', 'Acme', ' Café  “Süd” ', '株式会社', 'A&B, Inc. (EU)', 'x'.repeat(250), "D'Or"],
];
const PHONES = [
  ...[
    '+33 6 12 34 56 78',
    '+49 30 901820',
    '030 901820',
    '+1 (415) 555-2671',
    '+1 415 555 2671 x12',
  ],
  ...[
    '0612345678',
    '+44 20 7946 0018',
    '+7 495 123-45-67',
    '+39 06 6982',
    '+61 2 9374 4000',
    '12345',
  ],
  ...['+', 'n/a', '+999 123456', '+1 555', '+1 242 322 1234', '+44 1481 960194', '+47 79 02 12 34'],
  ...[
    'tel:+33612345678',
    '+33612345678;ext=5',
    '0033612345678',
    '+800 1234 5678',
    '+383 38 200 000',
  ],
  ...[
    '+86 138 1234 5678',
    '+55 11 91234-5678',
    '+91 98765 43210',
    '+262 262 12 34 56',
    '+590 590 12 34 56',
  ],
];
const WEBSITES = [
  ...[
    'https://jane.example',
    'jane.example',
    'HTTPS://Jane.Example/Path/',
    'http://x.example:8080/a?b=c#d',
  ],
  ...[
    'www.jane.example/a b',
    'https://jane.example/ü',
    'https://münchen.example',
    'ftp://x.example',
  ],
  ...[
    'https://user:pw@x.example/',
    'http://localhost',
    'localhost:3000',
    'not a url',
    'https://',
    '//x.example',
  ],
  ...[
    'https://x.example/%zz',
    'mailto:a@b.example',
    'javascript:alert(1)',
    'http://10.0.0.1/x',
    'https://x',
  ],
  ...[
    'https://x.example//',
    'https://x.example/?q=a,b',
    'x.example/',
    'https://x.example.',
    'http://[::1]/',
  ],
  ...[
    `https://x.example/${'a'.repeat(600)}`,
    'https://exa_mple.example',
    'https://x.co.uk/',
    'X.EXAMPLE/Y/',
  ],
];
const TITLES = ['CEO', '', ' Head of  Sales ', 'x'.repeat(2_000), '代表', '🚀', 'a\nb', 'N/A', '0'];
const CITIES = ['Berlin', '', 'München', ' Lyon ', 'São Paulo', '東京'];
const TYPES = ['individual', 'BUSINESS', 'Enterprise', 'unknown one', ''];
const PLANS = ['free', 'PREMIUM', 'Standard', 'gold', ''];
const STATUSES = ['active', 'INACTIVE', 'Active', 'pending', ''];
const NUMBERS = [0, 1, 5, -3, 1.5, 2_147_483_648, 9_007_199_254_740_991, 1e15, 0.1];

/** One of them, or nothing, or null: forms are filled in with gaps. @param {Random} random */
const gaps = (random) => ({
  /** @template T @param {Fields} into @param {string} name @param {readonly T[]} from @param {number} [chance] */
  maybe(into, name, from, chance = 0.35) {
    if (random.chance(chance)) into[name] = random.chance(0.12) ? null : random.pick(from);
  },
});

/**
 * @param {Random} random
 * @param {string} tag Part of every unique value, so that scenarios do not collide.
 */
// biome-ignore lint/complexity/noExcessiveLinesPerFunction: one grammar of scenarios
export function scenario(random, tag) {
  const ids = [`${tag}-1`, `${tag}-2`, `${tag} a)b(,"'`];
  const hosts = [`${tag}-a.example`, `${tag}-b.example`];
  const emails = [
    ...[
      `one@${tag}.example`,
      `Two@${tag}.Example`,
      `two@${tag}.example`,
      `o'three+x@${tag}.example`,
    ],
    ...[
      `dé@${tag}.example`,
      `x@dömäin-${tag}.example`,
      `a b@${tag}.example`,
      `"q q"@${tag}.example`,
    ],
    ...[`no-at-${tag}`, `x@${tag}`, `x..y@${tag}.example`, `${'l'.repeat(70)}@${tag}.example`],
  ];
  const spellings = hosts.flatMap((host) => [
    ...[
      host,
      `https://${host}`,
      `https://www.${host}/`,
      `http://${host}`,
      host.toUpperCase(),
      `www.${host}`,
    ],
  ]);
  const domains = [
    ...spellings,
    ...[
      `https://${hosts[0]}/path`,
      'facebook.com',
      `${tag}.github.io`,
      `a.b.${hosts[0]}`,
      `${hosts[0]}:8080`,
    ],
    ...[
      'not a domain',
      `münchen-${tag}.example`,
      `${tag}_x.example`,
      `https://${hosts[1]}?x=1`,
      'localhost',
    ],
  ];
  const { maybe } = gaps(random);
  const email = () => random.pick(random.chance(0.75) ? emails.slice(0, 4) : emails);
  const domain = () => random.pick(random.chance(0.75) ? spellings : domains);

  const person = () => {
    /** @type {Fields} */
    const input = { external_id: random.pick(ids), name: random.pick(NAMES), email: email() };
    maybe(input, 'phone', PHONES);
    maybe(input, 'job_title', TITLES);
    maybe(input, 'website', WEBSITES);
    maybe(input, 'city', CITIES);
    maybe(input, 'account_type', TYPES);
    maybe(input, 'plan', PLANS);
    maybe(input, 'total_submissions', NUMBERS);
    maybe(input, 'company_external_id', [...ids, `${tag}-none`], 0.4);
    maybe(input, 'company_name', COMPANY_NAMES, 0.3);
    return input;
  };
  const company = () => {
    /** @type {Fields} */
    const input = { external_id: random.pick(ids), name: random.pick(COMPANY_NAMES) };
    if (random.chance(0.6)) input.domain_name = random.chance(0.1) ? null : domain();
    maybe(input, 'website', WEBSITES);
    maybe(input, 'status', STATUSES);
    return input;
  };
  /** As a person types it into Twenty, or another client writes it. @param {Plural} plural @returns {Fields} */
  const typed = (plural) => {
    /** @type {Fields} */
    const fields = {};
    if (plural === 'companies') {
      fields.name = random.pick(COMPANY_NAMES);
      if (random.chance(0.6)) fields.domainName = { primaryLinkUrl: random.pick(spellings) };
    } else {
      fields.name = { firstName: 'Some', lastName: 'Body' };
      if (random.chance(0.7)) fields.emails = { primaryEmail: random.pick(emails.slice(0, 4)) };
      if (random.chance(0.3)) fields.jobTitle = random.pick(TITLES.slice(0, 3));
      if (random.chance(0.3)) {
        fields.phones = {
          ...{ primaryPhoneNumber: '612345678', primaryPhoneCountryCode: 'FR' },
          primaryPhoneCallingCode: '+33',
          additionalPhones: random.chance(0.5)
            ? [{ number: '30901820', countryCode: 'DE', callingCode: '+49' }]
            : [],
        };
      }
      if (random.chance(0.2)) {
        fields.website = {
          primaryLinkUrl: random.pick(['https://jane.example', 'x.example']),
          primaryLinkLabel: 'Home',
          secondaryLinks: random.chance(0.5) ? [{ url: 'https://b.example', label: 'B' }] : [],
        };
      }
    }
    if (random.chance(0.3)) fields.externalId = random.pick([...ids, `${tag}-theirs`]);
    return fields;
  };
  const plural = () => /** @type {Plural} */ (random.chance(0.6) ? 'people' : 'companies');
  const input = (/** @type {Plural} */ kind) => (kind === 'people' ? person() : company());

  /** @returns {Step} */
  const start = () => {
    /** @type {Record<string, Fields>} */
    const options = {};
    /** @type {Fields} */
    const flat = {};
    if (random.chance(0.5)) flat.defaultCountry = random.pick(['DE', 'FR', 'US']);
    if (random.chance(0.3)) flat.invalidEmail = 'leave_out';
    if (random.chance(0.3)) {
      options.collisions = {
        unclaimedMatch: random.pick(['link', 'adopt', 'report']),
        claimedMatch: random.pick(['leave_out', 'report', 'take_over']),
        deletedMatch: random.pick(['leave_out', 'report']),
        ownDeleted: random.pick(['revive', 'skip', 'report']),
        ownGone: random.pick(['create', 'skip', 'report']),
      };
    }
    if (random.chance(0.25)) {
      const owner = () => random.pick(['always', 'if-empty', 'create-only']);
      options.fieldOwnership = {
        person: { phone: owner(), job_title: owner(), email: owner(), website: owner() },
        company: { name: owner(), domain_name: owner() },
      };
    }
    return { by: 'site', does: 'start', options: { ...flat, ...options } };
  };
  /** @returns {Step} */
  const step = () => {
    const kind = plural();
    const draw = random.next();
    if (draw < 0.15) return { by: 'somebody', does: 'create', plural: kind, fields: typed(kind) };
    const at = random.between(0, 9);
    if (draw < 0.2) return { by: 'somebody', does: 'edit', plural: kind, at, fields: typed(kind) };
    if (draw < 0.26) return { by: 'somebody', does: 'delete', plural: kind, at };
    if (draw < 0.29) return { by: 'somebody', does: 'restore', plural: kind, at };
    if (draw < 0.32) return { by: 'somebody', does: 'destroy', plural: kind, at };
    if (draw < 0.34)
      return { by: 'somebody', does: 'merge', plural: kind, at, with: random.between(0, 9) };
    if (draw < 0.42) return start();
    if (draw < 0.45)
      return { by: 'site', does: 'find', plural: kind, externalId: random.pick(ids) };
    if (draw < 0.5) {
      const mode = random.chance(0.6) ? 'soft' : 'destroy';
      return { by: 'site', does: 'delete', plural: kind, externalId: random.pick(ids), mode };
    }
    const useCache = random.chance(0.8);
    if (draw < 0.75) {
      const options = { useCache, skipUnchanged: random.chance(0.2) };
      return { by: 'site', does: 'upsert', plural: kind, input: input(kind), options };
    }
    const inputs = Array.from({ length: random.between(1, 8) }, () => input(kind));
    const options = {
      ...{ useCache, dryRun: random.chance(0.15), force: random.chance(0.2) },
      verifyUnchanged: random.chance(0.2),
    };
    return { by: 'site', does: 'sync', plural: kind, inputs, options };
  };
  return [start(), ...Array.from({ length: random.between(4, 14) }, step)];
}
