'use strict';

const { TWENTY_CRM_DEFAULTS } = require('../defaults.js');
const { readOptions } = require('../options.js');
const { invalid } = require('../serialise.js');
const { REQUEST_END, RETRY, THROTTLE } = require('./channels.js');

/** Log levels, the most talkative first. */
const LEVELS = /** @type {const} */ (['debug', 'info', 'warn', 'error', 'off']);

const DEFAULT_LEVEL = LEVELS.indexOf(TWENTY_CRM_DEFAULTS.logLevel);

/** Names of the options of clients and services alike. */
const HOOK_OPTIONS = /** @type {const} */ (['onRetry', 'logger', 'logLevel']);

/**
 * @typedef {object} Hooks What one client or service was given to be told.
 * @property {((event: import('../../index.js').RetryEvent) => unknown) | undefined} onRetry
 * @property {import('../../index.js').Logger | undefined} logger
 * @property {number} level index of the least that is logged
 */

/**
 * The client's hooks, where a service has none of its own.
 * @param {string} what the argument's name
 * @param {unknown} options
 * @param {Hooks} [inherited]
 * @returns {Hooks | undefined} undefined where there is nobody to tell
 */
function readHooks(what, options, inherited) {
  const { onRetry, logger, logLevel } = readOptions(what, options, HOOK_OPTIONS);
  if (onRetry !== undefined && onRetry !== null && typeof onRetry !== 'function') {
    throw invalid('onRetry', 'onRetry must be a function');
  }
  const levelName = logLevel ?? undefined;
  if (levelName !== undefined && !LEVELS.includes(levelName)) {
    throw invalid('logLevel', `logLevel must be one of ${LEVELS.join(', ')}`);
  }
  if (logger !== undefined && logger !== null) requireLogger(logger);
  const hooks = {
    onRetry: onRetry ?? inherited?.onRetry,
    logger: logger ?? inherited?.logger,
    level:
      levelName === undefined ? (inherited?.level ?? DEFAULT_LEVEL) : LEVELS.indexOf(levelName),
  };
  return hooks.onRetry === undefined && hooks.logger === undefined ? undefined : hooks;
}

/** @param {any} logger */
function requireLogger(logger) {
  for (const level of LEVELS) {
    if (level !== 'off' && !hasMethod(logger, level)) {
      throw invalid('logger', `logger must have a method ${level}, as console has`);
    }
  }
}

/**
 * @param {any} object
 * @param {string} method
 */
function hasMethod(object, method) {
  try {
    return typeof object[method] === 'function';
  } catch {
    return false;
  }
}

/**
 * Whether a line of this level is written.
 * @param {Hooks | undefined} hooks
 * @param {'debug' | 'info' | 'warn' | 'error'} level
 */
function logs(hooks, level) {
  return hooks?.logger !== undefined && LEVELS.indexOf(level) >= hooks.level;
}

/** @param {Hooks | undefined} hooks */
function wantedBy(hooks) {
  return (
    (hooks?.onRetry !== undefined || logs(hooks, 'warn') ? RETRY : 0) |
    (logs(hooks, 'warn') ? THROTTLE : 0) |
    (logs(hooks, 'debug') ? REQUEST_END : 0)
  );
}

module.exports = { HOOK_OPTIONS, logs, readHooks, wantedBy };
