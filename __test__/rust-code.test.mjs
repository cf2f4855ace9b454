// The reader of Rust sources that the layer tests and the line counter share.
import assert from 'node:assert/strict';
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { test } from 'node:test';
import { codeLines, codeLinesByPart } from '../scripts/code-lines.mjs';
import { circles, shownCircle } from './helpers/circles.mjs';
import { javascriptUses } from './helpers/javascript-modules.mjs';
import { rustUses } from './helpers/rust-modules.mjs';

test('code lines exclude comments, blank lines and tests', () => {
  const text = [
    '//! A file.',
    'use std::fmt; // why',
    '',
    '/* several',
    '   lines */ fn one() {',
    '    let text = "// no comment, /* nor this";',
    "    let quote = '\"'; // a character",
    '    let lines = r#"raw // text',
    '    over two lines"#;',
    '}',
    '#[cfg(test)]',
    'pub fn for_tests() -> Option<[u8; 2]> {',
    '    None',
    '}',
    'fn two() {}',
    '#[cfg(test)]',
    'mod tests {',
    '    fn of_the_test() { let text = "}"; }',
    '}',
    '#[cfg(test)]',
    'mod more;',
  ].join('\n');
  // use, fn one, text, quote, lines, its second line, }, fn two
  assert.equal(codeLines(text), 8);
});

test('files for tests only are not counted', () => {
  withFiles(
    {
      'lib.rs': '#[cfg(test)]\nmod tests;\nmod a;\n',
      'tests.rs': 'fn test() {}\n',
      'a.rs': '#[cfg(test)]\nmod cells;\nfn a() {}\n',
      'a/cells.rs': 'fn test() {}\n',
      'a/b.rs': 'fn b() {}\nfn c() {}\n',
    },
    (folder) => {
      assert.deepEqual(Object.fromEntries(codeLinesByPart(folder)), {
        'lib.rs': 1,
        'a.rs': 1,
        a: 2,
      });
    },
  );
});

test('uses are found through groups, renamed modules and re-exports', () => {
  withFiles(
    {
      'lib.rs': 'mod a;\nmod b;\nmod c;\n',
      'a/mod.rs': 'mod one;\nmod two;\npub use one::{One, Other as Renamed};\n',
      'a/one.rs': 'use super::two::Two;\n// use crate::c::C;\n',
      'a/two.rs': 'use crate::{b, c::{self, C}};\nfn f() { b::call(); }\n',
      'b.rs': 'fn f() -> crate::a::Renamed { "use crate::c;" }\n',
      'c.rs': '#[cfg(test)]\nmod tests {\n    use crate::a::One;\n}\n',
    },
    (folder) => {
      const edges = rustUses(folder, (name) => name !== '');
      const listed = Object.fromEntries([...edges].map(([name, to]) => [name, [...to].sort()]));
      assert.deepEqual(listed, {
        a: [],
        'a::one': ['a::two'],
        'a::two': ['b', 'c'],
        b: ['a::one'],
        c: [],
      });
      assert.deepEqual(circles(edges), [['a::one', 'a::two', 'b']]);
      assert.equal(
        shownCircle(edges, ['a::one', 'a::two', 'b']),
        'a circle of 3 modules:\n  a::one -> a::two\n  a::two -> b\n  b -> a::one',
      );
    },
  );
});

test('uses in JavaScript and TypeScript, including those of types', () => {
  withFiles(
    {
      'a.js': "const b = require('./b.js');\n/** @type {import('./deep/c.js').C} */\n",
      'b.ts': "import type { C } from './deep/c.ts';\nimport fs from 'node:fs';\n",
      'deep/c.ts': "export { a } from '../a.js';\n",
    },
    (folder) => {
      const edges = javascriptUses(folder);
      assert.deepEqual([...(edges.get('a') ?? [])], ['b', 'deep/c']);
      assert.deepEqual([...(edges.get('b') ?? [])], ['deep/c']);
      assert.deepEqual(circles(edges), [['a', 'b', 'deep/c']]);
    },
  );
});

/**
 * @param {Record<string, string>} files by their path
 * @param {(folder: string) => void} use
 */
function withFiles(files, use) {
  const folder = mkdtempSync(path.join(tmpdir(), 'rust-code-'));
  try {
    for (const [name, text] of Object.entries(files)) {
      mkdirSync(path.dirname(path.join(folder, name)), { recursive: true });
      writeFileSync(path.join(folder, name), text);
    }
    use(folder);
  } finally {
    rmSync(folder, { recursive: true });
  }
}
