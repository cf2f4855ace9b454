'use strict';

const { isError } = require('../errors.js');

/** @type {WeakSet<object>} Hooks whose failure was reported. */
const reported = new WeakSet();

/**
 * What the hook throws, or rejects with, becomes a process warning, once for each hook.
 * @param {string} name of the option
 * @param {Function} hook
 * @param {unknown[]} values
 * @param {unknown} [receiver]
 */
function callHook(name, hook, values, receiver) {
  try {
    const outcome = Reflect.apply(hook, receiver, values);
    if (typeof outcome?.then === 'function') {
      outcome.then(undefined, (/** @type {unknown} */ error) =>
        report(name, hook, 'rejected', error),
      );
    }
  } catch (error) {
    report(name, hook, 'threw', error);
  }
}

/**
 * Without the error's own words: they may hold what the hook was given, and a warning is printed.
 * @param {string} name
 * @param {Function} hook
 * @param {string} how
 * @param {unknown} error
 */
function report(name, hook, how, error) {
  try {
    if (reported.has(hook)) return;
    reported.add(hook);
    const warning = new Error(
      `${name} ${how} (${nameOf(error)}); the call goes on, and this is said once for each function`,
      { cause: error },
    );
    warning.name = 'TwentyCrmHookWarning';
    // Not enumerable, so that nobody who prints the warning prints what the hook was given.
    Object.defineProperty(warning, 'code', { value: 'TWENTY_CRM_HOOK_FAILED' });
    process.emitWarning(warning);
  } catch {
    // A process that forbids warnings; there is nobody left to tell.
  }
}

/** @param {unknown} error */
function nameOf(error) {
  try {
    const name = isError(error) ? error.name : typeof error;
    return /^\w{1,64}$/.test(name) ? name : 'an error';
  } catch {
    return 'an error';
  }
}

module.exports = { callHook };
