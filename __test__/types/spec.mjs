// The declarations of the spec, if it is available, and the proof that the compiler has to make.
import { existsSync, readFileSync } from 'node:fs';

const specFile = new URL('../../../shared/spec/crm-types.txt', import.meta.url);

/** The spec's text; undefined if it is not available. */
export const specText = existsSync(specFile) ? readFileSync(specFile, 'utf8') : undefined;

/**
 * @typedef {object} Declaration
 * @property {'type' | 'interface' | 'enum' | 'function'} kind
 * @property {string} name
 * @property {boolean} isGeneric
 * @property {string} text
 */

const opening = /^(type|interface|enum|function) (\w+)(<)?/;

/**
 * Every declaration in the text, without its examples. A declaration ends at the first line that closes all its
 * brackets and ends with `;` or `}`.
 * @param {string} text
 * @returns {Declaration[]}
 */
export function extractDeclarations(text) {
  const lines = text.slice(0, text.indexOf('\nUsage Examples\n')).split('\n');
  const declarations = [];
  for (let first = 0; first < lines.length; first += 1) {
    const match = opening.exec(lines[first]);
    if (!match) continue;
    let depth = 0;
    let last = first;
    for (; last < lines.length; last += 1) {
      const code = lines[last].replace(/\/\/.*/, '');
      depth += (code.match(/[{(]/g) ?? []).length - (code.match(/[})]/g) ?? []).length;
      if (depth === 0 && /[;}]\s*$/.test(code)) break;
    }
    declarations.push({
      kind: match[1],
      name: match[2],
      isGeneric: match[3] === '<',
      text: lines.slice(first, last + 1).join('\n'),
    });
    first = last;
  }
  return declarations;
}

/** @param {Declaration[]} declarations A module with all of them. */
export function specModule(declarations) {
  return declarations
    .map(({ kind, text }) => `export ${/enum|function/.test(kind) ? 'declare ' : ''}${text}\n`)
    .join('\n');
}

/**
 * A module that compiles exactly if each declaration and the package's own of that name are assignable to each other,
 * both ways, and have the same properties, including optional ones, at every depth.
 * @param {Declaration[]} declarations
 */
export function proofModule(declarations) {
  const proofs = declarations.map(({ kind, name, isGeneric }) => {
    const argument = isGeneric ? '<Probe>' : '';
    const type = (/** @type {string} */ from) =>
      kind === 'function' ? `typeof ${from}.${name}` : `${from}.${name}${argument}`;
    return [
      `declare let ours${name}: ${type('Ours')}; declare let spec${name}: ${type('Spec')};`,
      `ours${name} = spec${name}; spec${name} = ours${name};`,
      kind === 'function' ? '' : `same<Shape<${type('Ours')}>, Shape<${type('Spec')}>>();`,
    ].join('\n');
  });
  return `import type * as Ours from 'twenty-crm-native';
import type * as Spec from './spec.js';

type Probe = { probe: 1 };
// Two enums are never the same type; their values can be.
type Shape<T> = T extends Date | ((...args: never[]) => unknown) ? T
  : T extends string ? \`\${T}\`
  : T extends object ? { [K in keyof T]: Shape<T[K]> }
  : T;
declare function same<A, B>(
  ...proof: (<T>() => T extends A ? 1 : 2) extends <T>() => T extends B ? 1 : 2 ? [] : [never]
): void;

${proofs.join('\n')}
`;
}
