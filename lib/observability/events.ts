import type { Channel } from 'node:diagnostics_channel';
import { callHook } from './call-hook.js';
import { channels, FAILURE, REQUEST_END, REQUEST_START, RETRY, THROTTLE } from './channels.js';
import type { Hooks } from './hooks.js';
import { log } from './log.js';

/** The core's events of a request, by their public names. */
type Facts = Readonly<Record<string, unknown>>;

/** An event, and the bit that stands for it. */
export type CoreEvent = Facts & { readonly kind: number };

/**
 * Passes an event of the core to its listeners.
 * @param hooks of the client or service that sent the request
 */
function deliver(hooks: Hooks | undefined, { kind, ...event }: CoreEvent) {
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

/** Every subscriber gets the same object, as Node's channels do it. */
function publish(channel: Channel, event: object) {
  if (channel.hasSubscribers) channel.publish(event);
}

function logRequest(hooks: Hooks | undefined, event: Facts) {
  const { method, path, attempt, durationMs, status, code, reason, aborted, bytesReceived } = event;
  log(hooks, 'debug', `${method} ${path} ${aborted ? 'aborted' : (status ?? 'failed')}`, {
    code,
    reason,
    durationMs,
    attempt,
    bytes: bytesReceived,
  });
}

function logRetry(
  hooks: Hooks | undefined,
  { method, path, attempt, code, status, reason, delayMs, retriesLeft }: Facts,
) {
  const facts = { code, status, reason, attempt, delayMs, retriesLeft };
  log(hooks, 'warn', `${method} ${path} failed and will be retried`, facts);
}

function logThrottle(hooks: Hooks | undefined, { method, path, cause, status, waitMs }: Facts) {
  if (cause === 'refused') {
    log(hooks, 'warn', `${method} ${path} was refused by the rate limit`, { status, waitMs });
  } else {
    const what = cause === 'capped' ? 'maxRequestsPerMinute' : 'the rate limit';
    log(hooks, 'debug', `${method} ${path} waited for ${what}`, { waitMs });
  }
}

function logFailure(
  hooks: Hooks | undefined,
  { method, path, attempt, code, status, reason }: Facts,
) {
  log(hooks, 'error', `${method} ${path} failed`, { code, status, reason, attempts: attempt });
}

export { deliver };
