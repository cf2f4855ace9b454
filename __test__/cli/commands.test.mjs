// doctor, schema and upsert, and rules for every command: exit codes, the shape of --json, no secret in any output.
import assert from 'node:assert/strict';
import { createRequire } from 'node:module';
import { describe, test } from 'node:test';
import { useSim } from '../helpers/crm.mjs';
import { closedPort, serve } from '../helpers/servers.mjs';
import { envOf, file, fresh, root, run, runJson, start } from './cli.mjs';

const crm = useSim({ preset: 'fresh' });
const { version } = createRequire(import.meta.url)('../../package.json');

/** Checks the envelope of --json. @param {{ json: any, code: number | null }} ran @param {string | null} command */
function assertShape({ json, code }, command) {
  const { schemaVersion, command: named, ok, exitCode, result, error, ...more } = json;
  assert.deepEqual(more, {});
  assert.equal(schemaVersion, 1);
  assert.equal(named, command);
  assert.equal(exitCode, code);
  assert.equal(ok, code === 0);
  assert.ok(result !== undefined || error !== undefined);
  if (error !== undefined) {
    assert.match(error.code, /^[A-Z_]+$/);
    assert.ok(error.message.length > 0);
  }
}

/** @param {string} text @param {string} key */
function assertNoKey(text, key) {
  for (let at = 0; at + 12 <= key.length; at += 1) {
    // The header of a token is always the same, and not secret.
    if (key.slice(0, key.indexOf('.')).includes(key.slice(at, at + 12))) continue;
    assert.ok(!text.includes(key.slice(at, at + 12)), text);
  }
}

describe('doctor', () => {
  test('shows every finding with what to do, and exits 0 if nothing is broken', async () => {
    const ran = await run(['doctor'], { env: envOf(crm.sim) });
    assert.equal(ran.code, 0, ran.stderr);
    assert.match(ran.stdout, /✔ reachable +The server answers/);
    assert.match(ran.stdout, /! schema +The workspace lacks custom fields/);
    assert.match(ran.stdout, /→ Run npx twenty-crm-native schema apply/);
    assert.match(ran.stdout, /It works, with a limitation\./);
    // biome-ignore lint/suspicious/noControlCharactersInRegex: the test looks for them
    assert.doesNotMatch(ran.stdout, /\x1b/, 'no colours where there is no terminal');
    assertNoKey(ran.stdout + ran.stderr, crm.sim.apiKey);
  });

  test('colours if they are forced, none if they are forbidden', async () => {
    const env = { ...envOf(crm.sim), FORCE_COLOR: '1' };
    assert.ok((await run(['doctor'], { env })).stdout.includes('\u001b[32m✔\u001b[39m'));
    assert.ok(!(await run(['doctor', '--no-color'], { env })).stdout.includes('\u001b'));
    const none = { ...env, NO_COLOR: '1' };
    assert.ok(!(await run(['doctor'], { env: none })).stdout.includes('\u001b'));
  });

  test('--json: the diagnosis', async () => {
    const ran = await runJson(['doctor'], { env: envOf(crm.sim) });
    assertShape(ran, 'doctor');
    const { baseUrl, mode, ok, summary, findings, ...more } = ran.json.result;
    assert.deepEqual(more, {});
    assert.deepEqual([baseUrl, mode, ok], [crm.sim.baseUrl, 'direct_crm', true]);
    assert.match(summary, /one warning/);
    assert.equal(findings.find(({ check }) => check === 'schema').status, 'warning');
    assert.equal(ran.stderr, '');
  });

  test('a refused key: 3; no server: 4; no configuration: 3', async () => {
    const env = { ...envOf(crm.sim), TWENTY_CRM_API_KEY: crm.sim.keys.revoked };
    const refused = await runJson(['doctor'], { env });
    assert.equal(refused.code, 3);
    assertShape(refused, 'doctor');
    assertNoKey(refused.stdout + refused.stderr, crm.sim.keys.revoked);

    const nowhere = { ...env, TWENTY_CRM_BASE_URL: `http://127.0.0.1:${await closedPort()}` };
    const unreachable = await runJson(['doctor', '--retries', '0'], { env: nowhere });
    assert.equal(unreachable.code, 4);
    assert.equal(unreachable.json.result.findings[0].check, 'reachable');

    const bare = await runJson(['doctor']);
    assert.equal(bare.code, 3);
    assertShape(bare, 'doctor');
    assert.match(bare.json.error.message, /TWENTY_CRM_BASE_URL and TWENTY_CRM_API_KEY must be set/);
    assert.match(bare.stderr, /--env-file/);
  });

  test('no binary that loads: 3, with what was looked for and what to do line by line, and no stack', async () => {
    const env = { ...envOf(crm.sim), NAPI_RS_NATIVE_LIBRARY_PATH: '/no/such/addon.node' };
    const ran = await runJson(['doctor'], { env });
    assert.equal(ran.code, 3);
    assert.equal(ran.json.error.code, 'CONFIG');
    assert.match(ran.stderr, /^error: .*no binary that loads here.*\nLooked for:\n {2}\/no\/such/);
    assert.match(ran.stderr, /\nWhat to do:\n {2}- NAPI_RS_NATIVE_LIBRARY_PATH must be/);
    assert.doesNotMatch(ran.stderr, /^ +at /m);
  });

  test('says that the environment switches the sync off', async () => {
    const env = { ...envOf(crm.sim), TWENTY_CRM_ENABLED: 'false' };
    const { json, code } = await runJson(['doctor'], { env });
    assert.equal(code, 0);
    assert.equal(json.result.mode, 'disabled');
    assert.equal(json.result.findings[0].check, 'mode');
    assert.match(json.result.summary, /^Nothing is sent to Twenty in mode disabled\. /);
    const shown = await run(['doctor'], { env });
    assert.match(shown.stdout, /It works, but nothing is sent to Twenty in mode disabled\.\n/);
  });
});

