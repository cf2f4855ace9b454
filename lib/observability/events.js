'use strict';

const { callHook } = require('./call-hook.js');
const { FAILURE, REQUEST_END, REQUEST_START, RETRY, THROTTLE, channels } = require('./channels.js');
const { log } = require('./log.js');

/** @typedef {import('./hooks.js').Hooks} Hooks */

/**
 * Hands an event of the core to whoever listens.
 * @param {Hooks | undefined} hooks of the client or service whose request it is
 * @param {any} told
 */
function deliver(hooks, { kind, ...event }) {
  switch (kind) {
    case REQUEST_START:
      publish(channels.requestStart, event);
      break;
    case REQUEST_END:
      publish(channels.requestEnd, { aborted: false, ...event });
      logRequest(hooks, event);
      break;
    case RETRY:
      publish(channels.retry, event);
      if (hooks?.onRetry !== undefined) callHook('onRetry', hooks.onRetry, [{ ...event }]);
      logRetry(hooks, event);
      break;
    case THROTTLE:
      publish(channels.throttle, event);
      logThrottle(hooks, event);
      break;
    case FAILURE:
      logFailure(hooks, event);
      break;
  }
}

/**
 * Every subscriber gets the same object, as Node has it.
 * @param {import('node:diagnostics_channel').Channel} channel
 * @param {object} event
 */
function publish(channel, event) {
  if (channel.hasSubscribers) channel.publish(event);
}

/** @param {Hooks | undefined} hooks @param {any} event */
function logRequest(hooks, event) {
  const { method, path, attempt, durationMs, status, code, reason, aborted, bytesReceived } = event;
  log(hooks, 'debug', `${method} ${path} ${aborted ? 'aborted' : (status ?? 'failed')}`, {
    code,
    reason,
    durationMs,
    attempt,
    bytes: bytesReceived,
  });
}

/** @param {Hooks | undefined} hooks @param {any} event */
function logRetry(hooks, { method, path, attempt, code, status, reason, delayMs, retriesLeft }) {
  const facts = { code, status, reason, attempt, delayMs, retriesLeft };
  log(hooks, 'warn', `${method} ${path} failed and is repeated`, facts);
}

/** @param {Hooks | undefined} hooks @param {any} event */
function logThrottle(hooks, { method, path, cause, status, waitMs }) {
  if (cause === 'refused') {
    log(hooks, 'warn', `${method} ${path} refused by the rate limit`, { status, waitMs });
  } else {
    const what = cause === 'capped' ? 'maxRequestsPerMinute' : 'the rate limit';
    log(hooks, 'debug', `${method} ${path} has waited for ${what}`, { waitMs });
  }
}

/** @param {Hooks | undefined} hooks @param {any} event */
function logFailure(hooks, { method, path, attempt, code, status, reason }) {
  log(hooks, 'error', `${method} ${path} failed`, { code, status, reason, attempts: attempt });
}

module.exports = { deliver };
