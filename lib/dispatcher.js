'use strict';

const { onAbort } = require('./abort.js');
const { Dispatcher } = require('./native.js');
const {
  TwentyCrmApiError,
  TwentyCrmErrorCode,
  createTwentyCrmError,
  isApiError,
} = require('./errors.js');
const { watchedByChannels } = require('./observability/channels.js');
const { describe, messageOf, unlessLong } = require('./serialise.js');

/** Kinds of answers, as `src/napi/dispatcher.rs` numbers them. */
const SUCCESS = 0;
const FAILURE = 1;
const LOST = 2;
const QUESTION = 3;
const EVENT = 4;

/** Numbers stay small integers for V8 and valid `u32` for Rust. */
const MAX_CALL_ID = 0x3fffffff;

/**
 * @typedef {object} PendingCall
 * @property {(answer: Answer) => void} settle
 * @property {unknown} holds
 */

/** @typedef {{ ok: true, text: string } | { ok: false, error: import('../index.js').TwentyCrmError }} Answer */

/** @typedef {{ start(id: number): void, end(answer: Answer): void, abort(): void }} Watch */

/** @typedef {(dispatcher: import('../native.js').Dispatcher, id: number) => void} Start */

/** @type {Map<number, PendingCall>} */
const pending = new Map();

/** @type {Map<number, WeakRef<any>>} Objects that the core may ask (mapping stores). */
const targets = new Map();
const targetNumbers = new WeakMap();
const forgetTarget = new FinalizationRegistry((/** @type {number} */ number) =>
  targets.delete(number),
);

/**
 * The surroundings of calls under way: a store of the caller's that the core asks on their behalf sees the
 * `AsyncLocalStorage` of its request (Next.js keeps cookies, headers and the tenant there), and not that of whichever
 * call loaded this module.
 * @type {Map<number, import('node:async_hooks').AsyncResource>}
 */
const surroundings = new Map();

let lastCallId = 0;
let lastTarget = 0;

const dispatcher = new Dispatcher(onAnswers);

/** @param {any[]} batch flat: id, kind, text, id, kind, text, … */
function onAnswers(batch) {
  for (let at = 0; at < batch.length; at += 3) {
    const id = batch[at];
    const kind = batch[at + 1];
    const text = batch[at + 2];
    if (kind === QUESTION) {
      answerQuestion(id, text);
      continue;
    }
    if (kind === EVENT) {
      deliverEvent(id, text);
      continue;
    }
    const call = forget(id);
    if (call === undefined) continue;
    if (kind === SUCCESS && typeof text === 'string') call.settle({ ok: true, text });
    else call.settle({ ok: false, error: kind === FAILURE ? parseError(text) : lostError(kind) });
  }
}

/**
 * @param {number} target of the hooks that are told, 0 where there are none
 * @param {string} text
 */
function deliverEvent(target, text) {
  const { deliver } = require('./observability/events.js');
  const { call, ...event } = JSON.parse(text);
  const tell = () => deliver(targets.get(target)?.deref(), event);
  const resource = surroundings.get(call);
  if (resource === undefined) tell();
  else resource.runInAsyncScope(tell);
}

/** @param {number} id */
function forget(id) {
  const call = pending.get(id);
  pending.delete(id);
  if (surroundings.size > 0) surroundings.delete(id);
  return call;
}

/** @param {string} text */
function parseError(text) {
  return /** @type {import('../index.js').TwentyCrmError} */ (JSON.parse(text));
}

/** @param {number} kind */
function lostError(kind) {
  const message =
    kind === LOST
      ? 'the call ended without an answer: an internal failure of twenty-crm-native, please report it'
      : 'the answer is too large for a JavaScript string';
  return createTwentyCrmError(TwentyCrmErrorCode.UNKNOWN, unlessLong(message));
}

/**
 * @param {number} id
 * @param {string} text
 */
async function answerQuestion(id, text) {
  try {
    const { call, target, method, args } = JSON.parse(text);
    const object = targets.get(target)?.deref();
    if (object === undefined) throw new Error('the object that was asked has gone away');
    const resource = surroundings.get(call);
    if (resource === undefined) throw new Error('the call that this is asked for has ended');
    const result = await resource.runInAsyncScope(() => object[method](...args));
    dispatcher.reply(id, undefined, JSON.stringify(result) ?? 'null');
  } catch (error) {
    dispatcher.reply(id, describe(error), undefined);
  }
}

/**
 * For questions of the core, for as long as the caller keeps the object.
 * @param {object} object
 * @returns {number} the number under which the core asks it
 */