describe('schema', () => {
  test('plan exits 1 if fields are missing, apply creates them, then plan exits 0', async () => {
    const env = envOf(crm.sim);
    const before = await runJson(['schema', 'plan'], { env });
    assertShape(before, 'schema plan');
    assert.equal(before.code, 1);
    assert.equal(before.json.result.plan.missing.length, 9);

    const applied = await runJson(['schema', 'apply', '--yes'], { env });
    assertShape(applied, 'schema apply');
    assert.equal(applied.code, 0);
    assert.equal(applied.json.result.created.length, 9);
    assert.equal(applied.json.result.isDeclined, false);

    const after = await run(['schema', 'plan'], { env });
    assert.equal(after.code, 0);
    assert.match(after.stdout, /✔ people\.externalId +TEXT +present/);
    assert.match(after.stdout, /9 present, 0 missing, 0 in conflict/);
    const again = await run(['schema', 'apply', '--yes'], { env });
    assert.match(again.stdout, /already has all custom fields/);
  });

  test('without a terminal to ask on, apply changes nothing unless --yes is given', async () => {
    const ran = await runJson(['schema', 'apply'], { env: envOf(crm.sim), input: 'y\n' });
    assert.equal(ran.code, 2);
    assertShape(ran, 'schema apply');
    assert.match(ran.stderr, /--yes/);
    assert.equal((await runJson(['schema', 'plan'], { env: envOf(crm.sim) })).code, 1);
  });

  test('field names from --options', async () => {
    const options = file('options.json', '{"fieldNames":{"accountType":"kind"}}');
    const env = envOf(crm.sim);
    const { json } = await runJson(['schema', 'plan', '--options', options], { env });
    assert.ok(json.result.plan.missing.some(({ name }) => name === 'kind'));
  });
});

