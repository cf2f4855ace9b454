// What the reader sees: a bar on a terminal, plain lines elsewhere, and the summaries.
import { styleText } from 'node:util';
import cliProgress from 'cli-progress';

const isTerminal = process.stdout.isTTY === true;
const hasColour = isTerminal && !process.env.NO_COLOR;

/** @typedef {import('./sync.mjs').Report} Report */
/** @typedef {import('../../index.mjs').SyncProgress} SyncProgress */
/** @typedef {import('../../index.mjs').SyncWarning} SyncWarning */

/**
 * @param {Parameters<typeof styleText>[0]} style
 * @param {string} text
 */
export const paint = (style, text) => (hasColour ? styleText(style, text) : text);

/** @param {string} [text] */
export const say = (text = '') => console.log(text);

/** @param {string} text */
export const title = (text) => say(`\n${paint('bold', text)}`);

/** @param {number} value */
export const number = (value) => value.toLocaleString('en');

/** @param {number} ms */
const seconds = (ms) => `${(ms / 1000).toFixed(ms < 9_995 ? 2 : 0)} s`;

/**
 * @param {string} label
 * @param {number} total
 * @returns {{ update(progress: SyncProgress): void, stop(): void }}
 */
export function progress(label, total) {
  const name = label.padEnd(9);
  if (!isTerminal) {
    let quarter = 0;
    return {
      update({ done }) {
        const reached = Math.floor((done / total) * 4);
        if (reached > quarter) say(`  ${name}  ${number(done)} of ${number(total)}`);
        quarter = reached;
      },
      stop() {},
    };
  }
  const format = `  ${name}  {bar}  {value} of {total}`;
  const bar = new cliProgress.SingleBar(
    { format, stream: process.stdout, barsize: 32, fps: 15 },
    cliProgress.Presets.shades_classic,
  );
  bar.start(total, 0);
  return { update: ({ done }) => bar.update(done), stop: () => bar.stop() };
}

/**
 * @param {[string, Report][]} reports
 */
export function table(reports) {
  const rows = [
    ['', 'read', 'created', 'updated', 'unchanged', 'refused', 'requests', 'time'],
    ...reports.map(([label, report]) => [
      label,
      number(report.read),
      number(report.created),
      number(report.updated),
      number(report.unchanged),
      number(report.refused.length),
      number(report.requests),
      seconds(report.durationMs),
    ]),
  ];
  say();
  for (const [label, ...cells] of rows) {
    const line = `  ${label.padEnd(9)}  ${cells.map((cell) => cell.padStart(10)).join('')}`;
    say(label === '' ? paint('dim', line) : line);
  }
}

/**
 * One line for each kind of refusal, with an example.
 * @param {import('./sync.mjs').Refusal[]} refused
 */
export function refusals(refused) {
  if (refused.length === 0) return;
  say(`\n  Refused: ${number(refused.length)}`);
  const kinds = group(refused, ({ error }) => `${error.details?.field ?? ''}\n${error.code}`);
  for (const items of kinds) {
    const [{ line, error }] = items;
    const what = [error.details?.field, error.code].filter(Boolean).join(', ');
    example(items.length, String(what), `line ${line}: ${error.message}`);
  }
}

/** @param {SyncWarning[]} list */
export function warnings(list) {
  if (list.length === 0) return;
  const records = new Set(list.map((warning) => warning.externalId)).size;
  say(`\n  Written, with a warning: ${number(records)} records`);
  for (const items of group(list, (warning) => `${warning.field}\n${warning.reason}`)) {
    const [{ field, reason, externalId, message }] = items;
    const text = message.includes(externalId) ? message : `"${externalId}": ${message}`;
    example(items.length, `${field}, ${reason}`, text);
  }
}

/**
 * @param {number} count
 * @param {string} what
 * @param {string} text
 */
function example(count, what, text) {
  say(`  ${number(count).padStart(7)}  ${what}`);
  for (const line of wrap(`e.g. ${printable(text)}`)) say(paint('dim', `           ${line}`));
}

/** @param {string} text */
function wrap(text) {
  const width = Math.max(50, Math.min(process.stdout.columns ?? 100, 120) - 12);
  /** @type {string[]} */
  const lines = [];
  for (const word of text.split(' ')) {
    const last = lines.at(-1);
    if (last === undefined || last.length + word.length >= width) lines.push(word);
    else lines[lines.length - 1] = `${last} ${word}`;
  }
  return lines;
}

/**
 * Data of strangers must not steer the terminal.
 * @param {string} text
 */
const printable = (text) => text.replace(/[\p{Cc}\p{Cf}\p{Zl}\p{Zp}]/gu, '\u00b7');

/**
 * The largest group first.
 * @template T
 * @param {T[]} items
 * @param {(item: T) => string} keyOf
 * @returns {T[][]}
 */
function group(items, keyOf) {
  /** @type {Map<string, T[]>} */
  const groups = new Map();
  for (const item of items) {
    const key = keyOf(item);
    const known = groups.get(key);
    if (known) known.push(item);
    else groups.set(key, [item]);
  }
  return [...groups.values()].sort((a, b) => b.length - a.length);
}

/**
 * @param {Report[]} reports
 * @param {number} tokens NaN where they are not known
 */
export function pace(reports, tokens) {
  /** @param {'read' | 'requests' | 'durationMs'} name */
  const sum = (name) => reports.reduce((all, report) => all + report[name], 0);
  const inTokens = Number.isNaN(tokens) ? '' : `, ${number(tokens)} tokens of the rate limit`;
  say(
    `\n  ${number(sum('read'))} records: ${number(sum('requests'))} requests${inTokens}, ${seconds(sum('durationMs'))}`,
  );
}

/** @param {string[]} problems */
export function complain(problems) {
  const shown = problems.slice(0, 20);
  say(paint('red', `\n${number(problems.length)} things are not as they should be:`));
  for (const problem of shown) say(`  ✘ ${printable(problem)}`);
  if (shown.length < problems.length) say(`  … and ${number(problems.length - shown.length)} more`);
}
