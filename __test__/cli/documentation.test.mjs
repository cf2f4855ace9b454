// docs/cli.md and the program's help agree.
import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import path from 'node:path';
import { test } from 'node:test';
import { TWENTY_CRM_DEFAULTS } from '../../index.mjs';
import { root, run } from './cli.mjs';

const require = createRequire(import.meta.url);
const { createProgram } = require('../../lib/cli/program.js');
const { EXIT } = require('../../lib/cli/exit-codes.js');
const { FIELDS, NESTED, REQUIRED } = require('../../lib/cli/fields.js');

const doc = readFileSync(path.join(root, 'docs/cli.md'), 'utf8');
const program = createProgram({}, '0');

/** Commands with an action. @param {any} command @returns {any[]} */
const leaves = (command) =>
  command.commands.length === 0 ? [command] : command.commands.flatMap(leaves);

/** @param {any} command @returns {string} */
const nameOf = (command) =>
  command.parent?.parent ? `${nameOf(command.parent)} ${command.name()}` : command.name();

/** Rows of the tables under a heading: cells without the first and last bar. @param {string} heading */
function rows(heading) {
  const begin = doc.indexOf(`\n## ${heading}\n`);
  const end = doc.indexOf('\n## ', begin + 1);
  return doc
    .slice(begin, end < 0 ? undefined : end)
    .split('\n')
    .filter((line) => /^\| [^-|]/.test(line))
    .map((line) =>
      line
        .slice(1, -1)
        .split('|')
        .map((cell) => cell.trim()),
    );
}

test('the document lists the program’s options with their placeholders', () => {
  const inProgram = new Set(
    leaves(program).flatMap((command) => [
      ...command.options.map(({ flags }) => flags),
      command._helpOption?.flags ?? '-h, --help',
    ]),
  );
  const inDoc = rows('Options').map(([cell]) => cell.replaceAll('`', ''));
  assert.deepEqual(
    [...new Set(inDoc)].filter((flags) => flags !== 'Option').sort(),
    [...inProgram].sort(),
  );
});

test('the document lists the package’s defaults', () => {
  const cells = new Map(
    rows('Options').map(([name, value]) => [/--[\w-]+/.exec(name)?.[0], value]),
  );
  assert.equal(cells.get('--timeout'), String(TWENTY_CRM_DEFAULTS.timeout));
  assert.equal(cells.get('--retries'), String(TWENTY_CRM_DEFAULTS.maxRetries));
  assert.equal(cells.get('--concurrency'), String(TWENTY_CRM_DEFAULTS.maxConcurrency));
  const [sync] = leaves(program).filter((command) => nameOf(command) === 'sync people');
  for (const name of ['--timeout', '--retries', '--concurrency']) {
    const { description } = sync.options.find(({ long }) => long === name);
    assert.ok(description.includes(`(default ${cells.get(name)})`), description);
  }
});

test('every command is in the table of commands', () => {
  for (const command of leaves(program)) {
    const usage = `${nameOf(command)}${command.registeredArguments.map((argument) => ` <${argument.name()}>`).join('')}`;
    assert.ok(doc.includes(`\`${usage}\``), usage);
  }
});

test('the document and the help list the program’s exit codes', async () => {
  const inDoc = rows('Exit codes').flatMap(([cell]) => cell.match(/\d+/g)?.map(Number) ?? []);
  assert.deepEqual(inDoc, Object.values(EXIT));
  const { stdout } = await run(['--help']);
  const help = stdout.slice(stdout.indexOf('Exit codes:'));
  for (const code of help.match(/\b\d+\b/g) ?? []) assert.ok(inDoc.includes(Number(code)), code);
  assert.ok((help.match(/\b\d+\b/g) ?? []).length >= 8);
});

test('the fields are those of the package’s types, and the document names them', () => {
  const types = readFileSync(path.join(root, 'types/twenty-crm-sync.types.d.ts'), 'utf8');
  for (const [entity, name] of Object.entries({
    person: 'UpsertPersonInput',
    company: 'UpsertCompanyInput',
  })) {
    const body = types.match(new RegExp(`interface ${name} \\{([\\s\\S]*?)\\n\\}`))?.[1] ?? '';
    const members = [...body.matchAll(/^ {2}(\w+)(\??):/gm)];
    assert.deepEqual(members.map(([, field]) => field).sort(), [...FIELDS[entity]].sort());
    const needed = members.filter(([, , optional]) => optional === '').map(([, field]) => field);
    assert.deepEqual(needed, [...REQUIRED[entity]]);
    for (const field of [...FIELDS[entity], ...Object.keys(NESTED[entity])]) {
      assert.ok(doc.includes(`\`${field}\``), field);
    }
  }
});
