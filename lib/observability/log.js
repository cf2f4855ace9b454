'use strict';

const { callHook } = require('./call-hook.js');
const { logs } = require('./hooks.js');

/** @typedef {import('./hooks.js').Hooks} Hooks */

/** Longest value that a line shows. */
const LONGEST = 100;

/**
 * One line: what happened, then `key=value` for every fact, as console, pino and winston all write it.
 * @param {Hooks | undefined} hooks
 * @param {'debug' | 'info' | 'warn' | 'error'} level
 * @param {string} message
 * @param {Record<string, unknown>} facts those that are undefined are left out
 */
function log(hooks, level, message, facts) {
  if (!logs(hooks, level)) return;
  const logger = /** @type {import('../../index.js').Logger} */ (hooks?.logger);
  const pairs = Object.entries(facts)
    .filter(([, value]) => value !== undefined && value !== null)
    .map(([name, value]) => ` ${name}=${shown(value)}`);
  let write;
  try {
    write = logger[level];
  } catch {
    return;
  }
  if (typeof write !== 'function') return;
  callHook(`logger.${level}`, write, [`twenty-crm-native: ${message}${pairs.join('')}`], logger);
}

/** @param {unknown} value */
function shown(value) {
  if (typeof value === 'number') return String(Math.round(value * 10) / 10);
  const text = String(value);
  const short = text.length > LONGEST ? `${text.slice(0, LONGEST)}…` : text;
  if (/^[\w.:/*<>+-]+$/.test(short)) return short;
  return JSON.stringify(short).replaceAll(
    /[\u007f-\u009f\u2028\u2029]/g,
    (character) => `\\u${character.charCodeAt(0).toString(16).padStart(4, '0')}`,
  );
}

/**
 * An external id as events and logs may show it: some sites take e-mail addresses or phone numbers for ids.
 * @param {unknown} externalId
 */
function shownId(externalId) {
  if (typeof externalId !== 'string') return undefined;
  const isAddress = externalId.includes('@') || /%40/i.test(externalId);
  const isPhone = /^[+\d\s()./-]{7,}$/.test(externalId);
  return isAddress || isPhone || /\s/.test(externalId) ? '*' : externalId;
}

module.exports = { log, shownId };
