// What an operator sees on a terminal: a bar, colours, a question that is answered, the cursor restored.
import assert from 'node:assert/strict';
import { spawn, spawnSync } from 'node:child_process';
import { createRequire } from 'node:module';
import { describe, test } from 'node:test';
import { useSim } from '../helpers/crm.mjs';
import { bin, envOf, file, ndjson } from './cli.mjs';

const require = createRequire(import.meta.url);
const { createProgress } = require('../../lib/cli/progress.js');
const { createConsole } = require('../../lib/cli/console.js');
const { Pace } = require('../../lib/cli/pace.js');

const CTRL_C = '\u0003';
const HIDE_CURSOR = '\u001b[?25l';
const SHOW_CURSOR = '\u001b[?25h';

/** util-linux' `script` gives a program a terminal of its own. */
const hasScript = /util-linux/.test(
  spawnSync('script', ['--version'], { encoding: 'utf8' }).stdout ?? '',
);

/** @param {string} word */
const quoted = (word) => `'${word.replaceAll("'", "'\\''")}'`;

/**
 * Runs the program on a terminal.
 * @param {string[]} args
 * @param {Record<string, string>} env
 * @param {(shown: string, type: (keys: string) => void) => void} [onShown] called whenever something is shown
 * @returns {Promise<{ code: number | null, shown: string }>}
 */
function onTerminal(args, env, onShown = () => {}) {
  const command = [process.execPath, bin, ...args].map(quoted).join(' ');
  const { NO_COLOR, FORCE_COLOR, ...bare } = process.env;
  const child = spawn('script', ['-qec', command, '/dev/null'], {
    env: { ...bare, TERM: 'xterm-256color', ...env },
  });
  let shown = '';
  child.stdin.on('error', () => {});
  return new Promise((resolve, reject) => {
    child.once('error', reject);
    child.stdout.setEncoding('utf8').on('data', (text) => {
      shown += text;
      onShown(shown, (keys) => child.stdin.write(keys));
    });
    child.once('close', (code) => resolve({ code, shown }));
  });
}

describe('on a terminal', { skip: !hasScript && 'there is no util-linux script here' }, () => {
  const crm = useSim({ preset: 'fresh' });

  test('schema apply shows what it would do and asks; no changes nothing, yes applies it', async () => {
    const env = envOf(crm.sim);
    for (const [answer, code, pattern] of /** @type {const} */ ([
      ['\r', 1, /Nothing was changed/],
      ['no\r', 1, /Nothing was changed/],
      ['y\r', 0, /9 fields changed/],
    ])) {
      let isAnswered = false;
      const ran = await onTerminal(['schema', 'apply'], env, (shown, type) => {
        if (isAnswered || !shown.includes('[y/N]')) return;
        isAnswered = true;
        type(answer);
      });
      assert.match(ran.shown, /people\.externalId/);
      assert.match(ran.shown, /Change 9 fields in http:\S+\? \[y\/N\]/);
      assert.match(ran.shown, pattern);
      assert.equal(ran.code, code);
    }
  });

  test('Ctrl-C at the question: 130, and nothing is changed', async () => {
    let isAnswered = false;
    const ran = await onTerminal(['schema', 'apply'], envOf(crm.sim), (shown, type) => {
      if (isAnswered || !shown.includes('[y/N]')) return;
      isAnswered = true;
      type(CTRL_C);
    });
    assert.equal(ran.code, 130, ran.shown);
    assert.ok((await crm.sim.log()).every(({ method }) => method === 'GET'));
  });

  test('sync draws a bar, restores the cursor, and ends with a coloured summary', async () => {
    const people = Array.from({ length: 500 }, (_, n) => ({
      external_id: `t${n}`,
      name: 'Jane Doe',
      email: n === 7 ? 'none' : `t${n}@example.com`,
    }));
    const input = file('people.ndjson', ndjson(people));
    const ran = await onTerminal(['sync', 'people', input], envOf(crm.sim));
    assert.equal(ran.code, 1);
    assert.match(ran.shown, /People {2}.*[█░]{10,}/);
    assert.ok(ran.shown.includes(HIDE_CURSOR));
    assert.ok(ran.shown.lastIndexOf(SHOW_CURSOR) > ran.shown.lastIndexOf(HIDE_CURSOR));
    assert.ok(ran.shown.includes('\u001b[32mcreated '));
    assert.ok(ran.shown.includes('\u001b[31mrefused '));
    const summary = ran.shown.slice(ran.shown.lastIndexOf('People from'));
    assert.doesNotMatch(summary, /[█░]/, 'the bar is gone');
  });

  test('Ctrl-C removes the bar and finishes what is in flight', async (t) => {
    t.after(() => crm.sim.setOptions({ latencyMs: 0 }));
    await crm.sim.setOptions({ latencyMs: 200 });
    const people = Array.from({ length: 20_000 }, (_, n) => ({
      external_id: `t${n}`,
      name: 'Jane Doe',
      email: `t${n}@example.com`,
    }));
    const input = file('people.ndjson', ndjson(people));
    let isStopped = false;
    const ran = await onTerminal(['sync', 'people', input], envOf(crm.sim), (shown, type) => {
      if (isStopped || !/\d+ done/.test(shown)) return;
      isStopped = true;
      type(CTRL_C);
    });
    assert.equal(ran.code, 130, ran.shown);
    assert.match(
      ran.shown,
      /Stopping: finishing [\d,]+ records? in flight\. Press again to stop at once\./,
    );
    assert.match(ran.shown, /Stopped before line \d+\./);
    assert.ok(ran.shown.lastIndexOf(SHOW_CURSOR) > ran.shown.lastIndexOf(HIDE_CURSOR));
    const line = Number(/--from-line\s+(\d+)/.exec(ran.shown)?.[1]);
    assert.equal((await crm.sim.records('people')).length, line - 1);
  });
});