describe('upsert', () => {
  const jane = { external_id: 'u1', name: 'Jane Doe', email: 'jane@example.com' };

  test('a record as an argument, as a file and from standard input', async () => {
    const env = envOf(crm.sim);
    const created = await runJson(['upsert', 'person', JSON.stringify(jane)], { env });
    assertShape(created, 'upsert person');
    assert.equal(created.code, 0, created.stderr);
    const { entity, id, externalId, created: isNew, updated, data, warnings } = created.json.result;
    assert.deepEqual([entity, externalId, isNew, updated], ['person', 'u1', true, true]);
    assert.match(id, /^[0-9a-f-]{36}$/);
    assert.equal(data.name, 'Jane Doe');
    assert.ok(Array.isArray(warnings));

    const fromFile = file('jane.json', `\uFEFF${JSON.stringify({ ...jane, phone: 'none' })}`);
    const second = await run(['upsert', 'person', fromFile], { env });
    assert.match(second.stdout, /^updated person u1 {2}[0-9a-f-]{36}\n$/);
    assert.match(second.stderr, /! phone: /);

    const company = {
      external_id: 'c1',
      name: 'Acme',
      domainName: { primaryLinkUrl: 'acme.example' },
    };
    const third = await run(['upsert', 'company', '-'], { env, input: JSON.stringify(company) });
    assert.equal(third.code, 0, third.stderr);
    const [row] = await crm.sim.records('companies');
    assert.match(row.domainName.primaryLinkUrl, /acme\.example/);
  });

  test('a name in parts', async () => {
    const record = { ...jane, name: { firstName: 'Mary Ann', lastName: 'van der Berg' } };
    await run(['upsert', 'person', JSON.stringify(record)], { env: envOf(crm.sim) });
    const [row] = await crm.sim.records('people');
    assert.equal(row.name.firstName, 'Mary Ann');
    assert.equal(row.name.lastName, 'van der Berg');
  });

  test('a refused record: 1; something that is not a record: 5', async () => {
    const env = envOf(crm.sim);
    const refused = await runJson(
      ['upsert', 'person', '{"external_id":"x","name":"X","email":"no"}'],
      { env },
    );
    assertShape(refused, 'upsert person');
    assert.equal(refused.code, 1);
    assert.equal(refused.json.error.code, 'VALIDATION_ERROR');
    const unknown = await run(['upsert', 'person', '{"external_id":"x","nmae":"X"}'], { env });
    assert.equal(unknown.code, 1);
    assert.match(unknown.stderr, /unknown key "nmae": the nearest field of a person is name/);
    const strange = await run(['upsert', 'person', '{"Notes":"x"}'], { env });
    assert.match(strange.stderr, /unknown key "Notes": a person has no similar field\nFields: ext/);
    for (const record of ['{', '[]', fresh('missing.json')]) {
      assert.equal((await run(['upsert', 'person', record], { env })).code, 5, record);
    }
    assert.equal((await crm.sim.records('people')).length, 0);
  });

  test('an address that is not the API’s: 3, with what to do', async () => {
    const env = { ...envOf(crm.sim), TWENTY_CRM_BASE_URL: `${crm.sim.baseUrl}/rest` };
    for (const args of [
      ['upsert', 'person', JSON.stringify(jane)],
      ['schema', 'plan'],
    ]) {
      const ran = await runJson(args, { env });
      assert.equal(ran.code, 3);
      assert.match(ran.json.error.message, /Leave \/rest out of baseUrl\.$/);
      assert.match(ran.json.error.hint, /doctor/);
    }
  });

  test('a sync that is switched off: 3, and nothing is sent', async () => {
    for (const off of [{ TWENTY_CRM_ENABLED: 'no' }, { TWENTY_CRM_SYNC_MODE: 'platform' }]) {
      const env = { ...envOf(crm.sim), ...off };
      const ran = await run(['upsert', 'person', JSON.stringify(jane)], { env });
      assert.equal(ran.code, 3);
      assert.match(ran.stderr, /TWENTY_CRM_SYNC_MODE/);
    }
    assert.equal((await crm.sim.stats()).total, 0);
  });
});

