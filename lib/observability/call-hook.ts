import { isError } from '../errors.js';

/** A function of the caller's, which is given what it is declared to take. */
export type Hook = (...values: never[]) => unknown;

/** Hooks whose failure was reported. */
const reported: WeakSet<object> = new WeakSet();

/**
 * What the hook throws, or rejects with, becomes a process warning, once for each hook.
 * @param name of the option
 */
function callHook(name: string, hook: Hook, values: unknown[], receiver?: unknown) {
  try {
    const outcome = Reflect.apply(hook, receiver, values);
    if (typeof outcome?.then === 'function') {
      outcome.then(undefined, (error: unknown) => report(name, hook, 'rejected', error));
    }
  } catch (error) {
    report(name, hook, 'threw', error);
  }
}

/** Without the error's own words: they may hold what the hook was given, and a warning is printed. */
function report(name: string, hook: Hook, how: string, error: unknown) {
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

function nameOf(error: unknown) {
  try {
    const name = isError(error) ? error.name : typeof error;
    return /^\w{1,64}$/.test(name) ? name : 'an error';
  } catch {
    return 'an error';
  }
}

export { callHook };
