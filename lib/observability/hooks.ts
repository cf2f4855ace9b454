import type { Logger, RetryEvent } from '../../index.js';
import { readOptions } from '../options.js';
import { invalid } from '../serialise.js';
import { REQUEST_END, RETRY, THROTTLE } from './channels.js';

/** Log levels, the most verbose first. */
const LEVELS = ['debug', 'info', 'warn', 'error', 'off'] as const;

type Level = (typeof LEVELS)[number];

/** Names of the options that clients and services share. */
const HOOK_OPTIONS = ['onRetry', 'logger', 'logLevel'] as const;

/** The hooks and the logger of one client or service. */
export interface Hooks {
  onRetry: ((event: RetryEvent) => unknown) | undefined;
  logger: Logger | undefined;
  /** index of the lowest level that is logged */
  level: number;
}

/**
 * The service's own hooks; those of the client for each one that it does not set.
 * @param what the argument's name
 * @returns undefined if there are none
 */
function readHooks(what: string, options: unknown, inherited?: Hooks): Hooks | undefined {
  const { onRetry, logger, logLevel } = readOptions(what, options, HOOK_OPTIONS);
  if (onRetry !== undefined && onRetry !== null && typeof onRetry !== 'function') {
    throw invalid('onRetry', 'onRetry must be a function');
  }
  const levelName = (logLevel ?? undefined) as Level | undefined;
  if (levelName !== undefined && !LEVELS.includes(levelName)) {
    throw invalid('logLevel', `logLevel must be one of ${LEVELS.join(', ')}`);
  }
  if (logger !== undefined && logger !== null) requireLogger(logger);
  const hooks = {
    onRetry: (onRetry as Hooks['onRetry'] | null) ?? inherited?.onRetry,
    logger: (logger as Logger | null | undefined) ?? inherited?.logger,
  };
  if (hooks.onRetry === undefined && hooks.logger === undefined) return undefined;
  const level =
    levelName === undefined
      ? (inherited?.level ?? LEVELS.indexOf(defaultLevel()))
      : LEVELS.indexOf(levelName);
  return { ...hooks, level };
}

function defaultLevel() {
  const { TWENTY_CRM_DEFAULTS } = require('../defaults.js') as typeof import('../defaults.js');
  return TWENTY_CRM_DEFAULTS.logLevel;
}

function requireLogger(logger: unknown): void {
  for (const level of LEVELS) {
    if (level !== 'off' && !hasMethod(logger, level)) {
      throw invalid('logger', `logger must have a method ${level}, as console has`);
    }
  }
}

function hasMethod(object: unknown, method: string) {
  try {
    return typeof (object as Record<string, unknown>)[method] === 'function';
  } catch {
    return false;
  }
}

/** Whether a line of this level is logged. */
function logs(hooks: Hooks | undefined, level: Exclude<Level, 'off'>) {
  return hooks?.logger !== undefined && LEVELS.indexOf(level) >= hooks.level;
}

function wantedBy(hooks: Hooks | undefined) {
  return (
    (hooks?.onRetry !== undefined || logs(hooks, 'warn') ? RETRY : 0) |
    (logs(hooks, 'warn') ? THROTTLE : 0) |
    (logs(hooks, 'debug') ? REQUEST_END : 0)
  );
}

export { logs, readHooks, wantedBy };
