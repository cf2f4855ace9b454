// Rust sources without tests, comments and strings.
import { readdirSync, readFileSync } from 'node:fs';
import path from 'node:path';

/** A line comment, a block comment, a raw string, a string, a character: the one that begins first. */
const QUIET =
  /\/\/[^\n]*|\/\*[\s\S]*?\*\/|\bb?r(#*)"[\s\S]*?"\1|\bb?"(?:\\[\s\S]|[^"\\])*"|"(?:\\[\s\S]|[^"\\])*"|'(?:\\(?:u\{\w+\}|x\w\w|.)|[^'\\\n])'/g;

/**
 * Removes comments; every line keeps its number.
 * @param {string} text
 */
export function withoutComments(text) {
  return text.replaceAll(QUIET, (found) => (/^\/[/*]/.test(found) ? onlyLines(found) : found));
}

/**
 * Removes comments and the contents of strings and characters.
 * @param {string} text
 */
export function withoutTexts(text) {
  return text.replaceAll(QUIET, (found) => onlyLines(found));
}

/** @param {string} text */
function onlyLines(text) {
  return text.replaceAll(/[^\n]/g, ' ');
}

/**
 * Removes items of `#[cfg(test)]`; every line keeps its number.
 * @param {string} text
 */
export function withoutTests(text) {
  let kept = text;
  for (;;) {
    const bare = withoutTexts(kept);
    const start = bare.indexOf('#[cfg(test)]');
    if (start < 0) return kept;
    const end = endOfItem(bare, start + '#[cfg(test)]'.length);
    kept = kept.slice(0, start) + onlyLines(kept.slice(start, end)) + kept.slice(end);
  }
}

/**
 * @param {string} bare without strings and comments
 * @param {number} start
 */
function endOfItem(bare, start) {
  let depth = 0;
  for (let at = start; at < bare.length; at += 1) {
    if ('{(['.includes(bare[at])) depth += 1;
    if ('})]'.includes(bare[at])) depth -= 1;
    if (depth === 0 && (bare[at] === ';' || bare[at] === '}')) return at + 1;
  }
  return bare.length;
}

/**
 * The sources below a folder that are not tests, by their path in it.
 * @param {string} folder
 * @returns {Map<string, string>}
 */
export function rustSources(folder) {
  const texts = new Map();
  const files = readdirSync(folder, { recursive: true }).map(String).sort();
  for (const file of files.filter((name) => name.endsWith('.rs'))) {
    texts.set(file.split(path.sep).join('/'), readFileSync(path.join(folder, file), 'utf8'));
  }
  const tests = new Set([...texts].flatMap(([file, text]) => testFilesOf(file, text)));
  const isTest = (/** @type {string} */ file) =>
    [...tests].some((test) => file === `${test}.rs` || file.startsWith(`${test}/`));
  return new Map([...texts].filter(([file]) => !isTest(file)));
}

/**
 * @param {string} file
 * @param {string} text
 * @returns {string[]} names of modules for tests only, without `.rs`
 */
function testFilesOf(file, text) {
  const folder = file.replace(/(^|\/)(mod|lib|main)\.rs$|\.rs$/, '');
  const declared = withoutTexts(text).matchAll(/#\[cfg\(test\)\]\s*(?:pub\S* )?mod (\w+);/g);
  return [...declared].map(([, name]) => (folder === '' ? name : `${folder}/${name}`));
}
