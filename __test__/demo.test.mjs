// The demo as a user runs it (without building), and how it recognises a failure.
import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import path from 'node:path';
import { after, before, describe, test } from 'node:test';
import { fileURLToPath } from 'node:url';
import { checkFirstRun, checkRefusals, checkRepeat } from '../examples/demo/verdict.mjs';
import { runNode } from './consumers/support.mjs';
import { listenTo } from './helpers/programs.mjs';
import { startSim } from './helpers/sim.mjs';

const root = path.resolve(path.dirname(fileURLToPath(import.meta.url)), '..');
const start =
  "import { main } from './examples/demo/main.mjs';" +
  'process.exitCode = await main(process.argv.slice(1));';

/**
 * @param {string[]} args
 * @param {Record<string, string>} [env]
 * @param {(child: import('node:child_process').ChildProcess, stdout: string) => void} [onOutput]
 */
function runDemo(args, env = {}, onOutput) {
  const { TWENTY_CRM_BASE_URL: _url, TWENTY_CRM_API_KEY: _key, ...rest } = process.env;
  const child = spawn(process.execPath, ['--input-type=module', '--eval', start, '--', ...args], {
    cwd: root,
    env: { ...rest, ...env },
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  const { printed, ended } = listenTo(child);
  child.stdout.on('data', () => onOutput?.(child, printed.stdout));
  return ended;
}

test('the whole demo, on the simulator that it starts', async () => {
  const { code, stdout, stderr } = await runDemo([]);
  assert.equal(stderr, '');
  assert.match(stdout, /✔ Nothing was created twice: still 444 companies and 2,136 people/);
  const [first, second, third] = stdout.split(/^(?:Second|Third) run/m);
  assert.match(first, /Companies +432 +432 +0 +0 +0 /);
  assert.match(first, /People +2,160 +2,136 +8 +0 +16 /);
  assert.match(first, /2,592 records: \d\d requests, \d\d tokens/);
  assert.match(second, /Companies +432 +0 +26 +406 +0 /);
  assert.match(second, /People +2,160 +0 +57 +2,087 +16 /);
  assert.match(third, /Companies +432 +0 +0 +432 +0 /);
  assert.match(third, /People +2,160 +0 +16 +2,128 +16 /);
  assert.match(third, /12 people written with \d+ requests and \d+ tokens/);
  assert.equal(code, 0);
});

describe('on a server that the environment names', () => {
  /** @type {Awaited<ReturnType<typeof startSim>>} */
  let sim;
  before(async () => {
    sim = await startSim({ preset: 'provisioned' });
  });
  after(() => sim.stop());

  test('it writes to that server, says so, and does not print the key', async () => {
    const env = { TWENTY_CRM_BASE_URL: sim.baseUrl, TWENTY_CRM_API_KEY: sim.apiKey };
    const { code, stdout, stderr } = await runDemo(['--limit', '40'], env);
    assert.equal(stderr, '');
    assert.equal(code, 0);
    assert.ok(stdout.includes(`${sim.baseUrl} (a real server: the records stay there)`));
    assert.ok(!(stdout + stderr).includes(sim.apiKey));
    const people = await sim.records('people');
    assert.equal(people.length, 40);

    const again = await runDemo(['--limit', '40'], env);
    assert.equal(again.code, 0);
    assert.equal((await sim.records('people')).length, 40);

    const lines = [...stdout.matchAll(/^ {2}node bin\/twenty-crm-native\.js ([^#\n]+?) +#/gm)];
    assert.equal(lines.length, 3, 'three lines to paste');
    for (const [, words] of lines) {
      const bin = ['bin/twenty-crm-native.js', ...words.split(' ')];
      const ran = await runNode(bin, { cwd: root, env: { ...process.env, ...env } });
      assert.equal(ran.code, 0, `${words}: ${ran.output}`);
    }
  });

  test('a revoked key ends it at once, with a message', async () => {
    const key = sim.keys.revoked;
    const env = { TWENTY_CRM_BASE_URL: sim.baseUrl, TWENTY_CRM_API_KEY: key };
    const { code, stdout, stderr } = await runDemo([], env);
    assert.equal(code, 1);
    assert.match(stderr, /revoked/);
    assert.ok(!stderr.includes('    at '), 'no stack trace for what is no bug');
    assert.ok(!(stdout + stderr).includes(key));
  });

  test('one variable without the other is refused', async () => {
    const { code, stderr } = await runDemo([], { TWENTY_CRM_BASE_URL: sim.baseUrl });
    assert.equal(code, 1);
    assert.match(stderr, /TWENTY_CRM_API_KEY is not set/);
  });

  test('Ctrl-C ends it cleanly', { skip: process.platform === 'win32' }, async () => {
    await sim.setOptions({ latencyMs: 40 });
    const env = { TWENTY_CRM_BASE_URL: sim.baseUrl, TWENTY_CRM_API_KEY: sim.apiKey };
    let isPressed = false;
    const { code, stdout, stderr } = await runDemo([], env, (child, text) => {
      // Only once: the second Ctrl-C does not wait.
      if (!isPressed && text.includes('of 432')) isPressed = child.kill('SIGINT');
    });
    assert.equal(code, 130);
    assert.match(stdout, /Stopped\. /);
    assert.equal(stderr, '');
  });
});

test('unknown options are refused with a message', async () => {
  for (const args of [['--limit', '0'], ['--limit', 'x'], ['--nope']]) {
    const { code, stderr } = await runDemo(args);
    assert.equal(code, 1);
    assert.ok(stderr.includes(args[0]) && !stderr.includes('    at '), stderr);
  }
});

describe('the verdict', () => {
  /** @param {Partial<import('../examples/demo/sync.mjs').Report>} [part] */
  const report = (part = {}) => ({
    read: 2,
    created: 2,
    updated: 0,
    unchanged: 0,
    refused: [],
    ids: new Map([
      ['a', '1'],
      ['b', '2'],
    ]),
    doubled: [],
    namedCompanies: new Set(),
    requests: 1,
    durationMs: 1,
    ...part,
  });
  /** @param {string} code */
  const refusal = (code) => ({
    line: 7,
    externalId: 'a',
    error: /** @type {any} */ ({ code, message: 'no', isRetryable: false }),
  });
  const empty = { people: 0, companies: 0 };
  const two = { people: 2, companies: 2 };
  const run = { companies: report(), people: report() };

  test('a good pair of runs', () => {
    assert.deepEqual(checkFirstRun(run, empty, two), []);
    const second = report({ created: 0, updated: 2 });
    assert.deepEqual(checkRepeat(run, { companies: second, people: second }, two, two), []);
  });

  test('one record more or less than created', () => {
    assert.equal(checkFirstRun(run, empty, { people: 3, companies: 2 }).length, 1);
    assert.equal(checkFirstRun(run, empty, { people: 2, companies: 3 }).length, 1);
    assert.equal(checkFirstRun(run, empty, { people: 2, companies: 1 }).length, 1);
  });

  test('companies that only people name', () => {
    const named = { ...run, people: report({ namedCompanies: new Set(['a', 'z']) }) };
    assert.deepEqual(checkFirstRun(named, empty, { people: 2, companies: 3 }), []);
    assert.equal(checkFirstRun(named, empty, two).length, 1);
    // They may have existed before.
    const used = { people: 5, companies: 5 };
    assert.deepEqual(checkFirstRun(named, used, { people: 7, companies: 7 }), []);
  });

  test('a repeat that creates, adds, loses or swaps records', () => {
    const updated = report({ created: 0, updated: 2 });
    const good = { companies: updated, people: updated };
    const created = { ...good, people: report({ created: 1, updated: 1 }) };
    assert.equal(checkRepeat(run, created, two, two).length, 1);
    assert.equal(checkRepeat(run, good, two, { people: 3, companies: 2 }).length, 1);
    const swapped = {
      ...good,
      people: {
        ...updated,
        ids: new Map([
          ['a', '1'],
          ['b', '9'],
        ]),
      },
    };
    assert.equal(checkRepeat(run, swapped, two, two).length, 1);
    const lost = { ...good, people: { ...updated, ids: new Map([['a', '1']]) } };
    assert.equal(checkRepeat(run, lost, two, two).length, 1);
  });

  test('refusals, expected and unexpected', () => {
    const foreseen = [{ line: 7, external_id: 'a', field: 'email' }];
    const refused = { ...run, people: report({ refused: [refusal('VALIDATION_ERROR')] }) };
    assert.deepEqual(checkRefusals(refused, foreseen), []);
    assert.equal(checkRefusals(refused, []).length, 1);
    assert.equal(checkRefusals(run, foreseen).length, 1);
    const otherwise = { ...run, people: report({ refused: [refusal('SERVER_ERROR')] }) };
    assert.equal(checkRefusals(otherwise, foreseen).length, 1);
    const company = { ...run, companies: report({ refused: [refusal('VALIDATION_ERROR')] }) };
    assert.equal(checkRefusals(company, []).length, 1);
  });
});
