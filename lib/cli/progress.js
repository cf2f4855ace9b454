'use strict';

const { Pace } = require('./pace.js');
const { count, duration } = require('./text.js');

/** Milliseconds between plain lines. */
const LINE_EVERY_MS = 5_000;

/**
 * @typedef {object} State
 * @property {number} done records
 * @property {number} refused
 * @property {number} fraction of the input, 0 to 1
 *
 * @typedef {object} Progress
 * @property {(state: State) => void} update
 * @property {() => void} stop takes the bar away; safe to call twice
 */

/** @type {Progress} */
const NO_PROGRESS = { update() {}, stop() {} };

/**
 * @param {object} options
 * @param {string} options.label
 * @param {boolean} options.hasSize
 * @param {import('./console.js').Console} options.console
 * @param {boolean} [options.quiet]
 * @param {() => number} [options.now]
 */
function createProgress({
  label,
  hasSize,
  console,
  quiet = false,
  now = performance.now.bind(performance),
}) {
  if (quiet) return NO_PROGRESS;
  const pace = new Pace(now);
  return console.err.isTerminal
    ? bar(label, hasSize, pace, console)
    : lines(label, hasSize, pace, console, now);
}

/**
 * @param {string} label
 * @param {boolean} hasSize
 * @param {InstanceType<typeof Pace>} pace
 * @param {import('./console.js').Console} console
 * @param {() => number} now
 * @returns {Progress}
 */
function lines(label, hasSize, pace, console, now) {
  let lastMs = now();
  return {
    update(state) {
      pace.note(state.done, state.fraction);
      if (now() - lastMs < LINE_EVERY_MS) return;
      lastMs = now();
      console.err.write(`${label}: ${inWords(state, hasSize, pace).join(', ')}\n`);
    },
    stop() {},
  };
}

/**
 * @param {State} state
 * @param {boolean} hasSize
 * @param {InstanceType<typeof Pace>} pace
 */
function inWords({ done, refused, fraction }, hasSize, pace) {
  const { perSecond, leftMs } = pace.estimate(done, fraction);
  return [
    ...(hasSize ? [`${Math.floor(fraction * 100)} %`] : []),
    `${count(done)} done`,
    `${count(Math.round(perSecond))} a second`,
    ...(hasSize && leftMs !== undefined ? [`${duration(leftMs)} left`] : []),
    ...(refused > 0 ? [`${count(refused)} refused`] : []),
  ];
}

/**
 * @param {string} label
 * @param {boolean} hasSize
 * @param {InstanceType<typeof Pace>} pace
 * @param {import('./console.js').Console} console
 * @returns {Progress}
 */
function bar(label, hasSize, pace, console) {
  const { SingleBar } = require('cli-progress');
  const { paint, stream } = console.err;
  /** @type {State} */
  let state = { done: 0, refused: 0, fraction: 0 };
  /** @param {any} _options @param {{ progress: number }} params */
  const format = (_options, params) => {
    const words = inWords(state, hasSize, pace).join('  ');
    if (!hasSize) return `  ${label}  ${words}`;
    const width = Math.max(10, Math.min(32, console.err.width - label.length - words.length - 8));
    const full = Math.round(params.progress * width);
    return `  ${label}  ${paint('cyan', '█'.repeat(full))}${paint('dim', '░'.repeat(width - full))}  ${words}`;
  };
  const view = new SingleBar({
    format,
    stream,
    fps: 10,
    hideCursor: true,
    clearOnComplete: true,
    forceRedraw: true,
    // Ctrl-C is the program's own business.
    gracefulExit: false,
  });
  view.start(1, 0);
  let isRunning = true;
  return {
    update(newState) {
      state = newState;
      pace.note(state.done, state.fraction);
      view.update(state.fraction);
    },
    stop() {
      if (isRunning) view.stop();
      isRunning = false;
    },
  };
}

module.exports = { createProgress };
