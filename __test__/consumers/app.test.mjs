// Small applications that install the packed tarball and run.
import assert from 'node:assert/strict';
import { cpSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { after, before, describe, test } from 'node:test';
import { fileURLToPath } from 'node:url';
import { startPostgres } from '../helpers/postgres.mjs';
import { startSim } from '../helpers/sim.mjs';
import { installTarball, pack, runNode } from './support.mjs';

const root = fileURLToPath(new URL('../..', import.meta.url));

let folder;
let sim;
before(async () => {
  folder = mkdtempSync(path.join(tmpdir(), 'twenty-crm-native-app-'));
  cpSync(path.join(root, '__test__/consumers/app'), folder, { recursive: true });
  const tarball = await pack(root, folder);
  await installTarball(folder, tarball);
  sim = await startSim();
});
after(async () => {
  await sim?.stop();
  rmSync(folder, { recursive: true, force: true });
});

/**
 * Runs one of the applications and returns its output.
 * @param {string} name
 * @param {object} [more]
 */
async function run(name, more = {}) {
  const { baseUrl, apiKey } = sim;
  const args = [path.join(folder, name), JSON.stringify({ baseUrl, apiKey, ...more })];
  const { code, output, stdout } = await runNode(args, { cwd: folder });
  assert.equal(code, 0, output);
  return JSON.parse(stdout);
}

test('a newcomer’s first record, in an empty folder and under 15 lines', async () => {
  const readme = readFileSync(path.join(root, 'README.md'), 'utf8');
  const [, program] = /^```js\n\/\/ first\.mjs\n(.*?)^```$/ms.exec(readme);
  assert.ok(program.trim().split('\n').length < 15);
  writeFileSync(path.join(folder, 'first.mjs'), program);
  const { code, output } = await runNode(['first.mjs'], {
    cwd: folder,
    env: { ...process.env, TWENTY_CRM_BASE_URL: sim.baseUrl, TWENTY_CRM_API_KEY: sim.apiKey },
  });
  assert.equal(code, 0, output);
  assert.match(output, /^created [0-9a-f-]{36}\n$/);
});

test('CommonJS', async () => {
  const { id, created } = await run('commonjs/index.cjs');
  assert.equal(created, true);
  const companies = await sim.records('companies');
  const company = companies.find((/** @type {any} */ row) => row.id === id);
  assert.equal(company?.name, 'CommonJS Ltd');
});

test('ES modules', async () => {
  assert.deepEqual(await run('esm/index.mjs'), { statuses: ['created', 'created'], ok: true });
});

test('a pool of worker threads', async () => {
  const { results, ids, created } = await run('workers/index.mjs');
  assert.deepEqual([results, ids, created], [40, 20, 20]);
});

test('an application on pg', async (context) => {
  const postgres = await startPostgres();
  if (postgres.skip) return context.skip(postgres.skip);
  context.after(() => postgres.stop());
  const { rows, id, found } = await run('postgres/index.mjs', { database: postgres.config });
  assert.deepEqual(rows, [{ ever_id: 'pg_1', crm_id: id }]);
  assert.equal(found, 'pg_1');
});

describe('TypeScript, strict', { concurrency: 2 }, () => {
  const settings = {
    nodenext: { module: 'nodenext', files: ['module.mts', 'commonjs.cts'] },
    node16: { module: 'node16', files: ['module.mts', 'commonjs.cts'] },
    bundler: { module: 'esnext', moduleResolution: 'bundler', files: ['module.mts'] },
  };
  for (const [compilerName, compiler] of [
    ['7', 'typescript7'],
    ['5', 'typescript'],
  ]) {
    for (const [name, { files, ...options }] of Object.entries(settings)) {
      test(`TypeScript ${compilerName}, ${name}`, async () => {
        const config = path.join(folder, `typescript/tsconfig.${compiler}.${name}.json`);
        const compilerOptions = {
          ...options,
          target: 'es2022',
          lib: ['es2022'],
          types: [],
          strict: true,
          skipLibCheck: false,
          noEmit: true,
        };
        writeFileSync(config, JSON.stringify({ compilerOptions, files }));
        const tsc = path.join(root, 'node_modules', compiler, 'bin/tsc');
        const { code, output } = await runNode([tsc, '-p', config]);
        assert.equal(output, '');
        assert.equal(code, 0);
      });
    }
  }
});

test('the command line is installed with the package', async () => {
  const bin = path.join(folder, 'node_modules/twenty-crm-native/bin/twenty-crm-native.js');
  const { code, output } = await runNode([bin, '--version']);
  assert.equal(code, 0, output);
});
