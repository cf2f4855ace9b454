// Turns names into addresses that their owners could have.

const letters = {
  ß: 'ss',
  æ: 'ae',
  ø: 'o',
  œ: 'oe',
  ł: 'l',
  đ: 'd',
  þ: 'th',
  ı: 'i',
  ð: 'd',
  ä: 'ae',
  ö: 'oe',
  ü: 'ue',
  ʻ: '',
  '’': '',
  "'": '',
};

/** Lower-case ASCII letters, digits and single hyphens; empty for text in other scripts. */
export function slug(text) {
  return text
    .toLowerCase()
    .replace(/[ßæøœłđþıðäöüʻ’']/g, (letter) => letters[letter])
    .normalize('NFD')
    .replace(/\p{M}/gu, '')
    .replace(/[^a-z0-9]+/g, '-')
    .replace(/^-|-$/g, '');
}

/** `wanted`, or `wanted2`, `wanted3` …: the first one that is not in `taken`. */
export function unique(taken, wanted, glue = '') {
  let candidate = wanted;
  for (let n = 2; taken.has(candidate); n += 1) candidate = `${wanted}${glue}${n}`;
  taken.add(candidate);
  return candidate;
}

/** Drops keys whose value is undefined, so that they are absent in JSON. */
export const compact = (record) =>
  Object.fromEntries(Object.entries(record).filter(([, value]) => value !== undefined));
