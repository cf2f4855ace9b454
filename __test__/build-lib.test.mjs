// lib/ is TypeScript. The published files are the same text with the types blanked out: see
// docs/decisions/typescript-source.md.
import assert from 'node:assert/strict';
import { readdirSync, readFileSync } from 'node:fs';
import path from 'node:path';
import { describe, test } from 'node:test';
import { fileURLToPath } from 'node:url';
import ts from 'typescript';
import { emit } from '../scripts/support/emit-commonjs.mjs';
import { emitTypes } from '../scripts/support/emit-types.mjs';

const lib = fileURLToPath(new URL('../lib', import.meta.url));
const files = readdirSync(lib, { recursive: true }).map(String);
const sources = files.filter((name) => name.endsWith('.ts'));
const textOf = (/** @type {string} */ name) => readFileSync(path.join(lib, name), 'utf8');

describe('the JavaScript of lib/', () => {
  test('there is one file for each source, and no other', () => {
    assert.ok(sources.length > 100, 'the sources are found');
    assert.deepEqual(
      files.filter((name) => name.endsWith('.js')).sort(),
      sources.map((name) => name.replace(/ts$/, 'js')).sort(),
    );
  });

  test('all code keeps the line and column of its source', () => {
    for (const name of sources) {
      const [source, output] = [name, name.replace(/ts$/, 'js')].map((file) =>
        textOf(file).split('\n'),
      );
      assert.equal(output.length, source.length, name);
      // Imports and exports have another form; the code between them keeps its lines.
      const rewritten = linesOfModules(name);
      for (const [at, whole] of output.entries()) {
        const line = whole.replace(/^'use strict'; /, '');
        if (rewritten.has(at) || line === "'use strict';") continue;
        // In place of a type there may be a semicolon (so that two lines are not read as one) or the bracket before an
        // arrow (if the result's type took several lines).
        const blanked = [...line].map((one, column) =>
          ' ;)'.includes(one) ? one : source[at][column],
        );
        assert.equal(blanked.join(''), line, `${name}:${at + 1}`);
      }
    }
  });
});

/** @param {string} name */
function linesOfModules(name) {
  const file = ts.createSourceFile(name, textOf(name), ts.ScriptTarget.Latest, true);
  const lineOf = (/** @type {number} */ at) => file.getLineAndCharacterOfPosition(at).line;
  return new Set(
    file.statements
      .filter((one) => ts.isImportDeclaration(one) || ts.isExportDeclaration(one))
      .flatMap((one) => {
        const [first, last] = [lineOf(one.getStart(file)), lineOf(one.end)];
        return Array.from({ length: last - first + 1 }, (_, at) => first + at);
      }),
  );
}

describe('emit', () => {
  test('turns imports and exports into CommonJS, and types into blanks', () => {
    const source = [
      "import type { A } from './a.js';",
      "import { one as other, two } from './b.js';",
      "import * as three from './c.js';",
      '/** About a type. */',
      'export interface B { a: A }',
      'const four = <T>(value: T): T | B => other(value as T, two, three);',
      'export { four, two as five };',
    ].join('\n');
    assert.equal(
      emit('x.ts', source),
      [
        "'use strict';",
        "const { one: other, two } = require('./b.js');",
        "const three = require('./c.js');",
        '',
        '',
        'const four =    (value   )        => other(value     , two, three);',
        'module.exports = { four, five: two };',
      ].join('\n'),
    );
  });

  test('a file that begins with code gets "use strict" in its first line', () => {
    assert.equal(
      emit('x.ts', 'const a = 1;\nexport { a };'),
      "'use strict'; const a = 1;\nmodule.exports = { a };",
    );
  });

  for (const [what, source] of Object.entries({
    'an enum': 'const a = 1;\nenum A { B }',
    'a namespace': 'const a = 1;\nnamespace A { export const b = 1; }',
    'a parameter property': 'const a = 1;\nclass A { constructor(private b: number) {} }',
    'import = require': "const a = 1;\nimport b = require('./b.js');",
    'export =': 'const a = 1;\nexport = a;',
    'a default import': "const a = 1;\nimport b from './b.js';",
    'an import without names': "const a = 1;\nimport './b.js';",
    'a default export': 'const a = 1;\nexport default a;',
    'an export where it is declared': 'const a = 1;\nexport const b = 1;',
    'an export from elsewhere': "const a = 1;\nexport { b } from './b.js';",
    'an export before the end': 'const a = 1;\nexport { a };\nconst b = 1;',
  })) {
    test(`refuses ${what}, and names the place`, () => {
      assert.throws(() => emit('lib/x.ts', source), /^Error: lib\/x\.ts:2:\d+: /);
    });
  }
});

describe('types', () => {
  test('types/values.d.ts matches the sources', () => {
    const written = readFileSync(path.join(lib, '../types/values.d.ts'), 'utf8');
    assert.equal(written, emitTypes(), 'npm run build:lib writes it');
  });

  test('no any crosses a module', () => {
    assert.deepEqual(crossings(), []);
  });
});

/** Exported functions and methods that accept or return any, or a promise of it. */
function crossings() {
  const names = sources.map((name) => path.join(lib, name));
  const { options } = ts.parseJsonConfigFileContent(
    ts.readConfigFile(path.join(lib, 'tsconfig.json'), ts.sys.readFile).config,
    ts.sys,
    lib,
  );
  const program = ts.createProgram(names, options);
  const checker = program.getTypeChecker();
  /** @type {string[]} */
  const found = [];
  for (const name of names) {
    const file = /** @type {ts.SourceFile} */ (program.getSourceFile(name));
    const module = checker.getSymbolAtLocation(file);
    for (const exported of module === undefined ? [] : checker.getExportsOfModule(module)) {
      const symbol =
        exported.flags & ts.SymbolFlags.Alias ? checker.getAliasedSymbol(exported) : exported;
      if (!(symbol.flags & ts.SymbolFlags.Value)) continue;
      const type = checker.getTypeOfSymbol(symbol);
      const where = `${path.relative(lib, name)}: ${exported.name}`;
      if (isAny(type)) found.push(where);
      found.push(...signaturesWithAny(type, where));
      for (const construct of type.getConstructSignatures()) {
        for (const member of construct.getReturnType().getProperties()) {
          if (member.valueDeclaration?.getSourceFile().fileName !== name) continue;
          found.push(
            ...signaturesWithAny(checker.getTypeOfSymbol(member), `${where}.${member.name}`),
          );
        }
      }
    }
  }
  return found;

  /** @param {ts.Type} type */
  function isAny(type) {
    return Boolean((checker.getAwaitedType(type) ?? type).flags & ts.TypeFlags.Any);
  }

  /** @param {ts.Type} type @param {string} where */
  function signaturesWithAny(type, where) {
    return [...type.getCallSignatures(), ...type.getConstructSignatures()]
      .filter(
        (signature) =>
          isAny(signature.getReturnType()) ||
          signature.parameters.some((one) => isAny(checker.getTypeOfSymbol(one))),
      )
      .map(() => where);
  }
}
