// The README's code runs and compiles, and the README stays short.
import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { codeBlocks, compileBlocks, readDocument, runBlock } from './helpers/documents.mjs';
import { startSim } from './helpers/sim.mjs';

const readme = await readDocument('README.md');
const scripts = codeBlocks(readme).filter(({ language }) => language === 'js');
const [first] = scripts;

/** @type {Awaited<ReturnType<typeof startSim>>} */
let sim;
before(async () => {
  sim = await startSim({ preset: 'provisioned' });
});
after(() => sim.stop());

/** @param {string} code */
const run = (code) =>
  runBlock(code, { TWENTY_CRM_BASE_URL: sim.baseUrl, TWENTY_CRM_API_KEY: sim.apiKey });

test('the first block creates a record, and updates the same one when run again', async () => {
  const once = await run(first.code);
  assert.equal(once.stderr, '');
  const [, id] = once.stdout.match(/^created ([0-9a-f-]{36})\n$/) ?? [];
  assert.ok(id, once.stdout);
  assert.equal((await run(first.code)).stdout, `updated ${id}\n`);

  const people = await sim.records('people');
  const [acme] = await sim.records('companies');
  assert.equal(people.length, 1);
  assert.deepEqual(
    { name: people[0].name, company: people[0].companyId, named: acme.name },
    { name: { firstName: 'Jane', lastName: 'van der Berg' }, company: acme.id, named: 'Acme GmbH' },
  );
});

test('the other blocks run and print nothing', async () => {
  for (const { code } of scripts.slice(1)) {
    const { code: exitCode, stdout, stderr } = await run(code);
    assert.deepEqual({ exitCode, stdout, stderr }, { exitCode: 0, stdout: '', stderr: '' }, code);
  }
});

test('the blocks pass the TypeScript compiler, strictly', async () => {
  assert.equal(await compileBlocks(scripts), '');
});

test('every shell command exists in package.json', async () => {
  const known = JSON.parse(await readDocument('package.json')).scripts;
  const commands = [...readme.matchAll(/(?:`|^)npm (?:run )?([a-z:-]+)/gm)].map(([, name]) => name);
  assert.ok(commands.includes('demo') && commands.includes('test'));
  for (const command of commands) {
    assert.ok(command in known || ['install', 'pack'].includes(command), `npm run ${command}`);
  }
});

test('it fits on two screens', () => {
  const lines = readme.trimEnd().split('\n').length;
  assert.ok(lines <= 160, `${lines} lines: what is reference belongs into docs/reference.md`);
});