/** A stream that keeps what is written. @param {object} [more] */
function sink(more) {
  const texts = [];
  return { texts, on() {}, write: (text) => texts.push(text) > 0, ...more };
}

test('without a terminal there is a line every five seconds, with share, rate and time left', () => {
  let nowMs = 0;
  const stderr = sink();
  const console = createConsole({ stdout: sink(), stderr, env: {} });
  const progress = createProgress({ label: 'People', hasSize: true, console, now: () => nowMs });
  for (let done = 100; done <= 2_000; done += 100) {
    nowMs += 600;
    progress.update({ done, refused: done > 1_000 ? 3 : 0, fraction: done / 4_000 });
  }
  progress.stop();
  assert.deepEqual(stderr.texts, [
    'People: 22 %, 900 done, 167 a second, 19 s left\n',
    'People: 45 %, 1,800 done, 167 a second, 13 s left, 3 refused\n',
  ]);
});

test('without a size there is no share and no time left; --quiet prints nothing', () => {
  let nowMs = 0;
  const stderr = sink();
  const console = createConsole({ stdout: sink(), stderr, env: {} });
  const settings = { label: 'People', hasSize: false, console, now: () => nowMs };
  const progress = createProgress(settings);
  const quiet = createProgress({ ...settings, quiet: true });
  nowMs = 10_000;
  for (const each of [progress, quiet]) each.update({ done: 50, refused: 0, fraction: 0 });
  assert.deepEqual(stderr.texts, ['People: 50 done, 5 a second\n']);
});

test('the rate covers the last seconds, not the whole run', () => {
  let nowMs = 0;
  const pace = new Pace(() => nowMs);
  for (let second = 1; second <= 100; second += 1) {
    nowMs = second * 1_000;
    const done = second <= 50 ? second * 100 : 5_000 + (second - 50);
    pace.note(done, done / 10_000);
  }
  const { perSecond, leftMs } = pace.estimate(5_050, 0.505);
  assert.equal(perSecond, 1);
  assert.equal(Math.round(leftMs / 1_000), 4_950);
});

test('colours depend on the terminal and the environment', () => {
  const painted = (env, isTTY) => {
    const stdout = sink({ isTTY, columns: 80 });
    return createConsole({ stdout, stderr: sink(), env }).out.paint('red', 'x') !== 'x';
  };
  assert.equal(painted({ TERM: 'xterm' }, true), true);
  assert.equal(painted({ TERM: 'dumb' }, true), false);
  assert.equal(painted({ NO_COLOR: '1' }, true), false);
  assert.equal(painted({ NO_COLOR: '' }, true), true);
  assert.equal(painted({}, false), false);
  assert.equal(painted({ FORCE_COLOR: '1' }, false), true);
  assert.equal(painted({ FORCE_COLOR: '0' }, true), false);
});
