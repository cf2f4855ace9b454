// The options of twenty-sim.
import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { test } from 'node:test';
import { findBinary } from '../../sim/npm/lib/binary.js';
import '../helpers/sim.mjs';

/** @param {string[]} args */
const sim = (...args) => spawnSync(findBinary(), args, { encoding: 'utf8', input: '' });

test('--help and -h print the options and start nothing', () => {
  for (const flag of ['--help', '-h']) {
    const { status, stdout, stderr } = sim(flag);
    assert.deepEqual([status, stderr], [0, '']);
    assert.match(stdout, /Usage: twenty-sim \[options\]/);
    assert.match(stdout, /--preset <name>/);
  }
});

test('an unknown option leads to the help', () => {
  for (const args of [['--nope', '1'], ['--port']]) {
    const { status, stderr } = sim(...args);
    assert.equal(status, 1);
    assert.match(stderr, new RegExp(`${args[0]}[\\s\\S]*--help`));
  }
});
