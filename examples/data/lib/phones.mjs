// Phone numbers that are valid but belong to nobody: ranges that regulators reserve for fiction (DE, FR, GB, US, SE),
// otherwise libphonenumber's own example numbers.

/** @typedef {ReturnType<typeof import('./random.mjs').createRandom>} Random */

/** @type {Record<string, (r: Random) => string>} national significant digits */
const fictional = {
  DE: (r) =>
    r.pick([
      `3023125${r.digits(3)}`,
      `6990009${r.digits(3)}`,
      `4066969${r.digits(3)}`,
      `8999998${r.digits(3)}`,
      `17139200${r.digits(2)}`,
      `176040690${r.digits(2)}`,
    ]),
  FR: (r) => `${r.pick(['19900', '26191', '35301', '46571', '53649'])}${r.digits(4)}`,
  GB: (r) => `${r.pick(['207946', '161496', '121496', '131496'])}0${r.digits(3)}`,
  US: (r) => `${r.pick(['212', '415', '312', '206', '512'])}55501${r.digits(2)}`,
  SE: (r) =>
    r.pick([`846500${r.int(400, 499)}`, `3139006${r.digits(2)}`, `701740${r.int(605, 699)}`]),
};
/** @type {Record<string, string[]>} */
const examples = {
  NL: ['101234567', '612345678'],
  ES: ['810123456', '612345678'],
  BR: ['1123456789', '11961234567'],
  IT: ['0212345678', '3123456789'],
  PL: ['123456789', '512345678'],
  TR: ['2123456789', '5012345678'],
  CZ: ['212345678', '601123456'],
  AE: ['22345678', '501234567'],
  VN: ['2101234567', '912345678'],
  RU: ['3011234567', '9123456789'],
  UA: ['311234567', '501234567'],
  GR: ['2123456789', '6912345678'],
  SA: ['112345678', '512345678'],
  IL: ['21234567', '502345678'],
  JP: ['312345678', '9012345678'],
  CN: ['1012345678', '13123456789'],
  KR: ['22123456', '1020000000'],
  IN: ['7410410123', '8123456789'],
};
/** @type {Record<string, string>} */
const calling = {
  DE: '49',
  FR: '33',
  GB: '44',
  US: '1',
  SE: '46',
  NL: '31',
  ES: '34',
  BR: '55',
  IT: '39',
  PL: '48',
  TR: '90',
  CZ: '420',
  AE: '971',
  VN: '84',
  RU: '7',
  UA: '380',
  GR: '30',
  SA: '966',
  IL: '972',
  JP: '81',
  CN: '86',
  KR: '82',
  IN: '91',
};

const junk = [
  'n/a',
  '-',
  '0',
  '123',
  '+49',
  'call reception',
  'siehe Website',
  '☎️',
  '000000',
  'unknown',
  '030 23125042 / 0171 3920042',
  '+99 123 456',
  '12-34',
  'N.A.',
  '+1 555',
  '????',
];

const group = (digits, size, glue) => digits.match(new RegExp(`.{1,${size}}`, 'g')).join(glue);
const fullWidth = (text) =>
  text.replace(/[0-9+]/g, (c) => String.fromCharCode(c.charCodeAt(0) + 0xfee0));
const arabicDigits = (text) =>
  text.replace(/[0-9]/g, (c) => String.fromCharCode(0x660 + Number(c)));

/** Spellings of a number; the weight is how often each is used. `cc` is the calling code, `n` the national digits. */
const spellings = [
  [24, (cc, n) => `+${cc}${n}`],
  [14, (cc, n) => `+${cc} ${n.slice(0, 2)} ${group(n.slice(2), 3, ' ')}`],
  [8, (cc, n) => `+${cc} (${n.slice(0, 3)}) ${group(n.slice(3), 4, '-')}`],
  [8, (cc, n) => `00${cc} ${group(n, 3, ' ')}`],
  [6, (cc, n) => `00${cc}${n}`],
  [5, (cc, n) => `+${cc}.${group(n, 3, '.')}`],
  [4, (cc, n) => `  +${cc}-${group(n, 3, '-')} `],
  [4, (cc, n, r) => `+${cc} ${group(n, 4, ' ')} ext. ${r.int(10, 99)}`],
  [3, (cc, n, r) => `+${cc}${n} x${r.int(100, 999)}`],
  [2, (cc, n) => `tel:+${cc}-${group(n, 3, '-')}`],
  [2, (cc, n) => `+${cc}\u00a0${group(n, 3, '\u00a0')}`],
];
/** National spellings: only Germany's, which is the demo's default country. */
const german = [
  [4, (n) => `0${n.slice(0, 2)} ${n.slice(2)}`],
  [3, (n) => `0${n.slice(0, 3)}/${group(n.slice(3), 4, '-')}`],
  [3, (n) => `(0${n.slice(0, 2)}) ${n.slice(2, 5)} ${n.slice(5)}`],
  [2, (n) => `+49 (0)${n.slice(0, 2)} ${n.slice(2)}`],
  [2, (n) => `0${group(n, 2, '.')}`],
  [1, (n) => `0${n}`],
];

/**
 * A phone number as somebody typed it, or junk, or nothing (`undefined`: the key is left out).
 * @param {Random} r
 * @param {string} country
 * @returns {string | null | undefined}
 */
export function phone(r, country) {
  const kind = r.weighted([
    [72, 'good'],
    [9, 'null'],
    [12, 'absent'],
    [3, 'empty'],
    [4, 'junk'],
  ]);
  if (kind === 'null') return null;
  if (kind === 'absent') return undefined;
  if (kind === 'empty') return '';
  if (kind === 'junk') return r.pick(junk);
  const national = fictional[country]?.(r) ?? r.pick(examples[country]);
  if (country === 'DE' && r.chance(0.5)) return r.weighted(german)(national);
  if (country === 'GB' && r.chance(0.12)) return `0${national.slice(0, 3)} ${national.slice(3)}`;
  if (country === 'JP' && r.chance(0.3)) return fullWidth(`+81 ${group(national, 4, ' ')}`);
  if (country === 'SA' && r.chance(0.3)) return `+${arabicDigits(`966${national}`)}`;
  return r.weighted(spellings)(calling[country], national, r);
}
