// Counts lines of Rust code without tests, comments and blank lines.
//   node scripts/code-lines.mjs                       src/core, by folder
//   node scripts/code-lines.mjs src/napi              another folder
//   git archive REV src/core | tar -x -C FOLDER && node scripts/code-lines.mjs FOLDER/src/core     an earlier commit
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import { isMain } from './support/process.mjs';
import { rustSources, withoutComments, withoutTests } from './support/rust-code.mjs';

/**
 * @param {string} text of a Rust file
 * @returns {number}
 */
export function codeLines(text) {
  const lines = withoutComments(withoutTests(text)).split('\n');
  return lines.filter((line) => line.trim() !== '').length;
}

/**
 * @param {string} folder
 * @returns {Map<string, number>} lines by the first part of the path
 */
export function codeLinesByPart(folder) {
  const parts = new Map();
  for (const [file, text] of rustSources(folder)) {
    const part = file.split('/')[0];
    parts.set(part, (parts.get(part) ?? 0) + codeLines(text));
  }
  return parts;
}

if (isMain(import.meta.url)) {
  const core = fileURLToPath(new URL('../src/core', import.meta.url));
  const parts = codeLinesByPart(path.resolve(process.argv[2] ?? core));
  for (const [part, lines] of parts) console.log(`${String(lines).padStart(7)} ${part}`);
  const all = [...parts.values()].reduce((sum, lines) => sum + lines, 0);
  console.log(`${String(all).padStart(7)} in total`);
}
