'use strict';

/** @param {number} value */
const count = (value) => value.toLocaleString('en');

/** @param {number} number @param {string} one @param {string} [many] */
const plural = (number, one, many = `${one}s`) => `${count(number)} ${number === 1 ? one : many}`;

/** A duration for people: `0.4 s`, `12 s`, `3 min 05 s`, `2 h 10 min`. @param {number} ms */
function duration(ms) {
  if (ms < 9_950) return `${(ms / 1000).toFixed(1)} s`;
  const seconds = Math.round(ms / 1000);
  if (seconds < 60) return `${seconds} s`;
  const minutes = Math.floor(seconds / 60);
  if (minutes < 60) return `${minutes} min ${String(seconds % 60).padStart(2, '0')} s`;
  return `${count(Math.floor(minutes / 60))} h ${String(minutes % 60).padStart(2, '0')} min`;
}

/**
 * Data of strangers must not steer the terminal.
 * @param {string} text
 */
const printable = (text) => text.replace(/[\p{Cc}\p{Cf}\p{Zl}\p{Zp}]/gu, '\u00b7');

/**
 * @param {string} text
 * @param {number} width
 */
function wrap(text, width) {
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
 * The package's messages name its own options.
 * @param {string | undefined} reason of a warning
 * @param {string} message
 */
const optionFor = (reason, message) =>
  OPTIONS_FOR[reason ?? ''] ?? MESSAGES.find(([words]) => message.includes(words))?.[1] ?? '';

/** @type {Record<string, string>} */
const OPTIONS_FOR = Object.freeze({
  no_default_country: ' (here: --default-country DE, for example)',
  company_without_id: ' (here: --company-key email_domain)',
});

/** What it has for words of a refusal. @type {readonly [string, string][]} */
const MESSAGES = [
  ["missingEmail: 'allow'", ' (here: --missing-email allow)'],
  ['pass String(id)', ' (here: in quotation marks)'],
];

/** @param {string} text */
const lowered = (text) => text[0].toLowerCase() + text.slice(1);

/** A word as a POSIX shell reads it. @param {string} word */
const shellWord = (word) =>
  /^[\w@%+=:,./-]+$/.test(word) ? word : `'${word.replaceAll("'", "'\\''")}'`;

/** A word in quotation marks, as every shell reads it where it can. @param {string} word */
const quoted = (word) => (/["$`\\!%]/.test(word) ? shellWord(word) : `"${word}"`);

/**
 * A column's name as it is compared: without what nobody sees of it, as a byte order mark.
 * @param {string} name
 */
const tidyName = (name) =>
  name
    .normalize('NFC')
    .replace(/\p{Cf}/gu, '')
    .replace(/\s+/gu, ' ')
    .trim();

module.exports = {
  count,
  duration,
  lowered,
  optionFor,
  plural,
  printable,
  quoted,
  shellWord,
  tidyName,
  wrap,
};
