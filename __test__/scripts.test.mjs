// The summary of `npm test` must be reliable, so the code behind it has tests of its own.
import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { readFileSync } from 'node:fs';
import { createInterface } from 'node:readline';
import { test } from 'node:test';
import { setImmediate } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { checks } from '../scripts/check.mjs';
import { findLibrary } from '../scripts/support/fast-build.mjs';
import { countCargo, countTap, heedExitCode, listSkipped } from '../scripts/test.mjs';
import { isSource, rerunner } from '../scripts/test-watch.mjs';
import './helpers/sim.mjs';

const cargo = `
running 2 tests
test result: ok. 2 passed; 0 failed; 0 ignored; 0 measured; 0 filtered out; finished in 0.00s
     Running tests/replay.rs
test result: FAILED. 10 passed; 1 failed; 3 ignored; 0 measured; 0 filtered out; finished in 0.00s
   Doc-tests twenty_sim
test result: ok. 0 passed; 0 failed; 0 ignored; 0 measured; 0 filtered out; finished in 0.00s
`;

const tap = `TAP version 13
# pass 99
# Subtest: with the spec
    ok 1 - compares # SKIP the spec is not here
ok 1 - with the spec
ok 2 - a bare skip # SKIP
ok 3 - later # TODO not yet
1..3
# tests 9
# pass 4
# fail 1
# cancelled 2
# skipped 2
# todo 1
`;

test('cargo: results of all crates and kinds of tests are added up', () => {
  assert.deepEqual(countCargo(cargo), { passed: 12, failed: 1, skipped: 3 });
});

test('cargo: no result at all counts nothing', () => {
  assert.deepEqual(countCargo('error: could not compile'), { passed: 0, failed: 0, skipped: 0 });
});

test('node: only the summary counts, not printed text; a cancelled test has failed; a skipped suite is skipped', () => {
  assert.deepEqual(countTap(tap), { passed: 4, failed: 3, skipped: 3 });
});

test('node: skipped tests are listed with their reason', () => {
  assert.deepEqual(listSkipped(tap), [
    'compares: the spec is not here',
    'a bare skip',
    'later: not yet',
  ]);
});

test('a bad exit code is a failure even if no test failed', () => {
  const none = { passed: 0, failed: 0, skipped: 0 };
  assert.equal(heedExitCode(none, 101).failed, 1);
  assert.equal(heedExitCode({ ...none, failed: 3 }, 101).failed, 3);
  assert.equal(heedExitCode({ ...none, passed: 3 }, 0).failed, 0);
});

test('.ci/run names every check', () => {
  const script = readFileSync(new URL('../.ci/run', import.meta.url), 'utf8');
  const named = [...script.matchAll(/^node scripts\/check\.mjs (.+)$/gm)];
  assert.deepEqual(
    named.flatMap(([, words]) => words.split(' ')).sort(),
    Object.keys(checks).sort(),
  );
});

test('fast build: the addon is the library that cargo names, on each system', () => {
  /** @param {string[]} filenames @param {boolean} fresh */
  const messages = (filenames, fresh) =>
    [
      { reason: 'compiler-artifact', target: { name: 'libc' }, filenames: ['liblibc.so'], fresh },
      { reason: 'build-script-executed' },
      { reason: 'compiler-artifact', target: { name: 'twenty_crm_native' }, filenames, fresh },
    ]
      .map((message) => `${JSON.stringify(message)}\n`)
      .join('');
  for (const library of ['a/liba.so', 'a/liba.dylib', 'a\\a.dll']) {
    const found = findLibrary(messages(['a/liba.rlib', library], false));
    assert.deepEqual(found, { library, isCompiled: true });
  }
  assert.equal(findLibrary(messages(['liba.so'], true)).isCompiled, false);
  assert.throws(() => findLibrary(messages(['liba.rlib'], false)), /no library/);
});

test('test:watch: a run is caused by sources, not by what a build, a test or an editor writes', () => {
  for (const file of ['lib/client.ts', 'src/core/mod.rs', 'Cargo.toml', 'README.md']) {
    assert.equal(isSource(file), true, file);
  }
  const others = ['lib/client.js', 'lib/client.js.new', 'types/values.d.ts', 'native.d.ts'];
  for (const file of [
    ...others,
    'src/.lib.rs.swp',
    'src/lib.rs~',
    'a.node',
    '__test__/.generated-1/a.mjs',
  ]) {
    assert.equal(isSource(file), false, file);
  }
});

test('test:watch: changes during a run cause one more, with all of them', async () => {
  /** @type {(() => void)[]} */
  const runs = [];
  const ask = rerunner(() => new Promise((resolve) => runs.push(() => resolve(undefined))));
  const ended = ask();
  assert.equal(runs.length, 1, 'the first change runs at once');
  ask();
  ask();
  assert.equal(runs.length, 1, 'the run that goes on is not disturbed');
  runs[0]();
  await setImmediate();
  assert.equal(runs.length, 2);
  runs[1]();
  await ended;
  assert.equal(runs.length, 2);
  ask();
  assert.equal(runs.length, 3, 'and later changes run again');
  runs[2]();
});

test('npm run sim prints two variables that lead to a working simulator', async () => {
  const script = fileURLToPath(new URL('../scripts/sim.mjs', import.meta.url));
  const child = spawn(process.execPath, [script, '--preset', 'dev'], {
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  const ended = once(child, 'close');
  try {
    /** @type {Record<string, string>} */
    const set = {};
    for await (const line of createInterface({ input: child.stdout })) {
      const [, name, value] = /^(?:export |\$env:)(\w+)="?([^"]+)"?$/.exec(line) ?? [];
      if (name === undefined) break;
      set[name] = value;
    }
    assert.deepEqual(Object.keys(set), ['TWENTY_CRM_BASE_URL', 'TWENTY_CRM_API_KEY']);
    const answer = await fetch(`${set.TWENTY_CRM_BASE_URL}/rest/people?limit=1`, {
      headers: { authorization: `Bearer ${set.TWENTY_CRM_API_KEY}` },
    });
    assert.equal(answer.status, 200);
    assert.ok((await answer.json()).totalCount > 0, 'the option was passed on');
  } finally {
    child.kill();
    await ended;
  }
});
