'use strict';

const { EXIT } = require('./exit-codes.js');

/** @type {Record<string, number>} */
const CODES = { SIGINT: EXIT.INTERRUPTED, SIGTERM: EXIT.TERMINATED, SIGHUP: EXIT.HUNG_UP };

/**
 * @typedef {object} Interruption
 * @property {AbortSignal} soft aborts with the first signal: finish what is in flight
 * @property {AbortSignal} hard aborts with the second: let go of it
 * @property {() => string | undefined} name of the first signal, when there was one
 * @property {() => number} exitCode
 * @property {() => void} end the signals do again what they do by default
 */

/**
 * The third signal ends the process on the spot.
 * @param {NodeJS.Process} process
 */
function watchInterruption(process) {
  const soft = new AbortController();
  const hard = new AbortController();
  /** @type {string | undefined} */
  let name;
  const exitCode = () => CODES[name ?? ''] ?? EXIT.INTERRUPTED;
  /** @param {string} signal */
  const onSignal = (signal) => {
    name ??= signal;
    const reason = new Error(`stopped by ${name}`);
    if (!soft.signal.aborted) soft.abort(reason);
    else if (!hard.signal.aborted) hard.abort(reason);
    else process.exit(exitCode());
  };
  for (const signal of Object.keys(CODES)) process.on(signal, onSignal);
  return {
    soft: soft.signal,
    hard: hard.signal,
    name: () => name,
    exitCode,
    end: () => {
      for (const signal of Object.keys(CODES)) process.off(signal, onSignal);
    },
  };
}

module.exports = { watchInterruption };