describe('arguments', () => {
  test('help and version', async () => {
    assert.equal((await run(['--version'])).stdout, `${version}\n`);
    const help = await run(['--help']);
    assert.equal(help.code, 0);
    assert.match(help.stdout, /^Usage: twenty-crm-native/);
    for (const args of [
      ['help', 'sync'],
      ['sync', '--help'],
      ['sync', 'people', '-h'],
    ]) {
      const ran = await run(args);
      assert.equal(ran.code, 0);
      assert.match(ran.stdout, /^Usage: twenty-crm-native sync/);
      assert.equal(ran.stderr, '');
    }
  });

  test('an unknown command is reported: 2', async () => {
    for (const [args, pattern] of /** @type {const} */ ([
      [[], /Usage: twenty-crm-native/],
      [['sync'], /Usage: twenty-crm-native sync/],
      [['docter'], /Unknown command 'docter'\n.*doctor/],
      [['--json'], /Name one of the commands\nUsage: twenty-crm-native \[/],
      [['sync', '--json'], /Name one of the commands\nUsage: twenty-crm-native sync \[/],
      [['schema', '--json'], /Name one of the commands\nUsage: twenty-crm-native schema \[/],
      [['sync', '--force'], /Name one of the commands\nUsage: twenty-crm-native sync \[/],
      [['--json', 'doctor'], /--json stands before the command\n.*doctor --json/],
      [['sync', '--json', 'people', 'x.csv'], /--json stands before the command\n/],
      [['sync', '--jsn'], /Unknown option '--jsn'/],
      [['sync', 'people', '--json'], /missing required argument 'file'/i],
      [['doctor', '--jsn'], /Unknown option '--jsn'\n.*--json/],
      [['doctor', 'x'], /too many arguments/i],
      [['sync', 'people'], /missing required argument 'file'/i],
      [['sync', 'people', 'x.csv', '--concurrency', '65'], /from 1 to 64/],
      [['sync', 'people', 'x.csv', '--format', 'xml'], /csv, ndjson/],
    ])) {
      const ran = await run([...args]);
      assert.equal(ran.code, 2, args.join(' '));
      if (args.includes('--json')) assert.equal(JSON.parse(ran.stdout).error.code, 'USAGE');
      else assert.equal(ran.stdout, '');
      assert.match(ran.stderr, pattern);
      assert.match(ran.stderr, /^error: /);
    }
    const ran = await runJson(['doctor', '--nope']);
    assertShape(ran, null);
    assert.equal(ran.json.error.code, 'USAGE');
  });

  test('a key among the arguments is refused with the reason, and never printed', async () => {
    const key = crm.sim.apiKey;
    for (const args of [
      ['doctor', '--api-key', key],
      ['doctor', `--api-key=${key}`],
      ['--apiKey', key, 'doctor'],
      ['doctor', '--token', key],
    ]) {
      const ran = await run(args, { env: envOf(crm.sim) });
      assert.equal(ran.code, 2);
      assert.match(ran.stderr, /TWENTY_CRM_API_KEY/);
      assertNoKey(ran.stdout + ran.stderr, key);
    }
    for (const args of [['doctor', `--kye=${key}`], ['doctor', key], [key], [`--x${key}`]]) {
      const ran = await run([...args, '--json']);
      assert.equal(ran.code, 2);
      assertNoKey(ran.stdout + ran.stderr, key);
    }
  });

  test('variables from a file, overridden by the environment', async () => {
    const { TWENTY_CRM_BASE_URL, TWENTY_CRM_API_KEY } = envOf(crm.sim);
    const envFile = file(
      '.env',
      `# where\nTWENTY_CRM_BASE_URL=${TWENTY_CRM_BASE_URL}\nTWENTY_CRM_API_KEY="${TWENTY_CRM_API_KEY}"\n`,
    );
    const ran = await runJson(['doctor', '--env-file', envFile]);
    assert.equal(ran.code, 0, ran.stderr);
    const env = { TWENTY_CRM_API_KEY: crm.sim.keys.expired };
    assert.equal((await runJson(['doctor', '--env-file', envFile], { env })).code, 3);
  });

  test('a server that sends the key back does not get it printed', async () => {
    const key = 'k3y-with-all_the:odd%characters&more';
    const server = await serve(({ headers }, response) => {
      response.writeHead(400, { 'content-type': 'application/json' });
      response.end(JSON.stringify({ statusCode: 400, messages: [headers.authorization] }));
    });
    const env = envOf({ baseUrl: server.baseUrl, apiKey: key });
    const record = '{"external_id":"x","name":"X","email":"x@example.com"}';
    for (const args of [['doctor'], ['schema', 'plan'], ['upsert', 'person', record]]) {
      for (const more of [[], ['--json']]) {
        const ran = await run([...args, ...more], { env });
        assert.ok(server.seen.length > 0);
        assert.ok(!(ran.stdout + ran.stderr).includes(key));
      }
    }
  });

  test('a reader that closes its pipe is not a failure', async () => {
    const { child, ended } = start(['doctor'], envOf(crm.sim));
    child.stdin.end();
    child.stdout.destroy();
    child.stderr.destroy();
    assert.equal((await ended).code, 0);
  });
});

test('the library loads no file of the command line', async () => {
  const { spawnSync } = await import('node:child_process');
  const code = `
    const api = require('./index.js');
    for (const name of Object.keys(api)) api[name];
    console.log(JSON.stringify(Object.keys(require.cache)));`;
  const ran = spawnSync(process.execPath, ['-e', code], { cwd: root, encoding: 'utf8' });
  const loaded = JSON.parse(ran.stdout);
  assert.ok(loaded.length > 10);
  assert.deepEqual(
    loaded.filter((name) => /node_modules|lib.cli|[\\/]bin[\\/]/.test(name)),
    [],
  );
});
