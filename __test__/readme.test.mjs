// The README's code runs, compiles, and names the defaults that the code has.
import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { TWENTY_CRM_DEFAULTS, TwentyCrmErrorCode } from '../index.mjs';
import { codeBlocks, compileBlocks, readDocument, runBlock } from './helpers/documents.mjs';
import { startSim } from './helpers/sim.mjs';

const readme = await readDocument('README.md');
const blocks = codeBlocks(readme);
/** @param {string} language */
const inLanguage = (language) => blocks.filter((block) => block.language === language);

/** @type {Awaited<ReturnType<typeof startSim>>} */
let sim;
before(async () => {
  sim = await startSim({ preset: 'provisioned' });
});
after(() => sim.stop());

/** What each block prints, by a word of its code; a block without an entry prints nothing. */
const outputs = [
  { has: 'createTwentyCrmOutbox', stdout: /^\[\]\n$/ },
  {
    has: 'mapClientProfileToPerson',
    stdout:
      /^{"external_id":"cli_2","name":"Ada Byron","email":"ada@acme\.example","city":"Lyon","company_external_id":"org_1"}\n{"external_id":"org_1","name":"Acme GmbH","domain_name":"acme\.example"}\n$/,
  },
  { has: 'validateTwentyCrmConfig', stdout: /^baseUrl - .+\napiKey - .+\n$/ },
  { has: 'applyPlatformEvent', stdout: /^cli_3 created\n$/ },
  {
    has: 'syncPersons',
    stdout: /^{ created: 500, updated: 0, unchanged: 0, failed: 0 }\n$/,
  },
  { has: 'sqliteMappingStore', stdout: /^org_4\n$/ },
  { has: 'upsertPerson', stdout: /^created [0-9a-f-]{36}\n$/ },
  { has: 'client.get', stdout: /^\d+ people\n$/ },
  { has: 'diagnose', stdout: /^Everything is in order\.\n$/ },
  { has: 'CRM_CA_FILE', stdout: /^$/ },
  { has: 'testConnection', stdout: /^connected in [\d.]+ ms\n$/ },
];

for (const { code, heading } of inLanguage('js')) {
  test(`the js block under "${heading}" runs: ${code.trimStart().split('\n', 1)}`, async () => {
    const ran = await runBlock(code, {
      TWENTY_CRM_BASE_URL: sim.baseUrl,
      TWENTY_CRM_API_KEY: sim.apiKey,
    });
    assert.equal(ran.stderr, '');
    assert.equal(ran.code, 0);
    const expected = outputs.find(({ has }) => code.includes(has));
    assert.match(ran.stdout, expected?.stdout ?? /^$/);
  });
}

test('the first block writes what it says', async () => {
  const people = await sim.records('people');
  const companies = await sim.records('companies');
  const jane = people.find(
    (/** @type {any} */ row) => row.emails.primaryEmail === 'jane@acme.example',
  );
  const acme = companies.find((/** @type {any} */ row) => row.name === 'Acme GmbH');
  assert.deepEqual(
    { first: jane?.name.firstName, last: jane?.name.lastName, company: jane?.companyId },
    { first: 'Jane', last: 'van der Berg', company: acme?.id },
  );
});

test('the first block, run again, updates', async () => {
  const [{ code }] = inLanguage('js');
  const ran = await runBlock(code, {
    TWENTY_CRM_BASE_URL: sim.baseUrl,
    TWENTY_CRM_API_KEY: sim.apiKey,
  });
  assert.match(ran.stdout, /^updated [0-9a-f-]{36}\n$/);
});

test('the ts blocks compile, strictly', async () => {
  const written = inLanguage('ts');
  assert.ok(written.length > 0);
  assert.equal(await compileBlocks(written), '');
});

test('the js blocks are typed as TypeScript sees them, strictly', async () => {
  assert.equal(await compileBlocks(inLanguage('js').filter(({ runOnly }) => !runOnly)), '');
});

test('every shell command is one of package.json', async () => {
  const { scripts } = JSON.parse(await readDocument('package.json'));
  const commands = [...readme.matchAll(/(?:`|^)npm (?:run )?([a-z:-]+)/gm)].map(([, name]) => name);
  assert.ok(commands.includes('demo') && commands.includes('test'));
  for (const command of commands) {
    assert.ok(command in scripts || ['install', 'pack'].includes(command), `npm run ${command}`);
  }
});

/** The rows of all tables, the name in the first cell without its backquotes. */
const rows = new Map(
  [...readme.matchAll(/^\| `(\w+)` \|(.*)\|$/gm)].map(([, name, rest]) => [
    name,
    rest.split('|').map((cell) => cell.trim()),
  ]),
);

const customFields = readme.slice(readme.indexOf('## Custom fields'));

/** @param {string | undefined} cell @param {unknown} value */
const states = (cell, value) =>
  typeof value === 'string' ? cell?.includes(`\`'${value}'\``) : cell === String(value);

test('the option tables give the defaults that the package has', () => {
  const { collisions, fieldNames, skipRetry, outbox, ...plain } = TWENTY_CRM_DEFAULTS;
  for (const [name, value] of Object.entries({ ...plain, ...collisions })) {
    const cell = rows.get(name)?.[1];
    assert.ok(states(cell, value), `default of ${name}: "${cell}" instead of ${value}`);
  }
  assert.ok(readme.includes(`\`skipRetry\` (one attempt only; default ${skipRetry})`));
  for (const name of Object.values(fieldNames).flat()) {
    assert.match(customFields, new RegExp(`^\\|[^|]*\\|[^|]*\`${name}\``, 'm'), `field ${name}`);
  }
});

test('the error table has every code', () => {
  for (const code of Object.values(TwentyCrmErrorCode)) assert.ok(rows.has(code), code);
});
