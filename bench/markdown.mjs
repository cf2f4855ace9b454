// A Markdown table: the first column is text, the others are right-aligned.

/** @param {string[][]} rows The first is the header. */
export function markdown([head, ...rows]) {
  const line = (/** @type {string[]} */ cells) => `| ${cells.join(' | ')} |`;
  return [
    line(head),
    line(head.map((_, at) => (at === 0 ? '---' : '--:'))),
    ...rows.map(line),
  ].join('\n');
}
