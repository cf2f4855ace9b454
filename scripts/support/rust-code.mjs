// Rust sources as their compiler sees them outside of tests.
import { readdirSync, readFileSync } from 'node:fs';
import path from 'node:path';

/** A line comment, a block comment, a raw string, a string, a character: whichever begins first. */
const QUIET =
  /\/\/[^\n]*|\/\*[\s\S]*?\*\/|\bb?r(#*)"[\s\S]*?"\1|\bb?"(?:\\[\s\S]|[^"\\])*"|"(?:\\[\s\S]|[^"\\])*"|'(?:\\(?:u\{\w+\}|x\w\w|.)|[^'\\\n])'/g;

/**
 * Without comments; every line stays where it was.
 * @param {string} text
 */
export function withoutComments(text) {
  return text.replaceAll(QUIET, (found) => (/^\/[/*]/.test(found) ? onlyLines(found) : found));
}

/**
 * Without what strings and characters hold, and without comments.
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
 * Without items of `#[cfg(test)]`; every line stays where it was.
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
 * @param {string} bare without texts and comments
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
 * @returns {string[]} of modules that only tests have, without `.rs`
 */
function testFilesOf(file, text) {
  const folder = file.replace(/(^|\/)(mod|lib|main)\.rs$|\.rs$/, '');
  const declared = withoutTexts(text).matchAll(/#\[cfg\(test\)\]\s*(?:pub\S* )?mod (\w+);/g);
  return [...declared].map(([, name]) => (folder === '' ? name : `${folder}/${name}`));
}
