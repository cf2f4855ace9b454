// Everything that code and documents cite is in the repository: every page and every heading.
import assert from 'node:assert/strict';
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import path from 'node:path';
import { test } from 'node:test';
import { anchors, root } from './helpers/documents.mjs';

const FOLDERS = [
  ...['src', 'lib', 'types', 'bin', 'sim', 'scripts', 'bench', 'fuzz', 'examples', '__test__'],
  ...['docs', 'npm', 'tests'],
];
const TEXTS = /\.(?:rs|c?js|mjs|[cm]?tsx?|md|toml|ya?ml|json|sh|c)$/;
/** Build output, installed packages, and foreign data. */
const FOREIGN = /(?:^|\/)(?:node_modules|target|corpus|results|\.next)(?:\/|$)/;
/** They read the recordings, or documents next to the repository, and skip if there are none. */
const READERS = ['__test__/citations.test.mjs'];

/** @param {string} folder @returns {string[]} */
function filesOf(folder) {
  return readdirSync(path.join(root, folder), { withFileTypes: true }).flatMap((entry) => {
    const name = path.posix.join(folder, entry.name);
    if (FOREIGN.test(name)) return [];
    if (entry.isDirectory()) return filesOf(name);
    return TEXTS.test(name) ? [name] : [];
  });
}

const files = new Map(
  [
    ...FOLDERS.flatMap((folder) => (existsSync(path.join(root, folder)) ? filesOf(folder) : [])),
    ...readdirSync(root).filter((name) => TEXTS.test(name)),
  ].map((name) => [name, readFileSync(path.join(root, name), 'utf8')]),
);

/** @type {Map<string, string[]>} */
const known = new Map();
/** @param {string} page */
function anchorsOf(page) {
  let found = known.get(page);
  if (found === undefined) {
    found = anchors(files.get(page) ?? '');
    known.set(page, found);
  }
  return found;
}

/** Every `docs/….md` in a text, with or without an anchor. @param {string} text */
const citations = (text) =>
  [...text.matchAll(/(?<![\w/.-])(docs\/[\w/-]+\.md)(?:#([\p{L}\p{N}_-]+))?/gu)].map(
    ([cited, page, anchor]) => ({ cited, page, anchor }),
  );

/** Citations that lead nowhere. @param {string} name @param {string} text */
function broken(name, text) {
  return citations(text)
    .filter(
      ({ page, anchor }) =>
        !files.has(page) || (anchor !== undefined && !anchorsOf(page).includes(anchor)),
    )
    .map(({ cited }) => `${name}: ${cited}`);
}

const ABSENT =
  /\b(?:WIRE(?:-NEWER)?|MAPPING|DESIGN|ENGINE|NAPI-FACTS|ANCHORS)(?:\.md|['’]s|(?=,? (?:section|row|point)))|\b[Tt]ranscripts? \d{3}/g;

/** Cited files that are not in the repository. @param {string} name @param {string} text */
const absent = (name, text) =>
  READERS.includes(name) ? [] : [...text.matchAll(ABSENT)].map(([found]) => `${name}: ${found}`);

test('every cited page and heading exists', () => {
  assert.ok(files.size > 500, `${files.size} files`);
  assert.deepEqual(
    [...files]
      .filter(([name]) => !READERS.includes(name))
      .flatMap(([name, text]) => broken(name, text)),
    [],
  );
  const cited = [...files].flatMap(([, text]) => citations(text)).filter(({ anchor }) => anchor);
  assert.ok(cited.length > 60, `${cited.length} headings are cited`);
});

test('every link between documents leads somewhere', () => {
  let anchored = 0;
  for (const [name, text] of files) {
    if (!name.endsWith('.md')) continue;
    const prose = text.replace(/^```.*?^```$/gms, '').replace(/`[^`\n]*`/g, '');
    for (const [, target] of prose.matchAll(/\]\(([^)\s]+)\)/g)) {
      if (/^[a-z]+:/.test(target)) continue;
      const [file, anchor] = target.split('#');
      const page = file ? path.posix.join(path.posix.dirname(name), file) : name;
      assert.ok(existsSync(path.join(root, page)), `${name} links to ${target}`);
      if (anchor === undefined || !page.endsWith('.md')) continue;
      assert.ok(anchorsOf(page).includes(anchor), `${name} links to ${target}`);
      anchored += 1;
    }
  }
  assert.ok(anchored > 30, `${anchored} links have an anchor`);
});

test('nothing cites a document that is not in the repository', () => {
  assert.deepEqual(
    [...files].flatMap(([name, text]) => absent(name, text)),
    [],
  );
});

test('citations that lead nowhere are found', () => {
  assert.deepEqual(
    broken(
      'a.rs',
      '`docs/errors.md`, `docs/errors.md#no-such-heading`, (docs/no-such-page.md), docs/errors.md#one-error.',
    ),
    ['a.rs: docs/errors.md#no-such-heading', 'a.rs: docs/no-such-page.md'],
  );
  const old = [
    'WIRE.md section 8',
    'WIRE-NEWER.md',
    'WIRE section 3',
    'MAPPING.md "Person"',
    'as DESIGN’s table says',
    "DESIGN's error table",
    'ENGINE.md point 5',
    'NAPI-FACTS.md',
    'ANCHORS.md',
    '(transcript 470)',
    'Transcripts 113 and 116',
  ];
  for (const text of old) assert.equal(absent('a.rs', text).length, 1, text);
  assert.deepEqual(absent('a.rs', 'a transcript of 200 lines, DESIGNS, wires, Head of Design'), []);
});

test('anchors are built as GitHub builds them', () => {
  const page = [
    '# `upsertManyPersons` and the rest',
    '## What’s said, and *why*',
    '## Same',
    '```text',
    '# none',
    '```',
    '## Same',
    '### [A link](there.md) of 2.21',
  ].join('\n');
  assert.deepEqual(anchors(page), [
    'upsertmanypersons-and-the-rest',
    'whats-said-and-why',
    'same',
    'same-1',
    'a-link-of-221',
  ]);
});
