import type { AsyncResource } from 'node:async_hooks';
import type { AbortSignalLike, TwentyCrmError } from '../index.js';
import type { Dispatcher } from '../native.js';
import {
  createTwentyCrmError,
  isApiError,
  TwentyCrmApiError,
  TwentyCrmErrorCode,
} from './errors.js';
import { native } from './native.js';
import { watchedByChannels } from './observability/channels.js';
import type { CoreEvent } from './observability/events.js';
import type { Hooks } from './observability/hooks.js';
import { describe, messageOf, unlessLong } from './serialise.js';

/** Kinds of answers, with the numbers of `src/napi/dispatcher.rs`. */
const SUCCESS = 0;
const FAILURE = 1;
const LOST = 2;
const QUESTION = 3;
const EVENT = 4;

/** Call ids must stay small integers for V8 and valid `u32` for Rust. */
const MAX_CALL_ID = 0x3fffffff;

interface PendingCall {
  settle: (answer: Answer) => void;
  holds: unknown;
}

export type Answer = { ok: true; text: string } | { ok: false; error: TwentyCrmError };

type Watch = { start(id: number): void; end(answer: Answer): void; abort(): void };

type Start = (dispatcher: Dispatcher, id: number) => void;

const pending: Map<number, PendingCall> = new Map();

/** Objects that the core may call (mapping stores). */
const targets: Map<number, WeakRef<object>> = new Map();
const targetNumbers: WeakMap<object, number> = new WeakMap();
const forgetTarget = new FinalizationRegistry((number: number) => targets.delete(number));

/**
 * The async contexts of calls in flight. If the core calls a store on behalf of a request, the store must see that
 * request's `AsyncLocalStorage` (Next.js keeps cookies, headers and the tenant there), and not that of the first call
 * that loaded this module.
 */
const surroundings: Map<number, AsyncResource> = new Map();

let lastCallId = 0;
let lastTarget = 0;

const dispatcher = new native.Dispatcher(onAnswers);

/** @param batch flat: id, kind, text, id, kind, text, … */
function onAnswers(batch: (number | string)[]) {
  for (let at = 0; at < batch.length; at += 3) {
    const id = batch[at] as number;
    const kind = batch[at + 1] as number;
    const text = batch[at + 2] as string;
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

/** @param target of the hooks to call, 0 for none */
function deliverEvent(target: number, text: string) {
  const { deliver } =
    require('./observability/events.js') as typeof import('./observability/events.js');
  const { call, ...event }: CoreEvent & { call: number } = JSON.parse(text);
  const tell = () => deliver(targets.get(target)?.deref() as Hooks | undefined, event);
  const resource = surroundings.get(call);
  if (resource === undefined) tell();
  else resource.runInAsyncScope(tell);
}

function forget(id: number) {
  const call = pending.get(id);
  pending.delete(id);
  if (surroundings.size > 0) surroundings.delete(id);
  return call;
}

function parseError(text: string) {
  return JSON.parse(text) as TwentyCrmError;
}

function lostError(kind: number) {
  const message =
    kind === LOST
      ? 'the call ended without an answer. This is a bug in twenty-crm-native, please report it'
      : 'the answer is too large for a JavaScript string';
  return createTwentyCrmError(TwentyCrmErrorCode.UNKNOWN, unlessLong(message));
}

/** Calls an object for the core. */
interface Question {
  call: number;
  target: number;
  method: string;
  args: unknown[];
}

type Asked = Record<string, (...args: unknown[]) => unknown>;

async function answerQuestion(id: number, text: string) {
  try {
    const { call, target, method, args }: Question = JSON.parse(text);
    const object = targets.get(target)?.deref() as Asked | undefined;
    if (object === undefined) throw new Error('the object to call no longer exists');
    const resource = surroundings.get(call);
    if (resource === undefined) throw new Error('the call that this belongs to has ended');
    const result = await resource.runInAsyncScope(() => object[method](...args));
    dispatcher.reply(id, undefined, JSON.stringify(result) ?? 'null');
  } catch (error) {
    dispatcher.reply(id, describe(error), undefined);
  }
}

/**
 * Registers an object that the core may call, for as long as the caller keeps the object.
 * @returns the number that the core uses for it
 */
function registerTarget(object: object): number {
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

/** A number that no call in flight has. */
function takeCallId() {
  do {
    lastCallId = lastCallId === MAX_CALL_ID ? 1 : lastCallId + 1;
  } while (pending.has(lastCallId));
  return lastCallId;
}

/**
 * Starts one native call and waits for its answer. If `signal` aborts, the native work is dropped at once (open sockets
 * are closed) and the promise rejects with the signal's reason; nothing else rejects it.
 * @param operation who to notify of the call
 * @param holds an object that the core may call meanwhile: kept alive although its owner may have dropped it
 */
function call(
  start: Start,
  signal: AbortSignalLike | undefined,
  operation?: Watch,
  holds?: unknown,
): Promise<Answer> {
  return new Promise((resolve, reject) => {
    begin(start, signal, resolve, reject, operation, holds);
  });
}

/**
 * `call` for callers that create the promise themselves: a second promise on top costs single requests a tenth of their
 * time.
 * @param resolve must not throw
 */
function begin(
  start: Start,
  signal: AbortSignalLike | undefined,
  resolve: (answer: Answer) => void,
  reject: (reason: unknown) => void,
  operation?: Watch,
  holds?: unknown,
) {
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
    const { onAbort } = require('./abort.js') as typeof import('./abort.js');
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

/** Aborted calls whose async context is kept: upserts that were merged with them are still running. */
const MAX_LEFT = 256;
const left: number[] = [];

function keepForOthers(id: number) {
  if (surroundings.has(id)) left.push(id);
  if (left.length > MAX_LEFT) surroundings.delete(left.shift() as number);
}

function remember() {
  const { AsyncResource } = require('node:async_hooks') as typeof import('node:async_hooks');
  return new AsyncResource('TwentyCrmCall', { requireManualDestroy: true });
}

let isLiftPending = false;

/**
 * Call it after starting an upsert. Upserts of one event-loop turn begin together, so that upserts of the same key are
 * merged even if the server is fast.
 */
function liftHoldAfterThisTurn() {
  if (isLiftPending) return;
  isLiftPending = true;
  queueMicrotask(() => {
    isLiftPending = false;
    dispatcher.liftHold();
  });
}

/** An error from the core: its message is JSON text. */
function thrownError(error: unknown) {
  const message = messageOf(error);
  if (message.startsWith('{')) {
    try {
      return parseError(message);
    } catch {
      // Not JSON from the core after all.
    }
  }
  return createTwentyCrmError(TwentyCrmErrorCode.UNKNOWN, message);
}

function callNow<T>(work: () => T) {
  try {
    return work();
  } catch (error) {
    throw isApiError(error) ? error : new TwentyCrmApiError(thrownError(error));
  }
}

export {
  begin,
  call,
  callNow,
  dispatcher,
  liftHoldAfterThisTurn,
  registerTarget,
  takeCallId,
  thrownError,
};