function registerTarget(object) {
  const known = targetNumbers.get(object);
  if (known !== undefined) return known;
  lastTarget += 1;
  targets.set(lastTarget, new WeakRef(object));
  targetNumbers.set(object, lastTarget);
  forgetTarget.register(object, lastTarget);
  return lastTarget;
}

let watched = 0;

function watchChannels() {
  const now = watchedByChannels();
  if (now === watched) return;
  watched = now;
  dispatcher.watch(now);
}

/** A number that no call under way has. */
function takeCallId() {
  do {
    lastCallId = lastCallId === MAX_CALL_ID ? 1 : lastCallId + 1;
  } while (pending.has(lastCallId));
  return lastCallId;
}

/**
 * Starts one native call and waits for its answer. With a signal, an abort drops the native work at once (open sockets
 * are closed) and rejects with the signal's own reason; nothing else rejects.
 * @param {Start} start
 * @param {import('../index.js').AbortSignalLike | undefined} signal
 * @param {Watch} [operation] who is to be told of the call
 * @param {unknown} [holds] what the core may turn to in the course of it: kept although its owner may have been let go
 * @returns {Promise<Answer>}
 */
function call(start, signal, operation, holds) {
  return new Promise((resolve, reject) => {
    begin(start, signal, resolve, reject, operation, holds);
  });
}

/**
 * `call` for whoever makes the promise: a promise on top of another costs single requests a tenth of their time.
 * @param {Start} start
 * @param {import('../index.js').AbortSignalLike | undefined} signal
 * @param {(answer: Answer) => void} resolve must not throw
 * @param {(reason: any) => void} reject
 * @param {Watch} [operation]
 * @param {unknown} [holds]
 */
function begin(start, signal, resolve, reject, operation, holds) {
  if (signal?.aborted) {
    reject(signal.reason);
    return;
  }
  watchChannels();
  const id = takeCallId();
  let settle = resolve;
  if (operation !== undefined) {
    operation.start(id);
    const resource = remember();
    settle = (answer) => {
      resource.runInAsyncScope(() => operation.end(answer));
      resolve(answer);
    };
  }
  if (signal === undefined) {
    pending.set(id, { settle, holds });
  } else {
    const forgetSignal = onAbort(signal, () => {
      if (pending.delete(id)) {
        keepForOthers(id);
        dispatcher.cancel(id);
        operation?.abort();
        reject(signal.reason);
      }
    });
    pending.set(id, {
      settle: (answer) => {
        forgetSignal();
        settle(answer);
      },
      holds,
    });
  }
  if (targets.size > 0 || watched !== 0) surroundings.set(id, remember());
  try {
    start(dispatcher, id);
  } catch (error) {
    forget(id)?.settle({ ok: false, error: thrownError(error) });
  }
}

/** Aborted calls whose surroundings are kept: upserts that were merged with them go on. */
const MAX_LEFT = 256;
/** @type {number[]} */
const left = [];

/** @param {number} id */
function keepForOthers(id) {
  if (surroundings.has(id)) left.push(id);
  if (left.length > MAX_LEFT) surroundings.delete(/** @type {number} */ (left.shift()));
}

function remember() {
  const { AsyncResource } = require('node:async_hooks');
  return new AsyncResource('TwentyCrmCall', { requireManualDestroy: true });
}

let isLiftPending = false;

/**
 * To be called with every upsert that is started: those of one turn of the event loop begin together, so that upserts
 * of one key are merged however fast the server is.
 */
function liftHoldAfterThisTurn() {
  if (isLiftPending) return;
  isLiftPending = true;
  queueMicrotask(() => {
    isLiftPending = false;
    dispatcher.liftHold();
  });
}

/**
 * The core's error is the message, as JSON text.
 * @param {unknown} error
 */
function thrownError(error) {
  const message = messageOf(error);
  if (message.startsWith('{')) {
    try {
      return parseError(message);
    } catch {
      // Not the core's own text after all.
    }
  }
  return createTwentyCrmError(TwentyCrmErrorCode.UNKNOWN, message);
}

/**
 * @template T
 * @param {() => T} work
 */
function callNow(work) {
  try {
    return work();
  } catch (error) {
    throw isApiError(error) ? error : new TwentyCrmApiError(thrownError(error));
  }
}

module.exports = {
  begin,
  call,
  callNow,
  dispatcher,
  liftHoldAfterThisTurn,
  registerTarget,
  takeCallId,
  thrownError,
};
