// The simulator as a child process.
'use strict';
const { spawn } = require('node:child_process');
const { findBinary } = require('./binary.js');
const { controlOf } = require('./control.js');
const { toArguments } = require('./options.js');

/** @typedef {import('node:child_process').ChildProcessWithoutNullStreams} Child */

/** @type {typeof import('../index.js').startTwentySim} */
async function startTwentySim(options = {}) {
  const args = toArguments(options);
  const env = { ...process.env, ...options.env };
  const child = spawn(findBinary(), args, { stdio: 'pipe', windowsHide: true, env });
  /** @type {Promise<void>} */
  const ended = new Promise((resolve) => child.once('close', () => resolve()));
  const { baseUrl, apiKey, apiKeys: keys, roles, pid } = JSON.parse(await firstLine(child));
  const { control: plain, close } = controlOf(baseUrl);
  const prepare = async () => {
    if (options.seed !== undefined) await plain.seed(options.seed);
    if (options.faults !== undefined) await plain.addFaults(options.faults);
  };
  /** @type {typeof plain.reset} */
  const reset = async (to) => {
    await plain.reset(to);
    await prepare();
  };
  /** @type {Promise<void> | undefined} */
  let stopped;
  const stop = () => {
    stopped ??= (() => {
      close();
      hold(child, true);
      child.stdin.end();
      return ended;
    })();
    return stopped;
  };
  try {
    await prepare();
  } catch (error) {
    await stop();
    throw error;
  }
  hold(child, false);
  return { baseUrl, apiKey, keys, roles, pid, control: { ...plain, reset }, stop };
}

/**
 * What the simulator says once it listens. Later it only complains, on our stderr.
 * @param {Child} child
 * @returns {Promise<string>}
 */
function firstLine(child) {
  return new Promise((resolve, reject) => {
    let said = '';
    let complaint = '';
    let isReady = false;
    child.stdout.setEncoding('utf8').on('data', (text) => {
      said += text;
      isReady = said.includes('\n');
      if (isReady) resolve(said);
    });
    child.stderr.setEncoding('utf8').on('data', (text) => {
      if (isReady) process.stderr.write(text);
      else complaint += text;
    });
    // It ended: writing to it says nothing new.
    child.stdin.on('error', () => {});
    child.once('error', reject);
    child.once('close', (code, signal) => {
      const why = complaint.trim() || `it ended with ${signal ?? `code ${code}`}`;
      reject(new Error(`twenty-sim did not start: ${why}`));
    });
  });
}

/**
 * Whether it keeps this process alive. It ends with its standard input, and so never outlives this process.
 * @param {Child} child
 * @param {boolean} isHeld
 */
function hold(child, isHeld) {
  const change = isHeld ? 'ref' : 'unref';
  child[change]();
  for (const stream of [child.stdin, child.stdout, child.stderr]) {
    /** @type {import('node:net').Socket} */ (stream)[change]();
  }
}

module.exports = { startTwentySim };
