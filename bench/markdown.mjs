// A table as Markdown: the first column is text, the others are set to the right.

/** @param {string[][]} rows The first is the head. */
export function markdown([head, ...rows]) {
  const line = (/** @type {string[]} */ cells) => `| ${cells.join(' | ')} |`;
  return [
    line(head),
    line(head.map((_, at) => (at === 0 ? '---' : '--:'))),
    ...rows.map(line),
  ].join('\n');
}
