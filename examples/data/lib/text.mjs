// What turns names into the addresses that their owners would have.

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

/** `wanted`, or `wanted2`, `wanted3` …: the first that `taken` does not hold yet. */
export function unique(taken, wanted, glue = '') {
  let candidate = wanted;
  for (let n = 2; taken.has(candidate); n += 1) candidate = `${wanted}${glue}${n}`;
  taken.add(candidate);
  return candidate;
}

/** Drops the keys whose value is undefined: JSON has no word for "absent". */
export const compact = (record) =>
  Object.fromEntries(Object.entries(record).filter(([, value]) => value !== undefined));
