import { isError } from '../errors.js';

/** A function of the caller, which is called with the arguments that its type declares. */
export type Hook = (...values: never[]) => unknown;

/** Hooks whose failure was already reported. */
const reported: WeakSet<object> = new WeakSet();

/**
 * Calls a hook. If it throws or rejects, that becomes a process warning, once for each hook.
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

/** Without the error's message: it may contain what the hook was given, and warnings are printed. */
function report(name: string, hook: Hook, how: string, error: unknown) {
  try {
    if (reported.has(hook)) return;
    reported.add(hook);
    const warning = new Error(
      `${name} ${how} (${nameOf(error)}); the call continues, and this warning is shown only once for each function`,
      { cause: error },
    );
    warning.name = 'TwentyCrmHookWarning';
    // Not enumerable, so that printing the warning does not print what the hook was given.
    Object.defineProperty(warning, 'code', { value: 'TWENTY_CRM_HOOK_FAILED' });
    process.emitWarning(warning);
  } catch {
    // The process throws on warnings: nobody is left to tell.
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
