const count = (value: number) => value.toLocaleString('en');

const plural = (number: number, one: string, many: string = `${one}s`) =>
  `${count(number)} ${number === 1 ? one : many}`;

/** A duration as text: `0.4 s`, `12 s`, `3 min 05 s`, `2 h 10 min`. */
function duration(ms: number) {
  if (ms < 9_950) return `${(ms / 1000).toFixed(1)} s`;
  const seconds = Math.round(ms / 1000);
  if (seconds < 60) return `${seconds} s`;
  const minutes = Math.floor(seconds / 60);
  if (minutes < 60) return `${minutes} min ${String(seconds % 60).padStart(2, '0')} s`;
  return `${count(Math.floor(minutes / 60))} h ${String(minutes % 60).padStart(2, '0')} min`;
}

/** Removes control characters, so that foreign data cannot control the terminal. */
const printable = (text: string) => text.replace(/[\p{Cc}\p{Cf}\p{Zl}\p{Zp}]/gu, '\u00b7');

function wrap(text: string, width: number) {
  const lines: string[] = [];
  for (const word of text.split(' ')) {
    const last = lines.at(-1);
    if (last === undefined || last.length + word.length >= width) lines.push(word);
    else lines[lines.length - 1] = `${last} ${word}`;
  }
  return lines;
}

/**
 * Messages of the package name its own options. Returns a hint with the matching command-line option.
 * @param reason of a warning
 */
const optionFor = (reason: string | undefined, message: string) =>
  OPTIONS_FOR[reason ?? ''] ?? MESSAGES.find(([words]) => message.includes(words))?.[1] ?? '';

const OPTIONS_FOR: Record<string, string> = Object.freeze({
  no_default_country: ' (here: --default-country DE, for example)',
  company_without_id: ' (here: --company-key email_domain)',
});

/** Hints by words in a refusal's message. */
const MESSAGES: readonly [string, string][] = [
  ["missingEmail: 'allow'", ' (here: --missing-email allow)'],
  ['pass String(id)', ' (here: in quotation marks)'],
];

const lowered = (text: string) => text[0].toLowerCase() + text.slice(1);

/** A word quoted for a POSIX shell. */
const shellWord = (word: string) =>
  /^[\w@%+=:,./-]+$/.test(word) ? word : `'${word.replaceAll("'", "'\\''")}'`;

/** A word in quotation marks that every shell understands, if possible. */
const quoted = (word: string) => (/["$`\\!%]/.test(word) ? shellWord(word) : `"${word}"`);

/** A column's name for comparison: without invisible characters, such as a byte order mark. */
const tidyName = (name: string) =>
  name
    .normalize('NFC')
    .replace(/\p{Cf}/gu, '')
    .replace(/\s+/gu, ' ')
    .trim();

export {
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
