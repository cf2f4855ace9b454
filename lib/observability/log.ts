import type { Logger } from '../../index.js';
import { callHook } from './call-hook.js';
import type { Hooks } from './hooks.js';
import { logs } from './hooks.js';

/** Longest value that a line shows. */
const LONGEST = 100;

/**
 * Writes one line: a message, then `key=value` for each fact. Console, pino and winston all write such a line.
 * @param facts undefined ones are left out
 */
function log(
  hooks: Hooks | undefined,
  level: 'debug' | 'info' | 'warn' | 'error',
  message: string,
  facts: Record<string, unknown>,
) {
  if (!logs(hooks, level)) return;
  const logger = hooks?.logger as Logger;
  const pairs = Object.entries(facts)
    .filter(([, value]) => value !== undefined && value !== null)
    .map(([name, value]) => ` ${name}=${shown(value)}`);
  let write: Logger[typeof level] | undefined;
  try {
    write = logger[level];
  } catch {
    return;
  }
  if (typeof write !== 'function') return;
  callHook(`logger.${level}`, write, [`twenty-crm-native: ${message}${pairs.join('')}`], logger);
}

function shown(value: unknown) {
  if (typeof value === 'number') return String(Math.round(value * 10) / 10);
  const text = String(value);
  const short = text.length > LONGEST ? `${text.slice(0, LONGEST)}…` : text;
  if (/^[\w.:/*<>+-]+$/.test(short)) return short;
  return JSON.stringify(short).replaceAll(
    /[\u007f-\u009f\u2028\u2029]/g,
    (character) => `\\u${character.charCodeAt(0).toString(16).padStart(4, '0')}`,
  );
}

/** An external id as events and logs may show it: some sites use e-mail addresses or phone numbers as ids. */
function shownId(externalId: unknown) {
  if (typeof externalId !== 'string') return undefined;
  const isAddress = externalId.includes('@') || /%40/i.test(externalId);
  const isPhone = /^[+\d\s()./-]{7,}$/.test(externalId);
  return isAddress || isPhone || /\s/.test(externalId) ? '*' : externalId;
}

export { log, shownId };
