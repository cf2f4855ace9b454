// Which module of a JavaScript or TypeScript folder imports which. A module is a file.
import { readdirSync, readFileSync } from 'node:fs';
import path from 'node:path';

const ENDING = /(\.d)?\.[cm]?[jt]s$/;

/** `require('./x')`, `import('./x')` (in types too), `from './x'` and `import './x'`. */
const IMPORT =
  /\b(?:require|import)\s*\(\s*['"](\.[^'"]+)['"]|\b(?:from|import)\s+['"](\.[^'"]+)['"]/g;

/**
 * Edges from each module to those that it imports, types included. Names are paths without extension.
 * @param {string} folder
 * @returns {Map<string, Set<string>>}
 */
export function javascriptUses(folder) {
  const files = readdirSync(folder, { recursive: true }).map((file) =>
    String(file).split(path.sep).join('/'),
  );
  const sources = files.filter((file) => ENDING.test(file));
  const names = new Set(sources.map((file) => file.replace(ENDING, '')));
  const edges = new Map([...names].map((name) => [name, /** @type {Set<string>} */ (new Set())]));
  for (const file of sources) {
    const name = file.replace(ENDING, '');
    const text = readFileSync(path.join(folder, file), 'utf8');
    for (const [, called, named] of text.matchAll(IMPORT)) {
      const place = path.posix.join(path.posix.dirname(file), called ?? named);
      const target = [place.replace(ENDING, ''), `${place}/index`].find((to) => names.has(to));
      if (target !== undefined && target !== name) edges.get(name)?.add(target);
    }
  }
  return edges;
}
