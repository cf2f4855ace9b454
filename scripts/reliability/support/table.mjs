// Markdown tables, one row at a time, so that a long run shows its results early.

/** @param {(string | number)[]} cells */
export const line = (cells) => `| ${cells.join(' | ')} |`;

/** @param {string[]} titles The first column is text, the others are figures. */
export const head = (titles) =>
  `${line(titles)}\n${line(titles.map((_, at) => (at === 0 ? '---' : '--:')))}`;

/** `1234567` as `1,234,567`. @param {number} value */
export const number = (value) => Math.round(value).toLocaleString('en-US');

/** @param {Record<string, number>} counts */
export const counts = (counts) =>
  Object.entries(counts)
    .sort(([, one], [, other]) => other - one)
    .map(([name, count]) => `${name} ${number(count)}`)
    .join(', ') || '–';
